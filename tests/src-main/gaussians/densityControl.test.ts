import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { DensityControl, resetOpacity, type DensitySettings } from '../../../src-main/gaussians/densityControl';
import { DensityStatistics } from '../../../src-main/gaussians/densityStatistics';
import type { GaussianModel } from '../../../src-main/gaussians/model';
import { CounterRandom } from '../../../src-main/base/random';
import { GEOMETRY } from '../../../src-main/kernels/layout';
import { distinctModel, rowState, setRow, usePlainTensors } from './fixtures';

const SETTINGS: DensitySettings = {
  gradientThreshold: 2e-4,
  cloneScale: 0.01,
  splitDivisor: 1.6,
  pruneOpacity: 0.005,
  pruneRadius: 20,
  pruneScale: 0.1,
  maxSplats: 1000,
};
const CONTEXT = { step: 600, seed: 5, extent: 2, afterFirstReset: false };

interface Row {
  gradient?: number;
  radius?: number;
  scale?: number;
  opacity?: number;
}

/** A model with one row per description, and statistics of one view. */
function scene(rows: Row[], capacity = rows.length) {
  const model = distinctModel(rows.length, capacity);
  const statistics = new DensityStatistics(rows.length);
  const probe = new Float32Array(rows.length * 3);
  rows.forEach((row, i) => {
    setRow(model, i, row);
    probe.set([row.gradient ?? 0, 0, row.radius ?? 5], 3 * i);
  });
  statistics.accumulate(probe, rows.length);
  return { model, statistics };
}

function apply(rows: Row[], settings: Partial<DensitySettings> = {}, context: Partial<typeof CONTEXT> = {}) {
  const { model, statistics } = scene(rows);
  const before = rows.map((_, row) => rowState(model, row));
  const audit = new DensityControl().apply(model, statistics, { ...SETTINGS, ...settings }, { ...CONTEXT, ...context });
  return { model, statistics, before, audit };
}

const ids = (model: GaussianModel) => [...model.ids.subarray(0, model.count)];
const parents = (model: GaussianModel) => [...model.parents.subarray(0, model.count)];
const NO_MOMENTS = new Array<number>((11 + 48 + 9) * 2).fill(0);

const PULLED = 1e-3;

