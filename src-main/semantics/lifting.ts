/**
 * Lifting: index maps onto Gaussians by blending weight, without training anything (METHOD §6; the idea of Occam's LGS and VALA).
 *
 *   v_ki = Σ_p w_pi·[M_p = k]       what a view says of Gaussian i, over pixels where w_pi ≥ gate
 *   V_ki = Σ_views v_ki / Σ_k v_ki · min(1, Σ_k v_ki)
 *   label_i = argmax_k V_ki,   confidence_i = V_label / Σ_k V_ki
 *
 * The gate leaves out what shines through from behind, whose pixel says nothing about it. Each view has one vote at most, however
 * many pixels it lends a Gaussian, so that a close-up with a wrong map does not outvote the others.
 */
import type { SampleWeights } from '../kernels/index';
import { SemanticsError } from './errors';

export interface LiftedLabels {
  /** 1 … N, 0 = never seen, [count] */
  labels: Uint8Array;
  /** share of the votes, 0…1, [count] */
  confidences: Float32Array;
  /** views that had a say, [count] */
  views: Uint16Array;
}

/** Least blending weight that counts: a tenth of the pixel is this Gaussian's. */
export const VISIBILITY_GATE = 0.1;

/** Memory of one table of votes; more Gaussians than fit are to be lifted in several passes. */
const MAX_TABLE_BYTES = 256 * 2 ** 20;

/** Gaussians that one lift can hold. */
export function liftCapacity(entries: number): number {
  return Math.floor(MAX_TABLE_BYTES / (4 * entries));
}

export class LabelLift {
  readonly #count: number;
  readonly #entries: number;
  readonly #gate: number;
  /** V, [count, entries] */
  readonly #votes: Float32Array;
  /** v of the present view, [count, entries]; zeros outside `touched` */
  readonly #present: Float32Array;
  readonly #total: Float32Array;
  readonly #views: Uint16Array;

  /** @throws SemanticsError for more Gaussians than `liftCapacity` */
  constructor(count: number, entries: number, gate = VISIBILITY_GATE) {
    if (count > liftCapacity(entries))
      throw new SemanticsError(`${count} Gaussians are too many to lift at once; at most ${liftCapacity(entries)}`);
    this.#count = count;
    this.#entries = entries;
    this.#gate = gate;
    this.#votes = new Float32Array(count * entries);
    this.#present = new Float32Array(count * entries);
    this.#total = new Float32Array(count);
    this.#views = new Uint16Array(count);
  }

  /** @param labels  of the pixels that the weights belong to, 0 = no label */
  addView({ offsets, rows, weights }: SampleWeights, labels: Uint8Array): void {
    const entries = this.#entries;
    const present = this.#present;
    const total = this.#total;
    const touched: number[] = [];
    for (let pixel = 0; pixel < labels.length; pixel++) {
      const label = labels[pixel];
      if (label === 0) continue;
      if (label > entries) throw new SemanticsError(`index ${label} is above the ${entries} entries of the codebook`);
      for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++) {
        const weight = weights[pair];
        if (weight < this.#gate) continue;
        const row = rows[pair];
        if (total[row] === 0) touched.push(row);
        total[row] += weight;
        present[row * entries + label - 1] += weight;
      }
    }
    for (const row of touched) {
      const scale = Math.min(1, total[row]) / total[row];
      for (let at = row * entries; at < (row + 1) * entries; at++) {
        this.#votes[at] += scale * present[at];
        present[at] = 0;
      }
      total[row] = 0;
      this.#views[row]++;
    }
  }

  result(): LiftedLabels {
    const labels = new Uint8Array(this.#count);
    const confidences = new Float32Array(this.#count);
    for (let row = 0; row < this.#count; row++) {
      let [best, sum] = [0, 0];
      const from = row * this.#entries;
      for (let entry = 0; entry < this.#entries; entry++) {
        sum += this.#votes[from + entry];
        if (this.#votes[from + entry] > this.#votes[from + best]) best = entry;
      }
      if (sum === 0) continue;
      labels[row] = best + 1;
      confidences[row] = this.#votes[from + best] / sum;
    }
    return { labels, confidences, views: this.#views.slice() };
  }
}
