/** Labels turn the Gaussians that they name, and nobody else, by the direction of all that answer with the entry. */
import { beforeAll, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/index';
import { initKernels } from '../../../src-main/kernels/index';
import { decodeCodes, vectorsOf } from '../../../src-main/semantics/index';
import { turnTaught } from '../../../src-main/training/teaching';

beforeAll(() => initKernels({ backend: 'reference' }));

/** A decoder of four entries, each meant by one axis of S_G. */
const layers = [
  {
    kernel: Float32Array.from({ length: 8 * 4 }, (_, i) => (Math.floor(i / 4) === i % 4 ? 12 : 0)),
    bias: new Float32Array(4),
  },
];
const COUNT = 24;

/** Row r means entry r mod `meaning`, noisily. */
function scene(meaning: number): Float32Array {
  const random = new CounterRandom(9, 'teaching');
  return Float32Array.from({ length: 9 * COUNT }, (_, i) => {
    const [row, k] = [Math.floor(i / 9), i % 9];
    if (k === 8) return -3;
    return (1 + (row % 3)) * ((row % meaning === k ? 1 : 0) + 0.05 * random.normal(i));
  });
}

const answersOf = (semantics: Float32Array) =>
  Array.from({ length: COUNT }, (_, row) => decodeCodes(vectorsOf(semantics, COUNT), layers).entries[4 * row]);

function taughtOf(lessons: Record<number, number>) {
  const entries = new Uint8Array(COUNT);
  for (const [row, entry] of Object.entries(lessons)) entries[Number(row)] = entry;
  return { entries, rows: Int32Array.from(entries.keys()).filter((row) => entries[row] > 0), change: 1 };
}

it('turns what answers otherwise, says which, and leaves lengths and all others as they are', () => {
  const semantics = scene(4);
  const before = semantics.slice();
  const taught = taughtOf({ 4: 3, 5: 3, 6: 3 });
  expect([...turnTaught(semantics, COUNT, taught, layers)]).toEqual([4, 5]);
  const expected = Array.from({ length: COUNT }, (_, row) => (row === 4 || row === 5 ? 2 : row % 4));
  expect(answersOf(semantics)).toEqual(expected);
  for (let row = 0; row < COUNT; row++) {
    const [now, then] = [semantics, before].map((all) => all.subarray(9 * row, 9 * row + 9));
    if (row === 4 || row === 5) expect(Math.hypot(...now.slice(0, 8))).toBeCloseTo(Math.hypot(...then.slice(0, 8)), 5);
    else expect(now).toEqual(then);
    expect(now[8]).toBe(-3);
  }
  expect([...turnTaught(semantics, COUNT, taught, layers)]).toEqual([]);
});

it('leaves a Gaussian whose entry nobody answers with', () => {
  const semantics = scene(3);
  const before = semantics.slice();
  turnTaught(semantics, COUNT, taughtOf({ 4: 4 }), layers);
  expect(semantics).toEqual(before);
});
