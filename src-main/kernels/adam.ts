/**
 * Op `adamStep`: Adam in place with a rate per column (adam.reference.ts has the formula).
 *
 * It writes into the data of the variable and of both moments, so: call it after the tape is closed; keep no clone or
 * reshape of those tensors across it (it would change too); and treat an array that a variable was made from as the
 * variable's own (tfjs does not copy it).
 */
import * as tf from '@tensorflow/tfjs';
import type { AdamArguments } from './adam.reference';
import { checkInteger, checkLength, checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import { runKernel } from './runKernel';

export const ADAM_KERNEL = 'LegatoAdam';

export type AdamAttributes = Pick<
  AdamArguments,
  'count' | 'rates' | 'beta1' | 'beta2' | 'epsilon' | 'step' | 'weightDecay'
>;

export interface AdamOptions {
  /** 1 at the first step */
  step: number;
  /** rows that move */
  count: number;
  /** learning rate per column */
  rates: Float32Array;
  beta1: number;
  beta2: number;
  eps: number;
  /** decoupled weight decay (AdamW); 0 by default */
  weightDecay?: number;
}

const OP = 'adamStep';

/** @param parameter [capacity, columns] as are the other three; a vector counts as one column */
export function adamStep(
  parameter: tf.Variable,
  gradient: tf.Tensor,
  firstMoment: tf.Tensor,
  secondMoment: tf.Tensor,
  { step, count, rates, beta1, beta2, eps, weightDecay = 0 }: AdamOptions,
): void {
  const inputs = { parameter, gradient, firstMoment, secondMoment };
  for (const [name, tensor] of Object.entries(inputs)) checkTensor(OP, name, tensor, parameter.shape);
  checkLength(OP, 'rates', rates.length, tf.util.sizeFromShape(parameter.shape.slice(1)));
  checkInteger(OP, 'count', count, 0, parameter.shape[0] ?? 0);
  checkInteger(OP, 'step', step, 1, Number.MAX_SAFE_INTEGER);
  if (new Set(Object.values(inputs).map((tensor) => tensor.dataId)).size < 4) {
    throw new KernelArgumentError(OP, 'parameter, gradient, moments', 'two of them share their data');
  }
  if (tf.engine().isTapeOn()) {
    throw new KernelArgumentError(OP, 'parameter', 'a gradient is being recorded; step after tf.grads has returned');
  }
  const attributes: AdamAttributes = { step, count, rates, beta1, beta2, epsilon: eps, weightDecay };
  runKernel(ADAM_KERNEL, inputs, attributes);
}
