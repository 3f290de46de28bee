/** A scene for the formats that keep splats small, and how far what comes back is from it. */
import { CounterRandom } from '../../../src-main/base/random';
import type { SplatFile } from '../../../src-main/gaussians/ply';
import { sigmoid } from '../../../src-main/kernels/layout';

/** A scene of the ranges that training gives. */
export function scene(count: number, degree = 3) {
  const random = new CounterRandom(9, 'compact');
  let index = 0;
  const uniform = (low: number, high: number): number => low + (high - low) * random.uniform(index++);
  const geometry = new Float32Array(11 * count);
  const sphericalHarmonics = new Float32Array(48 * count);
  for (let row = 0; row < count; row++) {
    const quaternion = [0, 1, 2, 3].map(() => random.normal(index++));
    geometry.set(
      [
        ...[0, 1, 2].map(() => uniform(-4, 4)),
        ...[0, 1, 2].map(() => uniform(-9, 1)),
        ...quaternion.map((value) => 3 * value),
        uniform(-6, 6),
      ],
      11 * row,
    );
    for (let i = 0; i < 3 * (degree + 1) ** 2; i++)
      sphericalHarmonics[48 * row + i] = i < 3 ? uniform(-1.7, 1.7) : uniform(-0.9, 0.9);
  }
  return { count, geometry, sphericalHarmonics };
}

export type Scene = Pick<SplatFile, 'count' | 'geometry' | 'sphericalHarmonics'>;

/** Largest difference in each attribute; quaternions up to their sign. @param order  row in `a` of each row of `b` */
export function differences(a: Scene, b: SplatFile, order: readonly number[]) {
  const worst = { mean: 0, logScale: 0, rotation: 0, opacity: 0, colour: 0, first: 0, rest: 0 };
  const raise = (name: keyof typeof worst, value: number): void => {
    worst[name] = Math.max(worst[name], Number.isNaN(value) ? Infinity : value);
  };
  order.forEach((from, to) => {
    const [g, h] = [a.geometry.subarray(11 * from, 11 * from + 11), b.geometry.subarray(11 * to, 11 * to + 11)];
    for (let i = 0; i < 3; i++) raise('mean', Math.abs(g[i] - h[i]));
    for (let i = 3; i < 6; i++) raise('logScale', Math.abs(g[i] - h[i]));
    const [p, q] = [g.subarray(6, 10), h.subarray(6, 10)].map((v) => v.map((x) => x / Math.hypot(...v)));
    const sign = p.reduce((sum, v, i) => sum + v * q[i], 0) < 0 ? -1 : 1;
    p.forEach((v, i) => raise('rotation', Math.abs(v - sign * q[i])));
    raise('opacity', Math.abs(sigmoid(g[10]) - sigmoid(h[10])));
    for (let i = 0; i < 48; i++) {
      const difference = Math.abs(a.sphericalHarmonics[48 * from + i] - b.sphericalHarmonics[48 * to + i]);
      raise(i < 3 ? 'colour' : i < 12 ? 'first' : 'rest', difference);
    }
  });
  return worst;
}

/** Rows 0 … count − 1. */
export const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Rows of a scene by the nearest position, since compressed files are ordered anew. */
export const nearest = (a: Scene, b: SplatFile): number[] =>
  inOrder(b.count).map((to) => {
    let [best, least] = [0, Infinity];
    for (let from = 0; from < a.count; from++) {
      const distance = [0, 1, 2].reduce((s, i) => s + (a.geometry[11 * from + i] - b.geometry[11 * to + i]) ** 2, 0);
      if (distance < least) [best, least] = [from, distance];
    }
    return best;
  });
