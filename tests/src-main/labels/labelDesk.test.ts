/** What labels teach: the entry of their lesson, and without one the entry that two thirds of their splats answer with. */
import { expect, it } from 'vitest';
import type { Ancestry, GaussianModel } from '../../../src-main/gaussians/index';
import { LabelDesk } from '../../../src-main/labels/index';

const COUNT = 12;
const ids = Uint32Array.from({ length: COUNT }, (_, row) => row + 1);
/** As much of a model as labels look at: splats 1 … 12, none of which was born of another. */
const model = {
  ...{ count: COUNT, nextId: COUNT + 1, ids },
  ancestry: { parents: new Uint32Array(COUNT + 1) } as unknown as Ancestry,
} as unknown as GaussianModel;

/** Splats 1 … 6 have label 1, 7 … 12 label 2. */
function labelledDesk(): LabelDesk {
  const desk = new LabelDesk();
  const changes = [1, 2].map((label) => ({
    ...{ kind: 'assign' as const, layer: 1, label },
    ids: ids.slice(6 * (label - 1), 6 * label),
  }));
  desk.setEdits({ type: 'labels', revision: 1, from: 0, edits: [{ nextId: COUNT + 1, changes }], layer: 1 });
  return desk;
}

const answering = (entries: number[] | null) => ({
  best: () => null,
  entries: () => entries && Uint8Array.from(entries),
});
const mixed = [4, 4, 4, 4, 9, 9, 7, 7, 7, 8, 8, 8];

it('teaches nothing before it was said which names are known', () => {
  expect(labelledDesk().taught(model, answering(mixed))).toBeNull();
});

it('goes by lessons, and by what most splats answer where there is none', () => {
  const desk = labelledDesk();
  desk.setLessons({ type: 'teach', entries: [{ label: 2, entry: 5 }] });
  const taught = desk.taught(model, answering(mixed));
  // Four of six answer with entry 4; entries are 1-based here.
  expect([...taught!.entries]).toEqual([5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6]);
  expect([...taught!.rows]).toEqual([...ids.keys()]);
});

it('teaches nothing of splats that do not agree, nor while it is not known what they answer', () => {
  const desk = labelledDesk();
  desk.setLessons({ type: 'teach', entries: [] });
  expect([...desk.taught(model, answering(mixed))!.rows]).toEqual([0, 1, 2, 3, 4, 5]);
  desk.setLessons({ type: 'teach', entries: [] });
  expect(desk.taught(model, answering(null))).toBeNull();
});

it('keeps what it went by until labels change, so that what it taught does not teach it', () => {
  const desk = labelledDesk();
  desk.setLessons({ type: 'teach', entries: [] });
  const taught = desk.taught(model, answering(mixed));
  const grown = { ...model, nextId: COUNT + 2, ancestry: { parents: new Uint32Array(COUNT + 2) } } as GaussianModel;
  const later = desk.taught(grown, answering(mixed.map(() => 1)));
  expect(later!.entries).toEqual(taught!.entries);
  expect(later!.change).toBe(taught!.change);
});
