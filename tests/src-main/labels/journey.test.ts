/**
 * 10,000 random operations on labels that are really kept: gestures, classes, undo, redo, training with births and deaths, checkpoints, and
 * kills after which the project is opened anew and the run goes on from its checkpoint. After each of them every living splat has the
 * label that a plain model gives it, which knows nothing of journals, cursors or replays: it keeps the whole story as a list, and walks
 * it from the beginning.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/random';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { LabelBook, LabelField } from '../../../src-main/labels/index';
import type { Edit } from '../../../src-main/labels/index';
import { savedIdsOf } from '../../../src-main/labels/savedIds';
import { ProjectDatabase, LabelJournal } from '../../../src-main/project/index';
import { temporaryFolder } from '../base/temporaryFolder';
import { usePlainTensors } from '../gaussians/fixtures';

const OPERATIONS = 10_000;
const START = 24;
const MOST = 160;

/** The plain model: what happened, in its order. A gesture names the splats that it labels; of checkpoints the newest counts. */
type Happening =
  | { kind: 'birth'; id: number; parent: number }
  | { kind: 'death'; id: number }
  | { kind: 'checkpoint' }
  | { kind: 'label'; label: number; ids: Set<number>; active: boolean }
  | { kind: 'merge'; from: number; into: number; active: boolean };

type EditHappening = Extract<Happening, { active: boolean }>;
const isEdit = (one: Happening): one is EditHappening => 'active' in one;

function labelsAfter(story: readonly Happening[]): Map<number, number> {
  const labels = new Map<number, number>();
  for (const one of story)
    if (one.kind === 'birth') labels.set(one.id, labels.get(one.parent) ?? 0);
    else if (one.kind === 'label' && one.active) for (const id of one.ids) labels.set(id, one.label);
    else if (one.kind === 'merge' && one.active)
      for (const [id, label] of labels) if (label === one.from) labels.set(id, one.into);
  return labels;
}

