/** Which splat stands for a surface point: the heaviest in any view that is at the point, and none where nothing is. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels } from '../../../src-main/kernels/index';
import { SurfaceSearch } from '../../../src-main/studio/surfaceClasses';

beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

const logit = (p: number): number => Math.log(p / (1 - p));
const [width, height, focal] = [20, 20, 20];
const cameraAt = (x: number) => ({
  ...{ width, height, fx: focal, fy: focal, cx: 10, cy: 10 },
  worldToCamera: [1, 0, 0, -x, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
});
/** A wall at z = 4 in millimetres. */
const wall = { width, height, depth: new Uint16Array(width * height).fill(4000) };

function search(splats: { at: number[]; scale: number[]; opacity: number; turn?: number[] }[], points: number[][]) {
  const geometry = new Float32Array(11 * splats.length);
  splats.forEach(({ at, scale, opacity, turn = [1, 0, 0, 0] }, row) =>
    geometry.set([...at, ...scale.map(Math.log), ...turn, logit(opacity)], 11 * row),
  );
  const view = {
    geometry: tf.tensor2d(geometry, [splats.length, 11]),
    sphericalHarmonics: tf.zeros([splats.length, 48]),
    semantics: tf.zeros([splats.length, 9]),
    count: splats.length,
  };
  const positions = Float32Array.from(points.flat());
  const surface = { count: points.length, positions, classes: new Uint8Array(points.length).fill(1) };
  const found = new SurfaceSearch(surface, view, geometry, { voxel: 0.02 }, false);
  return { found, done: () => tf.dispose([view.geometry, view.sphericalHarmonics, view.semantics]) };
}

describe('the splat of a surface point', () => {
  const flat = { at: [0, 0, 4], scale: [2, 2, 0.005], opacity: 0.95 };
  const floater = { at: [0, 0, 2], scale: [0.4, 0.4, 0.4], opacity: 0.9 };

  it('is at the point, not in front of it, however much of the pixel it fills', () => {
    const { found, done } = search([floater, flat], [[0.05, 0.05, 4.01]]);
    found.addView(wall, cameraAt(0));
    expect([...found.result().rows]).toEqual([1]);
    done();
  });

  it('is the heaviest over all views', () => {
    const thin = { ...flat, opacity: 0.3, at: [0, 0, 3.99] };
    // From the front the thin layer hides the floater's shadow; both layers are at the point, the denser one weighs more.
    const { found, done } = search([thin, flat], [[0, 0, 4]]);
    found.addView(wall, cameraAt(0));
    found.addView(wall, cameraAt(0.2));
    expect([...found.result().rows]).toEqual([1]);
    done();
  });

  it('turns with its quaternion', () => {
    // A rod along y, turned by 90° about z: along x.
    const turn = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];
    const rod = { at: [0, 0, 4], scale: [0.05, 0.5, 0.05], opacity: 0.95, turn };
    const { found, done } = search(
      [rod],
      [
        [0.9, 0, 4],
        [0, 0.9, 4],
      ],
    );
    found.addView(wall, cameraAt(0));
    expect([...found.result().rows]).toEqual([0, -1]);
    done();
  });

  it('is none where nothing is, and hidden points are not asked about', () => {
    const points = [
      [1.5, 1.5, 4],
      [0, 0, 5],
      [0, 0, -4],
      [9, 0, 4],
    ];
    const { found, done } = search([{ ...flat, scale: [0.2, 0.2, 0.01] }], points);
    found.addView(wall, cameraAt(0));
    const { rows, visible } = found.result();
    expect([...rows]).toEqual([-1, -1, -1, -1]);
    expect([...visible]).toEqual([1, 0, 0, 0]);
    done();
  });
});
