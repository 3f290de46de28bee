/**
 * The native float32 kernels against the float64 reference (METHOD §7, check 1), for every instruction set of this
 * machine and for one and two threads.
 *
 * Image: colour, uncertainty and α 99.9 % < 1e-5 and all < 1e-4; depth and semantics, which are not confined to 0…1,
 * relative to the largest value in the picture. Gradients: ‖Δ‖/‖g‖ < 1e-4 per group. Pixels near a cut-off (1e-5) or with tied depths can differ by a whole Gaussian: they are
 * left out (zero gradient comes from them) and counted, < 0.5 % over all scenes.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { NativeRenderArguments } from '../../../src-main/kernels/addon';
import { CHANNELS, GEOMETRY, PROBE, planeOffset } from '../../../src-main/kernels/layout';
import { photometricReference } from '../../../src-main/kernels/photometric.reference';
import {
  renderReference,
  renderReferenceBackward,
  type ReferenceRender,
} from '../../../src-main/kernels/render.reference';
import { addon } from './backends';
import { expectClose, expectPlanesClose } from './closeTo';
import { Random, extremeScenes, randomScene, scenes, type Scene } from './scenes';

const SCENES = [
  ...scenes(1),
  ...scenes(101),
  ...extremeScenes(1),
  randomScene('larger', { seed: 5, count: 1500, width: 131, height: 77, pixels: [0.5, 4] }),
  randomScene('larger, white, antialiased', {
    ...{ seed: 6, count: 1500, width: 160, height: 64, pixels: [0.5, 4] },
    ...{ background: [1, 1, 1], antialiased: true },
  }),
];

function nativeArguments({ parameters, view }: Scene, semanticsMovesGeometry: boolean): NativeRenderArguments {
  const { width, height, fx, fy, cx, cy, worldToCamera } = view.camera;
  const { count, shDegree, channels, antialiased } = view;
  return {
    ...parameters,
    ...{ count, shDegree, channels, antialiased, width, height, fx, fy, cx, cy, semanticsMovesGeometry },
    worldToCamera: [...worldToCamera],
    background: [...view.background],
  };
}

function renderNative(scene: Scene, dImage: Float32Array, semanticsMovesGeometry: boolean) {
  if (!addon) throw new Error('no addon');
  const rasterizer = new addon.Rasterizer();
  const args = nativeArguments(scene, semanticsMovesGeometry);
  const { geometry, sphericalHarmonics, semantics } = scene.parameters;
  const image = new Float32Array(dImage.length).fill(NaN);
  const radii = new Float32Array(scene.view.count).fill(NaN);
  const { visible, frame } = rasterizer.forward(args, image, radii);
  const gradients = {
    geometry: new Float32Array(geometry.length).fill(NaN),
    sphericalHarmonics: new Float32Array(sphericalHarmonics.length).fill(NaN),
    semantics: new Float32Array(semantics.length).fill(NaN),
    probe: new Float32Array((geometry.length / GEOMETRY.columns) * PROBE.columns).fill(NaN),
  };
  rasterizer.backward(args, frame, dImage, gradients);
  return { image, radii, visible, gradients };
}

interface Oracle {
  forward: ReferenceRender;
  dImage: Float32Array;
}

const oracles = new Map<Scene, Oracle>();

/** The reference picture of a scene, and random gradients that are 0 near cut-offs. */
function oracle(scene: Scene): Oracle {
  let known = oracles.get(scene);
  if (!known) {
    const random = new Random(29);
    const forward = renderReference(scene.parameters, scene.view);
    const pixels = forward.near.length;
    const dImage = Float32Array.from(forward.image, (_, i) => (forward.near[i % pixels] ? 0 : random.normal()));
    oracles.set(scene, (known = { forward, dImage }));
  }
  return known;
}

const bytes = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** One column range of rows. */
function columns(data: ArrayLike<number>, width: number, from: number, to: number): number[] {
  return Array.from(data).filter((_, i) => i % width >= from && i % width < to);
}

