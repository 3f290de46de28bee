/**
 * Op `expose`: a picture as a photo with other exposure and white balance would show it, one affine map for all of its colours.
 *
 *   C′_r = Σ_k A_rk·C_k + b_r
 *   ∂L/∂C_k = Σ_r A_rk·dC′_r;   ∂L/∂A_rk = Σ_px dC′_r·C_k,   ∂L/∂b_r = Σ_px dC′_r
 *
 * Source: Kerbl et al. 2024, "A Hierarchical 3D Gaussian Representation for Real-Time Rendering of Very Large Datasets", §6 (exposure). Twelve
 * multiplications a pixel: bound by memory, and the same on every backend, so it has no C++.
 */
import * as tf from '@tensorflow/tfjs';
import { checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import { runKernel } from './runKernel';

export const EXPOSE_KERNEL = 'LegatoExpose';
export const EXPOSE_GRADIENT_KERNEL = 'LegatoExposeGradient';

/** Rows and columns of [A | b]. */
export const EXPOSURE_SHAPE: [number, number] = [3, 4];

const OP = 'expose';

/**
 * @param image     [≥ 3, H, W], planes 0–2 are the colours
 * @param exposure  [3, 4], [A | b]
 * @returns [3, H, W]
 */
export function expose(image: tf.Tensor3D, exposure: tf.Tensor): tf.Tensor3D {
  checkTensor(OP, 'image', image, [null, null, null]);
  if (image.shape[0] < 3) throw new KernelArgumentError(OP, 'image', `${image.shape[0]} planes, expected at least 3`);
  checkTensor(OP, 'exposure', exposure, EXPOSURE_SHAPE);
  return runKernel<tf.Tensor3D>(EXPOSE_KERNEL, { image, exposure }, {});
}

tf.registerGradient({
  kernelName: EXPOSE_KERNEL,
  inputsToSave: ['image', 'exposure'],
  gradFunc: (dy, saved) => {
    const [image, exposure] = saved;
    const both = runKernel<tf.Tensor[]>(EXPOSE_GRADIENT_KERNEL, { image, exposure, dy: dy as tf.Tensor }, {});
    return { image: () => both[0], exposure: () => both[1] };
  },
});

/** @param pixels  of a plane @param out  [3, H, W] */
export function exposePlanes(image: Float32Array, exposure: Float32Array, pixels: number, out: Float32Array): void {
  for (let row = 0; row < 3; row++) {
    const [red, green, blue, offset] = exposure.subarray(4 * row, 4 * row + 4);
    for (let i = 0; i < pixels; i++)
      out[row * pixels + i] = red * image[i] + green * image[pixels + i] + blue * image[2 * pixels + i] + offset;
  }
}

/**
 * @param dOut       [3, H, W]
 * @param dImage     [C, H, W], is set; planes behind the colours to 0
 * @param dExposure  [3, 4], is set
 */
export function exposePlanesGradient(
  image: Float32Array,
  exposure: Float32Array,
  dOut: Float32Array,
  pixels: number,
  dImage: Float32Array,
  dExposure: Float32Array,
): void {
  dImage.fill(0, 3 * pixels);
  for (let k = 0; k < 3; k++) {
    const [toRed, toGreen, toBlue] = [exposure[k], exposure[4 + k], exposure[8 + k]];
    for (let i = 0; i < pixels; i++)
      dImage[k * pixels + i] = toRed * dOut[i] + toGreen * dOut[pixels + i] + toBlue * dOut[2 * pixels + i];
  }
  for (let row = 0; row < 3; row++) {
    let [red, green, blue, offset] = [0, 0, 0, 0];
    for (let i = 0; i < pixels; i++) {
      const d = dOut[row * pixels + i];
      red += d * image[i];
      green += d * image[pixels + i];
      blue += d * image[2 * pixels + i];
      offset += d;
    }
    dExposure.set([red, green, blue, offset], 4 * row);
  }
}