describe('labels through everything that happens to them', () => {
  usePlainTensors();

  it(`loses nothing in ${OPERATIONS} random operations`, { timeout: 240_000 }, async () => {
    const path = join(await temporaryFolder(), 'project.db');
    let draw = 0;
    const random = new CounterRandom(11, 'journey', 0);
    const below = (n: number): number => Math.floor(random.uniform(draw++) * n);

    let database = new ProjectDatabase(path, 'write');
    let book = new LabelBook(new LabelJournal(database, path));
    let model = new GaussianModel(MOST);
    model.append(START);
    let field = new LabelField();
    let story: Happening[] = Array.from({ length: START }, (_, i) => ({ kind: 'birth', id: i + 1, parent: 0 }));
    let told = 0;

    /** what a checkpoint keeps */
    const save = () => {
      story = [...story.filter(({ kind }) => kind !== 'checkpoint'), { kind: 'checkpoint' }];
      return {
        nextId: model.nextId,
        tensors: Object.fromEntries(
          Object.entries(model.snapshot()).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
        ),
      };
    };
    let checkpoint = save();

    const edits = (): EditHappening[] => story.filter(isEdit);
    /** the trainer hears of the edits from an index on */
    const tell = (from: number): void => {
      field.set(from, book.felt.slice(from));
      told = book.felt.length;
    };
    const commit = (happening: EditHappening, { name, ops, saved }: Pick<Edit, 'name' | 'ops' | 'saved'>): void => {
      book.commit({ name, at: new Date(0).toISOString(), step: 0, nextId: model.nextId, ops, saved });
      // What was undone cannot be done again.
      story = story.filter((one) => !isEdit(one) || one.active);
      story.push(happening);
      tell(book.felt.length - 1);
    };

    const kinds = { gesture: 0, undo: 0, redo: 0, births: 0, deaths: 0, checkpoints: 0, kills: 0, merges: 0 };
    for (let operation = 0; operation < OPERATIONS; operation++) {
      const kind = below(100);
      const living = model.ids.slice(0, model.count);
      if (kind < 30) {
        kinds.gesture++;
        const marks = Uint8Array.from(living, () => (below(5) === 0 ? 1 : 0));
        const ids = living.filter((_, row) => marks[row] === 1).sort();
        if (ids.length === 0) continue;
        const classes = book.taxonomy.classes;
        const lineage = { parents: model.ancestry.parents, nextId: model.nextId };
        const saved =
          checkpoint.nextId < model.nextId
            ? { nextId: checkpoint.nextId, ids: savedIdsOf(marks, living, lineage, checkpoint.nextId) }
            : null;
        const fresh = book.fresh();
        const makes = classes.length === 0 || (classes.length < 6 && below(8) === 0);
        const label = makes ? fresh.label : below(6) === 0 ? 0 : classes[below(classes.length)].label;
        const assign = { type: 'assign', layer: 1, label, ids } as const;
        const made = {
          type: 'addClass',
          class: fresh.class,
          label,
          name: `类 / ${fresh.class}`,
          colour: '#123456',
        } as const;
        const ops = makes ? [made, assign] : [assign];
        commit({ kind: 'label', label, ids: new Set(ids), active: true }, { name: 'brush', ops, saved });
      } else if (kind < 45) {
        const last = edits()
          .filter(({ active }) => active)
          .at(-1);
        expect(book.undo() === null).toBe(last === undefined);
        if (!last) continue;
        kinds.undo++;
        last.active = false;
        tell(book.felt.length);
      } else if (kind < 55) {
        const next = edits().find(({ active }) => !active);
        expect(book.redo() === null).toBe(next === undefined);
        if (!next) continue;
        kinds.redo++;
        next.active = true;
        tell(book.felt.length - 1);
      } else if (kind < 58) {
        const { classes } = book.taxonomy;
        if (classes.length < 2) continue;
        kinds.merges++;
        const [from, into] = [classes[below(classes.length)], classes[below(classes.length)]];
        if (from === into) continue;
        const ops = [{ type: 'mergeClass', from: from.class, into: into.class }] as const;
        commit(
          { kind: 'merge', from: from.label, into: into.label, active: true },
          { name: 'mergeClass', ops, saved: null },
        );
      } else if (kind < 78 && model.count < MOST) {
        kinds.births++;
        const row = below(model.count);
        const parent = model.ids[row];
        const id = model.nextId;
        const child = model.extend(1, MOST);
        model.copyRow(row, child);
        model.renew(child, parent);
        story.push({ kind: 'birth', id, parent });
      } else if (kind < 90 && model.count > START / 2) {
        kinds.deaths++;
        const row = below(model.count);
        story.push({ kind: 'death', id: model.ids[row] });
        model.keepRows({ bounds: Uint32Array.of(0, row, row + 1, model.count), count: 2 });
      } else if (kind < 96) {
        kinds.checkpoints++;
        checkpoint = save();
      } else if (kind >= 98) {
        kinds.kills++;
        story = setBack(story, checkpoint.nextId);
        database.close();
        model.dispose();
        database = new ProjectDatabase(path, 'write');
        book = new LabelBook(new LabelJournal(database, path));
        model = new GaussianModel(MOST);
        model.restore(checkpoint.tensors, checkpoint.nextId);
        book.setBack(model.nextId);
        field = new LabelField();
        tell(0);
        checkpoint = save();
      }
      field.follow({ parents: model.ancestry.parents, nextId: model.nextId });
      const expected = labelsAfter(story);
      const labels = new Uint16Array(model.count);
      field.ofRows(1, model.ids.subarray(0, model.count), labels);
      const found = Array.from(labels, (label, row) => [model.ids[row], label]);
      const wanted = Array.from(labels, (_, row) => [model.ids[row], expected.get(model.ids[row]) ?? 0]);
      if (JSON.stringify(found) !== JSON.stringify(wanted))
        expect({ operation, found }).toEqual({ operation, found: wanted });
    }
    expect(told).toBe(book.felt.length);
    for (const [name, times] of Object.entries(kinds)) expect(times, name).toBeGreaterThan(50);
    database.close();
    model.dispose();
  });
});

/**
 * The story of a run that went back to its checkpoint: births and deaths since then have not happened. Edits have; where splats were born
 * between, each is on the ancestors that the checkpoint knows, by the majority of those who lived when it was made.
 */
function setBack(story: readonly Happening[], nextId: number): Happening[] {
  const parents = new Map(story.flatMap((one) => (one.kind === 'birth' ? [[one.id, one.parent] as const] : [])));
  const known = (id: number): number => {
    let at = id;
    while (at >= nextId) at = parents.get(at) ?? 0;
    return at;
  };
  const alive = new Set<number>();
  const after: Happening[] = [];
  let [since, born] = [false, false];
  for (const one of story) {
    if (one.kind === 'birth') alive.add(one.id);
    if (one.kind === 'death') alive.delete(one.id);
    if (one.kind === 'checkpoint') since = true;
    born ||= since && one.kind === 'birth';
    if (since && (one.kind === 'birth' || one.kind === 'death')) continue;
    after.push(born && one.kind === 'label' ? { ...one, ids: majority(one.ids, alive, known) } : one);
  }
  return after;
}

function majority(ids: ReadonlySet<number>, alive: ReadonlySet<number>, known: (id: number) => number): Set<number> {
  const tally = new Map<number, [number, number]>();
  for (const id of alive) {
    const at = known(id);
    const [meant, all] = tally.get(at) ?? [0, 0];
    tally.set(at, [meant + (ids.has(id) ? 1 : 0), all + 1]);
  }
  return new Set([...tally].filter(([, [meant, all]]) => meant > 0 && 2 * meant >= all).map(([id]) => id));
}
