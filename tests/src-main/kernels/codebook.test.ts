/** The codebook's ops under tfjs, on every backend: gradient through the tape, statistics, argument checks, flat memory. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamStep,
  assignCells,
  cellSimilarities,
  codebookLoss,
  codebookStatistics,
  initKernels,
  upsampledArgmax,
} from '../../../src-main/kernels/index';
import { codebookLossReference } from '../../../src-main/kernels/codebook.reference';
import { BACKENDS } from './backends';
import { expectClose } from './closeTo';
import { Random } from './scenes';

const shape = { clipWidth: 12, dinoWidth: 8, dinoWeight: 0.5 };
const weights = { cosineWeight: 1, balanceWeight: 0.5, temperature: 0.5 };
const [count, entries, width] = [60, 9, 20];

describe.each(BACKENDS)('codebook ops on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 2 }));

  const random = new Random(7);
  const cells = Float32Array.from({ length: count * width }, () => random.normal());
  const codebook = Float32Array.from({ length: entries * width }, () => random.normal());

  it('sends the gradient to the codebook, scaled by what follows, and fills the statistics', () => {
    const statistics = codebookStatistics(count, entries);
    const input = { ...shape, cells, codebook, count, entries };
    const expected = codebookLossReference(input, weights);
    tf.tidy(() => {
      const given = tf.tensor2d(cells, [count, width]);
      const { value, grad } = tf.valueAndGrad((s: tf.Tensor) =>
        codebookLoss(given, s as tf.Tensor2D, { ...shape, ...weights }, statistics).mul(3),
      )(tf.tensor2d(codebook, [entries, width]));
      expect(value.dataSync()[0]).toBeCloseTo(3 * expected.loss, 4);
      expectClose(
        grad.dataSync(),
        expected.gradient.map((g) => 3 * g),
        1e-4,
        'gradient',
      );
    });
    expect([...statistics.assigned]).toEqual([...expected.assigned]);
    expect([...statistics.counts]).toEqual([...expected.counts]);
    expect(statistics.cosineClip).toBeCloseTo(expected.cosineClip, 5);
    expect(statistics.balance).toBeCloseTo(expected.balance, 5);
  });

  it('learns, and leaves no tensor behind', () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor2d(codebook.slice(), [entries, width])));
    const [first, second] = [tf.zeros([entries, width]), tf.zeros([entries, width])];
    const given = tf.tensor2d(cells, [count, width]);
    const rates = new Float32Array(width).fill(0.05);
    const before = tf.memory().numTensors;
    const losses = Array.from({ length: 30 }, (_, i) =>
      tf.tidy(() => {
        const loss = () => codebookLoss(given, variable, { ...shape, ...weights });
        const { value, grads } = tf.variableGrads(loss, [variable]);
        const options = { step: i + 1, count: entries, rates, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };
        adamStep(variable, grads[variable.name], first, second, options);
        return value.dataSync()[0];
      }),
    );
    expect(losses[29]).toBeLessThan(losses[0] - 0.1);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([variable, first, second, given]);
  });

  it('assigns what its similarities say', () => {
    const indices = new Int32Array(count);
    const best = new Float32Array(count);
    const all = new Float32Array(count * entries);
    assignCells(cells, codebook, shape, { indices, similarity: best });
    cellSimilarities(cells, codebook, shape, all);
    for (let p = 0; p < count; p++) {
      const row = all.subarray(p * entries, (p + 1) * entries);
      expect(best[p]).toBe(Math.max(...row));
      expect(row[indices[p]]).toBe(best[p]);
    }
    const map = new Uint8Array(60);
    upsampledArgmax(all, { rows: 6, columns: 10, entries, width: 10, height: 6 }, map);
    expect([...map]).toEqual([...indices]);
  });

  it('names the argument that is wrong', () => {
    const given = tf.tensor2d(cells, [count, width]);
    const wide = tf.zeros<tf.Rank.R2>([3, width + 1]);
    const right = tf.zeros<tf.Rank.R2>([3, width]);
    expect(() => codebookLoss(given, wide, { ...shape, ...weights })).toThrow('codebook');
    expect(() => codebookLoss(given, right, { ...shape, ...weights, temperature: 0 })).toThrow('temperature');
    expect(() => assignCells(cells, codebook.subarray(1), shape, { indices: new Int32Array(count) })).toThrow(
      'codebook',
    );
    expect(() => cellSimilarities(cells, codebook, shape, new Float32Array(1))).toThrow('out');
    expect(() =>
      upsampledArgmax(cells, { rows: 0, columns: 1, entries, width: 1, height: 1 }, new Uint8Array(1)),
    ).toThrow('rows');
    tf.dispose([given, wide, right]);
  });
});
