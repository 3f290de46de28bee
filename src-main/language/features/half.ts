/**
 * Float16 (IEEE 754 binary16) as the bits in a Uint16Array: half the size of float32 on disk, with 11 significant bits. A unit
 * vector of a few hundred components loses below 3e-4 of each, and about 1e-7 of a cosine.
 */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Nearest float16, ties to even; beyond ±65,504 infinite. */
export function toHalf(value: number): number {
  float[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const exponent = ((x >>> 23) & 0xff) - 112;
  const mantissa = x & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    const full = mantissa | 0x800000;
    const shift = 14 - exponent;
    const half = full >>> shift;
    const rest = full & ((1 << shift) - 1);
    const middle = 1 << (shift - 1);
    return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
  }
  const half = (exponent << 10) | (mantissa >>> 13);
  const rest = mantissa & 0x1fff;
  // A carry out of the mantissa raises the exponent, and out of the last exponent gives infinity: both are right.
  const rounded = half + (rest > 0x1000 || (rest === 0x1000 && half & 1) ? 1 : 0);
  return sign | Math.min(rounded, 0x7c00);
}

function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

let table: Float32Array | null = null;

/** The 65,536 values, for loops that convert many. */
export function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, half) => valueOf(half));
  return table;
}

/** @param into  of the same length */
export function fromHalves(halves: Uint16Array, into: Float32Array): void {
  const values = halfTable();
  for (let i = 0; i < halves.length; i++) into[i] = values[halves[i]];
}
