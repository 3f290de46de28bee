/**
 * The language half of a run (METHOD §4): the decoder, the smoothing network, and what each step's terms look at.
 *
 * It joins when index maps exist, at a step that the snapshot records. Everything random is drawn by (seed, purpose, step). The
 * running cross-entropy, which in the notes' form decides when uncertainty may learn, is part of the snapshot too.
 */
import * as tf from '@tensorflow/tfjs';
import { said } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { CounterRandom } from '../base/index';
import type { GaussianModel } from '../gaussians/index';
import { adamStep } from '../kernels/index';
import type { DecodeReport, DecodeWeights } from '../kernels/index';
import { SEMANTICS } from '../kernels/layout';
import {
  COVERAGE,
  encodePositions,
  encodingWidth,
  Perceptron,
  samplePixels,
  SemanticsError,
  SplatLabels,
} from '../semantics/index';
import type { PositionFrame } from '../semantics/index';
import type { ObjectiveGradients, SemanticTerm, SmoothingTerm, SplatTerm } from './objective';
import type { IndexMaps, SemanticsState, SnapshotTensor, Taught } from './ports';

/** R_u at most, so that −log(1 − R_u) stays finite. */
const HIGHEST_UNCERTAINTY = 0.999;
/** Weight of a step's cross-entropy in the running one. */
const RUNNING = 0.02;
/** Share of the Gaussians on either side that the normalised scene leaves out: stray ones would shrink the rest. */
const STRAY = 0.02;
/** Gaussians of a person's labels that a step looks at. */
const TAUGHT_SAMPLES = 1024;
/** Lifted labels in a snapshot. */
const LABELS = 'splatLabels';

/** Enough of a hash to tell two apart. */
const shortHash = (hash: string): string => hash.slice(0, 8);

export interface SemanticFigures {
  /** running, nats */
  crossEntropy: number;
  /** of the last step: share of samples that decode to their label */
  accuracy: number;
  /** of the last step: mean R_u */
  uncertainty: number;
}

/**
 * How far labels are trusted over the decoder's own answer: β_t = 1 − (1 − β)·κ, κ = max(0, 1 − CE / ln N) with the running CE.
 *
 * κ is what the decoder knows: 0 where it guesses, 1 where it is sure and right. Without it a decoder that has learned nothing believes
 * itself and collapses onto a few entries; with it, what drives CE up takes its own ground away.
 */
export function trustInLabels(trust: number, crossEntropy: number, entries: number): number {
  const known = entries > 1 ? Math.max(0, 1 - crossEntropy / Math.log(entries)) : 1;
  return 1 - (1 - trust) * known;
}

/** Where most of the Gaussians are, as the cube that positions are normalised to. */
export function positionFrame(geometry: Float32Array, count: number): PositionFrame {
  const centre: [number, number, number] = [0, 0, 0];
  let halfSide = 0;
  for (let axis = 0; axis < 3; axis++) {
    const sorted = Float32Array.from({ length: count }, (_, row) => geometry[row * 11 + axis]).sort();
    const low = sorted[Math.floor(STRAY * (count - 1))] ?? 0;
    const high = sorted[Math.ceil((1 - STRAY) * (count - 1))] ?? 0;
    centre[axis] = (low + high) / 2;
    halfSide = Math.max(halfSide, (high - low) / 2);
  }
  return { centre, halfSide: halfSide > 0 ? halfSide : 1 };
}

export class SemanticLearner {
  readonly #maps: IndexMaps;
  readonly #decoder: Perceptron;
  readonly #smoother: Perceptron;
  readonly #state: { -readonly [K in keyof SemanticsState]: SemanticsState[K] };
  readonly #report: DecodeReport = { loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 };
  readonly #rates = new Float32Array(SEMANTICS.columns);
  readonly #splatReport: DecodeReport = { loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 };
  #encoded = new Float32Array(0);
  #voted = new Uint8Array(0);
  readonly #covered = new Map<'lifted' | 'taught', tf.Tensor2D>();
  #labels: SplatLabels | null = null;
  #taught: Taught | null = null;
  /** lifted labels with what a person said instead of them; null when it is to be worked out */
  #believed: Uint8Array | null = null;

  private constructor(maps: IndexMaps, settings: TrainingSettings, state: SemanticsState) {
    const { seed, decoderFirst, decoderSecond, smoothingFrequencies, smoothingWidth, smoothingLayers } = settings;
    const hidden = Array.from({ length: smoothingLayers }, () => smoothingWidth);
    this.#maps = maps;
    this.#state = { ...state };
    this.#decoder = new Perceptron('decoder', [SEMANTICS.dimensions, decoderFirst, decoderSecond, maps.entries], seed);
    const widths = [encodingWidth(smoothingFrequencies), ...hidden, SEMANTICS.dimensions];
    this.#smoother = new Perceptron('smoother', widths, seed);
  }

