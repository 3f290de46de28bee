/**
 * `npm run bench -- memory [--photos 70,700,7000] [--steps 700] [--resolution 1000] [--cache 64]`: what a trainer's memory is over the
 * number of photos. Photos of 12 MP are made, a few different ones under as many names as wanted (each name is a file of its own, decoded
 * on its own), with poses on a ring, and trained on by the real program. A run sees as many photos as it has steps.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { CounterRandom } from '../../src-main/base/random';
import { ringCamera } from '../src-main/training/tinyCapture';
import { repositoryPath } from '../shared';

const [WIDTH, HEIGHT, DIFFERENT] = [4000, 3000, 4];

/** Noise over a gradient, a JPEG of some megabytes as a phone writes it. */
async function drawPhoto(path: string, seed: number): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: WIDTH / 4, height: HEIGHT / 4, channels: 3, background: '#808080', noise } as const;
  const small = await sharp({ create }).png().toBuffer();
  await sharp(small)
    .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
    .modulate({ hue: Math.floor(360 * new CounterRandom(seed, 'hue').uniform(0)) })
    .jpeg({ quality: 90 })
    .toFile(path);
}

async function writeCapture(folder: string, sources: readonly string[], count: number): Promise<void> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const frames: object[] = [];
  for (let i = 0; i < count; i++) {
    const file = `images/photo_${String(i).padStart(5, '0')}.jpg`;
    await link(sources[i % sources.length], join(folder, file));
    const m = ringCamera((2 * Math.PI * i) / count, WIDTH, HEIGHT).worldToCamera;
    const centre = [0, 1, 2].map((k) => -(m[k] * m[3] + m[4 + k] * m[7] + m[8 + k] * m[11]));
    const transform = [...[0, 1, 2].map((k) => [m[k], -m[4 + k], -m[8 + k], centre[k]]), [0, 0, 0, 1]];
    frames.push({ file_path: file, transform_matrix: transform });
  }
  const intrinsics = { w: WIDTH, h: HEIGHT, fl_x: 1.2 * WIDTH, fl_y: 1.2 * WIDTH, cx: WIDTH / 2, cy: HEIGHT / 2 };
  await writeFile(join(folder, 'transforms.json'), JSON.stringify({ camera_model: 'PINHOLE', ...intrinsics, frames }));
}

/** Resident bytes of a process and all below it. */
function treeResident(root: number): number {
  const parents = new Map<number, number>();
  const resident = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      resident.set(Number(name), 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It ended meanwhile.
    }
  }
  const below = (pid: number): boolean => pid === root || (parents.has(pid) && pid > 1 && below(parents.get(pid)!));
  return [...resident].reduce((sum, [pid, bytes]) => sum + (below(pid) ? bytes : 0), 0);
}

export async function printMemoryCurve(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      photos: { type: 'string', default: '70,700,7000' },
      steps: { type: 'string', default: '700' },
      resolution: { type: 'string', default: '1000' },
      cache: { type: 'string', default: '64' },
      threads: { type: 'string', default: '1' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'legato-photos-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  const sources = Array.from({ length: DIFFERENT }, (_, i) => join(folder, `source_${i}.jpg`));
  for (const [seed, path] of sources.entries()) await drawPhoto(path, seed);
  console.log(`photos of ${WIDTH}×${HEIGHT}, trained at ${values.resolution} px, ${values.cache} MiB for photos`);
  console.log('photos  steps  photos seen  of them on disk  trainer peak MB  all processes MB  CPU s');
  for (const count of values.photos.split(',').map(Number)) {
    const capture = join(folder, `capture_${count}`);
    await writeCapture(capture, sources, count);
    const project = join(folder, `${count}.legato`);
    const child = spawn(
      process.execPath,
      [
        ...[repositoryPath('resources', 'bin', 'legato.mjs'), 'train', capture, '--out', project, '--json'],
        ...['--steps', values.steps, '--resolution', values.resolution, '--photo-cache', values.cache],
        ...['--threads', values.threads, '--holdout', '0', '--random-points', '2000', '--max-splats', '2000'],
        ...['--coarse-factor', '1'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let peak = 0;
    const watching = setInterval(() => (peak = Math.max(peak, treeResident(child.pid!))), 200);
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    clearInterval(watching);
    const last = said.trim().split('\n').at(-1) ?? '{}';
    const result = JSON.parse(last) as { type?: string; peakMemoryBytes?: number; cpuSeconds?: number };
    if (result.type !== 'result') throw new Error(last);
    const kept = await readdir(join(project, 'photos')).catch(() => []);
    const seen = Math.min(count, Number(values.steps));
    const figures = [count, values.steps, seen, kept.length, result.peakMemoryBytes! / 2 ** 20, peak / 2 ** 20];
    console.log([...figures, result.cpuSeconds!].map((value) => Number(value).toFixed(0)).join('  '));
    await rm(project, { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}
