import { describe, expect, it } from 'vitest';
import { GaussianError } from '../../../src-main/gaussians/errors';
import { initialiseGaussians, type NearestNeighbours } from '../../../src-main/gaussians/initialise';
import { CounterRandom } from '../../../src-main/base/random';
import { cameraAt } from './cameras';
import { usePlainTensors } from './fixtures';

/** By definition: all distances, sorted. */
const bruteForce: NearestNeighbours = (points, count, k) => ({
  meanDistances: Float32Array.from({ length: count }, (_, i) => {
    const distances = Array.from({ length: count }, (__, j) =>
      Math.hypot(...[0, 1, 2].map((axis) => points[3 * i + axis] - points[3 * j + axis])),
    );
    distances.splice(i, 1);
    return (
      distances
        .sort((a, b) => a - b)
        .slice(0, k)
        .reduce((sum, d) => sum + d, 0) / k
    );
  }),
});

const CAMERAS = [0, 1, 2, 3].map((i) =>
  cameraAt([5 * Math.cos((i * Math.PI) / 2), 1, 5 * Math.sin((i * Math.PI) / 2)], [0, 0, 0]),
);
const OPTIONS = { seed: 4, nearestNeighbours: bruteForce };

function points(count: number, positions?: number[]) {
  const random = new CounterRandom(2, 'points');
  return {
    count,
    positions: Float32Array.from({ length: 3 * count }, (_, i) => positions?.[i] ?? random.normal(i)),
    colours: Uint8Array.from({ length: 3 * count }, (_, i) => (i * 37) % 256),
  };
}

