/**
 * Adaptive spatial smoothing of the language vectors (METHOD §4):
 *
 *   L_smo = mean ‖S_MLP − sg(S_G)‖² + mean w(u)·‖sg(S_MLP) − S_G‖²,   S_MLP = MLP(PE(p))
 *   w(u) = max(sg(u), w_s)   or   w_s·(1 − sg(u)) + sg(u)                 the notes', the published one
 *   PE(p) = [p, sin 2ᵏπp, cos 2ᵏπp],  k = 0 … L−1,  p in −1 … 1 over the scene
 *
 * sg stops gradients: the first term moves only the network, the second only S_G. With `normalises` both sides have unit length,
 * since rendering normalises S_G and the plain square would shrink it. The mean is over dimensions and a sample of Gaussians.
 */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { network, smoothnessLoss, stopGradient } from '../kernels/index';
import type { Layer, SmoothnessOptions } from '../kernels/index';
import { GEOMETRY } from '../kernels/layout';

/** The cube that positions are normalised to, from the Gaussians' means. */
export interface PositionFrame {
  centre: readonly [number, number, number];
  /** world units that become 1 */
  halfSide: number;
}

export function encodingWidth(frequencies: number): number {
  return 3 + 6 * frequencies;
}

/**
 * PE of the means of some rows.
 *
 * @param geometry  [capacity, 11]
 * @param into      [rows, encodingWidth] to reuse
 */
export function encodePositions(
  geometry: Float32Array,
  rows: Int32Array,
  frame: PositionFrame,
  frequencies: number,
  into: Float32Array,
): Float32Array {
  const width = encodingWidth(frequencies);
  rows.forEach((row, i) => {
    for (let axis = 0; axis < 3; axis++) {
      const p = (geometry[row * GEOMETRY.columns + axis] - frame.centre[axis]) / frame.halfSide;
      into[i * width + axis] = p;
      for (let k = 0; k < frequencies; k++) {
        const phase = 2 ** k * Math.PI * p;
        into[i * width + 3 + 6 * k + axis] = Math.sin(phase);
        into[i * width + 6 + 6 * k + axis] = Math.cos(phase);
      }
    }
  });
  return into;
}

/**
 * @param semantics  [capacity, 9]
 * @param rows       the sample
 * @param encoded    [sample, encodingWidth] of the same rows
 */
export function smoothingLoss(
  semantics: Tensor,
  rows: Int32Array,
  encoded: Tensor2D,
  layers: readonly Layer[],
  options: SmoothnessOptions,
): Scalar {
  return smoothnessLoss(semantics, rows, network(stopGradient(encoded), layers), options);
}
