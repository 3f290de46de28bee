/** Surfaces to cut and to write: a closed grid of a sphere with any labels. */
import type { MarchedSurface } from '../../../src-main/kernels/index';

/** An octahedron whose faces were quartered `times` times, on the unit sphere. @param label  by position */
export function ball(times: number, label: (x: number, y: number, z: number) => number): MarchedSurface {
  const points: number[][] = [
    [1, 0, 0],
    [-1, 0, 0],
    [0, 1, 0],
    [0, -1, 0],
    [0, 0, 1],
    [0, 0, -1],
  ];
  let faces = [
    [0, 2, 4],
    [2, 1, 4],
    [1, 3, 4],
    [3, 0, 4],
    [2, 0, 5],
    [1, 2, 5],
    [3, 1, 5],
    [0, 3, 5],
  ];
  const middles = new Map<string, number>();
  const middle = (a: number, b: number): number => {
    const key = `${Math.min(a, b)},${Math.max(a, b)}`;
    const known = middles.get(key);
    if (known !== undefined) return known;
    const sum = points[a].map((v, k) => v + points[b][k]);
    const length = Math.hypot(...sum);
    middles.set(key, points.length);
    return points.push(sum.map((v) => v / length)) - 1;
  };
  for (let round = 0; round < times; round++)
    faces = faces.flatMap(([a, b, c]) => {
      const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
      return [
        [a, ab, ca],
        [b, bc, ab],
        [c, ca, bc],
        [ab, bc, ca],
      ];
    });
  return {
    positions: Float32Array.from(points.flat()),
    colours: Float32Array.from(points.flatMap(([x, y, z]) => [x, y, z].map((v) => (v + 1) / 2))),
    uncertainties: Float32Array.from(points, ([, , z]) => (z + 1) / 2),
    labels: Uint16Array.from(points, ([x, y, z]) => label(x, y, z)),
    triangles: Uint32Array.from(faces.flat()),
  };
}

/** Corners of triangles by place, bit for bit. */
export function edgesByPlace(positions: Float32Array, triangles: Uint32Array): Map<string, number> {
  const place = (v: number): string => positions.subarray(3 * v, 3 * v + 3).join();
  const edges = new Map<string, number>();
  for (let t = 0; t < triangles.length; t += 3)
    for (let e = 0; e < 3; e++) {
      const key = `${place(triangles[t + e])}>${place(triangles[t + ((e + 1) % 3)])}`;
      edges.set(key, (edges.get(key) ?? 0) + 1);
    }
  return edges;
}

export const reversed = (edge: string): string => edge.split('>').reverse().join('>');

export function areaOf(p: Float32Array, triangles: Uint32Array): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const u = [0, 1, 2].map((k) => p[b + k] - p[a + k]);
    const v = [0, 1, 2].map((k) => p[c + k] - p[a + k]);
    sum += Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]) / 2;
  }
  return sum;
}
