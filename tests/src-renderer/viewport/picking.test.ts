/**
 * Picking against the trainer's readable rasteriser (projection and blend references, float64), on the unpacked values of the same
 * words: then the two differ by float32 alone, since the reference reads float32 rows. Tolerance 2e-4 in a weight.
 */
import { describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { project } from '../../../src-main/kernels/projection.reference';
import { pixelWeights } from '../../../src-main/kernels/blend.reference';
import type { Splat } from '../../../src-main/kernels/blend.reference';
import {
  halfTable,
  scaleTable,
  unpackCentre,
  unpackOpacity,
  unpackRotation,
} from '../../../src-renderer/viewport/packedSplat';
import { splatsOfPixel } from '../../../src-renderer/viewport/picking';
import { COLUMNS, packScene, toHalf } from './packScene';
import type { PackedScene } from './packScene';
import { randomOf, seededScene } from './seededScene';

const camera: PinholeCamera = {
  width: 96,
  height: 72,
  fx: 80,
  fy: 82,
  cx: 47,
  cy: 37,
  worldToCamera: [1, 0, 0, 0.1, 0, 1, 0, -0.05, 0, 0, 1, 0.3, 0, 0, 0, 1],
};

/** Rotation matrix, row-major, to a quaternion wxyz (its trace is positive for angles below 120°; else by the largest diagonal). */
function quaternionOf(m: Float64Array): number[] {
  const squares = [1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8], 1 - m[0] - m[4] + m[8]];
  const largest = squares.indexOf(Math.max(...squares));
  const q = [
    [squares[0], m[7] - m[5], m[2] - m[6], m[3] - m[1]],
    [m[7] - m[5], squares[1], m[1] + m[3], m[2] + m[6]],
    [m[2] - m[6], m[1] + m[3], squares[2], m[5] + m[7]],
    [m[3] - m[1], m[2] + m[6], m[5] + m[7], squares[3]],
  ][largest];
  const size = Math.hypot(...q);
  return q.map((v) => v / size);
}

/** The rows that the words stand for. */
function unpacked({ words, header }: PackedScene): Float32Array {
  const geometry = new Float32Array(COLUMNS * header.count);
  const scales = scaleTable(header);
  const R = new Float64Array(9);
  for (let i = 0; i < header.count; i++) {
    geometry.set(unpackCentre(words, i, header.origin), COLUMNS * i);
    for (let k = 0; k < 3; k++) geometry[COLUMNS * i + 3 + k] = Math.log(scales[(words[4 * i + 3] >>> (8 * k)) & 255]);
    unpackRotation(words, i, R);
    geometry.set(quaternionOf(R), COLUMNS * i + 6);
    const opacity = unpackOpacity(words, i);
    geometry[COLUMNS * i + 10] = Math.log(opacity / (1 - opacity));
  }
  return geometry;
}

describe('packed splats', () => {
  it('read halves as they were written', () => {
    const random = randomOf(3);
    for (let i = 0; i < 2000; i++) {
      const value = (random() - 0.5) * 10 ** (random() * 8 - 4);
      const read = halfTable()[toHalf(value)];
      // Half an ulp of 11 bits, or of the smallest subnormal.
      expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 2 ** -11, 2 ** -25));
    }
  });

  it('read rotations within what 8 bits keep: 1.2°', () => {
    const scene = seededScene(500, 11);
    const { words } = packScene(scene);
    const R = new Float64Array(9);
    for (let i = 0; i < scene.count; i++) {
      const q = scene.geometry.subarray(COLUMNS * i + 6, COLUMNS * i + 10);
      unpackRotation(words, i, R);
      const [w, x, y, z] = q;
      const axis = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)];
      const dot = axis[0] * R[2] + axis[1] * R[5] + axis[2] * R[8];
      expect(Math.acos(Math.min(1, dot))).toBeLessThan((1.2 * Math.PI) / 180);
    }
  });
});

describe.each([false, true])('picking, antialiased %s', (antialiased) => {
  const scene = packScene(seededScene(3000, 7, antialiased));
  const rows = unpacked(scene);
  const order: Splat[] = Array.from(rows.keys())
    .slice(0, scene.header.count)
    .flatMap((row) => {
      const seen = project(rows, row, camera, antialiased, 0);
      return seen ? [{ ...seen, row, values: new Float64Array(0) }] : [];
    })
    .sort((a, b) => a.z - b.z);

  it('finds the splats of a pixel with the rasteriser’s weights', () => {
    const random = randomOf(1);
    let compared = 0;
    for (let i = 0; i < 60; i++) {
      const [x, y] = [Math.floor(random() * camera.width), Math.floor(random() * camera.height)];
      const expected = pixelWeights(order, x, y);
      const found = splatsOfPixel(scene.words, scene.header, camera, x + 0.5, y + 0.5);
      const weights = new Map(Array.from(found.rows, (row, k) => [row, found.weights[k]]));
      for (const { row, weight } of expected) {
        expect(Math.abs((weights.get(row) ?? 0) - weight)).toBeLessThan(2e-4);
        compared++;
      }
      const sum = expected.reduce((total, { weight }) => total + weight, 0);
      expect(Math.abs(found.alpha - sum)).toBeLessThan(2e-3);
    }
    expect(compared).toBeGreaterThan(300);
  });

  it('finds nothing where nothing is', () => {
    const away = { ...camera, worldToCamera: [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, -10, 0, 0, 0, 1] };
    expect(splatsOfPixel(scene.words, scene.header, away, 48, 36).rows).toHaveLength(0);
  });
});
