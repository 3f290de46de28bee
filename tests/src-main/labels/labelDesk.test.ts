/** What labels teach, of the entries that stand for their class or of what their splats answer; and what a person's own hand says. */
import { expect, it } from 'vitest';
import type { LabelMeaning } from '#contract/labels';
import type { Ancestry, GaussianModel } from '../../../src-main/gaussians/index';
import { LabelDesk } from '../../../src-main/labels/index';

const COUNT = 12;
const ids = Uint32Array.from({ length: COUNT }, (_, row) => row + 1);
/** As much of a model as labels look at: splats 1 … 12, none of which was born of another. */
const model = {
  ...{ count: COUNT, nextId: COUNT + 1, ids },
  ancestry: { parents: new Uint32Array(COUNT + 1) } as unknown as Ancestry,
} as unknown as GaussianModel;

/** Splats 1 … 6 have label 1 by hand, 7 … 12 label 2, an accepted answer. */
function labelledDesk(meanings: LabelMeaning[] | null): LabelDesk {
  const desk = new LabelDesk();
  const changes = [1, 2].map((label) => ({
    ...{ kind: 'assign' as const, layer: 1, label, byHand: label === 1 },
    ids: ids.slice(6 * (label - 1), 6 * label),
  }));
  desk.setEdits({ type: 'labels', revision: 1, from: 0, edits: [{ nextId: COUNT + 1, changes }], layer: 1 });
  if (meanings) desk.setMeanings({ type: 'teach', meanings });
  return desk;
}

const lamp = (...entries: number[]): LabelMeaning => ({ label: 1, name: 'Red lamp', entries });
const shelf = (...entries: number[]): LabelMeaning => ({ label: 2, name: 'shelf', entries });

/** @param rows  entries of each splat, most probable first */
const answering = (rows: (number | number[])[] | null) => ({
  best: () => null,
  codes: () =>
    rows && {
      count: COUNT,
      entries: Uint8Array.from({ length: 4 * COUNT }, (_, i) => [rows[i >> 2]].flat()[i & 3] ?? 0),
      shares: Uint8Array.from({ length: 4 * COUNT }, (_, i) => ((i & 3) < [rows[i >> 2]].flat().length ? 60 : 0)),
    },
});
const mixed = [4, 4, 4, 4, 9, 9, 7, 7, 7, 8, 8, 8];

it('teaches nothing before it was said what labels mean', () => {
  expect(labelledDesk(null).taught(model, answering(mixed))).toBeNull();
});

it('leaves splats that answer with any entry of their class, and takes of the others the first that splats answer with', () => {
  const taught = labelledDesk([lamp(2, 9), shelf(5)]).taught(model, answering(mixed))!;
  // Nobody answers with 2 nor with 5; entries are 1-based here.
  expect([...taught.entries]).toEqual([10, 10, 10, 10, 10, 10, 6, 6, 6, 6, 6, 6]);
  expect([...taught.rows]).toEqual([...ids.keys()]);
  const both = labelledDesk([lamp(4, 9), shelf(8, 7)]).taught(model, answering(mixed))!;
  expect([...both.entries]).toEqual([5, 5, 5, 5, 10, 10, 8, 8, 8, 9, 9, 9]);
});

it('prefers what a splat means in the second place to the first entry of its class', () => {
  const codes = [[4, 6], [4, 9, 6], [9, 4], 4, 4, 4, 7, 7, 7, 8, 8, 8];
  const taught = labelledDesk([lamp(8, 6), shelf(8)]).taught(model, answering(codes))!;
  expect([...taught.entries.subarray(0, 4)]).toEqual([7, 7, 9, 9]);
});

it('goes by what two thirds of the splats answer where no entry stands for their class', () => {
  const taught = labelledDesk([lamp(), shelf()]).taught(model, answering(mixed))!;
  // Four of six answer with entry 4; of the others no entry has two thirds.
  expect([...taught.entries]).toEqual([5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0]);
  expect([...taught.rows]).toEqual([0, 1, 2, 3, 4, 5]);
  expect(labelledDesk([lamp(1), shelf()]).taught(model, answering(null))).toBeNull();
});

it('keeps what it went by until labels change, so that what it taught does not teach it, also for those born since', () => {
  const desk = labelledDesk([lamp(), shelf(8)]);
  const taught = desk.taught(model, answering(mixed))!;
  // Splat 13 is a child of 2, and takes the place of 12.
  const parents = new Uint32Array(COUNT + 2);
  parents[13] = 2;
  const grown = {
    ...{ count: COUNT, nextId: COUNT + 2, ids: ids.map((id) => (id === 12 ? 13 : id)) },
    ancestry: { parents },
  } as unknown as GaussianModel;
  const later = desk.taught(grown, answering(mixed.map(() => 1)))!;
  expect([...later.entries]).toEqual([...taught.entries.subarray(0, 11), 5]);
  expect(later.change).toBe(taught.change);
  desk.setMeanings({ type: 'teach', meanings: [lamp(), shelf()] });
  expect(desk.taught(grown, answering(mixed.map(() => 1)))!.change).not.toBe(taught.change);
});

it("says what a person's own hand answers of the names that are asked, and nothing of accepted answers", () => {
  const desk = labelledDesk([lamp(), shelf()]);
  expect([...desk.said(model, ['shelf', null, ' red Lamp '])!]).toEqual([3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0]);
  expect(desk.said(model, ['shelf', 'lamp', null])).toBeNull();
});
