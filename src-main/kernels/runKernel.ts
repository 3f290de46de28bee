/** Runs a custom kernel of the current backend. tfjs declares attributes as plain data; ours also carry typed arrays. */
import * as tf from '@tensorflow/tfjs';

export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  kernelName: string,
  inputs: tf.NamedTensorMap,
  attributes: object,
): T {
  return tf.engine().runKernel<T>(kernelName, inputs, attributes as tf.NamedAttrMap);
}
