/**
 * What every splat means (semantics/splatCodes.ts), kept while training goes on: decoding all splats anew would cost more than viewers
 * may, so each refresh decodes a share of the rows, round after round.
 *
 * When density control changes rows, codes move with their ids; a new Gaussian has the S_G of its parent, and so its codes.
 */
import { SEMANTICS } from '../../kernels/layout';
import { CODES, decodeCodes } from '../../semantics/index';
import type { Codes } from '../../semantics/index';
import { rowsStamp } from './scene';
import type { ViewedScene } from './scene';

/** Rows that are decoded between two looks at the clock. */
const SLICE = 4096;
const NEVER = -1;

export class RowCodes {
  #codebook = '';
  #rows = '';
  #count = 0;
  #ids = new Uint32Array(0);
  #entries = new Uint8Array(0);
  #shares = new Uint8Array(0);
  /** completed steps when a row was decoded */
  #decodedAt = new Int32Array(0);
  /** the row that is looked at next */
  #next = 0;
  /** rows that are decoded before those whose turn it is */
  #hurried = new Int32Array(0);
  readonly #features = new Float32Array(SLICE * SEMANTICS.dimensions);
  readonly #chosen = new Int32Array(SLICE);

  /** Codes as far as they are known; rows that were never decoded have shares of 0. Valid until the next refresh. */
  get codes(): Codes {
    return { count: this.#count, entries: this.#entries, shares: this.#shares };
  }

  /** Whether every row is decoded from the parameters of this step. */
  isFresh({ step, semantics, model }: ViewedScene): boolean {
    if (semantics?.codebook !== this.#codebook || rowsStamp(model) !== this.#rows) return false;
    return this.#decodedAt.every((decoded) => decoded === step);
  }

  /** These rows changed more than a step changes them: the next refreshes begin with them. */
  hurry(rows: Int32Array): void {
    this.#hurried = rows.slice();
  }

  /** Decodes in turn until every row is fresh or the time is up. @param milliseconds  one slice is decoded, however short */
  refresh(scene: ViewedScene, milliseconds: number): void {
    const { semantics, step, model } = scene;
    if (!semantics) return;
    this.#follow(scene, semantics.codebook);
    const until = performance.now() + milliseconds;
    const all = model.groups.semantics.values;
    for (let seen = 0; seen < this.#count;) {
      let chosen = 0;
      const choose = (row: number): void => {
        if (this.#decodedAt[row] === step) return;
        const from = row * SEMANTICS.columns;
        this.#features.set(all.subarray(from, from + SEMANTICS.dimensions), chosen * SEMANTICS.dimensions);
        this.#chosen[chosen++] = row;
      };
      for (const row of this.#hurried.subarray(0, SLICE)) choose(row);
      this.#hurried = this.#hurried.subarray(SLICE);
      for (; seen < this.#count && chosen < SLICE; seen++) {
        choose(this.#next);
        this.#next = (this.#next + 1) % this.#count;
      }
      if (chosen === 0) return;
      const { entries, shares } = decodeCodes(
        this.#features.subarray(0, chosen * SEMANTICS.dimensions),
        semantics.layers,
      );
      for (let i = 0; i < chosen; i++) {
        const row = this.#chosen[i];
        this.#decodedAt[row] = step;
        for (let j = 0; j < CODES; j++) {
          this.#entries[row * CODES + j] = entries[i * CODES + j];
          this.#shares[row * CODES + j] = shares[i * CODES + j];
        }
      }
      if (performance.now() >= until) return;
    }
  }

  /** Takes over the rows of a scene as they are now. */
  #follow({ model }: ViewedScene, codebook: string): void {
    const rows = rowsStamp(model);
    if (codebook !== this.#codebook) this.#count = 0;
    else if (rows === this.#rows) return;
    // Of rows that have moved; they are decoded in their turn.
    this.#hurried = new Int32Array(0);
    const before = new Map<number, number>();
    for (let row = 0; row < this.#count; row++) before.set(this.#ids[row], row);
    const { ids, parents, count } = model;
    const [entries, shares] = [new Uint8Array(count * CODES), new Uint8Array(count * CODES)];
    const decodedAt = new Int32Array(count).fill(NEVER);
    for (let row = 0; row < count; row++) {
      const old = before.get(ids[row]) ?? before.get(parents[row]);
      if (old === undefined) continue;
      decodedAt[row] = this.#decodedAt[old];
      for (let j = 0; j < CODES; j++) {
        entries[row * CODES + j] = this.#entries[old * CODES + j];
        shares[row * CODES + j] = this.#shares[old * CODES + j];
      }
    }
    this.#ids = ids.slice(0, count);
    [this.#entries, this.#shares, this.#decodedAt] = [entries, shares, decodedAt];
    [this.#count, this.#rows, this.#codebook, this.#next] = [count, rows, codebook, 0];
  }
}
