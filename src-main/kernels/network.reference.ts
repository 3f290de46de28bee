/**
 * Small perceptrons and the decoder's loss, in double (METHOD §4).
 *
 *   layer l:  a_{l+1} = relu(a_l·K_l + b_l), the last one without relu
 *   R̂ = R_s / max(‖R_s‖, 1e-6);   M̂ = softmax(network(R̂));   CE = −ln M̂_label
 *   CE_β = β·CE + (1 − β)·CE′,   CE′ = −ln M̂_j,  j = argmax M̂ without gradient     (bootstrapping, Reed et al. 2015)
 *   L_CE = Σ CE_β·(1 − R_u) / n;   L_u = Σ −ln(1 − R_u) / n  or  Σ R_u / n;   R_u ≤ 0.999
 *   L_s = λ_CE·L_CE + λ_u·L_u,   n = samples with a label and α ≥ 0.5; the others leave both
 *
 * β = 1 is METHOD §4. What several views say differently makes M̂ a mixture; CE′ draws it to the answer that most of them give.
 *
 * Where labels are voted on (sample.reference.ts), u is priced by the photo's own label M′ all the same, so that it says where a photo
 * disagrees:  L_CE = Σ CE_β(M̂, M)·(1 − sg(R_u)) / n,  and ∂L_CE/∂R_u = −CE_β(M̂, M′) / n  instead of −CE_β(M̂, M) / n.
 *
 * The cap on R_u is not part of the gradient: it keeps values finite, and a capped R_u must find its way back. `held`: u counts as
 * 0 and learns nothing.
 *
 * Shapes: kernels [in, out] row-major, biases [out], samples [rows, 10] as in layout.ts.
 */
import type { Floats } from './algebra.reference';
import { SAMPLE, SEMANTICS } from './layout';

export interface NetworkArrays<Data extends Floats = Floats> {
  /** of the input, then of each layer's output */
  widths: number[];
  kernels: Data[];
  biases: Data[];
}

export interface NetworkGradientArrays<Data extends Floats = Floats> {
  dKernels: Data[];
  dBiases: Data[];
}

export interface DecodeWeights {
  /** λ_CE */
  crossEntropyWeight: number;
  /** λ_u */
  uncertaintyWeight: number;
  /** β: how far labels are trusted over the most probable entry, 0 … 1 */
  labelTrust: number;
  /** L_u = mean R_u, as the notes have it; else mean −ln(1 − R_u) */
  linear: boolean;
  /** u counts as 0 and is not taught */
  held: boolean;
  /** samples with less accumulated α are left out */
  coverage: number;
  /** R_u at most */
  highestUncertainty: number;
}

export interface DecodeReport {
  loss: number;
  /** mean CE in nats, without the factor 1 − R_u */
  crossEntropy: number;
  /** mean R_u */
  uncertainty: number;
  /** samples whose most probable entry is their label */
  right: number;
  /** samples with a label and enough α */
  used: number;
}

const SHORTEST = 1e-6;

/** Activations of every layer for one row; [0] is the input. */
function activations({ widths, kernels, biases }: NetworkArrays, input: Float64Array): Float64Array[] {
  const layers = [input];
  for (let l = 0; l + 1 < widths.length; l++) {
    const [inputs, outputs] = [widths[l], widths[l + 1]];
    const out = Float64Array.from({ length: outputs }, (_, c) => {
      let sum = biases[l][c];
      for (let i = 0; i < inputs; i++) sum += layers[l][i] * kernels[l][i * outputs + c];
      return l + 2 === widths.length ? sum : Math.max(0, sum);
    });
    layers.push(out);
  }
  return layers;
}

