/**
 * Op `photometricLoss`: L1 and SSIM of an image against a photo (METHOD §1; photometric.reference.ts has the formulas).
 *
 * Under a tape the forward kernel computes loss and gradient in one run, since they share every window average; the
 * gradient kernel only scales by dy. The gradient goes to the image alone; planes beyond the first three get zeros.
 */
import * as tf from '@tensorflow/tfjs';
import { checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import { runKernel } from './runKernel';

export const PHOTOMETRIC_KERNEL = 'LegatoPhotometric';
export const PHOTOMETRIC_GRADIENT_KERNEL = 'LegatoPhotometricGradient';

export interface PhotometricAttributes {
  ssimWeight: number;
  /** of the image, [C, H, W] */
  shape: number[];
  /** where the forward kernel leaves ∂L/∂image for the gradient kernel, which takes it; null while no tape runs */
  state: { gradient: Float32Array | null } | null;
}

const OP = 'photometricLoss';

/**
 * @param image  [≥3, H, W], planes 0–2 are the colours
 * @param target [3, H, W] in 0…1
 * @param mask   [H, W] of 0 (ignore) and 1; null = every pixel
 * @returns scalar (1 − w)·L1 + w·(1 − SSIM); 0 if the mask keeps nothing
 */
export function photometricLoss(
  image: tf.Tensor3D,
  target: tf.Tensor3D,
  mask: tf.Tensor2D | null,
  { ssimWeight }: { ssimWeight: number },
): tf.Scalar {
  checkTensor(OP, 'image', image, [null, null, null]);
  if (image.shape[0] < 3) throw new KernelArgumentError(OP, 'image', `${image.shape[0]} planes, expected at least 3`);
  checkTensor(OP, 'target', target, [3, image.shape[1], image.shape[2]]);
  if (mask) checkTensor(OP, 'mask', mask, [image.shape[1], image.shape[2]]);
  if (!(ssimWeight >= 0 && ssimWeight <= 1))
    throw new KernelArgumentError(OP, 'ssimWeight', `${ssimWeight}, expected 0…1`);
  const state = tf.engine().isTapeOn() ? { gradient: null } : null;
  const attributes: PhotometricAttributes = { ssimWeight, shape: image.shape, state };
  const inputs: tf.NamedTensorMap = mask ? { image, target, mask } : { image, target };
  return runKernel<tf.Scalar>(PHOTOMETRIC_KERNEL, inputs, attributes);
}

tf.registerGradient({
  kernelName: PHOTOMETRIC_KERNEL,
  gradFunc: (dy, _saved, attrs) => ({
    image: () => runKernel<tf.Tensor>(PHOTOMETRIC_GRADIENT_KERNEL, { dy: dy as tf.Tensor }, attrs),
  }),
});
