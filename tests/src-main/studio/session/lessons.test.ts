/** Which entries stand for a class: those that no other name is nearer to, among the classes and what is asked. */
import { expect, it } from 'vitest';
import type { LabelMeaning } from '#contract/labels';
import type { Asking } from '../../../../src-main/studio/session/asking';
import { entriesFor, Lessons } from '../../../../src-main/studio/session/lessons';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

it('takes the entries that no other name is nearer to, foremost the common ones of the nearest', () => {
  const ball = of(0.95, 0.9, 0.97, 0.7, 0.6, 0.4);
  const book = of(0.1, 0.2, 0.1, 0.1, 0.8, 0.3);
  expect(entriesFor([ball, book], [10, 30, 0, 90, 5, 5])).toEqual([[1, 0, 3], [4]]);
  // Entry 2 was never chosen; entry 5 is nearer to the opposites than to either name.
  expect(entriesFor([ball, null], [10, 30, 0, 90, 5, 5])).toEqual([[1, 0, 3, 4], []]);
});

it('tells the trainer of every label its name and entries, and again when another name is asked that has them', async () => {
  const known: Record<string, Float32Array> = { 'pink ball': of(0.73, 0.6, 0.1), 'pink book': of(0.79, 0.2, 0.1) };
  const worded: string[][] = [];
  const asking = {
    namesAgainstEntries: (names: readonly string[]) => {
      worded.push([...names]);
      return Promise.resolve({ relevancies: names.map((name) => known[name] ?? null), counts: [5, 5, 5] });
    },
  } as unknown as Asking;
  const told: LabelMeaning[][] = [];
  const lessons = new Lessons(asking, (meanings) => told.push(meanings));
  const instances = [{ label: 3, number: 1 }];
  const taxonomy = {
    layers: [],
    classes: [
      { class: 1, name: 'pink ball', colour: '#112233', label: 1, instances },
      { class: 2, name: 'qzxv', colour: '#112233', label: 2, instances: [] },
    ],
  };
  const without = [{ label: 2, name: 'qzxv', entries: [] }];
  const ball = (...entries: number[]) => [1, 3].map((label) => ({ label, name: 'pink ball', entries }));
  await lessons.repeat(taxonomy);
  expect(told.at(-1)).toEqual([...ball(0, 1), ...without]);
  await lessons.asked(['pink book', 'Pink Ball'], taxonomy);
  expect(told.at(-1)).toEqual([...ball(1), ...without]);
  await lessons.asked([], taxonomy);
  expect(told.at(-1)).toEqual([...ball(0, 1), ...without]);
  // A name is worked out once.
  expect(worded).toEqual([['pink ball', 'qzxv'], ['pink book']]);
});

it('still tells names where words cannot be asked', async () => {
  const told: LabelMeaning[][] = [];
  const lessons = new Lessons(null, (meanings) => told.push(meanings));
  const classes = [{ class: 1, name: 'lamp', colour: '#112233', label: 1, instances: [] }];
  await lessons.repeat({ layers: [], classes });
  expect(told).toEqual([[{ label: 1, name: 'lamp', entries: [] }]]);
});