/** Adds one row's gradients; returns ∂L/∂input. */
function backward(
  { widths, kernels }: NetworkArrays,
  layers: Float64Array[],
  dOut: Float64Array,
  out: NetworkGradientArrays<Float64Array>,
): Float64Array {
  let d = dOut;
  for (let l = widths.length - 2; l >= 0; l--) {
    const [inputs, outputs] = [widths[l], widths[l + 1]];
    const before = new Float64Array(inputs);
    for (let c = 0; c < outputs; c++) out.dBiases[l][c] += d[c];
    for (let i = 0; i < inputs; i++)
      for (let c = 0; c < outputs; c++) {
        out.dKernels[l][i * outputs + c] += layers[l][i] * d[c];
        if (l === 0 || layers[l][i] > 0) before[i] += d[c] * kernels[l][i * outputs + c];
      }
    d = before;
  }
  return d;
}

function emptyGradients({ kernels, biases }: NetworkArrays): NetworkGradientArrays<Float64Array> {
  return {
    dKernels: kernels.map(({ length }) => new Float64Array(length)),
    dBiases: biases.map(({ length }) => new Float64Array(length)),
  };
}

const rowOf = (data: Floats, row: number, width: number): Float64Array =>
  Float64Array.from({ length: width }, (_, k) => data[row * width + k]);

/** Outputs [rows, last width]. */
export function networkReference(network: NetworkArrays, input: Floats, rows: number): Float64Array {
  const [first, last] = [network.widths[0], network.widths[network.widths.length - 1]];
  const out = new Float64Array(rows * last);
  for (let row = 0; row < rows; row++) {
    out.set(activations(network, rowOf(input, row, first))[network.kernels.length], row * last);
  }
  return out;
}

/** @param dOutput  [rows, last width] */
export function networkReferenceBackward(
  network: NetworkArrays,
  input: Floats,
  rows: number,
  dOutput: Floats,
): NetworkGradientArrays<Float64Array> & { dInput: Float64Array } {
  const [first, last] = [network.widths[0], network.widths[network.widths.length - 1]];
  const gradients = emptyGradients(network);
  const dInput = new Float64Array(rows * first);
  for (let row = 0; row < rows; row++) {
    const layers = activations(network, rowOf(input, row, first));
    dInput.set(backward(network, layers, rowOf(dOutput, row, last), gradients), row * first);
  }
  return { ...gradients, dInput };
}

function unit(feature: Float64Array): { unit: Float64Array; length: number } {
  const length = Math.hypot(...feature);
  return { unit: feature.map((v) => v / Math.max(length, SHORTEST)), length };
}

function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - top));
  const total = powers.reduce((sum, v) => sum + v, 0);
  return powers.map((v) => v / total);
}

/**
 * L_s and its gradients.
 *
 * @param labels  [rows] 1 … N, 0 = none
 * @param priced  M′, [rows], not 0 where labels is not; the labels themselves unless they were voted on
 */
export function decodeLossReference(
  network: NetworkArrays,
  samples: Floats,
  labels: Uint8Array,
  weights: DecodeWeights,
  priced: Uint8Array = labels,
): DecodeReport & NetworkGradientArrays<Float64Array> & { dSamples: Float64Array } {
  const rows = labels.length;
  const report = { loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 };
  const gradients = emptyGradients(network);
  const dSamples = new Float64Array(rows * SAMPLE.columns);
  const isUsed = (row: number) => labels[row] > 0 && samples[row * SAMPLE.columns + SAMPLE.alpha] >= weights.coverage;
  for (let row = 0; row < rows; row++) if (isUsed(row)) report.used++;
  for (let row = 0; row < rows; row++) {
    if (!isUsed(row)) continue;
    const at = row * SAMPLE.columns;
    const feature = unit(Float64Array.from({ length: SEMANTICS.dimensions }, (_, k) => samples[at + k]));
    const layers = activations(network, feature.unit);
    const probability = softmax(layers[network.kernels.length]);
    const label = labels[row] - 1;
    const top = probability.indexOf(Math.max(...probability));
    const crossEntropy = -Math.log(probability[label]);
    const { labelTrust } = weights;
    const believe = (entry: number): number =>
      -labelTrust * Math.log(probability[entry]) - (1 - labelTrust) * Math.log(probability[top]);
    const believed = believe(label);
    const rendered = Math.min(samples[at + SAMPLE.uncertainty], weights.highestUncertainty);
    const u = weights.held ? 0 : rendered;
    const penalty = weights.held ? 0 : weights.linear ? u : -Math.log(1 - u);
    report.loss +=
      (weights.crossEntropyWeight * believed * (1 - u) + weights.uncertaintyWeight * penalty) / report.used;
    report.crossEntropy += crossEntropy / report.used;
    report.uncertainty += rendered / report.used;
    if (top === label) report.right++;

    const scale = (weights.crossEntropyWeight * (1 - u)) / report.used;
    const dLogits = probability.map(
      (p, i) => scale * (p - (i === label ? labelTrust : 0) - (i === top ? 1 - labelTrust : 0)),
    );
    const dUnit = backward(network, layers, dLogits, gradients);
    // R / max(‖R‖, 1e-6): only what lies across R remains, unless R is too short to be stretched.
    const along = feature.length > SHORTEST ? dUnit.reduce((sum, v, k) => sum + v * feature.unit[k], 0) : 0;
    dUnit.forEach((v, k) => {
      dSamples[at + k] = (v - along * feature.unit[k]) / Math.max(feature.length, SHORTEST);
    });
    if (!weights.held) {
      const slope = weights.linear ? 1 : 1 / (1 - u);
      dSamples[at + SAMPLE.uncertainty] =
        (weights.uncertaintyWeight * slope - weights.crossEntropyWeight * believe(priced[row] - 1)) / report.used;
    }
  }
  return { ...report, ...gradients, dSamples };
}