describe('initialiseGaussians', () => {
  usePlainTensors();

  it('places a Gaussian on each point, as METHOD §1 says', () => {
    const given = points(60);
    const { model, source, dropped } = initialiseGaussians(given, CAMERAS, OPTIONS);
    const { geometry, sphericalHarmonics, semantics } = model.arrays();
    const { meanDistances } = bruteForce(given.positions, 60, 3);
    expect(source).toBe('points');
    expect(dropped).toEqual({ notFinite: 0, tooFar: 0, duplicates: 0 });
    for (let row = 0; row < 60; row++) {
      const g = geometry.subarray(row * 11, row * 11 + 11);
      expect(g.slice(0, 3)).toEqual(given.positions.slice(3 * row, 3 * row + 3));
      const scale = Math.min(meanDistances[row], 0.55);
      // Stored as float32 logarithms.
      for (let axis = 3; axis < 6; axis++) expect(Math.exp(g[axis])).toBeCloseTo(scale, 5);
      expect([...g.slice(6, 10)]).toEqual([1, 0, 0, 0]);
      expect(1 / (1 + Math.exp(-g[10]))).toBeCloseTo(0.1, 6);
      for (let channel = 0; channel < 3; channel++) {
        const colour = 0.28209479177387814 * sphericalHarmonics[row * 48 + channel] + 0.5;
        expect(colour * 255).toBeCloseTo(given.colours[3 * row + channel], 3);
      }
      expect(Math.max(...sphericalHarmonics.slice(row * 48 + 3, row * 48 + 48).map(Math.abs))).toBe(0);
      expect(1 / (1 + Math.exp(-semantics[row * 9 + 8]))).toBeCloseTo(0.01, 6);
    }
    model.dispose();
  });

  it('draws S_G from N(0, 1) (mean and variance of 8,000 within five standard errors), the same for the same seed', () => {
    const cheap = {
      ...OPTIONS,
      nearestNeighbours: (_: Float32Array, n: number) => ({ meanDistances: new Float32Array(n).fill(0.1) }),
    };
    const drawn = [4, 4, 5].map((seed) => {
      const { model } = initialiseGaussians(points(1000), CAMERAS, { ...cheap, seed });
      const values = Array.from({ length: 8000 }, (_, i) => model.arrays().semantics[Math.floor(i / 8) * 9 + (i % 8)]);
      model.dispose();
      return values;
    });
    expect(drawn[0]).toEqual(drawn[1]);
    expect(drawn[0]).not.toEqual(drawn[2]);
    const mean = drawn[0].reduce((sum, v) => sum + v, 0) / 8000;
    const variance = drawn[0].reduce((sum, v) => sum + v * v, 0) / 8000;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(8000));
    expect(Math.abs(variance - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(8000));
  });

  it('leaves out NaN, absurdly far and repeated points, and says how many', () => {
    const given = points(6, [0, 0, 0, NaN, 0, 0, 1, 0, 0, 0, 0, 0, 0, Infinity, 0, 1e9, 0, 0]);
    const { model, dropped } = initialiseGaussians(given, CAMERAS, OPTIONS);
    expect(model.count).toBe(2);
    expect(dropped).toEqual({ notFinite: 2, tooFar: 1, duplicates: 1 });
    expect([...model.arrays().geometry.slice(11, 14)]).toEqual([1, 0, 0]);
    expect(Math.exp(model.arrays().geometry[3])).toBeCloseTo(0.55, 5);
    model.dispose();
  });

  it('finds every duplicate among many (2,000 points, each three times)', () => {
    const random = new CounterRandom(8, 'repeated');
    const given = points(
      6000,
      Array.from({ length: 18_000 }, (_, i) => random.normal(i % 6000)),
    );
    const flat = (_: Float32Array, n: number) => ({ meanDistances: new Float32Array(n).fill(0.1) });
    const { model, dropped } = initialiseGaussians(given, CAMERAS, { ...OPTIONS, nearestNeighbours: flat });
    expect(model.count).toBe(2000);
    expect(dropped.duplicates).toBe(4000);
    model.dispose();
  });

  it('starts no more than it may, a seeded choice of the points in their order', () => {
    const given = points(200);
    const choose = (seed: number, most: number) => {
      const { model, usable } = initialiseGaussians(given, CAMERAS, { ...OPTIONS, seed, most });
      const { geometry } = model.arrays();
      const firsts = [...given.positions].filter((_, i) => i % 3 === 0);
      const rows = Array.from({ length: model.count }, (_, row) => firsts.indexOf(geometry[row * 11]));
      model.dispose();
      expect(usable).toBe(200);
      return rows;
    };
    const rows = choose(1, 50);
    expect(rows).toHaveLength(50);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(rows).not.toContain(-1);
    // Spread over the list: not its beginning.
    expect(Math.max(...rows)).toBeGreaterThan(150);
    expect(choose(1, 50)).toEqual(rows);
    expect(choose(2, 50)).not.toEqual(rows);
    expect(choose(1, 200)).toHaveLength(200);
    expect(choose(1, 1000)).toHaveLength(200);
  });

  it('bounds the scales of points that touch, of a lone point and of far outliers', () => {
    const pair = initialiseGaussians(points(3, [0, 0, 0, 1e-9, 0, 0, 0, 1e-9, 0]), CAMERAS, OPTIONS).model;
    expect(Math.exp(pair.arrays().geometry[3])).toBeCloseTo(5.5e-5, 8);
    pair.dispose();
    const lone = initialiseGaussians(points(1, [1, 2, 3]), CAMERAS, OPTIONS).model;
    expect(Math.exp(lone.arrays().geometry[3])).toBeCloseTo(5.5e-5, 8);
    lone.dispose();
    const far = initialiseGaussians(points(2, [0, 0, 0, 0, 0, 500]), CAMERAS, OPTIONS).model;
    expect(Math.exp(far.arrays().geometry[11 + 3])).toBeCloseTo(50, 2);
    far.dispose();
  });

  it('starts at random inside the bounds of the cameras without points', () => {
    const { model, source } = initialiseGaussians(null, CAMERAS, { ...OPTIONS, randomPoints: 200 });
    expect(source).toBe('random');
    expect(model.count).toBe(200);
    const { geometry } = model.arrays();
    for (let row = 0; row < 200; row++)
      for (const axis of [0, 2]) expect(Math.abs(geometry[row * 11 + axis])).toBeLessThanOrEqual(5.0001);
    model.dispose();
  });

  it('says why when no point is usable', () => {
    const bad = points(2, [NaN, 0, 0, 1e30, 0, 0]);
    expect(() => initialiseGaussians(bad, CAMERAS, OPTIONS)).toThrow(GaussianError);
    expect(() => initialiseGaussians(bad, CAMERAS, OPTIONS)).toThrow(/1 not finite, 1 too far/);
  });
});
