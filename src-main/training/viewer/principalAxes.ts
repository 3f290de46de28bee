/**
 * The three directions in which S_G differs most from splat to splat, as colours (principal components):
 *
 *   v = S_G / max(‖S_G‖, 1e-6)        colour_k = ½ + (v − mean)·a_k / (2·SPREAD·σ_k)
 *
 * Axes are refined by orthogonal iteration from those before, so that they turn slowly instead of swapping or changing sign: colours
 * must not flicker while training goes on. Since the covariance is positive semidefinite, an axis keeps its sign by itself.
 */
import { SEMANTICS } from '../../kernels/layout';

const D = SEMANTICS.dimensions;
const AXES = 3;
/** Rows that axes are fitted to, at most. */
const SAMPLED_ROWS = 16_384;
/** Standard deviations on either side of the mean that colours show. */
const SPREAD = 2;
/** Share of a new mean and spread at a refresh after the first. */
const FOLLOW = 0.2;
const FIRST_ROUNDS = 64;
const ROUNDS = 2;

/** v of one row into `out`. */
function directionOf(values: Float32Array, at: number, out: Float64Array): void {
  let length = 0;
  for (let k = 0; k < D; k++) length += values[at + k] ** 2;
  const scale = 1 / Math.max(Math.sqrt(length), 1e-6);
  for (let k = 0; k < D; k++) out[k] = values[at + k] * scale;
}

export class PrincipalAxes {
  readonly #mean = new Float64Array(D);
  /** [3, 8], orthonormal */
  readonly #axes = Float64Array.from({ length: AXES * D }, (_, i) => (i % D === Math.floor(i / D) ? 1 : 0));
  readonly #deviation = new Float64Array(AXES).fill(1);
  readonly #direction = new Float64Array(D);
  #fitted = false;

  get fitted(): boolean {
    return this.#fitted;
  }

  /** Follows the splats. @param semantics  [≥ count, 9] */
  follow(semantics: Float32Array, count: number): void {
    const rows = Math.min(count, SAMPLED_ROWS);
    if (rows === 0) return;
    const sums = new Float64Array(D);
    const products = new Float64Array(D * D);
    const v = this.#direction;
    for (let i = 0; i < rows; i++) {
      directionOf(semantics, Math.floor((i * count) / rows) * SEMANTICS.columns, v);
      for (let a = 0; a < D; a++) {
        sums[a] += v[a];
        for (let b = 0; b <= a; b++) products[a * D + b] += v[a] * v[b];
      }
    }
    const share = this.#fitted ? FOLLOW : 1;
    const covariance = new Float64Array(D * D);
    for (let a = 0; a < D; a++)
      for (let b = 0; b <= a; b++)
        covariance[a * D + b] = covariance[b * D + a] =
          products[a * D + b] / rows - (sums[a] / rows) * (sums[b] / rows);
    for (let a = 0; a < D; a++) this.#mean[a] += share * (sums[a] / rows - this.#mean[a]);
    const lengths = this.#iterate(covariance, this.#fitted ? ROUNDS : FIRST_ROUNDS);
    for (let k = 0; k < AXES; k++) {
      const deviation = Math.max(1e-4, Math.sqrt(lengths[k]));
      this.#deviation[k] += share * (deviation - this.#deviation[k]);
    }
    this.#fitted = true;
  }

  /** Multiplies and orthonormalises the axes; returns how much the covariance stretches each. */
  #iterate(covariance: Float64Array, rounds: number): Float64Array {
    const lengths = new Float64Array(AXES);
    const turned = new Float64Array(D);
    for (let round = 0; round < rounds; round++)
      for (let k = 0; k < AXES; k++) {
        const axis = this.#axes.subarray(k * D, (k + 1) * D);
        for (let a = 0; a < D; a++) {
          turned[a] = 0;
          for (let b = 0; b < D; b++) turned[a] += covariance[a * D + b] * axis[b];
        }
        lengths[k] = Math.hypot(...turned);
        // What is left of an axis that nothing differs along is kept, so that three remain.
        for (let a = 0; a < D; a++) axis[a] = turned[a] + 1e-9 * axis[a];
        for (let before = 0; before < k; before++) {
          let along = 0;
          for (let a = 0; a < D; a++) along += axis[a] * this.#axes[before * D + a];
          for (let a = 0; a < D; a++) axis[a] -= along * this.#axes[before * D + a];
        }
        const length = Math.max(1e-300, Math.hypot(...axis));
        for (let a = 0; a < D; a++) axis[a] /= length;
      }
    return lengths;
  }

  /** Red, green, blue in 0 … 1 of one vector that starts at `at`. */
  colour(values: Float32Array, at: number, out: Float64Array): void {
    directionOf(values, at, this.#direction);
    for (let k = 0; k < AXES; k++) {
      let along = 0;
      for (let a = 0; a < D; a++) along += (this.#direction[a] - this.#mean[a]) * this.#axes[k * D + a];
      out[k] = Math.min(1, Math.max(0, 0.5 + along / (2 * SPREAD * this.#deviation[k])));
    }
  }

  /** Colours of rows as red, green, blue, 255. @param stride  floats from one vector to the next */
  colours(values: Float32Array, stride: number, out: Uint32Array): void {
    const rgb = new Float64Array(AXES);
    for (let row = 0; row < out.length; row++) {
      this.colour(values, row * stride, rgb);
      const [r, g, b] = [Math.round(255 * rgb[0]), Math.round(255 * rgb[1]), Math.round(255 * rgb[2])];
      out[row] = r | (g << 8) | (b << 16) | 0xff00_0000;
    }
  }
}
