/**
 * Training of the codebook S = {f_i ∈ R^d}, i = 1…N (METHOD §3):
 *
 *   L_q = λ_cos·L_cos + λ_lb·L_lb,   AdamW, the rate falling linearly to a tenth over `codebookDecayEpochs`
 *   L_cos = mean of (1 − cos(F^CLIP, f_m^CLIP)) + λ_DINO·(1 − cos(F^DINO, f_m^DINO)),   m = argmax_i D(F, f_i)
 *   L_lb  = Σ_i r_i·p_i,   r = share of cells assigned to i (no gradient),   p = mean softmax_i(D/T)
 *
 * Loss and gradient are one fused op over a batch of cells; the step is ours, in place. The result depends on the seed and the
 * number of threads alone. Between batches the event loop gets its turn: that is where a run is cancelled.
 */
import { said } from '#contract/sayings';
import * as tf from '@tensorflow/tfjs';
import type { Saying } from '#contract/sayings';
import { CounterRandom } from '../../base/index';
import {
  adamStep,
  codebookLoss,
  codebookStatistics,
  type CodebookShape,
  type CodebookStatistics,
} from '../../kernels/index';
import type { CellSource } from '../cells';
import { LanguageError } from '../errors';
import { cellBatches, type CellBatch } from './cellBatches';
import { PhotoReader, totalCells, widthOf } from './photoReader';
import { reseedDead } from './reseed';
import { rateAt, type CodebookSettings } from './settings';
import { kMeansStart, sampleCells, uniformStart } from './start';

export interface TrainingProgress {
  /** epochs done, fractions included */
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  /** means over the last batch */
  readonly cosineClip: number;
  readonly cosineDino: number;
  readonly balance: number;
  /** entries that any cell chose in the running epoch */
  readonly used: number;
}

export interface EpochFigures {
  /** means over the cells of the epoch, while the entries moved */
  readonly loss: number;
  readonly cosineClip: number;
  readonly cosineDino: number;
  readonly balance: number;
  readonly used: number;
  /** dead entries that were put on cells after it */
  readonly reseeded: number;
}

export interface TrainOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (progress: TrainingProgress) => void;
  readonly warn?: (saying: Saying) => void;
  /** after every batch: the entries as they are, [N, d], and the cells that chose each in the last whole epoch, or in the first so far */
  readonly forming?: (entries: Float32Array, counts: Float64Array) => Promise<void>;
  /** bytes of cells that are kept; see cellBatches.ts */
  readonly poolBytes?: number;
  readonly photoBatchBytes?: number;
}

export interface TrainedCodebook {
  /** [N, clipWidth + dinoWidth] */
  readonly entries: Float32Array;
  readonly shape: CodebookShape;
  readonly epochs: readonly EpochFigures[];
  /** photos that could not be read */
  readonly leftOut: readonly string[];
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @throws LanguageError without a usable cell, or when a loss is not finite; the signal's reason when it is aborted */
export async function trainCodebook(
  source: CellSource,
  settings: CodebookSettings,
  options: TrainOptions = {},
): Promise<TrainedCodebook> {
  const { signal, progress, forming, warn = () => undefined } = options;
  const shape = shapeOf(source, settings);
  if (totalCells(source) === 0) throw new LanguageError(null, said('noFeatures'));
  const reader = new PhotoReader(source, warn);
  const entries = await startingEntries(reader, shape, settings);
  const batches = cellBatches(reader, { ...options, seed: settings.seed, batch: settings.codebookBatch });
  const learner = new Learner(entries, shape, settings);
  const epochs: EpochFigures[] = [];
  let chosen: Float64Array | null = null;
  try {
    for (let epoch = 0; epoch < settings.codebookEpochs; epoch++) {
      const sums = new EpochSums(settings.codebookSize);
      let last: CellBatch | null = null;
      let done = 0;
      for await (const batch of batches.epoch(epoch)) {
        signal?.throwIfAborted();
        const { loss, statistics } = learner.step(batch, rateAt(epoch + done / batches.perEpoch, settings));
        sums.add(loss, statistics, batch.count);
        last = batch;
        done++;
        const { cosineClip, cosineDino, balance } = statistics;
        const at = Math.min(epoch + 1, epoch + done / batches.perEpoch);
        progress?.({
          epoch: at,
          epochs: settings.codebookEpochs,
          loss,
          cosineClip,
          cosineDino,
          balance,
          used: sums.used,
        });
        await forming?.(learner.entries, chosen ?? sums.counts);
        await breathe();
      }
      if (last === null) throw new LanguageError(null, said('masksCoverAll'));
      const rest = epoch + 1 < settings.codebookEpochs;
      const random = new CounterRandom(settings.seed, 'codebook reseed', epoch);
      const reseeded = settings.codebookReseed && rest ? reseedDead(learner, sums.counts, last, random) : 0;
      epochs.push({ ...sums.figures, reseeded });
      chosen = sums.counts;
    }
  } finally {
    learner.dispose();
  }
  return { entries, shape, epochs, leftOut: [...reader.broken].map((photo) => source.photos[photo]) };
}

/** Of the codebook that is learned from these features. */
export function shapeOf({ clipWidth, dinoWidth }: CellSource, { dinoWeight }: CodebookSettings): CodebookShape {
  return { clipWidth, dinoWidth, dinoWeight };
}

async function startingEntries(
  reader: PhotoReader,
  shape: CodebookShape,
  { codebookStart, codebookSize, seed }: CodebookSettings,
): Promise<Float32Array> {
  if (codebookStart === 'uniform') return uniformStart(codebookSize, widthOf(reader.source), seed);
  return kMeansStart(await sampleCells(reader, seed), shape, codebookSize, seed);
}

/** The entries and what AdamW remembers of them. */
export class Learner {
  readonly shape: CodebookShape;
  /** [N, d]: the variable's own array, as are the moments */
  readonly entries: Float32Array;
  readonly #moments: [Float32Array, Float32Array];
  readonly #settings: CodebookSettings;
  readonly #codebook: tf.Variable<tf.Rank.R2>;
  readonly #first: tf.Tensor2D;
  readonly #second: tf.Tensor2D;
  readonly #statistics: CodebookStatistics;
  readonly #rates: Float32Array;
  #steps = 0;

