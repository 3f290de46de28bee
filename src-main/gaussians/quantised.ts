/** What compact splat files share: logits of bytes, the degree that is used, and an order in which neighbours lie together. */
import { GEOMETRY, SPHERICAL_HARMONICS } from '../kernels/layout';

/** Opacities of 0 and 1 have no logit; these round to them in float32. */
const LARGEST_LOGIT = 16;

export function logitOf(probability: number): number {
  if (probability <= 0) return -LARGEST_LOGIT;
  if (probability >= 1) return LARGEST_LOGIT;
  return Math.log(probability / (1 - probability));
}

/** The highest degree, 0…3, with a coefficient other than 0. */
export function usedDegree(sphericalHarmonics: Float32Array, count: number): number {
  for (let degree = 3; degree > 0; degree--) {
    const [first, end] = [3 * degree ** 2, 3 * (degree + 1) ** 2];
    for (let row = 0; row < count; row++) {
      const at = row * SPHERICAL_HARMONICS.columns;
      for (let i = first; i < end; i++) if (sphericalHarmonics[at + i] !== 0) return degree;
    }
  }
  return 0;
}

/** Rows along a Z-order curve through the scene's box, 10 bits an axis. */
export function mortonOrder(geometry: Float32Array, count: number): Uint32Array {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < 3; axis++) {
      const value = geometry[row * GEOMETRY.columns + axis];
      low[axis] = Math.min(low[axis], value);
      high[axis] = Math.max(high[axis], value);
    }
  }
  const keys = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < 3; axis++) {
      const span = high[axis] - low[axis] || 1;
      keys[row] |= spread(Math.floor((1023 * (geometry[row * GEOMETRY.columns + axis] - low[axis])) / span)) << axis;
    }
  }
  return Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => keys[a] - keys[b] || a - b);
}

/** Ten bits with two zeros before each. */
function spread(bits: number): number {
  let v = bits;
  v = (v | (v << 16)) & 0x030000ff;
  v = (v | (v << 8)) & 0x0300f00f;
  v = (v | (v << 4)) & 0x030c30c3;
  return (v | (v << 2)) & 0x09249249;
}