  /** A new start at a step: the networks from the seed, the normalised scene from where the Gaussians are now. */
  static join(maps: IndexMaps, settings: TrainingSettings, model: GaussianModel, step: number): SemanticLearner {
    const { geometry, count } = model.arrays();
    const frame = positionFrame(geometry, count);
    const state = { joinedAt: step, codebook: maps.codebook, entries: maps.entries, frame, crossEntropy: null };
    return new SemanticLearner(maps, settings, state);
  }

  /** @throws SemanticsError when the maps are of another codebook than the heads */
  static restore(
    maps: IndexMaps | null,
    settings: TrainingSettings,
    state: SemanticsState,
    tensors: Record<string, SnapshotTensor>,
    splats: number,
  ): SemanticLearner {
    if (!maps || maps.codebook !== state.codebook)
      throw new SemanticsError(
        maps
          ? said('otherCodebook', { checkpoint: shortHash(state.codebook), maps: shortHash(maps.codebook) })
          : said('mapsGone', { checkpoint: shortHash(state.codebook) }),
      );
    const learner = new SemanticLearner(maps, settings, state);
    learner.#decoder.restore(tensors);
    learner.#smoother.restore(tensors);
    learner.#labels = SplatLabels.restore(tensors[LABELS], splats);
    return learner;
  }

  /** Whether settings ask for lifted labels beyond the start. */
  static keepsLabels({ labelVote, splatWeight }: TrainingSettings): boolean {
    return labelVote || splatWeight > 0;
  }

  /** Lifted labels, by which pixels vote and that L_G holds Gaussians to; null while there are none. */
  get labels(): SplatLabels | null {
    return this.#labels;
  }

  set labels(labels: SplatLabels | null) {
    this.#labels = labels;
    this.#believed = null;
  }

