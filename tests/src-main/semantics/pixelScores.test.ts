/**
 * What pixels mean: decoded ones against the reference decoder on composited vectors, blended scores against Σ w·s / Σ w from the
 * reference's weights. Tolerance 2e-5 for blends: float32 sums of a few dozen weights, once through a logit and back.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels, SEMANTICS } from '../../../src-main/kernels/index';
import { decodeRowsReference } from '../../../src-main/kernels/network.reference';
import { renderReference } from '../../../src-main/kernels/render.reference';
import { compositeReference, weightsReference } from '../../../src-main/kernels/sample.reference';
import { blendScores, COVERAGE, decodePixels, spread } from '../../../src-main/semantics/pixelScores';
import { Random, randomScene } from '../kernels/scenes';

beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

const scene = randomScene('answers');
const { view, parameters } = scene;
const { camera, count } = view;
const pixels = Int32Array.from({ length: camera.width * camera.height }, (_, i) => i);
const forward = renderReference(parameters, { ...view, antialiased: false });
const weights = weightsReference(forward, camera.width, pixels);
const alphas = weights.map((pairs) => pairs.reduce((sum, { weight }) => sum + weight, 0));

function withView<T>(use: (view: Parameters<typeof blendScores>[0]) => T): T {
  const rows = parameters.geometry.length / 11;
  const splats = {
    geometry: tf.tensor2d(Float32Array.from(parameters.geometry), [rows, 11]),
    sphericalHarmonics: tf.tensor2d(Float32Array.from(parameters.sphericalHarmonics), [rows, 48]),
    semantics: tf.tensor2d(Float32Array.from(parameters.semantics ?? []), [rows, 9]),
  };
  const before = tf.memory().numTensors;
  try {
    const result = use({ ...splats, count });
    expect(tf.memory().numTensors).toBe(before);
    return result;
  } finally {
    tf.dispose(splats);
  }
}

/** Not at the coverage itself, where rounding decides. */
const clear = (pixel: number): boolean => Math.abs(alphas[pixel] - COVERAGE) > 1e-3;

describe('blended scores', () => {
  it.each([1, 3, 8, 11])('%i at a time are Σ w·s / Σ w, and 0 where little is seen', (sets) => {
    const random = new Random(3);
    const scores = Array.from({ length: sets }, () => Float32Array.from({ length: count }, () => random.uniform()));
    scores[0].set([0, 1]);
    const drawn = withView((splats) => blendScores(splats, camera, false, scores));
    expect(drawn.scores).toHaveLength(sets);
    let seen = 0;
    scores.forEach((score, s) => {
      for (const pixel of pixels) {
        if (!clear(pixel)) continue;
        const sum = weights[pixel].reduce((total, { row, weight }) => total + weight * score[row], 0);
        const expected = alphas[pixel] >= COVERAGE ? sum / alphas[pixel] : 0;
        expect(Math.abs(drawn.scores[s][pixel] - expected)).toBeLessThan(2e-5);
        if (expected > 0) seen++;
      }
    });
    expect(seen).toBeGreaterThan(50);
  });
});

describe('decoded pixels', () => {
  it('are what the decoder makes of the composited vectors, with R_u and α', () => {
    const random = new Random(5);
    const entries = 9;
    const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
    const layers = [
      { kernel: draw(8 * 12), bias: draw(12) },
      { kernel: draw(12 * entries), bias: draw(entries) },
    ];
    const values = Float32Array.from({ length: 2 * entries }, () => random.uniform());
    const decoded = withView((splats) => decodePixels(splats, camera, false, layers, values));
    const samples = compositeReference(weights, parameters.semantics ?? []);
    const network = {
      widths: [8, 12, entries],
      kernels: layers.map(({ kernel }) => kernel),
      biases: layers.map(({ bias }) => bias),
    };
    const covered = pixels.filter((pixel) => alphas[pixel] >= COVERAGE && clear(pixel));
    expect(covered.length).toBeGreaterThan(20);
    for (const pixel of covered) {
      const at = decoded.pixels.indexOf(pixel);
      expect(at).toBeGreaterThanOrEqual(0);
      const feature = Float64Array.from({ length: 8 }, (_, k) => samples[10 * pixel + k]);
      for (const set of [0, 1]) {
        const own = values.subarray(set * entries, (set + 1) * entries);
        const expected = decodeRowsReference(network, feature, 1, own);
        expect(Math.abs(decoded.scores[2 * at + set] - expected.scores[0])).toBeLessThan(1e-4);
      }
      expect(decoded.uncertainty[pixel]).toBeCloseTo(samples[10 * pixel + SEMANTICS.dimensions], 5);
      expect(decoded.alpha[pixel]).toBeCloseTo(alphas[pixel], 5);
    }
    const picture = spread(decoded, decoded.scores, 1, 2);
    expect(picture[covered[0]]).toBe(decoded.scores[2 * decoded.pixels.indexOf(covered[0]) + 1]);
    const bare = pixels.find((pixel) => alphas[pixel] < 0.4);
    if (bare !== undefined) expect(picture[bare]).toBe(0);
  });
});
