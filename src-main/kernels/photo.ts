/** Op `photoToTensor`: the bytes of a photo as planes in 0…1 (photo.reference.ts). */
import type * as tf from '@tensorflow/tfjs';
import { checkInteger, checkLength } from './checks';
import { runKernel } from './runKernel';

export const PHOTO_KERNEL = 'LegatoPhotoToTensor';

export interface PhotoAttributes {
  rgb: Uint8Array;
  width: number;
  height: number;
}

const OP = 'photoToTensor';

/** @param rgb interleaved, [H·W·3]  @returns [3, H, W] float32 */
export function photoToTensor(rgb: Uint8Array, width: number, height: number): tf.Tensor3D {
  checkInteger(OP, 'width', width, 1, 1 << 15);
  checkInteger(OP, 'height', height, 1, 1 << 15);
  checkLength(OP, 'rgb', rgb.length, 3 * width * height);
  const attributes: PhotoAttributes = { rgb, width, height };
  return runKernel<tf.Tensor3D>(PHOTO_KERNEL, {}, attributes);
}
