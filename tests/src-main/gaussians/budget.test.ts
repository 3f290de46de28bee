/** Density under a budget (Kheradmand et al. 2024): relocation, noise and the cost of Gaussians, each against its formula. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import { DensityStatistics } from '../../../src-main/gaussians/densityStatistics';
import { economyLoss } from '../../../src-main/gaussians/economy';
import { explore } from '../../../src-main/gaussians/exploration';
import type { GaussianModel } from '../../../src-main/gaussians/model';
import { relocate, sharedOut } from '../../../src-main/gaussians/relocation';
import { GEOMETRY } from '../../../src-main/kernels/layout';
import { distinctModel, rowState, setRow, usePlainTensors } from './fixtures';

const SETTINGS = { budget: 1000, budgetGrowth: 1, pruneOpacity: 0.005, relocationParents: 'opacity' } as const;
const CONTEXT = { step: 600, seed: 5 };
const opacityOf = (model: GaussianModel, row: number): number =>
  1 / (1 + Math.exp(-model.arrays().geometry[row * GEOMETRY.columns + GEOMETRY.opacityLogit]));
const logScaleOf = (model: GaussianModel, row: number): number =>
  model.arrays().geometry[row * GEOMETRY.columns + GEOMETRY.logScale];

/** Statistics without any gradient. */
const still = (model: GaussianModel) => new DensityStatistics(model.capacity);

const scenes: GaussianModel[] = [];
/** Hooks run backwards: scenes go before tensors are counted. */
function useScenes(): void {
  usePlainTensors();
  afterEach(() => scenes.splice(0).forEach((model) => model.dispose()));
}

function scene(opacities: readonly number[], capacity = opacities.length): GaussianModel {
  const model = distinctModel(opacities.length, capacity);
  scenes.push(model);
  opacities.forEach((opacity, row) => setRow(model, row, { opacity }));
  return model;
}

describe('copies at one place', () => {
  it('are what they replace when there is one', () => {
    expect(sharedOut(0.7, 1).opacity).toBeCloseTo(0.7, 12);
    expect(sharedOut(0.7, 1).scale).toBeCloseTo(1, 12);
  });

  it.each([
    [0.9, 2],
    [0.6, 3],
    [0.99, 5],
    [0.3, 20],
  ])('of opacity %f, %i of them, keep its mass along a ray', (opacity, copies) => {
    const each = sharedOut(opacity, copies);
    // ∫ 1 − (1 − o'·G')^N dx against ∫ o·G dx = o·√2π
    let mass = 0;
    const width = 1e-3;
    for (let x = -12; x < 12; x += width)
      mass += width * (1 - (1 - each.opacity * Math.exp(-(x * x) / (2 * each.scale ** 2))) ** copies);
    expect(mass).toBeCloseTo(opacity * Math.sqrt(2 * Math.PI), 4);
  });
});

describe('relocation', () => {
  useScenes();

  it('ends the dead and gives the living a child each time, which is named by its parent', () => {
    const model = scene([0.8, 0.001, 0.6, 0.005, 0.7]);
    const ids = [...model.ids.subarray(0, 5)];
    const next = model.nextId;
    expect(relocate(model, still(model), SETTINGS, CONTEXT)).toEqual({ died: 2, born: 2 });
    expect([...model.ids.subarray(0, 5)]).toEqual([ids[0], ids[2], ids[4], next, next + 1]);
    for (const row of [3, 4]) {
      const parent = [...model.ids.subarray(0, 3)].indexOf(model.parents[row]);
      expect(parent).toBeGreaterThanOrEqual(0);
      // Both forget their moments and are alike but for their names.
      expect(rowState(model, row)).toEqual(rowState(model, parent));
      const copies = 1 + [3, 4].filter((child) => model.parents[child] === model.parents[row]).length;
      const was = [0.8, 0.6, 0.7][parent];
      expect(opacityOf(model, parent)).toBeCloseTo(1 - (1 - was) ** (1 / copies), 5);
    }
  });

  it('leaves a Gaussian alone that got no child, moments included', () => {
    const model = scene([0.001, ...new Array<number>(30).fill(0.5)]);
    const before = Array.from({ length: 31 }, (_, row) => rowState(model, row));
    relocate(model, still(model), SETTINGS, CONTEXT);
    const [parent] = model.parents.subarray(30, 31);
    for (let row = 0; row < 30; row++)
      if (model.ids[row] !== parent) expect(rowState(model, row)).toEqual(before[row + 1]);
  });

  it('draws parents by their opacity', () => {
    const model = scene([0.9, 0.1], 2002);
    relocate(model, still(model), { ...SETTINGS, budget: 2002, budgetGrowth: 10_000 }, CONTEXT);
    expect(model.count).toBe(2002);
    const ofFirst = [...model.parents.subarray(2, 2002)].filter((parent) => parent === model.ids[0]).length;
    expect(ofFirst / 2000).toBeGreaterThan(0.87);
    expect(ofFirst / 2000).toBeLessThan(0.93);
  });

  it('draws parents by opacity times the gradient that pulls at them, where it is told to', () => {
    const model = scene([0.9, 0.45, 0.001, 0.6], 2004);
    const statistics = new DensityStatistics(4);
    // Gradients 1, 4, 9 and none; the one with 9 is dead.
    for (const [row, gradient] of [1, 4, 9].entries()) {
      const probe = new Float32Array(12);
      probe.set([0.6 * gradient, 0.8 * gradient, 3], 3 * row);
      statistics.accumulate(probe, 4);
    }
    const settings = { ...SETTINGS, budget: 2004, budgetGrowth: 10_000, relocationParents: 'pull' } as const;
    expect(relocate(model, statistics, settings, CONTEXT).born).toBe(2001);
    const parents = [...model.parents.subarray(3, 2004)];
    const of = (row: number) => parents.filter((parent) => parent === model.ids[row]).length;
    expect(of(0) / 2001).toBeCloseTo(0.9 / (0.9 + 4 * 0.45), 1);
    expect(of(2)).toBe(0);
    expect(of(0) + of(1)).toBe(2001);
    // The statistics begin anew, for all rows.
    expect(statistics.gradientSum.length).toBeGreaterThanOrEqual(2004);
    expect(statistics.gradientSum.every((sum) => sum === 0)).toBe(true);
  });

  it('grows by its share and never over the budget, and drops the faintest of a run that has too many', () => {
    const grown = scene(new Array<number>(100).fill(0.5));
    relocate(grown, still(grown), { ...SETTINGS, budgetGrowth: 1.5 }, CONTEXT);
    expect(grown.count).toBe(150);
    relocate(grown, still(grown), { ...SETTINGS, budget: 160, budgetGrowth: 1.5 }, CONTEXT);
    expect(grown.count).toBe(160);
    const many = scene([0.5, 0.2, 0.9, 0.3]);
    const ids = [...many.ids.subarray(0, 4)];
    expect(relocate(many, still(many), { ...SETTINGS, budget: 2 }, CONTEXT)).toEqual({ died: 2, born: 0 });
    expect([...many.ids.subarray(0, 2)]).toEqual([ids[0], ids[2]]);
  });

  it('does nothing when all are dead, since nobody could be a parent', () => {
    const model = scene([0.001, 0.002]);
    expect(relocate(model, still(model), SETTINGS, CONTEXT)).toEqual({ died: 0, born: 0 });
    expect(model.count).toBe(2);
  });
});

