/**
 * Ops on small perceptrons (network.reference.ts has the formulas):
 *
 *   `network`      rows through all layers, with the gradient to input, kernels and biases
 *   `decodeLoss`   the decoder, softmax cross-entropy and the weight 1 − R_u of sampled pixels in one kernel, METHOD §4
 *   `decodeRows`   what features decode to, without a tape; `decodeTop` the most probable entries
 *
 * `network` keeps nothing between forward and gradient, which computes its activations again; `decodeLoss` computes value and
 * gradients in one run, so that N logits a pixel never leave the cache.
 */
import * as tf from '@tensorflow/tfjs';
import { checkInteger, checkLength, checkTensor } from './checks';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import { SAMPLE, SEMANTICS } from './layout';
import type { DecodedRows, DecodeReport, DecodeWeights, TopCodes } from './network.reference';
import { runKernel } from './runKernel';
import { isStopped } from './stopGradient';

/** Layers at most, and values a layer at most. */
const [MAX_LAYERS, MAX_WIDTH] = [8, 4096];

/** tfjs saves a kernel's inputs by name, so that each number of layers is a kernel of its own. */
const perDepth = (name: string): string[] => Array.from({ length: MAX_LAYERS }, (_, l) => `${name}${l + 1}`);
export const NETWORK_KERNELS = perDepth('LegatoNetwork');
export const DECODE_LOSS_KERNELS = perDepth('LegatoDecodeLoss');
export const NETWORK_GRADIENT_KERNEL = 'LegatoNetworkGradient';
export const DECODE_LOSS_GRADIENT_KERNEL = 'LegatoDecodeLossGradient';

/** One layer: out = in·kernel + bias. */
export interface Layer {
  /** [in, out] */
  kernel: tf.Tensor;
  /** [out] */
  bias: tf.Tensor;
}

export interface NetworkAttributes {
  widths: number[];
  /** whether the input's gradient is wanted */
  toInput: boolean;
}

export interface DecodeLossAttributes {
  widths: number[];
  labels: Uint8Array;
  priced: Uint8Array;
  weights: DecodeWeights;
  report: DecodeReport;
  /** [dSamples, dKernel0, dBias0, …] from the forward kernel for the gradient kernel; null while no tape runs */
  state: { gradients: Float32Array[] | null } | null;
}

const layerNames = (layers: number): string[] =>
  Array.from({ length: layers }, (_, l) => [`kernel${l}`, `bias${l}`]).flat();

function checkLayers(op: string, layers: readonly Layer[]): number[] {
  checkInteger(op, 'layers', layers.length, 1, MAX_LAYERS);
  const widths = [layers[0].kernel.shape[0]];
  layers.forEach(({ kernel, bias }, l) => {
    checkTensor(op, `layer ${l} kernel`, kernel, [widths[l], null]);
    const width = kernel.shape[1] ?? 0;
    checkTensor(op, `layer ${l} bias`, bias, [width]);
    widths.push(width);
  });
  for (const width of widths) checkInteger(op, 'width', width, 1, MAX_WIDTH);
  return widths;
}

function withLayers(inputs: tf.NamedTensorMap, layers: readonly Layer[]): tf.NamedTensorMap {
  layers.forEach(({ kernel, bias }, l) => Object.assign(inputs, { [`kernel${l}`]: kernel, [`bias${l}`]: bias }));
  return inputs;
}

/** Gradients of `first` and of all layers from one kernel that computes them together. */
function registerLayeredGradient(kernels: readonly string[], gradientKernel: string, first: string): void {
  kernels.forEach((kernelName, l) => {
    const names = [first, ...layerNames(l + 1)];
    tf.registerGradient({
      kernelName,
      inputsToSave: names,
      gradFunc: (dy, saved, attrs) => {
        const inputs: tf.NamedTensorMap = { dy: dy as tf.Tensor };
        names.forEach((name, i) => (inputs[name] = saved[i]));
        const computed = runKernel<tf.Tensor[]>(gradientKernel, inputs, attrs);
        return Object.fromEntries(names.map((name, i) => [name, () => computed[i]]));
      },
    });
  });
}

/**
 * Relu between layers, none behind the last.
 *
 * @param input  [rows, in]
 * @returns [rows, out]
 */
export function network(input: tf.Tensor2D, layers: readonly Layer[]): tf.Tensor2D {
  const widths = checkLayers('network', layers);
  checkTensor('network', 'input', input, [null, widths[0]]);
  const attributes: NetworkAttributes = { widths, toInput: !isStopped(input) };
  return runKernel<tf.Tensor2D>(NETWORK_KERNELS[layers.length - 1], withLayers({ input }, layers), attributes);
}

registerLayeredGradient(NETWORK_KERNELS, NETWORK_GRADIENT_KERNEL, 'input');

