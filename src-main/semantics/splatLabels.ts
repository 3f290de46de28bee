/**
 * The lifted label of every live Gaussian, through density control and checkpoints: rows move, labels follow ids, and a child that has
 * none takes its parent's (METHOD §1).
 */
import type { GaussianModel } from '../gaussians/index';

/** Labels in a checkpoint's uint32. */
const PACKED = 4;

type Identities = Pick<GaussianModel, 'ids' | 'parents' | 'count'>;

export class SplatLabels {
  /** 1 … 255, 0 = none, [≥ count] */
  #labels: Uint8Array;
  #count: number;

  /** @param labels  of the live rows, [count] */
  constructor(labels: Uint8Array) {
    this.#count = labels.length;
    this.#labels = new Uint8Array(Math.ceil(labels.length / PACKED) * PACKED);
    this.#labels.set(labels);
  }

  /** [≥ count]; not a copy */
  get values(): Uint8Array {
    return this.#labels;
  }

  /** How many Gaussians have one. */
  get labelled(): number {
    return this.#labels.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0);
  }

  /** Labels by id, before rows move. */
  byId({ ids }: Identities): Map<number, number> {
    const labels = new Map<number, number>();
    for (let row = 0; row < this.#count; row++) labels.set(ids[row], this.#labels[row]);
    return labels;
  }

  /** Takes the rows as they are now. @param before  labels by the ids that lived before */
  follow({ ids, parents, count }: Identities, before: ReadonlyMap<number, number>): void {
    const labels = new Uint8Array(Math.ceil(count / PACKED) * PACKED);
    for (let row = 0; row < count; row++) labels[row] = before.get(ids[row]) ?? before.get(parents[row]) ?? 0;
    this.#labels = labels;
    this.#count = count;
  }

  /** Four labels a uint32, for a checkpoint; a view, not a copy. */
  snapshot(): { shape: number[]; data: Uint32Array } {
    const data = new Uint32Array(this.#labels.buffer);
    return { shape: [data.length], data };
  }

  /** Null when the tensor is not one of so many Gaussians. */
  static restore(packed: { data: ArrayBufferView } | undefined, count: number): SplatLabels | null {
    if (!(packed?.data instanceof Uint32Array) || packed.data.length !== Math.ceil(count / PACKED)) return null;
    const bytes = new Uint8Array(packed.data.buffer, packed.data.byteOffset, packed.data.byteLength);
    return new SplatLabels(bytes.slice(0, count));
  }
}
