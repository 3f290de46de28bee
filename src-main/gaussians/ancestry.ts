/**
 * Who descends from whom: the parent of every id that was ever given, dead ones included, so that whatever hangs on an id (labels)
 * can be followed to the Gaussians that live now. 4 bytes an id.
 *
 * A split ends its parent, and the next split its children: parents of living rows alone would break the line.
 */

/** Ids are counted up: room for half as many again. */
const GROWTH = 1.5;

export class Ancestry {
  /** by id */
  #parents: Uint32Array;

  constructor(capacity: number) {
    this.#parents = new Uint32Array(capacity + 1);
  }

  /** @param parent  0 for one that was there from the start */
  bear(id: number, parent: number): void {
    if (id >= this.#parents.length) {
      const grown = new Uint32Array(Math.ceil(GROWTH * (id + 1)));
      grown.set(this.#parents);
      this.#parents = grown;
    }
    this.#parents[id] = parent;
  }

  /** Parents by id, [≥ nextId]; not a copy, and another array after it grew. */
  get parents(): Uint32Array {
    return this.#parents;
  }

  /** As a tensor of a checkpoint, [nextId]; a view. */
  snapshot(nextId: number): Uint32Array {
    if (nextId > this.#parents.length) this.bear(nextId - 1, this.#parents[nextId - 1] ?? 0);
    return this.#parents.subarray(0, nextId);
  }

  /**
   * Takes over a checkpoint's.
   *
   * @param saved    [nextId]; undefined in checkpoints that are older than it: then the living rows' parents are all that is known
   * @returns null when it is not of these ids
   */
  static restore(
    saved: ArrayLike<number> | undefined,
    nextId: number,
    ids: ArrayLike<number>,
    parents: ArrayLike<number>,
  ): Ancestry | null {
    if (saved === undefined) {
      const ancestry = new Ancestry(ids.length);
      for (let row = 0; row < ids.length; row++) ancestry.bear(ids[row], parents[row]);
      return ancestry;
    }
    if (saved.length !== nextId) return null;
    const ancestry = new Ancestry(nextId);
    // A parent is born before its child; anything else would be followed in circles.
    for (let id = 0; id < nextId; id++) if (saved[id] >= id && saved[id] !== 0) return null;
    ancestry.#parents.set(saved);
    return ancestry;
  }
}
