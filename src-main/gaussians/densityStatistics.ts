/**
 * What density control needs to know of the steps since its last pass, per row:
 *
 *   mean screen gradient = Σ over views that see it of ‖(∂L/∂x, ∂L/∂y)‖ in NDC, divided by the number of those views
 *   largest radius       on the screen, pixels
 *
 * fed from the gradient of the probe (kernels/layout.ts), whose radius is 0 for a Gaussian that a view does not see.
 */
import { GaussianError } from './errors';
import type { RowTensor } from './model';

const NAMES = {
  gradientSum: 'density.gradientSum',
  visible: 'density.visible',
  maxRadius: 'density.maxRadius',
} as const;

export class DensityStatistics {
  #gradientSum: Float32Array;
  #visible: Uint32Array;
  #maxRadius: Float32Array;

  constructor(capacity: number) {
    this.#gradientSum = new Float32Array(capacity);
    this.#visible = new Uint32Array(capacity);
    this.#maxRadius = new Float32Array(capacity);
  }

  /** Σ of gradient norms, [capacity] */
  get gradientSum(): Float32Array {
    return this.#gradientSum;
  }

  /** views that saw the row, [capacity] */
  get visible(): Uint32Array {
    return this.#visible;
  }

  /** pixels, [capacity] */
  get maxRadius(): Float32Array {
    return this.#maxRadius;
  }

  /** Makes room for `capacity` rows, keeping what was gathered. */
  reserve(capacity: number): void {
    if (capacity <= this.#visible.length) return;
    const [sum, visible, radius] = [this.#gradientSum, this.#visible, this.#maxRadius];
    this.#gradientSum = new Float32Array(capacity);
    this.#gradientSum.set(sum);
    this.#visible = new Uint32Array(capacity);
    this.#visible.set(visible);
    this.#maxRadius = new Float32Array(capacity);
    this.#maxRadius.set(radius);
  }

  /**
   * Adds one view.
   *
   * @param probeGradient  [≥ count, 3]: ∂L/∂x_ndc, ∂L/∂y_ndc, radius px
   */
  accumulate(probeGradient: Float32Array, count: number): void {
    this.reserve(count);
    const sum = this.#gradientSum;
    const visible = this.#visible;
    const maxRadius = this.#maxRadius;
    for (let row = 0, at = 0; row < count; row++, at += 3) {
      const radius = probeGradient[at + 2];
      if (radius <= 0) continue;
      const x = probeGradient[at];
      const y = probeGradient[at + 1];
      sum[row] += Math.sqrt(x * x + y * y);
      visible[row]++;
      if (radius > maxRadius[row]) maxRadius[row] = radius;
    }
  }

  /** Mean gradient over the views that saw the row, NDC; 0 when none did. */
  meanGradient(row: number): number {
    const views = this.#visible[row];
    return views === 0 ? 0 : this.#gradientSum[row] / views;
  }

  reset(): void {
    this.#gradientSum.fill(0);
    this.#visible.fill(0);
    this.#maxRadius.fill(0);
  }

  /** The live rows as named tensors (views, not copies), for a checkpoint. */
  snapshot(count: number): Record<string, RowTensor> {
    this.reserve(count);
    return {
      [NAMES.gradientSum]: { shape: [count], data: this.#gradientSum.subarray(0, count) },
      [NAMES.visible]: { shape: [count], data: this.#visible.subarray(0, count) },
      [NAMES.maxRadius]: { shape: [count], data: this.#maxRadius.subarray(0, count) },
    };
  }

  /** Takes over a snapshot of `count` rows; other tensors in it are ignored. @throws GaussianError naming the tensor */
  restore(tensors: Readonly<Record<string, RowTensor>>, count: number): void {
    for (const name of Object.values(NAMES))
      if (tensors[name]?.data.length !== count)
        throw new GaussianError(`snapshot: tensor "${name}" is missing or does not have ${count} rows`);
    this.reset();
    this.reserve(count);
    this.#gradientSum.set(tensors[NAMES.gradientSum].data);
    this.#visible.set(tensors[NAMES.visible].data);
    this.#maxRadius.set(tensors[NAMES.maxRadius].data);
  }
}
