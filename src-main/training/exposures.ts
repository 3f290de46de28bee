/**
 * Exposure and white balance of each photo, learned with the scene (setting `exposure`): E_i = [A | b], an affine map of colours that
 * the picture goes through before it is held against photo i (kernels/expose.ts). It begins as the identity and learns by Adam in
 * the steps of its photo.
 *
 *   after a step of photo i that moved E_i by Δ:   E_j ← E_j − Δ/n   for all n photos
 *
 * so that they are the identity on average: otherwise the scene could drift to any exposure, and all of them against it. What is shown,
 * scored and exported is the scene as it is, without any of them.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import type { TrainingSettings } from '#contract/settings';
import { adamStep, EXPOSURE_SHAPE } from '../kernels/index';
import type { SnapshotTensor } from './ports';
import { progressAt } from './schedule';

const [ROWS, COLUMNS] = EXPOSURE_SHAPE;
const SIZE = ROWS * COLUMNS;
const NAMES = { values: 'exposure', first: 'exposure.m1', second: 'exposure.m2', steps: 'exposure.steps' } as const;

export class Exposures {
  /** [photos, 3, 4] */
  readonly #values: Float32Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  /** how often each was learned, [photos] */
  readonly #steps: Uint32Array;

  /** @param photos  that are trained on */
  constructor(photos: number) {
    this.#values = new Float32Array(SIZE * photos);
    this.#first = new Float32Array(SIZE * photos);
    this.#second = new Float32Array(SIZE * photos);
    this.#steps = new Uint32Array(photos);
    for (let at = 0; at < this.#values.length; at += SIZE)
      for (let k = 0; k < ROWS; k++) this.#values[at + COLUMNS * k + k] = 1;
  }

  /** As a snapshot has them. @returns null when it does not, or has those of another number of photos */
  static restore(tensors: Record<string, SnapshotTensor>, photos: number): Exposures | null {
    const exposures = new Exposures(photos);
    for (const [name, target] of Object.entries(exposures.#arrays())) {
      const data = tensors[name]?.data;
      if (data?.length !== target.length) return null;
      target.set(data);
    }
    return exposures;
  }

  #arrays(): Record<string, Float32Array | Uint32Array> {
    return {
      [NAMES.values]: this.#values,
      [NAMES.first]: this.#first,
      [NAMES.second]: this.#second,
      [NAMES.steps]: this.#steps,
    };
  }

  /** Views of the live state, not copies. */
  snapshot(): Record<string, SnapshotTensor> {
    const photos = this.#steps.length;
    return Object.fromEntries(
      Object.entries(this.#arrays()).map(([name, data]) => {
        const shape = name === NAMES.steps ? [photos] : [photos, ROWS, COLUMNS];
        return [name, { shape, data }];
      }),
    );
  }

  /** E of a photo, [3, 4]; the caller disposes of it. */
  of(photo: number): Tensor2D {
    return tf.tensor2d(this.#values.slice(SIZE * photo, SIZE * (photo + 1)), EXPOSURE_SHAPE);
  }

  /** @param gradient  ∂L/∂E of this photo, [3, 4] */
  learn(photo: number, gradient: Tensor, step: number, settings: TrainingSettings): void {
    const { exposureRate, rateDecay, adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: eps } = settings;
    const rates = new Float32Array(COLUMNS).fill(exposureRate * rateDecay ** progressAt(step, settings));
    const before = this.#values.slice(SIZE * photo, SIZE * (photo + 1));
    // On our backends a tensor is its array, so that these are the photo's rows of the three.
    const rows = [this.#values, this.#first, this.#second].map((array) =>
      tf.tensor2d(array.subarray(SIZE * photo, SIZE * (photo + 1)), EXPOSURE_SHAPE),
    );
    const options = { step: ++this.#steps[photo], count: ROWS, rates, beta1, beta2, eps };
    adamStep(rows[0] as Tensor as Variable, gradient, rows[1], rows[2], options);
    for (const row of rows) row.dispose();
    const photos = this.#steps.length;
    const share = before.map((value, k) => (this.#values[SIZE * photo + k] - value) / photos);
    for (let i = 0; i < this.#values.length; i++) this.#values[i] -= share[i % SIZE];
  }
}
