/**
 * Op `smoothnessLoss`: how far the language vectors of some Gaussians lie from what a network says of their places (METHOD §4).
 *
 *   L = mean (m̂ − sg(ŝ))² + mean w·(sg(m̂) − ŝ)²,   mean over rows and dimensions
 *   w = max(u, w_s)  or  w_s·(1 − u) + u,   u = σ(u logit), no gradient
 *   ŝ, m̂: S_G and the network's output, of unit length if `normalises`, else as they are
 *
 * The first term moves only the network, the second only S_G. One pass over some thousand rows gives value and both gradients;
 * composed of stock tfjs ops the same takes a hundred times as long.
 */
import * as tf from '@tensorflow/tfjs';
import { checkInteger, checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import { SEMANTICS } from './layout';
import { runKernel } from './runKernel';

export const SMOOTHNESS_KERNEL = 'LegatoSmoothness';
export const SMOOTHNESS_GRADIENT_KERNEL = 'LegatoSmoothnessGradient';

export interface SmoothnessOptions {
  /** w: max(u, floor), or floor·(1 − u) + u */
  form: 'floor' | 'blend';
  /** w_s */
  floor: number;
  normalises: boolean;
}

export interface SmoothnessAttributes {
  rows: Int32Array;
  options: SmoothnessOptions;
  /** [∂L/∂semantics of the rows [n, 8], ∂L/∂predicted [n, 8]] for the gradient kernel; null while no tape runs */
  state: { toRows: Float32Array; toPredicted: Float32Array } | null;
}

const SHORTEST = 1e-6;
const D = SEMANTICS.dimensions;

/** w(u). */
export function smoothnessWeight(u: number, { form, floor }: Pick<SmoothnessOptions, 'form' | 'floor'>): number {
  return form === 'floor' ? Math.max(u, floor) : floor * (1 - u) + u;
}

/** Unit vector of a row into `out`; returns what its length was divided by, and whether it had one. */
function direction(data: Float32Array, at: number, normalises: boolean, out: Float64Array): number {
  let squares = 0;
  for (let k = 0; k < D; k++) squares += data[at + k] * data[at + k];
  const length = normalises ? Math.max(Math.sqrt(squares), SHORTEST) : 1;
  for (let k = 0; k < D; k++) out[k] = data[at + k] / length;
  return length;
}

/** Through x / max(‖x‖, 1e-6): only what lies across x remains, unless x is too short to be stretched. */
function throughDirection(slope: Float64Array, unit: Float64Array, length: number, normalises: boolean): void {
  if (!normalises) return;
  let along = 0;
  if (length > SHORTEST) for (let k = 0; k < D; k++) along += slope[k] * unit[k];
  for (let k = 0; k < D; k++) slope[k] = (slope[k] - along * unit[k]) / length;
}

/**
 * Value and gradients on plain arrays.
 *
 * @param semantics  [capacity, 9]
 * @param predicted  [n, 8]
 * @param state      filled unless null
 */
export function smoothness(
  semantics: Float32Array,
  rows: Int32Array,
  predicted: Float32Array,
  options: SmoothnessOptions,
  state: SmoothnessAttributes['state'],
): number {
  const own = new Float64Array(D);
  const smooth = new Float64Array(D);
  const toOwn = new Float64Array(D);
  const toSmooth = new Float64Array(D);
  const each = rows.length > 0 ? 1 / (rows.length * D) : 0;
  let loss = 0;
  rows.forEach((row, i) => {
    const at = row * SEMANTICS.columns;
    const ownLength = direction(semantics, at, options.normalises, own);
    const smoothLength = direction(predicted, i * D, options.normalises, smooth);
    const u = 1 / (1 + Math.exp(-semantics[at + SEMANTICS.uncertaintyLogit]));
    const weight = smoothnessWeight(u, options);
    for (let k = 0; k < D; k++) {
      const apart = smooth[k] - own[k];
      loss += (1 + weight) * apart * apart * each;
      toSmooth[k] = 2 * apart * each;
      toOwn[k] = -2 * weight * apart * each;
    }
    if (!state) return;
    throughDirection(toOwn, own, ownLength, options.normalises);
    throughDirection(toSmooth, smooth, smoothLength, options.normalises);
    state.toRows.set(toOwn, i * D);
    state.toPredicted.set(toSmooth, i * D);
  });
  return loss;
}

/**
 * @param semantics  [capacity, 9]
 * @param rows       [n] rows of semantics
 * @param predicted  [n, 8], the network's output for those rows
 */
export function smoothnessLoss(
  semantics: tf.Tensor,
  rows: Int32Array,
  predicted: tf.Tensor,
  options: SmoothnessOptions,
): tf.Scalar {
  const op = 'smoothnessLoss';
  checkTensor(op, 'semantics', semantics, [null, SEMANTICS.columns]);
  checkTensor(op, 'predicted', predicted, [rows.length, D]);
  const capacity = semantics.shape[0] ?? 0;
  for (const row of rows) checkInteger(op, 'rows', row, 0, capacity - 1);
  if (!(options.floor >= 0 && options.floor <= 1))
    throw new KernelArgumentError(op, 'floor', `${options.floor}, expected 0…1`);
  const size = rows.length * D;
  const state = tf.engine().isTapeOn() ? { toRows: new Float32Array(size), toPredicted: new Float32Array(size) } : null;
  const attributes: SmoothnessAttributes = { rows, options, state };
  return runKernel<tf.Scalar>(SMOOTHNESS_KERNEL, { semantics, predicted }, attributes);
}

tf.registerGradient({
  kernelName: SMOOTHNESS_KERNEL,
  inputsToSave: ['semantics'],
  gradFunc: (dy, [semantics], attrs) => {
    const inputs = { dy: dy as tf.Tensor, semantics };
    const [toSemantics, toPredicted] = runKernel<tf.Tensor[]>(SMOOTHNESS_GRADIENT_KERNEL, inputs, attrs);
    return { semantics: () => toSemantics, predicted: () => toPredicted };
  },
});
