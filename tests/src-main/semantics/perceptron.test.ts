/** A perceptron that learns: seeded start within ±1/√in, AdamW in place, exact snapshots, refusals that name the tensor. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels, network } from '../../../src-main/kernels/index';
import { Perceptron } from '../../../src-main/semantics/perceptron';
import { BACKENDS } from '../kernels/backends';

const options = { rate: 0.02, weightDecay: 1e-5, beta1: 0.9, beta2: 0.999 };

function train(net: Perceptron, from: number, to: number): number {
  let loss = 0;
  for (let step = from; step <= to; step++)
    tf.tidy(() => {
      const input = tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
      const target = tf.tensor2d([0, 1, 1, 0], [4, 1]);
      const { value, grads } = tf
        .engine()
        .gradients(() => tf.squaredDifference(network(input, net.layers), target).mean<tf.Scalar>(), net.variables);
      loss = value.dataSync()[0];
      net.learn(grads, { ...options, step });
    });
  return loss;
}

describe.each(BACKENDS)('a perceptron on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));

  it('starts from its seed and name, within ±1/√in', () => {
    const nets = [1, 1, 2].map((seed) => new Perceptron('decoder', [8, 128, 5], seed));
    const kernels = nets.map((net) => Array.from(net.arrays[0].kernel));
    expect(kernels[0]).toEqual(kernels[1]);
    expect(kernels[0]).not.toEqual(kernels[2]);
    const reach = Math.max(...kernels[0].map(Math.abs));
    expect(reach).toBeLessThanOrEqual(1 / Math.sqrt(8));
    expect(reach).toBeGreaterThan(0.9 / Math.sqrt(8));
    nets.forEach((net) => net.dispose());
  });

  it('learns exclusive or, and continues from a snapshot bit by bit', () => {
    const before = tf.memory().numTensors;
    const whole = new Perceptron('xor', [2, 16, 1], 3);
    expect(train(whole, 1, 400)).toBeLessThan(0.02);
    const first = new Perceptron('xor', [2, 16, 1], 3);
    train(first, 1, 150);
    const saved = Object.fromEntries(
      Object.entries(first.snapshot()).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    const second = new Perceptron('xor', [2, 16, 1], 99);
    second.restore(saved);
    train(second, 151, 400);
    expect(Array.from(second.arrays[0].kernel)).toEqual(Array.from(whole.arrays[0].kernel));
    [whole, first, second].forEach((net) => net.dispose());
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses the tensors of another network', () => {
    const small = new Perceptron('decoder', [8, 4], 1);
    const large = new Perceptron('decoder', [8, 5], 1);
    const other = new Perceptron('smoothing', [8, 4], 1);
    expect(() => small.restore(large.snapshot())).toThrow('"decoder.0.kernel" is [8, 5], expected [8, 4]');
    expect(() => small.restore(other.snapshot())).toThrow('missing');
    [small, large, other].forEach((net) => net.dispose());
  });
});
