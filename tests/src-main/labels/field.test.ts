/**
 * Labels follow births: what a splat is labelled is what its ancestor was labelled when it was born, and undoing is to replay without. Held
 * against a plain model that keeps a label a splat and copies it at birth, over thousands of random edits, births, undos and setbacks.
 */
import { describe, expect, it } from 'vitest';
import type { FieldEdit } from '#contract/labels';
import { CounterRandom } from '../../../src-main/base/random';
import { LabelField } from '../../../src-main/labels/field';

const assign = (nextId: number, label: number, ids: number[], layer = 1, byHand = true): FieldEdit => ({
  nextId,
  changes: [{ kind: 'assign', layer, label, ids: Uint32Array.from(ids), byHand }],
});

/** parents by id; 0 is nobody */
const lineage = (...parents: number[]) => ({ parents: Uint32Array.of(0, ...parents), nextId: parents.length + 1 });

const labelsOf = (field: LabelField, nextId: number, layer = 1): number[] =>
  Array.from({ length: nextId - 1 }, (_, i) => field.labels(layer)?.[i + 1] ?? 0);

describe('LabelField', () => {
  it('hands a label down to children that are born later, not to those that are there', () => {
    const field = new LabelField();
    field.set(0, [assign(4, 7, [1])]);
    // 3 was born of 1 before the edit, 4 after it, 5 of 4.
    field.follow(lineage(0, 0, 1, 1, 4));
    expect(labelsOf(field, 6)).toEqual([7, 0, 0, 7, 7]);
  });

  it('undoes an edit also for splats that were born since, and does it again', () => {
    const field = new LabelField();
    const edits = [assign(3, 7, [1, 2]), assign(3, 9, [2])];
    field.set(0, edits);
    field.follow(lineage(0, 0));
    const later = lineage(0, 0, 2, 3);
    field.follow(later);
    expect(labelsOf(field, 5)).toEqual([7, 9, 9, 9]);
    field.set(1, []);
    field.follow(later);
    expect(labelsOf(field, 5)).toEqual([7, 7, 7, 7]);
    field.set(1, [edits[1]]);
    field.follow(later);
    expect(labelsOf(field, 5)).toEqual([7, 9, 9, 9]);
  });

  it('takes an edit that was made before the last births at its own time', () => {
    const field = new LabelField();
    const all = lineage(0, 0, 1, 1);
    field.follow(all);
    field.set(0, [assign(4, 5, [1])]);
    field.follow(all);
    expect(labelsOf(field, 5)).toEqual([5, 0, 0, 5]);
  });

  it('knows whose word a label is, also for children, and forgets it with the label', () => {
    const field = new LabelField();
    // 3 is born of 1, 4 of 2; then an answer of the model covers what a hand had labelled, and a class is removed.
    const edits = [assign(3, 7, [1]), assign(3, 8, [2], 1, false)];
    field.set(0, edits);
    const now = lineage(0, 0, 1, 2);
    const byHand = (): number[] => {
      field.follow(now);
      const out = new Uint16Array(4);
      field.byHandOfRows(1, Uint32Array.of(1, 2, 3, 4), out);
      return [...out];
    };
    expect(byHand()).toEqual([7, 0, 7, 0]);
    field.set(2, [assign(5, 8, [1], 1, false)]);
    expect(byHand()).toEqual([0, 0, 7, 0]);
    field.set(2, [{ nextId: 5, changes: [{ kind: 'relabel', from: [7], to: 0 }] }]);
    expect(byHand()).toEqual([0, 0, 0, 0]);
  });

  it('keeps layers apart, relabels in all of them, and clears one', () => {
    const field = new LabelField();
    const now = lineage(0, 0);
    field.set(0, [
      assign(3, 1, [1], 1),
      assign(3, 2, [1, 2], 2),
      { nextId: 3, changes: [{ kind: 'relabel', from: [1, 2], to: 9 }] },
    ]);
    field.follow(now);
    expect([labelsOf(field, 3, 1), labelsOf(field, 3, 2)]).toEqual([
      [9, 0],
      [9, 9],
    ]);
    field.set(3, [{ nextId: 3, changes: [{ kind: 'clear', layer: 2 }] }]);
    field.follow(now);
    expect(field.labels(2)).toBeNull();
    expect(labelsOf(field, 3, 1)).toEqual([9, 0]);
  });

  it('ignores ids that are not born, and remembers what was looked at', () => {
    const field = new LabelField();
    field.set(0, [assign(2, 3, [1, 999]), { nextId: 2, changes: [{ kind: 'review', ids: Uint32Array.of(1) }] }]);
    field.follow(lineage(0, 1, 0));
    expect(labelsOf(field, 4)).toEqual([3, 3, 0]);
    expect([...field.reviewed.subarray(1, 4)]).toEqual([1, 1, 0]);
  });

  it('agrees with labels that are copied at birth, over 20,000 random operations', () => {
    const random = new CounterRandom(5, 'labels', 0);
    let draw = 0;
    const below = (n: number): number => Math.floor(random.uniform(draw++) * n);
    const parents = [0, 0, 0, 0, 0, 0];
    /** every edit and birth in its order; what is undone is left out when it is replayed */
    const events: ({ birth: number } | { edit: FieldEdit; undone: boolean })[] = [];
    for (let id = 1; id < parents.length; id++) events.push({ birth: id });
    const expected = (): number[] => {
      const labels: number[] = new Array<number>(parents.length).fill(0);
      for (const event of events)
        if ('birth' in event) labels[event.birth] = labels[parents[event.birth]];
        else if (!event.undone)
          for (const change of event.edit.changes) {
            if (change.kind === 'assign') for (const id of change.ids) labels[id] = change.label;
            if (change.kind === 'relabel')
              labels.forEach((label, id) => (labels[id] = change.from.includes(label) ? change.to : label));
          }
      return labels.slice(1);
    };
    const field = new LabelField();
    let active: FieldEdit[] = [];
    let undone: FieldEdit[] = [];
    for (let operation = 0; operation < 20_000; operation++) {
      const kind = below(10);
      if (kind < 4) {
        if (parents.length > 400) continue;
        parents.push(1 + below(parents.length - 1));
        events.push({ birth: parents.length - 1 });
      } else if (kind < 7) {
        const ids = Array.from({ length: 1 + below(8) }, () => 1 + below(parents.length - 1));
        const edit: FieldEdit =
          below(5) === 0
            ? { nextId: parents.length, changes: [{ kind: 'relabel', from: [below(5)].filter(Boolean), to: below(5) }] }
            : assign(parents.length, below(5), ids);
        field.set(active.length, [edit]);
        active = [...active, edit];
        undone = [];
        events.push({ edit, undone: false });
      } else if (kind === 7 && active.length > 0) {
        const edit = active[active.length - 1];
        active = active.slice(0, -1);
        undone = [edit, ...undone];
        field.set(active.length, []);
        for (const event of events) if ('edit' in event && event.edit === edit) event.undone = true;
      } else if (kind === 8 && undone.length > 0) {
        const [edit, ...rest] = undone;
        field.set(active.length, [edit]);
        active = [...active, edit];
        undone = rest;
        for (const event of events) if ('edit' in event && event.edit === edit) event.undone = false;
      } else if (operation % 20 === 9) {
        field.follow({ parents: Uint32Array.from(parents), nextId: parents.length });
        expect(labelsOf(field, parents.length)).toEqual(expected());
      }
    }
    expect(draw).toBeGreaterThan(20_000);
  });
});
