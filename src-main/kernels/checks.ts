/** Argument checks of the ops; every failure names the op and the argument. */
import type { Tensor } from '@tensorflow/tfjs';
import { KernelArgumentError } from './errors';

/** @param shape expected; null = any size */
export function checkTensor(op: string, argument: string, tensor: Tensor, shape: readonly (number | null)[]): void {
  const fits =
    tensor.shape.length === shape.length && shape.every((size, i) => size === null || size === tensor.shape[i]);
  if (!fits) {
    const expected = shape.map((size) => size ?? 'any').join(', ');
    throw new KernelArgumentError(op, argument, `shape [${tensor.shape.join(', ')}], expected [${expected}]`);
  }
  if (tensor.dtype !== 'float32')
    throw new KernelArgumentError(op, argument, `dtype ${tensor.dtype}, expected float32`);
}

export function checkInteger(op: string, argument: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new KernelArgumentError(op, argument, `${value}, expected an integer from ${low} to ${high}`);
  }
}

export function checkLength(op: string, argument: string, length: number, expected: number): void {
  if (length !== expected) throw new KernelArgumentError(op, argument, `length ${length}, expected ${expected}`);
}

export function checkFiniteNumbers(op: string, argument: string, values: readonly number[]): void {
  if (!values.every(Number.isFinite)) throw new KernelArgumentError(op, argument, `not finite: ${values.join(', ')}`);
}
