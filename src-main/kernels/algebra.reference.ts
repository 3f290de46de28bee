/** The little linear algebra of the reference kernels: row-major arrays, float64. */

export type Floats = Float64Array | Float32Array;

export { sigmoid } from './layout';

/** A·B with A [n, m], B [m, p]. */
export function multiply(A: readonly number[], B: readonly number[], n: number, m: number, p: number): number[] {
  const out = Array<number>(n * p).fill(0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < p; j++) {
      for (let k = 0; k < m; k++) out[i * p + j] += A[i * m + k] * B[k * p + j];
    }
  }
  return out;
}

/** Aᵀ with A [n, m]. */
export function transpose(A: readonly number[], n: number, m: number): number[] {
  const out: number[] = [];
  for (let j = 0; j < m; j++) for (let i = 0; i < n; i++) out.push(A[i * m + j]);
  return out;
}

/** Rotation matrix [3, 3] of a unit quaternion wxyz. */
export function rotation([w, x, y, z]: readonly number[]): number[] {
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ].flat();
}

/** ∂L/∂quaternion (its four numbers taken as independent) from ∂L/∂matrix [3, 3]. */
export function rotationGradient([w, x, y, z]: readonly number[], g: readonly number[]): number[] {
  return [
    2 * (x * (g[7] - g[5]) + y * (g[2] - g[6]) + z * (g[3] - g[1])),
    2 * (w * (g[7] - g[5]) + y * (g[1] + g[3]) + z * (g[2] + g[6]) - 2 * x * (g[4] + g[8])),
    2 * (w * (g[2] - g[6]) + x * (g[1] + g[3]) + z * (g[5] + g[7]) - 2 * y * (g[0] + g[8])),
    2 * (w * (g[3] - g[1]) + x * (g[2] + g[6]) + y * (g[5] + g[7]) - 2 * z * (g[0] + g[4])),
  ];
}