/**
 * L_s = λ_CE·L_CE + λ_u·L_u of sampled pixels, L_CE bootstrapped where `labelTrust` is below 1.
 *
 * @param samples  [rows, 10] of `sampleSemantics`
 * @param labels   [rows] 1 … N, 0 = no label
 * @param layers   the decoder, 8 → … → N
 * @param report   filled on the way
 * @param priced   [rows] the labels that u is priced by, where the others were voted on; not 0 where those are not
 * @returns scalar; 0 if no sample has a label and enough α
 * @throws KernelArgumentError, also for a label above N
 */
export function decodeLoss(
  samples: tf.Tensor2D,
  labels: Uint8Array,
  layers: readonly Layer[],
  weights: DecodeWeights,
  report: DecodeReport = { loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 },
  priced: Uint8Array = labels,
): tf.Scalar {
  const op = 'decodeLoss';
  const widths = checkLayers(op, layers);
  checkTensor(op, 'samples', samples, [null, SAMPLE.columns]);
  checkLength(op, 'labels', labels.length, samples.shape[0]);
  if (widths[0] !== SEMANTICS.dimensions)
    throw new KernelArgumentError(op, 'layers', `take ${widths[0]} values, expected ${SEMANTICS.dimensions}`);
  const entries = widths[widths.length - 1];
  const high = labels.findIndex((label) => label > entries);
  if (high >= 0)
    throw new KernelArgumentError(op, 'labels', `${labels[high]} at ${high}, but the decoder knows ${entries} entries`);
  checkLength(op, 'priced', priced.length, labels.length);
  const unpriced = labels.findIndex((label, i) => label > 0 && (priced[i] === 0 || priced[i] > entries));
  if (unpriced >= 0)
    throw new KernelArgumentError(
      op,
      'priced',
      `${priced[unpriced]} at ${unpriced}, where the label is ${labels[unpriced]}`,
    );
  const state = tf.engine().isTapeOn() ? { gradients: null } : null;
  const attributes: DecodeLossAttributes = { widths, labels, priced, weights, report, state };
  return runKernel<tf.Scalar>(DECODE_LOSS_KERNELS[layers.length - 1], withLayers({ samples }, layers), attributes);
}

registerLayeredGradient(DECODE_LOSS_KERNELS, DECODE_LOSS_GRADIENT_KERNEL, 'samples');

/** A network as plain arrays. */
export interface LayerArrays {
  /** [in, out] */
  kernel: Float32Array;
  /** [out] */
  bias: Float32Array;
}

function checkDecoder(op: string, features: Float32Array, layers: readonly LayerArrays[]) {
  checkInteger(op, 'layers', layers.length, 1, MAX_LAYERS);
  const widths = [SEMANTICS.dimensions as number, ...layers.map(({ bias }) => bias.length)];
  layers.forEach(({ kernel }, l) => checkLength(op, `layer ${l} kernel`, kernel.length, widths[l] * widths[l + 1]));
  if (features.length % SEMANTICS.dimensions !== 0)
    throw new KernelArgumentError(op, 'features', `length ${features.length}, expected a multiple of 8`);
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${op}: call initKernels first`);
  const arrays = { widths, kernels: layers.map(({ kernel }) => kernel), biases: layers.map(({ bias }) => bias) };
  return { arrays, entries: widths[widths.length - 1], kernels: backend.kernels };
}

/**
 * Most probable entry (0-based), its probability and Σ_i p_i·value_i of features, each normalised as in the loss.
 *
 * @param features  [rows, 8]
 * @param values    one per entry, such as relevancies; null leaves the scores 0
 */
export function decodeRows(
  features: Float32Array,
  layers: readonly LayerArrays[],
  values: Float32Array | null,
): DecodedRows {
  const { arrays, entries, kernels } = checkDecoder('decodeRows', features, layers);
  if (values) checkLength('decodeRows', 'values', values.length, entries);
  return kernels.decodeRows(arrays, features, values);
}

/**
 * The most probable entries of features, each normalised as in the loss, and Σ_i p_i·value_i over all entries for any number of
 * sets of values, in one pass through the decoder.
 *
 * @param features  [rows, 8]
 * @param top       how many entries, 1 … N
 * @param values    [sets, N]; empty for no scores
 */
export function decodeTop(
  features: Float32Array,
  layers: readonly LayerArrays[],
  top: number,
  values: Float32Array = new Float32Array(0),
): TopCodes {
  const op = 'decodeTop';
  const { arrays, entries, kernels } = checkDecoder(op, features, layers);
  checkInteger(op, 'top', top, 1, entries);
  if (values.length % entries !== 0)
    throw new KernelArgumentError(op, 'values', `length ${values.length}, expected a multiple of ${entries}`);
  // A view that shows nothing: no memory that a kernel could be pointed to.
  if (features.length === 0)
    return { entries: new Uint8Array(0), probabilities: new Float32Array(0), scores: new Float32Array(0) };
  return kernels.decodeTop(arrays, features, top, values);
}