export interface DecodedRows {
  /** most probable entry, 0-based, [rows] */
  entries: Uint8Array;
  /** its probability, [rows] */
  probabilities: Float32Array;
  /** Σ_i p_i·value_i, [rows] */
  scores: Float32Array;
}

/** What features decode to. @param features  [rows, 8]; @param values  [N] */
export function decodeRowsReference(
  network: NetworkArrays,
  features: Floats,
  rows: number,
  values: Floats | null,
): DecodedRows {
  const out = {
    entries: new Uint8Array(rows),
    probabilities: new Float32Array(rows),
    scores: new Float32Array(rows),
  };
  for (let row = 0; row < rows; row++) {
    const feature = unit(rowOf(features, row, SEMANTICS.dimensions)).unit;
    const probability = softmax(activations(network, feature)[network.kernels.length]);
    out.entries[row] = probability.indexOf(Math.max(...probability));
    out.probabilities[row] = probability[out.entries[row]];
    out.scores[row] = values ? probability.reduce((sum, p, i) => sum + p * values[i], 0) : 0;
  }
  return out;
}

export interface TopCodes {
  /** 0-based, most probable first, the lower entry on ties, [rows, top] */
  entries: Uint8Array;
  /** theirs, [rows, top] */
  probabilities: Float32Array;
  /** Σ_i p_i·value_i over all entries, [rows, sets] */
  scores: Float32Array;
}

/** The most probable entries of features. @param features  [rows, 8]; @param values  [sets, N] */
export function decodeTopReference(network: NetworkArrays, features: Floats, top: number, values: Floats): TopCodes {
  const entries = network.widths[network.widths.length - 1];
  const [rows, sets] = [features.length / SEMANTICS.dimensions, values.length / entries];
  const out = {
    entries: new Uint8Array(rows * top),
    probabilities: new Float32Array(rows * top),
    scores: new Float32Array(rows * sets),
  };
  for (let row = 0; row < rows; row++) {
    const feature = unit(rowOf(features, row, SEMANTICS.dimensions)).unit;
    const probability = softmax(activations(network, feature)[network.kernels.length]);
    const order = Array.from(probability.keys()).sort((a, b) => probability[b] - probability[a] || a - b);
    for (let k = 0; k < top; k++) {
      out.entries[row * top + k] = order[k];
      out.probabilities[row * top + k] = probability[order[k]];
    }
    for (let set = 0; set < sets; set++)
      out.scores[row * sets + set] = probability.reduce((sum, p, i) => sum + p * values[set * entries + i], 0);
  }
  return out;
}
