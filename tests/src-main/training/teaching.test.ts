/** Labels turn the Gaussians that they name, and nobody else, by the direction of all that answer with the entry; undone, they turn back. */
import { beforeAll, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/index';
import type { GaussianModel } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { decodeCodes, vectorsOf } from '../../../src-main/semantics/index';
import { TaughtTurns } from '../../../src-main/training/teaching';

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

/** As much of a model as turning looks at: ids 1 …, born of `parents` by id. */
function modelOf(semantics: Float32Array, parents: Record<number, number> = {}): GaussianModel {
  const count = semantics.length / 9;
  const ids = Uint32Array.from({ length: count }, (_, row) => row + 1);
  const ancestry = { parents: Uint32Array.from({ length: count + 1 }, (_, id) => parents[id] ?? 0) };
  return { count, nextId: count + 1, ids, ancestry, arrays: () => ({ semantics }) } as unknown as GaussianModel;
}

const codesOf = (semantics: Float32Array) => decodeCodes(vectorsOf(semantics, semantics.length / 9), layers);
const answersOf = (semantics: Float32Array) =>
  Array.from({ length: semantics.length / 9 }, (_, row) => codesOf(semantics).entries[4 * row]);

function taughtOf(lessons: Record<number, number>, count = COUNT) {
  const entries = new Uint8Array(count);
  for (const [row, entry] of Object.entries(lessons)) entries[Number(row)] = entry;
  return { entries, rows: Int32Array.from(entries.keys()).filter((row) => entries[row] > 0), change: 1 };
}

it('turns what answers otherwise, says which, and leaves lengths and all others as they are', () => {
  const semantics = scene(4);
  const before = semantics.slice();
  const taught = taughtOf({ 4: 3, 5: 3, 6: 3 });
  const turns = new TaughtTurns();
  expect([...turns.turn(modelOf(semantics), taught, codesOf(semantics), layers)]).toEqual([4, 5]);
  const expected = Array.from({ length: COUNT }, (_, row) => (row === 4 || row === 5 ? 2 : row % 4));
  expect(answersOf(semantics)).toEqual(expected);
  for (let row = 0; row < COUNT; row++) {
    const [now, then] = [semantics, before].map((all) => all.subarray(9 * row, 9 * row + 9));
    if (row === 4 || row === 5) expect(Math.hypot(...now.slice(0, 8))).toBeCloseTo(Math.hypot(...then.slice(0, 8)), 5);
    else expect(now).toEqual(then);
    expect(now[8]).toBe(-3);
  }
  expect([...turns.turn(modelOf(semantics), taught, codesOf(semantics), layers)]).toEqual([]);
});

it('leaves a Gaussian whose entry nobody answers with', () => {
  const semantics = scene(3);
  const before = semantics.slice();
  new TaughtTurns().turn(modelOf(semantics), taughtOf({ 4: 4 }), codesOf(semantics), layers);
  expect(semantics).toEqual(before);
});

it('gives one without any length a mean one, so that it has a say', () => {
  const semantics = scene(4);
  semantics.fill(0, 9 * 5, 9 * 5 + 8);
  const turned = new TaughtTurns().turn(modelOf(semantics), taughtOf({ 5: 1 }), codesOf(semantics), layers);
  expect([...turned]).toEqual([5]);
  expect(answersOf(semantics)[5]).toBe(0);
  // Lengths are 1, 2 and 3 in turn, one of 24 is 0.
  expect(Math.hypot(...semantics.subarray(9 * 5, 9 * 5 + 8))).toBeGreaterThan(1.5);
  expect(Math.hypot(...semantics.subarray(9 * 5, 9 * 5 + 8))).toBeLessThan(2.5);
});

it('turns back what is labelled no more, with those born of it since, and nobody who was born before', () => {
  const semantics = scene(4);
  const turns = new TaughtTurns();
  const before = semantics.slice();
  // Rows 4 and 9 are ids 5 and 10; id 24 was born of 5 before it turned.
  turns.turn(modelOf(semantics, { 24: 5 }), taughtOf({ 4: 3, 9: 3 }), codesOf(semantics), layers);
  // A child of 5 is born, with its S_G, and what 24 means is its own.
  const grown = new Float32Array(9 * (COUNT + 1));
  grown.set(semantics);
  grown.set(semantics.subarray(9 * 4, 9 * 5), 9 * COUNT);
  const later = modelOf(grown, { 24: 5, 25: 5 });
  const back = turns.turn(later, taughtOf({ 9: 3 }, COUNT + 1), codesOf(grown), layers);
  expect([...back]).toEqual([4, COUNT]);
  expect(grown.subarray(9 * 4, 9 * 5)).toEqual(before.subarray(9 * 4, 9 * 5));
  expect(grown.subarray(9 * COUNT)).toEqual(before.subarray(9 * 4, 9 * 5));
  expect(grown.subarray(9 * 23, 9 * 24)).toEqual(before.subarray(9 * 23, 9 * 24));
  expect(answersOf(grown)[9]).toBe(2);
  expect([...turns.turn(later, null, codesOf(grown), layers)]).toEqual([9]);
  expect(grown.subarray(0, 9 * COUNT)).toEqual(before);
});
