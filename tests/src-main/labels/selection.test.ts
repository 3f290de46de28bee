/**
 * What a rectangle over a picture means of the surface: of a wall of small splats behind a cloud of large ones, and the same whether the
 * window that is rendered around the shape shows all of a splat or cuts it off.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { CounterRandom } from '../../../src-main/base/random';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { selectRows } from '../../../src-main/labels/selection';

const camera: PinholeCamera = {
  ...{ width: 640, height: 480, fx: 500, fy: 500, cx: 320, cy: 240 },
  worldToCamera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
};
const SMALL = 4000;
const LARGE = 400;

/** A wall at z = 4 of small opaque splats, and thin clouds of up to a metre right before it. */
function wallAndClouds() {
  const model = new GaussianModel(SMALL + LARGE);
  model.append(SMALL + LARGE);
  const { geometry } = model.arrays();
  const random = new CounterRandom(1, 'clouds');
  for (let row = 0; row < SMALL + LARGE; row++) {
    const large = row >= SMALL;
    const [u, v, w] = [0, 1, 2].map((k) => random.uniform(3 * row + k));
    const scale = large ? 0.1 + 0.4 * w : 0.05;
    const at = [5.2 * (u - 0.5), 3.9 * (v - 0.5), large ? 3.95 : 4];
    geometry.set([...at, ...[scale, scale, 0.004].map(Math.log), 1, 0, 0, 0, large ? -2 : 5], 11 * row);
  }
  return { model, antialiased: false };
}

const none = { best: () => null, codes: () => null };
type Pixel = [number, number];
const select = (scene: ReturnType<typeof wallAndClouds>, from: Pixel, to: Pixel): Set<number> => {
  const marks = selectRows(scene, { kind: 'rectangle', from, to }, camera, false, none);
  return new Set([...marks.keys()].filter((row) => marks[row]));
};

describe('a rectangle', () => {
  beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

  it('means the small splats that it covers, and no cloud that merely reaches into it', () => {
    const scene = wallAndClouds();
    for (const [x, y] of [
      [100, 100],
      [320, 240],
      [500, 400],
    ] as const) {
      const rows = select(scene, [x, y], [x + 40, y + 40]);
      expect([...rows].filter((row) => row < SMALL).length).toBeGreaterThan(10);
      expect([...rows].filter((row) => row >= SMALL)).toEqual([]);
    }
  });

  it('means the clouds too when it covers most of them', () => {
    const rows = select(wallAndClouds(), [0, 0], [640, 480]);
    expect([...rows].filter((row) => row >= SMALL).length).toBeGreaterThan(LARGE / 2);
  });

  it('means in a part nothing that it does not mean in the whole', () => {
    const scene = wallAndClouds();
    const whole = select(scene, [160, 120], [480, 360]);
    let [parts, beyond] = [0, 0];
    for (let y = 120; y < 360; y += 60)
      for (let x = 160; x < 480; x += 80)
        for (const row of select(scene, [x, y], [x + 80, y + 60])) {
          parts++;
          if (!whole.has(row)) beyond++;
        }
    expect(parts).toBeGreaterThan(0.85 * whole.size);
    expect(beyond).toBe(0);
  });
});