  constructor(entries: Float32Array, shape: CodebookShape, settings: CodebookSettings) {
    const { codebookSize } = settings;
    const dimensions: [number, number] = [codebookSize, shape.clipWidth + shape.dinoWidth];
    this.shape = shape;
    this.entries = entries;
    this.#settings = settings;
    this.#moments = [new Float32Array(entries.length), new Float32Array(entries.length)];
    const start = tf.tensor2d(entries, dimensions);
    this.#codebook = tf.variable(start);
    start.dispose();
    this.#first = tf.tensor2d(this.#moments[0], dimensions);
    this.#second = tf.tensor2d(this.#moments[1], dimensions);
    this.#rates = new Float32Array(dimensions[1]);
    this.#statistics = codebookStatistics(0, codebookSize);
  }

  /** One update on a batch. @throws LanguageError when the loss is not finite: the entries are then as before */
  step({ cells, count }: CellBatch, rate: number): { loss: number; statistics: CodebookStatistics } {
    const { cosineWeight, balanceWeight, balanceTemperature, codebookWeightDecay } = this.#settings;
    const options = { ...this.shape, cosineWeight, balanceWeight, temperature: balanceTemperature };
    const statistics = this.#statistics;
    if (statistics.assigned.length < count) statistics.assigned = new Int32Array(count);
    const loss = tf.tidy(() => {
      const batch = tf.tensor2d(cells, [count, this.#rates.length]);
      const { value, grads } = tf.variableGrads(
        () => codebookLoss(batch, this.#codebook, options, statistics),
        [this.#codebook],
      );
      const [loss] = value.dataSync<'float32'>();
      if (!Number.isFinite(loss)) {
        throw new LanguageError(null, said('featuresNotFinite'));
      }
      this.#rates.fill(rate);
      adamStep(this.#codebook, grads[this.#codebook.name], this.#first, this.#second, {
        step: ++this.#steps,
        count: this.#settings.codebookSize,
        rates: this.#rates,
        beta1: BETA1,
        beta2: BETA2,
        eps: EPSILON,
        weightDecay: codebookWeightDecay,
      });
      return loss;
    });
    return { loss, statistics };
  }

  /** Forgets how an entry moved, after it was put elsewhere. */
  forget(entry: number): void {
    const width = this.#rates.length;
    for (const moment of this.#moments) moment.fill(0, entry * width, (entry + 1) * width);
  }

  dispose(): void {
    for (const tensor of [this.#codebook, this.#first, this.#second]) tensor.dispose();
  }
}

/** Means over an epoch, weighted by cells. */
class EpochSums {
  readonly counts: Float64Array;
  #cells = 0;
  readonly #sums = { loss: 0, cosineClip: 0, cosineDino: 0, balance: 0 };

  constructor(size: number) {
    this.counts = new Float64Array(size);
  }

  add(loss: number, { counts, cosineClip, cosineDino, balance }: CodebookStatistics, cells: number): void {
    this.#cells += cells;
    this.#sums.loss += loss * cells;
    this.#sums.cosineClip += cosineClip * cells;
    this.#sums.cosineDino += cosineDino * cells;
    this.#sums.balance += balance * cells;
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += counts[i];
  }

  get used(): number {
    return this.counts.reduce((used, count) => used + (count > 0 ? 1 : 0), 0);
  }

  get figures(): Omit<EpochFigures, 'reseeded'> {
    const { loss, cosineClip, cosineDino, balance } = this.#sums;
    const n = this.#cells;
    return {
      loss: loss / n,
      cosineClip: cosineClip / n,
      cosineDino: cosineDino / n,
      balance: balance / n,
      used: this.used,
    };
  }
}
