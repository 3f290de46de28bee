/**
 * What every splat is labelled: edits and births replayed in the order in which they happened.
 *
 * Ids are given in order of birth, so an edit that was made when the id counter stood at n lies before the birth of n:
 *
 *   for id = 1, 2, …:   edits with nextId ≤ id take effect;   label[id] = label[parent of id]
 *
 * A child thus has what its parent had when it was born, and what was said of the parent later does not reach it. The result depends on
 * the edits and the ancestry alone: undoing an edit is to replay without it, also for splats that were born since. It costs one pass over
 * all ids that were ever given and over the ids that edits name; edits at the end are added without one.
 */
import type { FieldEdit } from '#contract/labels';

/** Who descends from whom: parents by id (0 for none), and the id that is given next. */
export interface Lineage {
  /** [≥ nextId] */
  readonly parents: Uint32Array;
  readonly nextId: number;
}

/** One layer, by id. */
interface Layer {
  labels: Uint16Array;
  /** 1 where the label is a person's own word */
  byHand: Uint8Array;
}

const GROWTH = 1.5;

export class LabelField {
  #edits: FieldEdit[] = [];
  /** edits that have taken effect */
  #applied = 0;
  /** ids below are born */
  #born = 1;
  #capacity = 1;
  readonly #layers = new Map<number, Layer>();
  /** 1 for splats that were looked at, by id */
  #reviewed = new Uint8Array(1);

  /** The edits from an index on are these. */
  set(from: number, edits: readonly FieldEdit[]): void {
    const undone = from < this.#applied;
    this.#edits = [...this.#edits.slice(0, from), ...edits];
    if (undone || edits.some(({ nextId }) => nextId < this.#born)) this.restart();
  }

  /** Lets happen what has happened until now. */
  follow(lineage: Lineage): void {
    if (lineage.nextId < this.#born) this.restart();
    this.#reserve(lineage.nextId);
    for (; this.#applied < this.#edits.length; this.#applied++) {
      const edit = this.#edits[this.#applied];
      this.#bear(lineage, Math.min(lineage.nextId, edit.nextId));
      this.#apply(edit);
    }
    this.#bear(lineage, lineage.nextId);
  }

  /** Labels by id, of ids below `nextId` of the last `follow`; null for a layer in which nothing is labelled. Not a copy. */
  labels(layer: number): Uint16Array | null {
    return this.#layers.get(layer)?.labels ?? null;
  }

  /** Labels of rows that are a person's own word, 0 elsewhere. @param ids  [rows]; @param out  [≥ rows] */
  byHandOfRows(layer: number, ids: Uint32Array, out: Uint16Array): void {
    const own = this.#layers.get(layer);
    for (let row = 0; row < ids.length; row++) out[row] = own?.byHand[ids[row]] ? own.labels[ids[row]] : 0;
  }

  /** 1 for splats of regions that were looked at, by id. Not a copy. */
  get reviewed(): Uint8Array {
    return this.#reviewed;
  }

  /** Labels of rows. @param ids  [rows]; @param out  [≥ rows] */
  ofRows(layer: number, ids: Uint32Array, out: Uint16Array): void {
    const labels = this.labels(layer);
    for (let row = 0; row < ids.length; row++) out[row] = labels?.[ids[row]] ?? 0;
  }

  /** Forgets births: what happened is replayed with the next `follow`, on whatever lives then. */
  restart(): void {
    this.#applied = 0;
    this.#born = 1;
    this.#layers.clear();
    this.#reviewed.fill(0);
  }

  #reserve(nextId: number): void {
    if (nextId <= this.#capacity) return;
    this.#capacity = Math.ceil(GROWTH * nextId);
    const capacity = this.#capacity;
    for (const layer of this.#layers.values()) {
      layer.labels = grown(layer.labels, new Uint16Array(capacity));
      layer.byHand = grown(layer.byHand, new Uint8Array(capacity));
    }
    this.#reviewed = grown(this.#reviewed, new Uint8Array(capacity));
  }

  #bear({ parents }: Lineage, until: number): void {
    const inherited = [...this.#layers.values()].flatMap(({ labels, byHand }) => [labels, byHand]);
    for (const values of [...inherited, this.#reviewed])
      for (let id = this.#born; id < until; id++) values[id] = values[parents[id]];
    this.#born = Math.max(this.#born, until);
  }

  #apply({ changes }: FieldEdit): void {
    for (const change of changes)
      switch (change.kind) {
        case 'assign': {
          const { labels, byHand } = this.#layer(change.layer);
          for (const id of change.ids)
            if (id < this.#born) [labels[id], byHand[id]] = [change.label, Number(change.byHand)];
          break;
        }
        case 'relabel': {
          const from = new Set(change.from);
          for (const { labels } of this.#layers.values())
            for (let id = 1; id < this.#born; id++) if (from.has(labels[id])) labels[id] = change.to;
          break;
        }
        case 'clear':
          this.#layers.delete(change.layer);
          break;
        case 'review':
          for (const id of change.ids) if (id < this.#born) this.#reviewed[id] = 1;
      }
  }

  #layer(layer: number): Layer {
    let own = this.#layers.get(layer);
    if (!own) {
      own = { labels: new Uint16Array(this.#capacity), byHand: new Uint8Array(this.#capacity) };
      this.#layers.set(layer, own);
    }
    return own;
  }
}

function grown<T extends Uint8Array | Uint16Array>(values: T, into: T): T {
  into.set(values);
  return into;
}
