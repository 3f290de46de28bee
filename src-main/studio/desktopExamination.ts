/**
 * What the studio's window stands on, tried rather than found: each part does a small piece of its work. The same checks run in
 * plain Node (`legato doctor --desktop`) and inside of Electron, whose Node and V8 are others.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeFrame } from '#contract/frame';
import { writeFileAtomically } from '../base/index';
import { splatPlyChunks } from '../gaussians/index';
import { builtInModelsFolder } from '../language/models/folders';
import { forkTrainer } from '../training/trainerHost';
import { finding, root } from './examination';
import type { Finding, Outcome } from './examination';

const TRAINER_MS = 60_000;

async function kernels(): Promise<Outcome> {
  const { initKernels } = await import('../kernels/index');
  const { name, reason } = await initKernels({ backend: 'auto' });
  return { ok: name !== 'reference', detail: `${name}: ${reason.message}` };
}

/** x² at 3 has the slope 6, through tape and gradient. */
async function tensors(): Promise<Outcome> {
  const tf = await import('@tensorflow/tfjs');
  const slope = tf.tidy(
    () =>
      tf
        .grad((x) => x.square())(tf.scalar(3))
        .dataSync()[0],
  );
  return { ok: slope === 6, detail: `d(x²)/dx at 3 is ${slope}, tfjs ${tf.version_core}` };
}

/** The toy picture encoder on a black picture: an embedding of finite numbers. */
async function graph(): Promise<Outcome> {
  const models = builtInModelsFolder();
  if (models === null) return { ok: false, detail: 'resources/models is not here' };
  const { GraphSession } = await import('../language/features/graphSession');
  const file = join(models, 'toy-clip', 'onnx', 'vision_model.onnx');
  const session = await GraphSession.open(file, { provider: 'cpu', threads: 1 });
  try {
    const [, , height, width] = session.inputShape.map((size) => size ?? 64);
    const pixels = new Float32Array(3 * height * width);
    const [{ data, dims }] = await session.run(pixels, [1, 3, height, width], session.outputs.slice(0, 1));
    return { ok: data.every(Number.isFinite), detail: `toy-clip: ${width}×${height} px → [${dims.join(', ')}]` };
  } finally {
    await session.release();
  }
}

/** Two pixels through PNG and back. */
async function pictures(): Promise<Outcome> {
  const { default: sharp } = await import('sharp');
  const pixels = Uint8Array.of(250, 120, 3, 0, 64, 255);
  const png = await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const back = await sharp(png).raw().toBuffer();
  return { ok: back.equals(pixels), detail: `PNG of ${png.length} bytes, pixels the same` };
}

/** The trainer's own process, its messages and its frames: it is shown a file of one splat and must send that splat. */
async function trainer(): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'legato-doctor-'));
  const file = join(folder, 'splat.ply');
  let stop = (): void => undefined;
  try {
    const geometry = Float32Array.of(0, 0, 0, -3, -3, -3, 1, 0, 0, 0, 2);
    await writeFileAtomically(file, splatPlyChunks({ count: 1, geometry, sphericalHarmonics: new Float32Array(48) }));
    const started = performance.now();
    const splats = await new Promise<number>((resolve, reject) => {
      const host = forkTrainer(
        (event) => {
          if (event.type === 'failed') reject(new Error(event.failure.message));
        },
        {
          onFrame: (bytes) => {
            const { header } = decodeFrame(bytes.buffer);
            if (header.kind === 'snapshot') resolve(header.count);
          },
        },
      );
      stop = () => host.kill();
      host.send({ type: 'watch', geometry: true, overlays: [] });
      host.send({ type: 'show', splats: file });
      void delay(TRAINER_MS, null, { ref: false }).then(() =>
        reject(new Error(`no frame came within ${TRAINER_MS / 1000} s`)),
      );
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return { ok: splats === 1, detail: `forked, shown a file, sent a frame of ${splats} splat in ${seconds} s` };
  } finally {
    stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function bundles(): Outcome {
  const names = ['desktop', 'trainer', 'language', 'demoRenderer'].map((name) => `out/main/${name}.js`);
  const wanted = [...names, 'out/preload/bridge.cjs', 'out/renderer/index.html'];
  const missing = wanted.filter((name) => !existsSync(join(root, name)));
  return missing.length === 0
    ? { ok: true, detail: `${wanted.length} of ${wanted.length} in ${join(root, 'out')}` }
    : { ok: false, detail: `${missing.join(', ')}: not built; run: npm run build` };
}

/** One after the other, so that a machine with one core is not asked for all of it at once. */
export async function examineParts(): Promise<Finding[]> {
  return [
    await finding('bundles', true, bundles),
    await finding('kernels compute', false, kernels),
    await finding('tfjs computes', true, tensors),
    await finding('sharp decodes', true, pictures),
    await finding('onnxruntime runs', false, graph),
    await finding('trainer answers', true, trainer),
  ];
}
