/**
 * Votes of many Gaussians over many labels, a few slots each: the "space saving" summary of Metwally et al., ICDT 2005.
 *
 * Most Gaussians ever hear of two or three labels, so a table of all N would be empty and, at 255 entries, a kilobyte each. A label that
 * finds no slot takes the least one over, with its votes: a label with more than a SLOTS-th of all votes is therefore never lost, and none
 * is over-counted by more than the least of the row.
 */
export const SLOTS = 16;

export class Ballots {
  /** 0 = free, [rows, SLOTS] */
  readonly #labels: Uint8Array;
  /** [rows, SLOTS] */
  readonly #votes: Float32Array;
  /** of all labels, [rows] */
  readonly total: Float32Array;

  constructor(rows: number) {
    this.#labels = new Uint8Array(rows * SLOTS);
    this.#votes = new Float32Array(rows * SLOTS);
    this.total = new Float32Array(rows);
  }

  /** @param label  1 … 255 */
  add(row: number, label: number, votes: number): void {
    this.total[row] += votes;
    const labels = this.#labels;
    const kept = this.#votes;
    const from = row * SLOTS;
    let least = from;
    for (let slot = from; slot < from + SLOTS; slot++) {
      if (labels[slot] === label || labels[slot] === 0) {
        labels[slot] = label;
        kept[slot] += votes;
        return;
      }
      if (kept[slot] < kept[least]) least = slot;
    }
    labels[least] = label;
    kept[least] += votes;
  }

  /** Adds a row to another's, scaled. */
  addTo(other: Ballots, row: number, to: number, scale: number): void {
    for (let slot = row * SLOTS; slot < (row + 1) * SLOTS && this.#labels[slot] !== 0; slot++)
      other.add(to, this.#labels[slot], scale * this.#votes[slot]);
  }

  clear(row: number): void {
    this.#labels.fill(0, row * SLOTS, (row + 1) * SLOTS);
    this.#votes.fill(0, row * SLOTS, (row + 1) * SLOTS);
    this.total[row] = 0;
  }

  /**
   * The label with most votes, the lower one of equals; 0 when nobody voted.
   *
   * @param kinship  how far a label's votes count for another one, [N, N] of labels 1 … N; null: not at all
   */
  winner(row: number, kinship: Float32Array | null = null): { label: number; votes: number } {
    const [labels, kept] = [this.#labels, this.#votes];
    const from = row * SLOTS;
    let to = from;
    while (to < from + SLOTS && labels[to] !== 0) to++;
    const size = kinship ? Math.sqrt(kinship.length) : 0;
    let [label, votes] = [0, 0];
    for (let slot = from; slot < to; slot++) {
      let own = kept[slot];
      if (kinship)
        for (let other = from; other < to; other++)
          if (other !== slot) own += kinship[(labels[slot] - 1) * size + labels[other] - 1] * kept[other];
      if (own < votes || (own === votes && labels[slot] > label)) continue;
      [label, votes] = [labels[slot], own];
    }
    return { label, votes };
  }
}
