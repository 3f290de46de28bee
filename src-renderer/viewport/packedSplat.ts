/**
 * Reads packed splats (the words are told in #contract/frame) one by one: for looking through a pixel, not for drawing, which the
 * graphics card does from the same words.
 *
 *   scale_k = exp(lnScaleMin + (byte − 1)·(lnScaleMax − lnScaleMin)/254), 0 for byte 0
 *   rotation: axis a from two octahedral bytes, angle θ = byte/255·π, quaternion (a·sin θ/2, cos θ/2)
 */
import type { FrameOf } from '#contract/frame';

/** Every half float as a number; 256 KiB, made on first use. */
let halves: Float32Array | undefined;

export function halfTable(): Float32Array {
  if (halves) return halves;
  halves = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halves[bits] = bits & 0x8000 ? -size : size;
  }
  return halves;
}

/** exp of the 256 bytes of a log-scale. */
export function scaleTable({
  lnScaleMin,
  lnScaleMax,
}: Pick<FrameOf<'snapshot'>, 'lnScaleMin' | 'lnScaleMax'>): Float64Array {
  const step = (lnScaleMax - lnScaleMin) / 254;
  return Float64Array.from({ length: 256 }, (_, byte) => (byte === 0 ? 0 : Math.exp(lnScaleMin + (byte - 1) * step)));
}

/** Rows of the rotation matrix that 24 bits stand for, into `out` [9]. */
export function unpackRotation(words: Uint32Array, row: number, out: Float64Array): void {
  const middle = words[4 * row + 2];
  const last = words[4 * row + 3];
  let x = (((middle >>> 16) & 255) / 255) * 2 - 1;
  let y = ((middle >>> 24) / 255) * 2 - 1;
  let z = 1 - Math.abs(x) - Math.abs(y);
  const fold = Math.max(-z, 0);
  x += x >= 0 ? -fold : fold;
  y += y >= 0 ? -fold : fold;
  const length = Math.hypot(x, y, z);
  const half = ((last >>> 24) / 255) * (Math.PI / 2);
  const along = Math.sin(half) / length;
  x *= along;
  y *= along;
  z *= along;
  const w = Math.cos(half);
  out[0] = 1 - 2 * (y * y + z * z);
  out[1] = 2 * (x * y - w * z);
  out[2] = 2 * (x * z + w * y);
  out[3] = 2 * (x * y + w * z);
  out[4] = 1 - 2 * (x * x + z * z);
  out[5] = 2 * (y * z - w * x);
  out[6] = 2 * (x * z - w * y);
  out[7] = 2 * (y * z + w * x);
  out[8] = 1 - 2 * (x * x + y * y);
}

/** Centre of a row in world units. */
export function unpackCentre(
  words: Uint32Array,
  row: number,
  origin: readonly [number, number, number],
): [number, number, number] {
  const half = halfTable();
  const xy = words[4 * row + 1];
  return [origin[0] + half[xy & 0xffff], origin[1] + half[xy >>> 16], origin[2] + half[words[4 * row + 2] & 0xffff]];
}

export const unpackOpacity = (words: Uint32Array, row: number): number => (words[4 * row] >>> 24) / 255;
