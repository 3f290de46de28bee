/**
 * The first principal components of a sample, by subspace iteration (Rutishauser 1970) without forming the d×d covariance:
 *
 *   V ← orthonormal( Σ_p (x_p − μ)·((x_p − μ)ᵀ V) )
 *
 * A few more vectors than are wanted make it converge in a dozen rounds; a last eigenvalue step is not needed, since the columns
 * that Gram–Schmidt leaves are ordered by variance. The sign is fixed (largest component positive), so that pictures repeat.
 */
import { CounterRandom } from '../../base/index';

const ROUNDS = 16;
const SPARE = 3;

export interface PrincipalComponents {
  /** [width] */
  readonly mean: Float32Array;
  /** [count, width], orthonormal, largest variance first */
  readonly axes: Float32Array[];
}

/** @param samples  [rows, width] */
export function principalComponents(
  samples: Float32Array,
  rows: number,
  width: number,
  count: number,
): PrincipalComponents {
  const mean = new Float32Array(width);
  for (let row = 0; row < rows; row++) for (let i = 0; i < width; i++) mean[i] += samples[row * width + i] / rows;
  const random = new CounterRandom(0, 'principal components');
  const size = Math.min(width, count + SPARE);
  let axes = Array.from({ length: size }, (_, k) =>
    Float32Array.from({ length: width }, (_, i) => random.normal(k * width + i)),
  );
  orthonormalise(axes);
  for (let round = 0; round < ROUNDS; round++) {
    const next = axes.map(() => new Float32Array(width));
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < size; k++) {
        const axis = axes[k];
        const target = next[k];
        let score = 0;
        for (let i = 0; i < width; i++) score += (samples[row * width + i] - mean[i]) * axis[i];
        for (let i = 0; i < width; i++) target[i] += score * (samples[row * width + i] - mean[i]);
      }
    }
    orthonormalise(next);
    axes = next;
  }
  for (const axis of axes) {
    const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    if (largest < 0) for (let i = 0; i < width; i++) axis[i] = -axis[i];
  }
  return { mean, axes: axes.slice(0, count) };
}

/** Gram–Schmidt in place; a vector that vanishes stays zero. */
function orthonormalise(axes: Float32Array[]): void {
  for (const [k, axis] of axes.entries()) {
    const before = Math.hypot(...axis);
    for (const other of axes.slice(0, k)) {
      const dot = axis.reduce((sum, value, i) => sum + value * other[i], 0);
      for (let i = 0; i < axis.length; i++) axis[i] -= dot * other[i];
    }
    const length = Math.hypot(...axis);
    const factor = length > 1e-6 * before ? 1 / length : 0;
    for (let i = 0; i < axis.length; i++) axis[i] *= factor;
  }
}
