import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect } from 'vitest';
import { GaussianModel } from '../../../src-main/gaussians/model';
import { CounterRandom } from '../../../src-main/base/random';
import { GEOMETRY } from '../../../src-main/kernels/layout';

/** Plain tfjs CPU tensors, as the native and reference backends inherit them; every test must leave none behind. */
export function usePlainTensors(): void {
  let before = 0;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    before = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(before));
}

/** A model whose every parameter and moment is distinct, so that any mix-up of rows or columns shows. */
export function distinctModel(count: number, capacity = count): GaussianModel {
  const model = new GaussianModel(capacity);
  model.append(count);
  const random = new CounterRandom(3, 'fixture');
  let index = 0;
  for (const { columns, values, first, second } of Object.values(model.groups))
    for (const array of [values, first, second])
      for (let i = 0; i < count * columns; i++) array[i] = random.uniform(index++) - 0.5;
  return model;
}

/** Sets what density control looks at. */
export function setRow(model: GaussianModel, row: number, { scale = 0.001, opacity = 0.5 }): void {
  const { geometry } = model.arrays();
  const at = row * GEOMETRY.columns;
  // Two smaller axes: the largest decides.
  geometry.set([Math.log(scale / 3), Math.log(scale), Math.log(scale / 2)], at + GEOMETRY.logScale);
  geometry[at + GEOMETRY.opacityLogit] = Math.log(opacity / (1 - opacity));
}

/** All parameters and moments of one row, copied: for comparing before and after. */
export function rowState(model: GaussianModel, row: number): { values: number[]; moments: number[] } {
  const state = { values: [] as number[], moments: [] as number[] };
  for (const { columns, values, first, second } of Object.values(model.groups)) {
    state.values.push(...values.subarray(row * columns, (row + 1) * columns));
    for (const array of [first, second]) state.moments.push(...array.subarray(row * columns, (row + 1) * columns));
  }
  return state;
}
