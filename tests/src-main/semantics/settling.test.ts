/**
 * Settling turns Gaussians to what they are labelled with, by the directions of those that mean it already, and leaves lengths,
 * uncertainty and everybody else alone.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/index';
import { initKernels } from '../../../src-main/kernels/index';
import { decodeCodes, settle, vectorsOf } from '../../../src-main/semantics/index';

beforeAll(() => initKernels({ backend: 'reference' }));

/** A decoder of four entries, each meant by one axis of S_G. */
const layers = [
  {
    kernel: Float32Array.from({ length: 8 * 4 }, (_, i) => (Math.floor(i / 4) === i % 4 ? 12 : 0)),
    bias: new Float32Array(4),
  },
];
const COUNT = 40;
const answersOf = (semantics: Float32Array, count = COUNT) =>
  Array.from({ length: count }, (_, row) => decodeCodes(vectorsOf(semantics, count), layers).entries[4 * row]);
const settled = (semantics: Float32Array, labels: Uint8Array, count = COUNT) =>
  settle(semantics, decodeCodes(vectorsOf(semantics, count), layers), labels, layers);
const lengthsOf = (semantics: Float32Array) =>
  Array.from({ length: COUNT }, (_, row) => Math.hypot(...semantics.subarray(9 * row, 9 * row + 8)));

/** Row r means entry r mod `meaning`, noisily; lengths differ. */
function scene(meaning: number): Float32Array {
  const random = new CounterRandom(4, 'settling');
  return Float32Array.from({ length: 9 * COUNT }, (_, i) => {
    const [row, k] = [Math.floor(i / 9), i % 9];
    if (k === 8) return -3;
    return (0.5 + (row % 5)) * ((row % meaning === k ? 1 : 0) + 0.05 * random.normal(i));
  });
}

describe('settling', () => {
  it('turns those that disagree with their label, and nobody else', () => {
    const semantics = scene(4);
    const before = semantics.slice();
    const labels = Uint8Array.from({ length: COUNT }, (_, row) => (row % 4) + 1);
    labels[5] = 3;
    labels[10] = 1;
    labels[11] = 0;
    expect([...settled(semantics, labels)]).toEqual([5, 10]);
    const expected = Array.from(labels, (label, row) => (row === 11 ? 3 : label - 1));
    expect(answersOf(semantics)).toEqual(expected);
    const [now, then] = [lengthsOf(semantics), lengthsOf(before)];
    // Float32 directions.
    now.forEach((length, row) => expect(length).toBeCloseTo(then[row], 5));
    for (let row = 0; row < COUNT; row++) {
      expect(semantics[9 * row + 8]).toBe(-3);
      if (row !== 5 && row !== 10)
        expect(semantics.subarray(9 * row, 9 * row + 9)).toEqual(before.subarray(9 * row, 9 * row + 9));
    }
    expect(settled(semantics, labels)).toHaveLength(0);
  });

  it('leaves a Gaussian whose label nobody means', () => {
    const semantics = scene(3);
    const before = semantics.slice();
    const labels = Uint8Array.from({ length: COUNT }, (_, row) => (row % 3) + 1);
    labels[7] = 4;
    expect(settled(semantics, labels)).toHaveLength(0);
    expect(semantics).toEqual(before);
  });

  it('has nothing to do without labels or Gaussians', () => {
    const semantics = scene(4);
    const before = semantics.slice();
    expect(settled(semantics, new Uint8Array(COUNT))).toHaveLength(0);
    expect(settled(new Float32Array(0), new Uint8Array(0), 0)).toHaveLength(0);
    expect(semantics).toEqual(before);
  });
});
