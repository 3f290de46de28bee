/** Vectors of two halves, CLIP's and DINO's: unit length half by half, and dot products. */
import type { CodebookShape } from '../../kernels/index';

/** Four sums, so that one addition need not wait for the one before it. */
export function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = length - (length % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += a[fromA + k] * b[fromB + k];
    s1 += a[fromA + k + 1] * b[fromB + k + 1];
    s2 += a[fromA + k + 2] * b[fromB + k + 2];
    s3 += a[fromA + k + 3] * b[fromB + k + 3];
  }
  for (let k = whole; k < length; k++) s0 += a[fromA + k] * b[fromB + k];
  return s0 + s1 + s2 + s3;
}

/** Every half of every row at unit length; a zero half stays zero. @returns a new [rows, clipWidth + dinoWidth] */
export function unitHalves(rows: Float32Array, { clipWidth, dinoWidth }: CodebookShape): Float32Array {
  const width = clipWidth + dinoWidth;
  const units = rows.slice();
  const normalise = (begin: number, length: number): void => {
    const norm = Math.sqrt(dot(units, begin, units, begin, length));
    if (norm > 0) for (let k = begin; k < begin + length; k++) units[k] /= norm;
  };
  for (let row = 0; row < units.length; row += width) {
    normalise(row, clipWidth);
    normalise(row + clipWidth, dinoWidth);
  }
  return units;
}
