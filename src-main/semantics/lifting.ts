/**
 * Lifting: index maps onto Gaussians by blending weight, without training anything (METHOD §6; the idea of Occam's LGS and VALA).
 *
 *   v_ki = Σ_p w_pi^γ·[M_p = k]     what a view says of Gaussian i, over pixels where w_pi ≥ gate
 *   V_ki = Σ_views v_ki / Σ_k v_ki · min(1, Σ_k v_ki)
 *   V'_ki = Σ_j K_kj·V_ji       votes of entries that mean the same count for each other (kinship.ts)
 *   label_i = argmax_k V'_ki over entries with votes,   confidence_i = V'_label / Σ_k V_ki
 *
 * The gate leaves out what shines through from behind, whose pixel says nothing about it. A hard one (0.1) also leaves out every Gaussian
 * that never fills a tenth of a pixel, more than half of them where many small ones lie over each other; a low one with γ = 2 hears
 * them, and listens to where they are seen best. Each view has one vote at most, however many pixels it lends a Gaussian, so that a
 * close-up with a wrong map does not outvote the others.
 */
import type { SampleWeights } from '../kernels/index';
import { Ballots } from './ballots';
import { SemanticsError } from './errors';

export interface LiftedLabels {
  /** 1 … N, 0 = never seen, [count] */
  labels: Uint8Array;
  /** share of the votes, 0…1, [count] */
  confidences: Float32Array;
  /** views that had a say, [count] */
  views: Uint16Array;
}

/** Blending weight from which on a Gaussian counts as seen in a pixel: a tenth of it is this Gaussian's. */
export const VISIBILITY_GATE = 0.1;

export interface LiftOptions {
  /** least blending weight that has a say, 0 … 1 */
  readonly gate: number;
  /** γ */
  readonly power: number;
  /** K, [entries, entries]; null = every entry stands alone */
  readonly kinship?: Float32Array | null;
}

/** weight^power, as a product for the powers that are used: Math.pow took nearly half of a lift's time. */
function raised(weight: number, power: number): number {
  if (power === 1) return weight;
  const square = weight * weight;
  if (power === 2) return square;
  return power === 4 ? square * square : weight ** power;
}

/** Labels by vote, view by view. What it holds grows with the Gaussians, not with the entries. */
export class LabelLift {
  readonly #count: number;
  readonly #entries: number;
  readonly #gate: number;
  readonly #power: number;
  readonly #kinship: Float32Array | null;
  /** V */
  readonly #votes: Ballots;
  /** v of the present view; empty outside `addView` */
  readonly #present: Ballots;
  readonly #touched: Uint32Array;
  readonly #views: Uint16Array;

  constructor(count: number, entries: number, options: LiftOptions = { gate: VISIBILITY_GATE, power: 1 }) {
    const { gate, power, kinship = null } = options;
    this.#count = count;
    this.#entries = entries;
    this.#gate = gate;
    this.#power = power;
    this.#kinship = kinship;
    this.#votes = new Ballots(count);
    this.#present = new Ballots(count);
    this.#touched = new Uint32Array(count);
    this.#views = new Uint16Array(count);
  }

  /**
   * @param labels  of the pixels that the weights belong to, 0 = no label
   * @throws SemanticsError for a label above the entries
   */
  addView({ offsets, rows, weights }: SampleWeights, labels: Uint8Array): void {
    const present = this.#present;
    let touched = 0;
    for (let pixel = 0; pixel < labels.length; pixel++) {
      const label = labels[pixel];
      if (label === 0) continue;
      if (label > this.#entries)
        throw new SemanticsError(`index ${label} is above the ${this.#entries} entries of the codebook`);
      for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++) {
        if (weights[pair] < this.#gate) continue;
        const weight = raised(weights[pair], this.#power);
        const row = rows[pair];
        if (present.total[row] === 0) this.#touched[touched++] = row;
        present.add(row, label, weight);
      }
    }
    for (const row of this.#touched.subarray(0, touched)) {
      const total = present.total[row];
      present.addTo(this.#votes, row, row, Math.min(1, total) / total);
      present.clear(row);
      this.#views[row]++;
    }
  }

  result(): LiftedLabels {
    const labels = new Uint8Array(this.#count);
    const confidences = new Float32Array(this.#count);
    for (let row = 0; row < this.#count; row++) {
      const { label, votes } = this.#votes.winner(row, this.#kinship);
      labels[row] = label;
      if (label > 0) confidences[row] = Math.min(1, votes / this.#votes.total[row]);
    }
    return { labels, confidences, views: this.#views.slice() };
  }
}
