/**
 * Ops that pick rows or pixels and send their gradients back: `gatherRows` of a table [rows, columns], `gatherPixels` of an image
 * [C, H, W]. tfjs has the first as tf.gather, whose gradient visits every pair of row and pick; these add up in one pass.
 */
import * as tf from '@tensorflow/tfjs';
import { checkInteger, checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import { runKernel } from './runKernel';

export const GATHER_ROWS_KERNEL = 'LegatoGatherRows';
export const GATHER_ROWS_GRADIENT_KERNEL = 'LegatoGatherRowsGradient';
export const GATHER_PIXELS_KERNEL = 'LegatoGatherPixels';
export const GATHER_PIXELS_GRADIENT_KERNEL = 'LegatoGatherPixelsGradient';

export interface GatherRowsAttributes {
  rows: Int32Array;
  /** of the table */
  shape: number[];
}

export interface GatherPixelsAttributes {
  pixels: Int32Array;
  firstPlane: number;
  planes: number;
  /** of the image */
  shape: number[];
}

function checkInside(op: string, argument: string, positions: Int32Array, size: number): void {
  const outside = positions.findIndex((at) => at < 0 || at >= size);
  if (outside >= 0)
    throw new KernelArgumentError(op, argument, `${positions[outside]} at ${outside}, expected 0…${size - 1}`);
}

/** @param table  [rows, columns] @returns [picks, columns]; a row may be picked more than once */
export function gatherRows(table: tf.Tensor, rows: Int32Array): tf.Tensor2D {
  checkTensor('gatherRows', 'table', table, [null, null]);
  checkInside('gatherRows', 'rows', rows, table.shape[0] ?? 0);
  const attributes: GatherRowsAttributes = { rows, shape: table.shape };
  return runKernel<tf.Tensor2D>(GATHER_ROWS_KERNEL, { table }, attributes);
}

tf.registerGradient({
  kernelName: GATHER_ROWS_KERNEL,
  gradFunc: (dy, _saved, attrs) => ({
    table: () => runKernel<tf.Tensor>(GATHER_ROWS_GRADIENT_KERNEL, { dy: dy as tf.Tensor }, attrs),
  }),
});

/**
 * @param image   [C, H, W]
 * @param pixels  y·W + x
 * @returns [pixels, planes], plane by plane from `firstPlane`
 */
export function gatherPixels(image: tf.Tensor3D, firstPlane: number, planes: number, pixels: Int32Array): tf.Tensor2D {
  const op = 'gatherPixels';
  checkTensor(op, 'image', image, [null, null, null]);
  const [channels, height, width] = image.shape;
  checkInteger(op, 'firstPlane', firstPlane, 0, channels);
  checkInteger(op, 'planes', planes, 1, channels - firstPlane);
  checkInside(op, 'pixels', pixels, width * height);
  const attributes: GatherPixelsAttributes = { pixels, firstPlane, planes, shape: image.shape };
  return runKernel<tf.Tensor2D>(GATHER_PIXELS_KERNEL, { image }, attributes);
}

tf.registerGradient({
  kernelName: GATHER_PIXELS_KERNEL,
  gradFunc: (dy, _saved, attrs) => ({
    image: () => runKernel<tf.Tensor>(GATHER_PIXELS_GRADIENT_KERNEL, { dy: dy as tf.Tensor }, attrs),
  }),
});
