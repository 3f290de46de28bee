/** The tree against looking at every triangle: the same hit, at the same distance, for random triangles and for flat grids. */
import { describe, expect, it } from 'vitest';
import { buildTree } from '../../../../src-main/capture/demo/bvh';
import { RayCaster } from '../../../../src-main/capture/demo/rayCaster';
import { seeded } from '../fixtures';

type Ray = [number, number, number, number, number, number];

/** The closest distance by Cramer's rule in float64, or Infinity. */
function bruteForce(corners: Float32Array, [ox, oy, oz, dx, dy, dz]: Ray): number {
  let best = Infinity;
  for (let t = 0; t < corners.length; t += 9) {
    const [a, b, c] = [0, 3, 6].map((k) => [...corners.subarray(t + k, t + k + 3)]);
    const [u, v] = [b, c].map((p) => p.map((value, k) => Math.fround(value - a[k])));
    const s = [ox - a[0], oy - a[1], oz - a[2]];
    const det = (x: number[], y: number[], z: number[]): number =>
      x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0]) + x[2] * (y[0] * z[1] - y[1] * z[0]);
    const back = [-dx, -dy, -dz];
    const whole = det(u, v, back);
    if (whole === 0) continue;
    const [p, q, distance] = [det(s, v, back) / whole, det(u, s, back) / whole, det(u, v, s) / whole];
    if (p >= 0 && q >= 0 && p + q <= 1 && distance >= 0 && distance < best) best = distance;
  }
  return best;
}

function compare(corners: Float32Array, rays: Ray[]): number {
  const count = corners.length / 9;
  const caster = new RayCaster(buildTree(corners), new Float32Array(count));
  let hits = 0;
  for (const ray of rays) {
    const expected = bruteForce(corners, ray);
    caster.closest(...ray, 0, Infinity);
    if (expected === Infinity) expect(caster.t).toBe(Infinity);
    // Float64 arithmetic in another order, on the same float32 edges.
    else expect(Math.abs(caster.t - expected)).toBeLessThan(1e-9 * Math.max(1, expected));
    if (expected < Infinity) hits++;
  }
  return hits;
}

describe('RayCaster', () => {
  it('finds what looking at every triangle finds', () => {
    const random = seeded(5);
    const corners = new Float32Array(9 * 400);
    for (let t = 0; t < corners.length; t += 9) {
      const at = [random() * 4, random() * 4, random() * 4];
      for (let k = 0; k < 9; k++) corners[t + k] = at[k % 3] + 0.5 * random();
    }
    const ray = (): Ray => [random() * 4, random() * 4, -1, random() - 0.5, random() - 0.5, random() + 0.1];
    expect(compare(corners, Array.from({ length: 500 }, ray))).toBeGreaterThan(80);
  });

  it('does not miss flat boxes, nor rays along an axis', () => {
    const corners: number[] = [];
    for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) corners.push(i, j, 2, i + 1, j, 2, i + 1, j + 1, 2);
    for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) corners.push(i, j, 2, i + 1, j + 1, 2, i, j + 1, 2);
    const random = seeded(6);
    const rays = Array.from({ length: 200 }, (): Ray => [8 * random(), 8 * random(), 0, 0, 0, 1]);
    expect(compare(Float32Array.from(corners), rays)).toBe(200);
  });

  it('parts triangles that all lie at one point', () => {
    const one = [0, 0, 1, 1, 0, 1, 0, 1, 1];
    const corners = Float32Array.from(Array.from({ length: 50 }, () => one).flat());
    const caster = new RayCaster(buildTree(corners), new Float32Array(50));
    expect(caster.closest(0.2, 0.2, 0, 0, 0, 1, 0, Infinity)).toBe(true);
    expect(caster.t).toBe(1);
  });

  it('lets light through by what each surface lets through', () => {
    const wall = (z: number): number[] => [-9, -9, z, 9, -9, z, 0, 9, z];
    const passes = Float32Array.from([0.5, 0.25, 0]);
    const tree = buildTree(Float32Array.from([...wall(1), ...wall(2), ...wall(3)]));
    const caster = new RayCaster(
      tree,
      Float32Array.from(tree.order, (old) => passes[old]),
    );
    const through = (far: number): number => caster.transmittance(0, 0, 0, 0, 0, 1, 0, far);
    expect([through(0.5), through(1.5), through(2.5), through(4)]).toEqual([1, 0.5, 0.125, 0]);
  });
});