function compare(scene: Scene): void {
  const { forward, dImage } = oracle(scene);
  const { view } = scene;
  const pixels = forward.near.length;
  const actual = renderNative(scene, dImage, true);
  for (const { name, planes } of CHANNELS) {
    const offset = planeOffset(view.channels, name);
    if (offset < 0) continue;
    const [from, to] = [offset * pixels, (offset + planes) * pixels];
    const expected = Array.from(forward.image.subarray(from, to));
    const unbounded = name === 'depth' || name === 'semantics';
    const scale = unbounded ? Math.max(1, ...expected.map(Math.abs)) : 1;
    expectPlanesClose(
      Array.from(actual.image.subarray(from, to), (v) => v / scale),
      expected.map((v) => v / scale),
      (i) => forward.near[i % pixels] === 1,
      `${scene.name}: ${name}`,
    );
  }
  // ceil(3·√λ) may step over an integer by rounding.
  const steps = actual.radii.filter((r, row) => r !== forward.radii[row]).length;
  expect(steps, 'radii that differ').toBeLessThanOrEqual(Math.ceil(view.count / 500));
  expect(Math.abs(actual.visible - forward.visible), 'visible').toBeLessThanOrEqual(Math.ceil(view.count / 500));

  const expected = renderReferenceBackward(scene.parameters, view, forward, dImage, true);
  const groups: [string, keyof typeof actual.gradients, number, number, number][] = [
    ['means', 'geometry', 11, 0, 3],
    ['logScales', 'geometry', 11, 3, 6],
    ['quaternions', 'geometry', 11, 6, 10],
    ['opacityLogits', 'geometry', 11, 10, 11],
    ['sphericalHarmonics', 'sphericalHarmonics', 48, 0, 48],
    ['semantics', 'semantics', 9, 0, 8],
    ['uncertainty', 'semantics', 9, 8, 9],
    ['probe', 'probe', 3, 0, 2],
  ];
  for (const [name, array, width, from, to] of groups) {
    const a = columns(actual.gradients[array], width, from, to);
    const e = columns(expected[array] as Float64Array, width, from, to);
    expectClose(a, e, 1e-4, `${scene.name}: gradient of ${name}`);
  }
}

describe.runIf(addon)('native kernels against the reference', () => {
  const available = addon?.info().available ?? [];
  const initial = addon?.info().instructionSet ?? '';

  afterAll(() => addon?.setInstructionSet(initial));

  describe.each(available)('with %s', (instructionSet) => {
    it.each([1, 2])('render on %i thread(s)', (threads) => {
      addon?.setInstructionSet(instructionSet);
      addon?.setThreads(threads);
      expect(addon?.info()).toMatchObject({ instructionSet, threads });
      const failures: string[] = [];
      for (const scene of SCENES) {
        try {
          compare(scene);
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
      expect(failures).toEqual([]);
    });

    it('repeats bit by bit at a fixed thread count', () => {
      addon?.setInstructionSet(instructionSet);
      addon?.setThreads(2);
      const scene = SCENES[SCENES.length - 2];
      const { dImage } = oracle(scene);
      const first = renderNative(scene, dImage, true);
      const bits = (r: typeof first): Buffer[] => [r.image, r.radii, ...Object.values(r.gradients)].map(bytes);
      for (let run = 0; run < 3; run++) {
        const again = bits(renderNative(scene, dImage, true));
        bits(first).forEach((expected, i) => expect(again[i].equals(expected)).toBe(true));
      }
    });

    it('computes the photometric loss and its gradient at any size', () => {
      addon?.setInstructionSet(instructionSet);
      const random = new Random(31);
      for (const [width, height] of [
        [1, 1],
        [3, 200],
        [33, 47],
        [200, 3],
        [130, 65],
      ]) {
        for (const masked of [false, true]) {
          addon?.setThreads(masked ? 2 : 1);
          const draw = (n: number) => Float32Array.from({ length: n * width * height }, () => random.uniform());
          const [image, target] = [draw(3), draw(3)];
          const mask = masked ? draw(1).map((v) => (v < 0.7 ? 1 : 0)) : null;
          const gradient = new Float32Array(image.length).fill(NaN);
          const loss = addon?.photometric({ image, target, mask, width, height, ssimWeight: 0.2, gradient });
          const expected = photometricReference(image, target, mask, width, height, 0.2);
          expect(Math.abs((loss ?? NaN) - expected.loss)).toBeLessThan(1e-5);
          expectClose(gradient, expected.gradient, 1e-4, `${width}×${height}, masked: ${masked}`);
        }
      }
    });
  });

  it('leaves out few pixels', () => {
    const all = SCENES.map((scene) => oracle(scene).forward.near);
    const near = all.reduce((sum, flags) => sum + flags.reduce((a, b) => a + b, 0), 0);
    const total = all.reduce((sum, flags) => sum + flags.length, 0);
    console.info(`${near} of ${total} pixels near a cut-off or with tied depths`);
    expect(near / total).toBeLessThan(0.005);
  });

  it('refuses a frame that another forward pass replaced, and an unknown instruction set', () => {
    const scene = SCENES[0];
    const args = nativeArguments(scene, false);
    const rasterizer = addon ? new addon.Rasterizer() : expect.fail('no addon');
    const image = new Float32Array(oracle(scene).dImage.length);
    const { frame } = rasterizer.forward(args, image, null);
    rasterizer.forward(args, image, null);
    const out = { geometry: null, sphericalHarmonics: null, semantics: null, probe: null };
    expect(() => rasterizer.backward(args, frame, image, out)).toThrow();
    expect(rasterizer.memoryBytes()).toBeGreaterThan(0);
    expect(() => addon?.setInstructionSet('abacus')).toThrow();
  });
});
