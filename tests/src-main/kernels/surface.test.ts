/**
 * Surfaces of pictures on every backend: planes of splats lie where they are, and the native kernel agrees with the reference.
 *
 * Left out and counted: pixels near a cut-off; pixels where the sum is within 1e-4 of a half at some splat (the median is then another
 * one in float32), where a splat lies within 0.02 % of the rim of what counts as the same surface, or where votes tie within 1e-4.
 * Else depth 1e-4 relative, the rest 1e-4.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { pixelWeights } from '../../../src-main/kernels/blend.reference';
import {
  initKernels,
  render,
  surfacePicture,
  surfacePlanes,
  type RenderFrame,
  type SurfacePicture,
} from '../../../src-main/kernels/index';
import { renderReference } from '../../../src-main/kernels/render.reference';
import { peakDepth, SAME_SURFACE, surfaceReference } from '../../../src-main/kernels/surface.reference';
import { lookAt, plane, observe, type Vector } from './analytic';
import { addon, BACKENDS } from './backends';
import { Random, randomScene } from './scenes';

function surfaceOf(
  geometry: Float32Array,
  camera: PinholeCamera,
  splats: { uncertainty: Float32Array; labels: Uint16Array; labelCount: number },
): SurfacePicture {
  const rows = geometry.length / 11;
  const count = Math.min(rows, splats.labels.length);
  const frame: RenderFrame = { forward: null, view: null };
  const out = surfacePlanes(camera.width, camera.height);
  tf.tidy(() => {
    const inputs = {
      geometry: tf.tensor2d(geometry, [rows, 11]),
      sphericalHarmonics: tf.zeros([rows, 48]),
    };
    render(inputs, camera, {
      count,
      channels: ['alpha'],
      shDegree: 0,
      background: [0, 0, 0],
      antialiased: false,
      semanticsMovesGeometry: false,
      frame,
    });
    surfacePicture(frame, { geometry, ...splats }, out);
  });
  return out;
}

/** Opaque discs of 0.15 in the plane z = 0, turned about y by an angle; even rows are label 1, odd ones 2. */
function wall(angle: number) {
  const side = 21;
  const geometry = new Float32Array(side * side * 11);
  for (let i = 0; i < side * side; i++) {
    const [a, b] = [(i % side) - 10, Math.floor(i / side) - 10].map((v) => 0.2 * v);
    const half = angle / 2;
    geometry.set(
      [
        a * Math.cos(angle),
        b,
        -a * Math.sin(angle),
        Math.log(0.15),
        Math.log(0.15),
        Math.log(1e-3),
        Math.cos(half),
        0,
        Math.sin(half),
        0,
        4,
      ],
      11 * i,
    );
  }
  const labels = Uint16Array.from({ length: side * side }, (_, i) => (Math.floor(i / side) > 10 ? 2 : 1));
  return { geometry, normal: [Math.sin(angle), 0, Math.cos(angle)] as Vector, labels };
}

describe.each(BACKENDS)('surfaces of pictures on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 2 }));

  it.each([0, 0.5, 1])('find a wall of splats that is turned by %f', (angle) => {
    const { geometry, normal, labels } = wall(angle);
    const camera = lookAt([0.3, 0.2, 2], [0, 0, 0], 24, 40);
    const found = surfaceOf(geometry, camera, {
      uncertainty: new Float32Array(labels.length).fill(0.3),
      labels,
      labelCount: 3,
    });
    const expected = observe(camera, plane(normal, 0));
    for (let i = 0; i < found.depth.length; i++) {
      // The blurred disc of 1e-3 has no sharper place than its thickness and a pixel's slant.
      expect(Math.abs(found.depth[i] - expected.depth[i])).toBeLessThan(0.01);
      expect(found.uncertainty[i]).toBeCloseTo(0.3, 5);
    }
    expect(new Set(found.labels)).toEqual(new Set([1, 2]));
  });

  it('says nothing where less than half of the light is stopped', () => {
    const geometry = Float32Array.from([0, 0, 0, -2, -2, -2, 1, 0, 0, 0, Math.log(0.4 / 0.6)]);
    const found = surfaceOf(geometry, lookAt([0, 0, 2], [0, 0, 0], 16, 20), {
      uncertainty: Float32Array.of(0.5),
      labels: Uint16Array.of(1),
      labelCount: 2,
    });
    expect(Math.max(...found.depth)).toBe(0);
    expect(Math.max(...found.alpha)).toBeGreaterThan(0.3);
    expect(found.labels[8 * 16 + 8]).toBe(1);
  });
});

describe.runIf(addon)('the native kernel', () => {
  it('agrees with the reference', async () => {
    await initKernels({ backend: 'native', threads: 2 });
    let [left, all] = [0, 0];
    for (const seed of [3, 4, 5]) {
      const scene = randomScene('surface', { seed, count: 400, width: 75, height: 52, pixels: [1, 9] });
      const { parameters, view } = scene;
      const random = new Random(seed);
      const splats = {
        geometry: parameters.geometry.subarray(0, view.count * 11),
        uncertainty: Float32Array.from({ length: view.count }, () => random.uniform()),
        labels: Uint16Array.from({ length: view.count }, () => Math.floor(random.uniform(0, 6))),
        labelCount: 6,
      };
      const forward = renderReference(parameters, { ...view, channels: 16, antialiased: false });
      const expected = surfacePlanes(view.camera.width, view.camera.height);
      surfaceReference(forward, { ...view, antialiased: false }, splats, expected);
      const found = surfaceOf(splats.geometry.slice(), view.camera, splats);
      for (let i = 0; i < found.depth.length; i++) {
        all++;
        const crossings = pixelWeights(forward.order, i % 75, Math.floor(i / 75))
          .map(({ row, weight }) => ({
            ...{ row, weight },
            depth: peakDepth(view, splats.geometry, row, (i % 75) + 0.5, Math.floor(i / 75) + 0.5),
          }))
          .sort((a, b) => a.depth - b.depth);
        const alpha = crossings.reduce((sum, { weight }) => sum + weight, 0);
        let sum = 0;
        const halves = crossings.some(({ weight }) => Math.abs((sum += weight) - alpha / 2) < 1e-4);
        const depth = expected.depth[i];
        const rim = crossings.some(
          (one) => Math.abs(Math.abs(one.depth - depth) - SAME_SURFACE * depth) < 2e-4 * depth,
        );
        const votes = new Float64Array(6);
        for (const one of crossings)
          if (Math.abs(one.depth - depth) <= SAME_SURFACE * depth) votes[splats.labels[one.row]] += one.weight;
        const [first, second] = [...votes].sort((a, b) => b - a);
        const close = forward.near[i] === 1 || Math.abs(alpha - 0.5) < 1e-4 || halves || rim;
        if (close || (alpha >= 0.5 && first - second < 1e-4)) {
          if (alpha > 0) left++;
          continue;
        }
        expect(Math.abs(found.depth[i] - depth)).toBeLessThanOrEqual(1e-4 * Math.max(1, depth));
        if (alpha >= 0.5) expect(found.labels[i]).toBe(expected.labels[i]);
        for (const name of ['alpha', 'confidence', 'uncertainty'] as const)
          expect(Math.abs(found[name][i] - expected[name][i])).toBeLessThan(1e-4);
      }
    }
    expect(left / all).toBeLessThan(0.05);
  });
});
