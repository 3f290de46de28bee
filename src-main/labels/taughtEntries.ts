/**
 * What labels teach: for every labelled splat one entry of the codebook, out of those that stand for its class.
 *
 *   most probable of its own four codes that stands for the class;  where none does, the class's first entry that splats answer with
 *
 * A wall is many entries, and a splat that answers with any of them is right as it is: to hold all of a class to one entry would take
 * from the model what it tells apart, and contradict the photos' maps.
 *
 * A class that no entry stands for teaches the entry that two thirds of its splats answer with. The rest is then held to it, which mends
 * what is ragged; where no entry is so common, what was labelled as one is many things to the model, and nothing is taught.
 *
 * Entries are chosen when labels or meanings change, and are kept until then, so that what was taught does not teach; splats that are
 * born meanwhile have their parents' ones.
 */
import type { LabelMeaning } from '#contract/labels';
import type { GaussianModel } from '../gaussians/index';
import { CODES } from '../semantics/index';
import type { Codes } from '../semantics/index';

/** Entries of rows, 1-based, 0 = nothing. Another object when anything changed. */
export interface Taught {
  /** [count] */
  readonly entries: Uint8Array;
  /** rows with one, ascending */
  readonly rows: Int32Array;
  /** another one when labels or what they mean changed, not when rows did */
  readonly change: number;
}

/** A label that no entry stands for teaches the one that so much of its splats answer with. */
const AGREED = 2 / 3;

const mostOf = (counts: ReadonlyMap<number, number>): [entry: number, count: number] =>
  [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));

/** Entries (1-based) of the labels among these, [count]. @param codes  null while nothing is known of splats */
export function chooseEntries(labels: Uint16Array, meanings: readonly LabelMeaning[], codes: Codes | null): Uint8Array {
  const chosen = new Uint8Array(labels.length);
  if (!codes) return chosen;
  const sets = new Map(meanings.map(({ label, entries }) => [label, entries]));
  const answered = new Uint32Array(256);
  /** by label without entries: how many of its splats answer with which */
  const own = new Map<number, Map<number, number>>();
  labels.forEach((label, row) => {
    const entry = codes.entries[row * CODES];
    answered[entry]++;
    if (label === 0 || (sets.get(label)?.length ?? 0) > 0) return;
    let counts = own.get(label);
    if (!counts) own.set(label, (counts = new Map<number, number>()));
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  });
  const firsts = new Map<number, number>();
  for (const [label, entries] of sets)
    if (entries.length > 0) firsts.set(label, entries.find((entry) => answered[entry] > 0) ?? entries[0]);
  for (const [label, counts] of own) {
    const [entry, most] = mostOf(counts);
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (most >= AGREED * all) firsts.set(label, entry);
  }
  labels.forEach((label, row) => {
    const first = firsts.get(label);
    if (label === 0 || first === undefined) return;
    const set = sets.get(label) ?? [];
    let entry = first;
    for (let j = CODES - 1; j >= 0; j--) {
      const one = codes.entries[row * CODES + j];
      if (codes.shares[row * CODES + j] > 0 && set.includes(one)) entry = one;
    }
    chosen[row] = entry + 1;
  });
  return chosen;
}

export class TaughtEntries {
  /** as chosen at a change, by id of those that were born until then or since */
  #chosen: { change: number; nextId: number; byId: Uint8Array } | null = null;
  #taught: { stamp: string; taught: Taught | null } | null = null;

  /** @param change  of labels or meanings; @param codes  of the splats as they are */
  of(
    { ids, count, nextId, ancestry }: GaussianModel,
    change: number,
    labels: Uint16Array,
    meanings: readonly LabelMeaning[],
    codes: () => Codes | null,
  ): Taught | null {
    const stamp = `${change} ${count} ${nextId}`;
    if (this.#taught?.stamp === stamp) return this.#taught.taught;
    let entries: Uint8Array;
    if (this.#chosen?.change !== change) {
      entries = labels.some((label) => label > 0) ? chooseEntries(labels, meanings, codes()) : new Uint8Array(count);
      const byId = new Uint8Array(nextId);
      for (let row = 0; row < count; row++) byId[ids[row]] = entries[row];
      this.#chosen = { change, nextId, byId };
    } else {
      const byId = new Uint8Array(nextId);
      byId.set(this.#chosen.byId);
      for (let id = this.#chosen.nextId; id < nextId; id++) byId[id] = byId[ancestry.parents[id]];
      this.#chosen = { change, nextId, byId };
      entries = Uint8Array.from({ length: count }, (_, row) => byId[ids[row]]);
    }
    const rows = Int32Array.from(entries.keys()).filter((row) => entries[row] > 0);
    const taught = rows.length > 0 ? { entries, rows, change } : null;
    this.#taught = { stamp, taught };
    return taught;
  }
}