/** METHOD §1: which Gaussians multiply, which go, who is whose child, and what happens to the moments. */
describe('density control', () => {
  usePlainTensors();

  it('leaves calm, visible Gaussians alone', () => {
    const { model, before, audit } = apply([{}, { gradient: 1e-4 }, { scale: 1, radius: 500 }]);
    expect(audit).toMatchObject({ cloned: 0, split: 0, pruned: 0, count: 3 });
    expect([0, 1, 2].map((row) => rowState(model, row))).toEqual(before);
    model.dispose();
  });

  it('clones a small one: the original keeps id and moments, the copy is an identical child without moments', () => {
    const { model, before, audit } = apply([{}, { gradient: PULLED, scale: 0.0199 }, {}]);
    expect(audit).toMatchObject({ cloned: 1, split: 0, pruned: 0, count: 4 });
    expect(ids(model)).toEqual([1, 2, 3, 4]);
    expect(parents(model)).toEqual([0, 0, 0, 2]);
    expect(rowState(model, 1)).toEqual(before[1]);
    expect(rowState(model, 3)).toEqual({ values: before[1].values, moments: NO_MOMENTS });
    expect([...audit.remap]).toEqual([0, 1, 2]);
    expect(audit.firstNewId).toBe(4);
    expect([...audit.newParents]).toEqual([2]);
    expect([...audit.removedIds]).toEqual([]);
    model.dispose();
  });

  it('splits a large one: two new children of the parent, which is gone; only means and scales differ', () => {
    const { model, before, audit } = apply([{}, { gradient: PULLED, scale: 0.0201 }, {}]);
    expect(audit).toMatchObject({ cloned: 0, split: 1, pruned: 0, count: 4 });
    expect(ids(model)).toEqual([1, 4, 3, 5]);
    expect(parents(model)).toEqual([0, 2, 0, 2]);
    expect([...audit.remap]).toEqual([0, -1, 2]);
    expect([...audit.newParents]).toEqual([2, 2]);
    expect([...audit.removedIds]).toEqual([2]);
    for (const child of [1, 3]) {
      const { values, moments } = rowState(model, child);
      expect(moments).toEqual(NO_MOMENTS);
      expect(values.slice(6)).toEqual(before[1].values.slice(6));
      for (let axis = 3; axis < 6; axis++) expect(values[axis]).toBeCloseTo(before[1].values[axis] - Math.log(1.6), 5);
      expect(values.slice(0, 3)).not.toEqual(before[1].values.slice(0, 3));
    }
    expect(rowState(model, 1).values.slice(0, 3)).not.toEqual(rowState(model, 3).values.slice(0, 3));
    model.dispose();
  });

  it('draws the children of splits from the Gaussian: whitened offsets of 4,000 splits are N(0, I)', () => {
    const rows = Array.from({ length: 4000 }, () => ({ gradient: PULLED, scale: 0.5 }));
    const { model, before } = apply(rows, { maxSplats: 8000 });
    const sums = [0, 0, 0];
    const products = new Float64Array(9);
    for (let child = 0; child < 8000; child++) {
      const parent = before[child % 4000].values;
      const [w, x, y, z] = parent.slice(6, 10).map((q) => q / Math.hypot(...parent.slice(6, 10)));
      // Rows of Rᵀ, written out: the textbook matrix of a quaternion.
      const axes = [
        [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
        [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
        [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
      ];
      const mean = rowState(model, child).values.slice(0, 3);
      const offset = axes.map(
        (axis, i) => axis.reduce((sum, a, j) => sum + a * (mean[j] - parent[j]), 0) / Math.exp(parent[3 + i]),
      );
      offset.forEach((a, i) => {
        sums[i] += a;
        offset.forEach((b, j) => (products[3 * i + j] += a * b));
      });
    }
    // Five standard errors of a mean (1/√n) and of a covariance (√2/√n on the diagonal).
    const error = 5 / Math.sqrt(8000);
    sums.forEach((sum) => expect(Math.abs(sum / 8000)).toBeLessThan(error));
    products.forEach((sum, i) =>
      expect(Math.abs(sum / 8000 - (i % 4 === 0 ? 1 : 0))).toBeLessThan(error * (i % 4 === 0 ? Math.SQRT2 : 1)),
    );
    model.dispose();
  });

  it('prunes the transparent at any time, and does not clone what it prunes', () => {
    const { model, before, audit } = apply([
      { opacity: 0.0049 },
      {},
      { opacity: 0.004, gradient: PULLED },
      { opacity: 0.0051 },
    ]);
    expect(audit).toMatchObject({ cloned: 0, split: 0, pruned: 2, count: 2 });
    expect(ids(model)).toEqual([2, 4]);
    expect([...audit.remap]).toEqual([-1, 0, -1, 1]);
    expect([...audit.removedIds]).toEqual([1, 3]);
    expect(rowState(model, 0)).toEqual(before[1]);
    expect(rowState(model, 1)).toEqual(before[3]);
    model.dispose();
  });

  it('prunes by radius and scale only after the first reset', () => {
    const rows = [{ radius: 20 }, { radius: 21 }, { scale: 0.199 }, { scale: 0.201 }];
    const early = apply(rows);
    expect(early.audit.pruned).toBe(0);
    const late = apply(rows, {}, { afterFirstReset: true });
    expect(ids(late.model)).toEqual([1, 3]);
    const off = apply(rows, { pruneRadius: 0, pruneScale: 0 }, { afterFirstReset: true });
    expect(off.audit.pruned).toBe(0);
    for (const { model } of [early, late, off]) model.dispose();
  });

  it('splits rather than prunes a pulled one whose children are small enough, and drops it otherwise', () => {
    const rows = [
      { gradient: PULLED, scale: 0.31, radius: 90 },
      { gradient: PULLED, scale: 0.33, radius: 90 },
    ];
    const { model, audit } = apply(rows, {}, { afterFirstReset: true });
    expect(audit).toMatchObject({ split: 1, pruned: 1, count: 2 });
    expect(parents(model)).toEqual([1, 1]);
    model.dispose();
  });

  it('spends a budget on the largest gradients, ties in row order', () => {
    const gradients = [5e-3, 1e-3, 9e-3, 5e-3, 5e-3, 0, 2e-3];
    const rows = gradients.map((gradient, i) => ({ gradient, scale: i % 2 ? 0.5 : 0.001 }));
    const { model, audit } = apply(rows, { maxSplats: 10 });
    expect(audit).toMatchObject({ cloned: 2, split: 1, count: 10 });
    expect([...audit.newParents].sort()).toEqual([1, 3, 4, 4]);
    expect(model.capacity).toBe(10);
    model.dispose();
    const full = apply(rows, { maxSplats: 7 });
    expect(full.audit).toMatchObject({ cloned: 0, split: 0, pruned: 0, count: 7 });
    full.model.dispose();
    const above = apply(rows, { maxSplats: 3 });
    expect(above.audit.count).toBe(7);
    above.model.dispose();
  });

  it('starts the statistics afresh', () => {
    const { model, statistics } = apply([{ gradient: PULLED }, {}]);
    expect(Math.max(...statistics.visible, ...statistics.gradientSum, ...statistics.maxRadius)).toBe(0);
    model.dispose();
  });

  it('handles no Gaussians and losing all of them', () => {
    const none = apply([]);
    expect(none.audit.count).toBe(0);
    const lost = apply([{ opacity: 0.001 }, { opacity: 0.001 }]);
    expect(lost.audit).toMatchObject({ pruned: 2, count: 0 });
    none.model.dispose();
    lost.model.dispose();
  });

  it('keeps 30 random passes consistent: ids unique and never reused, survivors untouched, tf.memory flat', () => {
    const { model, statistics } = scene(
      Array.from({ length: 300 }, () => ({})),
      64,
    );
    const control = new DensityControl();
    const tensors = tf.memory().numTensors;
    const everSeen = new Set<number>(ids(model));
    for (let pass = 0; pass < 30; pass++) {
      const random = new CounterRandom(9, 'pass', pass);
      const count = model.count;
      const probe = new Float32Array(count * 3);
      for (let row = 0; row < count; row++) {
        setRow(model, row, {
          scale: 10 ** (-3 + 3 * random.uniform(4 * row)),
          opacity: random.uniform(4 * row + 1) < 0.3 ? 0.001 : 0.5,
        });
        probe.set([random.uniform(4 * row + 2) < 0.5 ? PULLED : 0, 0, 40 * random.uniform(4 * row + 3)], 3 * row);
      }
      statistics.accumulate(probe, count);
      const before = Array.from({ length: count }, (_, row) => ({ id: model.ids[row], ...rowState(model, row) }));
      const audit = control.apply(
        model,
        statistics,
        { ...SETTINGS, maxSplats: 900 },
        { ...CONTEXT, step: pass, afterFirstReset: pass > 10 },
      );

      expect(audit.count).toBe(count - audit.pruned + audit.cloned + audit.split);
      expect(new Set(ids(model)).size).toBe(model.count);
      before.forEach(({ id, values, moments }, row) => {
        const now = audit.remap[row];
        if (now < 0) expect(ids(model)).not.toContain(id);
        else {
          expect(model.ids[now]).toBe(id);
          expect(rowState(model, now)).toEqual({ values, moments });
        }
      });
      audit.newParents.forEach((parent, i) => {
        const id = audit.firstNewId + i;
        expect(everSeen.has(id)).toBe(false);
        everSeen.add(id);
        const row = ids(model).indexOf(id);
        expect(model.parents[row]).toBe(parent);
        expect(rowState(model, row).moments).toEqual(NO_MOMENTS);
        const source = before.find((candidate) => candidate.id === parent);
        // S_G and u are the last nine values: children copy them.
        expect(rowState(model, row).values.slice(-9)).toEqual(source?.values.slice(-9));
      });
      expect(tf.memory().numTensors).toBe(tensors);
    }
    model.dispose();
  });
});

describe('resetOpacity', () => {
  usePlainTensors();

  it('lowers opacities to at most the target and zeroes their moments, leaving everything else to the bit', () => {
    const model = distinctModel(3, 5);
    [0.9, 0.01, 0.002].forEach((opacity, row) => setRow(model, row, { opacity }));
    const before = structuredClone(model.snapshot());
    resetOpacity(model, 0.01);
    const after = structuredClone(model.snapshot());
    const column = GEOMETRY.opacityLogit;
    const logits = [0, 1, 2].map((row) => after.geometry.data[row * 11 + column]);
    // The logit is stored in float32.
    [0.01, 0.01, 0.002].forEach((opacity, row) => expect(1 / (1 + Math.exp(-logits[row]))).toBeCloseTo(opacity, 7));
    for (const snapshot of [before, after])
      for (const name of ['geometry', 'geometry.m1', 'geometry.m2'])
        for (let row = 0; row < 3; row++) {
          if (snapshot === after && name !== 'geometry') expect(snapshot[name].data[row * 11 + column]).toBe(0);
          snapshot[name].data[row * 11 + column] = 0;
        }
    expect(after).toEqual(before);
    model.dispose();
  });
});
