/**
 * Stop-gradient (sg in METHOD §4): the same values, unknown to the tape.
 *
 *   sg(x) = x,   ∂sg(x)/∂x = 0
 *
 * The result shares the data of x and is not recorded, so nothing upstream of it is differentiated at all; a loss that
 * reaches a variable only through sg has no gradient for it. Like any tensor it belongs to the enclosing tidy, and it
 * must not outlive the step, since Adam writes into the data of variables.
 */
import * as tf from '@tensorflow/tfjs';

const stopped = new WeakSet<tf.Tensor>();

export function stopGradient<T extends tf.Tensor>(x: T): T {
  const engine = tf.engine();
  // Reading through the backend first brings data that lives on another backend here.
  engine.backend.incRef(x.dataId);
  const result = engine.makeTensorFromTensorInfo({ dataId: x.dataId, shape: x.shape, dtype: x.dtype }) as T;
  stopped.add(result);
  return result;
}

/** Whether nobody can ask for a gradient of this tensor. */
export function isStopped(x: tf.Tensor): boolean {
  return stopped.has(x);
}
