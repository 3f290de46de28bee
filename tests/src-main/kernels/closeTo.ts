/** The one tolerance helper of the kernel tests: compares arrays and says by how much and where they differ. */
import { expect } from 'vitest';

export interface Difference {
  /** ‖a − b‖ / ‖b‖; the plain norm of the difference where b is 0 */
  relativeNorm: number;
  max: number;
  maxIndex: number;
  /** share of elements that differ by less than `limit` */
  shareWithin: (limit: number) => number;
}

/** @param skip elements to leave out */
export function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  skip: (index: number) => boolean = () => false,
): Difference {
  expect(actual.length).toBe(expected.length);
  const errors: number[] = [];
  let [squares, norm, max, maxIndex] = [0, 0, 0, -1];
  for (let i = 0; i < expected.length; i++) {
    if (skip(i)) continue;
    const d = Math.abs(actual[i] - expected[i]);
    errors.push(d);
    squares += d * d;
    norm += expected[i] * expected[i];
    if (!(d <= max)) [max, maxIndex] = [d, i];
  }
  return {
    relativeNorm: norm > 0 ? Math.sqrt(squares / norm) : Math.sqrt(squares),
    max,
    maxIndex,
    shareWithin: (limit) => (errors.length ? errors.filter((e) => e < limit).length / errors.length : 1),
  };
}

/** ‖actual − expected‖ ≤ tolerance·‖expected‖; NaN fails. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  label: string,
): void {
  const d = difference(actual, expected);
  if (d.relativeNorm <= tolerance) return;
  const [a, b] = [actual[d.maxIndex], expected[d.maxIndex]];
  expect.fail(
    `${label}: ‖Δ‖/‖g‖ = ${d.relativeNorm.toExponential(2)} > ${tolerance}; largest at ${d.maxIndex}: ${a} instead of ${b}`,
  );
}

/** METHOD §7.1 for planes of colour, α and semantics: 99.9 % < 1e-5, all < 1e-4. */
export function expectPlanesClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  skip: (index: number) => boolean,
  label: string,
): void {
  const d = difference(actual, expected, skip);
  const share = d.shareWithin(1e-5);
  if (share >= 0.999 && d.max < 1e-4) return;
  const [a, b] = [actual[d.maxIndex], expected[d.maxIndex]];
  expect.fail(
    `${label}: ${(100 * (1 - share)).toFixed(3)} % ≥ 1e-5, max ${d.max.toExponential(2)} at ${d.maxIndex}: ${a} instead of ${b}`,
  );
}
