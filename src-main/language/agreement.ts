/**
 * How well index maps agree with a truth, as figures.
 *
 *   purity        Σ_i max_c n_ic / Σ n_ic: every index is taken for the class that it meets most often
 *   mIoU          mean over the classes of the truth of |P∩T| / |P∪T|, each index taken for its majority class
 *   boundary band pixels within `radius` (Chebyshev distance, px) of a pixel of another class
 *
 * 0 means no label, in indices and in truth alike: such pixels count nowhere but where said.
 */

/** Pixels of each index and class, n_ic. */
export class Agreement {
  readonly indices: number;
  readonly classes: number;
  /** [indices + 1, classes + 1], 0 first */
  readonly counts: Float64Array;

  /** @param indices  largest index  @param classes  largest class */
  constructor(indices: number, classes: number) {
    this.indices = indices;
    this.classes = classes;
    this.counts = new Float64Array((indices + 1) * (classes + 1));
  }

  /** Adds the pixels of one picture. @param within  [pixels], only where it is not 0; null for all */
  add(indices: ArrayLike<number>, truth: ArrayLike<number>, within: Uint8Array | null = null): void {
    for (let i = 0; i < indices.length; i++) {
      if (within === null || within[i] !== 0) this.addMany(indices[i], truth[i], 1);
    }
  }

  /** Adds pixels that have the same index and class. */
  addMany(index: number, label: number, pixels: number): void {
    this.counts[index * (this.classes + 1) + label] += pixels;
  }

  /** The class that each index meets most often (the lowest on ties), [indices + 1]; 0 for an index that meets none. */
  majority(): Uint32Array {
    const majority = new Uint32Array(this.indices + 1);
    for (let index = 1; index <= this.indices; index++) {
      let best = 0;
      for (let label = 1; label <= this.classes; label++) {
        const count = this.#count(index, label);
        if (count > 0 && (best === 0 || count > this.#count(index, best))) best = label;
      }
      majority[index] = best;
    }
    return majority;
  }

  /** Pixels of a class, with and without an index. */
  pixelsOf(label: number): number {
    let sum = 0;
    for (let index = 0; index <= this.indices; index++) sum += this.#count(index, label);
    return sum;
  }

  /** 0 … 1; 1 when no pixel has both an index and a class. */
  get purity(): number {
    return this.purityOf(this.majority());
  }

  /** The share of pixels whose index stands for their class. @param majority  class of each index, [indices + 1] */
  purityOf(majority: ArrayLike<number>): number {
    let hit = 0;
    let all = 0;
    for (let index = 1; index <= this.indices; index++) {
      if (majority[index] > 0) hit += this.#count(index, majority[index]);
      for (let label = 1; label <= this.classes; label++) all += this.#count(index, label);
    }
    return all === 0 ? 1 : hit / all;
  }

  /**
   * Mean over the classes that the truth holds. Pixels of a class without an index count as missed.
   *
   * @param classOf  class of each index, [indices + 1]; by default the majority in these very pixels
   */
  meanIoU(classOf: ArrayLike<number> = this.majority()): number {
    const hit = new Float64Array(this.classes + 1);
    const predicted = new Float64Array(this.classes + 1);
    const actual = new Float64Array(this.classes + 1);
    for (let index = 0; index <= this.indices; index++) {
      for (let label = 1; label <= this.classes; label++) {
        const count = this.#count(index, label);
        actual[label] += count;
        if (index === 0) continue;
        predicted[classOf[index]] += count;
        if (classOf[index] === label) hit[label] += count;
      }
    }
    let sum = 0;
    let present = 0;
    for (let label = 1; label <= this.classes; label++) {
      if (actual[label] === 0) continue;
      present++;
      sum += hit[label] / (actual[label] + predicted[label] - hit[label]);
    }
    return present === 0 ? 1 : sum / present;
  }

  #count(index: number, label: number): number {
    return this.counts[index * (this.classes + 1) + label];
  }
}

/** Where another class is near. @param truth  [height, width]  @returns [height, width] of 0 and 1 */
export function boundaryBand(truth: ArrayLike<number>, width: number, height: number, radius: number): Uint8Array {
  const band = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = truth[y * width + x];
      search: for (let v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++) {
        for (let u = Math.max(0, x - radius); u <= Math.min(width - 1, x + radius); u++) {
          if (truth[v * width + u] === label) continue;
          band[y * width + x] = 1;
          break search;
        }
      }
    }
  }
  return band;
}
