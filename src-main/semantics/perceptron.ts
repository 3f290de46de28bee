/**
 * A small perceptron that learns: the decoder of METHOD §4 (8 → 128 → 256 → N) and the smoothing network.
 *
 * Start: kernels and biases uniform in ±1/√(values in), drawn by (seed, name), so that a run is a function of its seed. AdamW in
 * place like every parameter (DESIGN §2): take the layers anew each step, keep no clone of them.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Variable } from '@tensorflow/tfjs';
import { CounterRandom } from '../base/index';
import type { RowTensor } from '../gaussians/index';
import { adamStep } from '../kernels/index';
import type { Layer } from '../kernels/index';
import { SemanticsError } from './errors';

export interface NetworkStep {
  /** 1 at the first step that this network learns in */
  step: number;
  rate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
}

/** One tensor that learns, with its moments. */
interface Learned {
  readonly name: string;
  readonly variable: Variable;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  readonly rates: Float32Array;
}

const EPSILON = 1e-8;

function learned(name: string, values: Float32Array, shape: number[]): Learned {
  const initial = tf.tensor(values, shape);
  const variable = tf.variable(initial);
  initial.dispose();
  const moment = () => tf.keep(tf.tensor(new Float32Array(values.length), shape));
  const rates = new Float32Array(shape.length > 1 ? shape[1] : 1);
  return { name, variable, firstMoment: moment(), secondMoment: moment(), rates };
}

export class Perceptron {
  readonly widths: readonly number[];
  readonly #learned: Learned[];

  /** @param widths  of the input, then of each layer's output */
  constructor(name: string, widths: readonly number[], seed: number) {
    this.widths = widths;
    this.#learned = widths.slice(1).flatMap((out, l) => {
      const reach = 1 / Math.sqrt(widths[l]);
      const random = new CounterRandom(seed, name, l);
      let drawn = 0;
      const draw = (length: number) => Float32Array.from({ length }, () => reach * (2 * random.uniform(drawn++) - 1));
      return [
        learned(`${name}.${l}.kernel`, draw(widths[l] * out), [widths[l], out]),
        learned(`${name}.${l}.bias`, draw(out), [out]),
      ];
    });
  }

  /** What the ops take. */
  get layers(): Layer[] {
    return this.widths.slice(1).map((_, l) => ({
      kernel: this.#learned[2 * l].variable,
      bias: this.#learned[2 * l + 1].variable,
    }));
  }

  /** The same as plain arrays, not copies: valid until the next step. */
  get arrays(): { kernel: Float32Array; bias: Float32Array }[] {
    return this.layers.map(({ kernel, bias }) => ({
      kernel: kernel.dataSync<'float32'>(),
      bias: bias.dataSync<'float32'>(),
    }));
  }

  /** In the order of their gradients: kernel and bias, layer by layer. */
  get variables(): Variable[] {
    return this.#learned.map(({ variable }) => variable);
  }

  /** One AdamW step after the tape is closed. @param gradients  in the order of `variables` */
  learn(gradients: readonly Tensor[], { step, rate, weightDecay, beta1, beta2 }: NetworkStep): void {
    this.#learned.forEach(({ variable, firstMoment, secondMoment, rates }, i) => {
      rates.fill(rate);
      const options = { step, count: variable.shape[0], rates, beta1, beta2, eps: EPSILON, weightDecay };
      adamStep(variable, gradients[i], firstMoment, secondMoment, options);
    });
  }

  /** Views of parameters and moments, not copies: to be written before the next step. */
  snapshot(): Record<string, RowTensor> {
    const parts = this.#learned.flatMap(({ name, variable, firstMoment, secondMoment }) => [
      [name, variable] as const,
      [`${name}.m1`, firstMoment] as const,
      [`${name}.m2`, secondMoment] as const,
    ]);
    return Object.fromEntries(
      parts.map(([name, tensor]) => [name, { shape: tensor.shape, data: tensor.dataSync<'float32'>() }]),
    );
  }

  /** @throws SemanticsError when a tensor is missing or has another shape */
  restore(tensors: Readonly<Record<string, RowTensor>>): void {
    for (const [name, own] of Object.entries(this.snapshot())) {
      const saved = tensors[name];
      if (!saved) throw new SemanticsError(`checkpoint: tensor "${name}" is missing; train the semantics anew`);
      if (saved.shape.join() !== own.shape.join() || !(saved.data instanceof Float32Array))
        throw new SemanticsError(
          `checkpoint: tensor "${name}" is [${saved.shape.join(', ')}], expected [${own.shape.join(', ')}]; ` +
            'it belongs to another codebook or other settings',
        );
      own.data.set(saved.data);
    }
  }

  dispose(): void {
    for (const { variable, firstMoment, secondMoment } of this.#learned)
      tf.dispose([variable, firstMoment, secondMoment]);
  }
}
