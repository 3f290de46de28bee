/**
 * One group of parameters: a trainable variable [capacity, columns] with its two Adam moments of the same shape.
 *
 * The three are tensors for the kernels and plain arrays for density control and files. On our CPU backends a tensor *is* its
 * Float32Array, so `dataSync` gives the array without a copy and writing through it changes the tensor. Therefore these
 * tensors are never cloned or reshaped, and `reserve` replaces them: take them from the group anew each step.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import { GaussianError } from './errors';

/** The array behind a tensor. @throws GaussianError on a backend that keeps its tensors elsewhere */
function backingArray(tensor: Tensor, expected: Float32Array): Float32Array {
  if (tensor.dataSync<'float32'>() !== expected) {
    tensor.dispose();
    throw new GaussianError(
      `backend "${tf.getBackend()}" copies tensors; Gaussians need one whose tensors are plain arrays (native or reference)`,
    );
  }
  return expected;
}

export class ParameterGroup {
  readonly name: string;
  readonly columns: number;
  #variable: Variable;
  #firstMoment: Tensor2D;
  #secondMoment: Tensor2D;
  #values: Float32Array;
  #first: Float32Array;
  #second: Float32Array;

  constructor(name: string, columns: number, capacity: number) {
    this.name = name;
    this.columns = columns;
    this.#values = new Float32Array(capacity * columns);
    this.#first = new Float32Array(capacity * columns);
    this.#second = new Float32Array(capacity * columns);
    this.#variable = this.#makeVariable(this.#values);
    this.#firstMoment = this.#makeMoment(this.#first);
    this.#secondMoment = this.#makeMoment(this.#second);
  }

  #makeVariable(array: Float32Array): Variable {
    const initial = tf.tensor2d(array, [array.length / this.columns, this.columns]);
    const variable = tf.variable(initial);
    initial.dispose();
    backingArray(variable, array);
    return variable;
  }

  #makeMoment(array: Float32Array): Tensor2D {
    // Kept, so that growing inside somebody's tidy does not lose it.
    const moment = tf.keep(tf.tensor2d(array, [array.length / this.columns, this.columns]));
    backingArray(moment, array);
    return moment;
  }

  /** [capacity, columns]; what the tape differentiates with respect to */
  get variable(): Variable {
    return this.#variable;
  }

  /** Adam's first moment, [capacity, columns] */
  get firstMoment(): Tensor2D {
    return this.#firstMoment;
  }

  /** Adam's second moment, [capacity, columns] */
  get secondMoment(): Tensor2D {
    return this.#secondMoment;
  }

  /** The variable's own memory, row-major. */
  get values(): Float32Array {
    return this.#values;
  }

  /** The first moment's own memory. */
  get first(): Float32Array {
    return this.#first;
  }

  /** The second moment's own memory. */
  get second(): Float32Array {
    return this.#second;
  }

  /**
   * Replaces the three tensors by larger ones with the same live rows. One after the other, each old one freed before the
   * next grows, so that the peak is one tensor above the result.
   */
  resize(capacity: number, count: number): void {
    const live = count * this.columns;
    const grown = (old: Float32Array): Float32Array => {
      const array = new Float32Array(capacity * this.columns);
      array.set(old.subarray(0, live));
      return array;
    };
    this.#values = grown(this.#values);
    this.#variable.dispose();
    this.#variable = this.#makeVariable(this.#values);
    this.#first = grown(this.#first);
    this.#firstMoment.dispose();
    this.#firstMoment = this.#makeMoment(this.#first);
    this.#second = grown(this.#second);
    this.#secondMoment.dispose();
    this.#secondMoment = this.#makeMoment(this.#second);
  }

  /** Copies the parameters, not the moments, of a row. */
  copyRow(from: number, to: number): void {
    this.#values.copyWithin(to * this.columns, from * this.columns, (from + 1) * this.columns);
  }

  /** Forgets the moments of rows start … end − 1. */
  zeroMoments(start: number, end: number): void {
    this.#first.fill(0, start * this.columns, end * this.columns);
    this.#second.fill(0, start * this.columns, end * this.columns);
  }

  dispose(): void {
    this.#variable.dispose();
    this.#firstMoment.dispose();
    this.#secondMoment.dispose();
  }
}
