/**
 * Labels take effect at once: Gaussians that a person has just labelled turn to the direction that means their entry
 * (semantics/entryDirections.ts) before the next step, in place of being pulled there by L_L over hundreds of steps. Lengths stay, and who
 * answers so already stays as it is.
 *
 *   S_i ← max(‖S_i‖, 1e-6 → mean ‖S‖)·P_entry
 *
 * One without any length has no direction that could be turned, nor a say in any pixel: it takes the mean length of those that have one.
 * An entry that no Gaussian answers with has no direction either; its Gaussians are pulled as before.
 *
 * What a Gaussian was before is kept while it is taught, so that undoing a label turns it back; those that were born of it since turn
 * to what it was, too. Nothing is kept over the end of a run: then what the maps say counts again, step by step.
 */
import { SEMANTICS } from '../kernels/layout';
import type { LayerArrays } from '../kernels/index';
import type { GaussianModel } from '../gaussians/index';
import { CODES, decodeCodes, entryDirections, SHORTEST, vectorsOf } from '../semantics/index';
import type { Codes } from '../semantics/index';
import type { Taught } from './ports';

const { columns: COLUMNS, dimensions: SIZE } = SEMANTICS;

/** What a Gaussian was before it turned. */
interface Before {
  /** S_G */
  readonly vector: Float32Array;
  /** ids from here on were born after it had turned */
  readonly nextId: number;
}

export class TaughtTurns {
  /** by id, of those that labels turned */
  readonly #before = new Map<number, Before>();

  /**
   * Turns what labels newly say, and back what they say no more. Changes S_G in place.
   *
   * @param taught  null for nothing
   * @param codes   what the Gaussians decode to as they are
   * @param layers  the decoder
   * @returns rows of those that turned, either way
   */
  turn(model: GaussianModel, taught: Taught | null, codes: Codes, layers: readonly LayerArrays[]): Int32Array {
    const back = this.#turnBack(model, taught);
    const forth = taught ? this.#turnTo(model, taught, codes, layers) : [];
    return Int32Array.from([...back, ...forth]);
  }

  #turnBack(model: GaussianModel, taught: Taught | null): number[] {
    if (this.#before.size === 0) return [];
    const { ids, count } = model;
    const { semantics } = model.arrays();
    const turned: number[] = [];
    const over = new Set<number>();
    for (let row = 0; row < count; row++) {
      if (taught && taught.entries[row] > 0) continue;
      const known = this.#whatWas(model, ids[row]);
      if (!known) continue;
      over.add(known.id);
      semantics.set(known.before.vector, row * COLUMNS);
      turned.push(row);
    }
    for (const id of over) this.#before.delete(id);
    return turned;
  }

  /** What a Gaussian, or the one that it has its S_G from, was before. */
  #whatWas({ ancestry }: GaussianModel, id: number): { id: number; before: Before } | null {
    let child = Infinity;
    for (let one = id; one > 0; one = ancestry.parents[one]) {
      const before = this.#before.get(one);
      if (before) return child >= before.nextId ? { id: one, before } : null;
      child = one;
    }
    return null;
  }

  #turnTo(model: GaussianModel, taught: Taught, codes: Codes, layers: readonly LayerArrays[]): number[] {
    const { ids, count, nextId } = model;
    const { semantics } = model.arrays();
    const vectors = vectorsOf(semantics, count);
    const entries = layers[layers.length - 1].bias.length;
    // Who was not labelled is held to what it answers: it counts for that direction.
    const counts = (row: number, entry: number): boolean =>
      taught.entries[row] === 0 || taught.entries[row] === entry + 1;
    const directions = entryDirections(vectors, codes, counts, entries);
    const { entries: meant } = decodeCodes(directions, layers);
    const lengths = Float32Array.from({ length: count }, (_, row) =>
      Math.hypot(...vectors.subarray(row * SIZE, (row + 1) * SIZE)),
    );
    const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, count);
    const turned: number[] = [];
    for (const row of taught.rows) {
      const entry = taught.entries[row] - 1;
      if (codes.entries[row * CODES] === entry && lengths[row] >= SHORTEST) continue;
      if (meant[entry * CODES] !== entry) continue;
      if (!this.#before.has(ids[row]))
        this.#before.set(ids[row], { vector: vectors.slice(row * SIZE, (row + 1) * SIZE), nextId });
      const length = lengths[row] >= SHORTEST ? lengths[row] : mean;
      for (let k = 0; k < SIZE; k++) semantics[row * COLUMNS + k] = length * directions[entry * SIZE + k];
      turned.push(row);
    }
    return turned;
  }
}
