/**
 * Gaussians against their own lifted labels:
 *
 *   L_G = mean_i CE_β(softmax(decoder(S_i / max(‖S_i‖, 1e-6))), label_i)          over a sample of Gaussians that have a label
 *
 * L_CE supervises blends of Gaussians only, behind which single ones wander; direct 3D decodes them one by one. It is the decoder's loss
 * with each Gaussian as a pixel that it fills alone; u has no part in it.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { decodeLoss, gatherRows } from '../kernels/index';
import type { DecodeReport, DecodeWeights, Layer } from '../kernels/index';

/**
 * @param semantics  [capacity, 9]
 * @param rows       the sample
 * @param labels     of the sample, 1 … N, 0 = none and left out
 * @param covered    ones: α of a pixel that a Gaussian fills alone, [sample, 1]
 * @param report     filled on the way
 */
export function splatLoss(
  semantics: Tensor,
  rows: Int32Array,
  labels: Uint8Array,
  covered: Tensor2D,
  layers: readonly Layer[],
  weights: DecodeWeights,
  report: DecodeReport,
): Scalar {
  const samples = tf.concat2d([gatherRows(semantics, rows), covered], 1);
  return decodeLoss(samples, labels, layers, { ...weights, held: true }, report);
}