  /** What a person's labels say from now on: they count before any lifted one. */
  teach(taught: Taught | null): void {
    if (taught === this.#taught) return;
    this.#taught = taught;
    this.#believed = null;
  }

  /** Labels of the Gaussians, lifted or a person's, [≥ count]; null while there are none. */
  #beliefs(): Uint8Array | null {
    const [lifted, taught] = [this.#labels, this.#taught];
    if (!taught) return lifted?.values ?? null;
    if (!this.#believed) {
      const believed = lifted?.values.slice() ?? new Uint8Array(taught.entries.length);
      for (const row of taught.rows) believed[row] = taught.entries[row];
      this.#believed = believed;
    }
    return this.#believed;
  }

  get state(): SemanticsState {
    return this.#state;
  }

  get decoder(): Perceptron {
    return this.#decoder;
  }

  get figures(): SemanticFigures {
    const { right, used, uncertainty } = this.#report;
    const accuracy = used > 0 ? right / used : 0;
    return { crossEntropy: this.#state.crossEntropy ?? Math.log(this.#maps.entries), accuracy, uncertainty };
  }

  /** What L_s looks at; null for a photo without a map. */
  async semanticTerm(
    photo: string,
    { width, height }: { width: number; height: number },
    settings: TrainingSettings,
    step: number,
  ): Promise<SemanticTerm | null> {
    const map = await this.#maps.load(photo);
    if (!map) return null;
    const sample = samplePixels(width, height, settings.semanticSamples, map, settings.seed, step);
    const { layers } = this.#decoder;
    const [vote, loss, report] = [this.#voteOf(sample.labels, settings), this.#decodeWeights(settings), this.#report];
    return { weight: settings.semanticWeight, sample, vote, layers, loss, report };
  }

  /** The vote of a sample's pixels, into an array that every step shares; null where the map's labels count. */
  #voteOf(labels: Uint8Array, { labelVote }: TrainingSettings): SemanticTerm['vote'] {
    const splats = this.#beliefs();
    if (!(labelVote || this.#taught) || !splats) return null;
    if (this.#voted.length !== labels.length) this.#voted = new Uint8Array(labels.length);
    this.#voted.set(labels);
    return { splats, labels: this.#voted };
  }

  #decodeWeights(settings: TrainingSettings): DecodeWeights {
    const { uncertaintyBelow, crossEntropyWeight, uncertaintyWeight } = settings;
    const running = this.#state.crossEntropy ?? Infinity;
    return {
      crossEntropyWeight,
      uncertaintyWeight,
      labelTrust: trustInLabels(settings.labelTrust, running, this.#maps.entries),
      linear: settings.uncertaintyForm === 'linear',
      held: !settings.learnUncertainty || (uncertaintyBelow > 0 && running >= uncertaintyBelow),
      coverage: COVERAGE,
      highestUncertainty: HIGHEST_UNCERTAINTY,
    };
  }

  /** What L_G looks at; null when it is off or there are no lifted labels. */
  splatTerm(model: GaussianModel, settings: TrainingSettings, step: number): SplatTerm | null {
    const { splatWeight: weight, splatSamples, seed } = settings;
    const believed = this.#labels && this.#beliefs();
    if (weight === 0 || !believed) return null;
    const rows = stratifiedRows(model.count, Math.min(model.count, splatSamples), seed, step, 'labelled rows');
    const labels = Uint8Array.from(rows, (row) => believed[row]);
    const [{ layers }, loss, report] = [this.#decoder, this.#decodeWeights(settings), this.#splatReport];
    return { weight, rows, labels, covered: this.#coveredBy(rows.length, 'lifted'), layers, loss, report };
  }

  /** Ones, [count, 1]. */
  #coveredBy(count: number, of: 'lifted' | 'taught'): tf.Tensor2D {
    const known = this.#covered.get(of);
    if (known?.shape[0] === count) return known;
    known?.dispose();
    const made = tf.keep(tf.ones<tf.Rank.R2>([count, 1]));
    this.#covered.set(of, made);
    return made;
  }

  /** What L_L looks at; null where a person's labels teach nothing. */
  labelTerm(settings: TrainingSettings, step: number): SplatTerm | null {
    const { labelWeight: weight, seed } = settings;
    const taught = this.#taught;
    if (weight === 0 || !taught) return null;
    const { length } = taught.rows;
    const chosen = stratifiedRows(length, Math.min(length, TAUGHT_SAMPLES), seed, step, 'taught rows');
    const rows = chosen.map((i) => taught.rows[i]);
    const labels = Uint8Array.from(rows, (row) => taught.entries[row]);
    // A person is right: the decoder's own answer does not count beside the label.
    const loss = { ...this.#decodeWeights(settings), labelTrust: 1 };
    const [{ layers }, report] = [this.#decoder, this.#splatReport];
    return { weight, rows, labels, covered: this.#coveredBy(rows.length, 'taught'), layers, loss, report };
  }

  /** What L_smo looks at; null between smoothing steps. The caller disposes of `encoded`. */
  smoothingTerm(model: GaussianModel, settings: TrainingSettings, step: number): SmoothingTerm | null {
    const { smoothingWeight: weight, smoothingInterval, smoothingSamples, smoothingFrequencies, seed } = settings;
    if (weight === 0 || step % smoothingInterval !== 0) return null;
    const { geometry, count } = model.arrays();
    const wanted = smoothingSamples === 0 ? count : Math.min(count, smoothingSamples);
    const rows = stratifiedRows(count, wanted, seed, step);
    const width = encodingWidth(smoothingFrequencies);
    if (this.#encoded.length !== wanted * width) this.#encoded = new Float32Array(wanted * width);
    encodePositions(geometry, rows, this.#state.frame, smoothingFrequencies, this.#encoded);
    const { smoothingForm: form, smoothingFloor: floor, smoothingNormalises: normalises } = settings;
    // A smoothing step stands for all those between it and the one before.
    return {
      weight: weight * smoothingInterval,
      rows,
      encoded: tf.tensor2d(this.#encoded, [wanted, width]),
      layers: this.#smoother.layers,
      options: { form, floor, normalises },
    };
  }

  /** One step of the networks and of the Gaussians' semantics, after the tape is closed. */
  learn(gradients: ObjectiveGradients, model: GaussianModel, settings: TrainingSettings, step: number): void {
    const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: eps, networkRate: rate } = settings;
    const { crossEntropy, used } = this.#report;
    if (gradients.decoder.length > 0 && used > 0) {
      const running = this.#state.crossEntropy;
      this.#state.crossEntropy = running === null ? crossEntropy : running + RUNNING * (crossEntropy - running);
    }
    const own = step - this.#state.joinedAt + 1;
    const options = { step: own, rate, weightDecay: settings.networkWeightDecay, beta1, beta2 };
    if (gradients.decoder.length > 0) this.#decoder.learn(gradients.decoder, options);
    if (gradients.smoother.length > 0) this.#smoother.learn(gradients.smoother, options);
    if (!gradients.semantics) return;
    this.#rates.fill(settings.semanticRate, 0, SEMANTICS.dimensions);
    this.#rates[SEMANTICS.uncertaintyLogit] = settings.learnUncertainty ? settings.uncertaintyRate : 0;
    const { variable, firstMoment, secondMoment } = model.groups.semantics;
    const adam = { step: own, count: model.count, rates: this.#rates, beta1, beta2, eps };
    adamStep(variable, gradients.semantics, firstMoment, secondMoment, adam);
  }

  /** Views of the live state, not copies: to be written before the next step. */
  tensors(): Record<string, SnapshotTensor> {
    const labels = this.#labels && { [LABELS]: this.#labels.snapshot() };
    return { ...this.#decoder.snapshot(), ...this.#smoother.snapshot(), ...labels };
  }

  dispose(): void {
    this.#decoder.dispose();
    this.#smoother.dispose();
    for (const ones of this.#covered.values()) ones.dispose();
  }
}

/** `wanted` different rows of `count`, one drawn in each of as many equal shares, ascending. */
export function stratifiedRows(
  count: number,
  wanted: number,
  seed: number,
  step: number,
  purpose = 'smoothing rows',
): Int32Array {
  if (wanted >= count) return Int32Array.from({ length: count }, (_, row) => row);
  const random = new CounterRandom(seed, purpose, step);
  return Int32Array.from({ length: wanted }, (_, i) => {
    const [from, to] = [Math.floor((i * count) / wanted), Math.floor(((i + 1) * count) / wanted)];
    return from + Math.min(to - from - 1, Math.floor(random.uniform(i) * (to - from)));
  });
}