describe('the noise', () => {
  useScenes();

  it('has the spread rate·share·Σ along the axes of the Gaussian, and leaves one that shows something alone', () => {
    const model = scene([0.005, 0.9]);
    const { geometry } = model.arrays();
    // A quarter turn about z: its long axis lies along y.
    geometry.set([Math.log(0.5), Math.log(0.1), Math.log(0.2), Math.SQRT1_2, 0, 0, Math.SQRT1_2], GEOMETRY.logScale);
    const squares = [0, 0, 0];
    const steps = 4000;
    const opaque = geometry.slice(GEOMETRY.columns, 2 * GEOMETRY.columns);
    for (let step = 1; step <= steps; step++) {
      geometry.fill(0, 0, 3);
      explore(model, 2, { step, seed: 1 });
      for (let k = 0; k < 3; k++) squares[k] += geometry[k] ** 2 / steps;
    }
    const share = 0.5;
    [0.1, 0.5, 0.2].forEach((scale, k) => expect(Math.sqrt(squares[k]) / (2 * share * scale ** 2)).toBeCloseTo(1, 1));
    expect(geometry.slice(GEOMETRY.columns, 2 * GEOMETRY.columns)).toEqual(opaque);
  });

  it('is keyed by id and step, not by row', () => {
    const [one, other] = [scene([0.004, 0.003]), scene([0.004, 0.003])];
    explore(one, 100, CONTEXT);
    explore(other, 100, { ...CONTEXT, step: 601 });
    expect(one.arrays().geometry.slice(0, 3)).not.toEqual(other.arrays().geometry.slice(0, 3));
    const again = scene([0.004, 0.003]);
    explore(again, 100, CONTEXT);
    expect(again.arrays().geometry).toEqual(one.arrays().geometry);
  });

  it('leaves out what would move less than a thousandth of its own size', () => {
    const model = scene([0.004]);
    const { geometry } = model.arrays();
    geometry.fill(Math.log(0.1), GEOMETRY.logScale, GEOMETRY.logScale + 3);
    const before = geometry.slice();
    explore(model, 0.01, CONTEXT);
    expect(geometry).toEqual(before);
    explore(model, 0.04, CONTEXT);
    expect(geometry).not.toEqual(before);
  });
});

describe('the cost of Gaussians', () => {
  useScenes();

  it('is its formula, with the gradient of finite differences, and none behind the live rows', () => {
    const model = scene([0.3, 0.8, 0.05], 5);
    const options = { count: 3, opacityWeight: 0.7, scaleWeight: 0.4, extent: 2.5 };
    const values = model.arrays().geometry.slice();
    const valueOf = (array: Float32Array): number =>
      tf.tidy(() => economyLoss(tf.tensor2d(array, [5, GEOMETRY.columns]), options).dataSync()[0]);
    let expected = 0;
    for (let row = 0; row < 3; row++) {
      expected += (0.7 / 3) * opacityOf(model, row);
      for (let k = 0; k < 3; k++)
        expected += (0.4 / 9 / 2.5) * Math.exp(values[row * GEOMETRY.columns + GEOMETRY.logScale + k]);
    }
    expect(valueOf(values)).toBeCloseTo(expected, 6);
    const gradient = tf.tidy(() =>
      tf
        .grad((x: tf.Tensor) => economyLoss(x, options))(tf.tensor2d(values, [5, GEOMETRY.columns]))
        .dataSync()
        .slice(),
    );
    const h = 1e-2;
    for (const at of [3, 4, 5, 10, 14, 21, 25, 32]) {
      const [up, down] = [values.slice(), values.slice()];
      up[at] += h;
      down[at] -= h;
      expect(gradient[at]).toBeCloseTo((valueOf(up) - valueOf(down)) / (2 * h), 4);
    }
    expect([...gradient.subarray(3 * GEOMETRY.columns)].every((value) => value === 0)).toBe(true);
    expect(gradient[0]).toBe(0);
    expect(Math.exp(logScaleOf(model, 0))).toBeGreaterThan(0);
  });
});
