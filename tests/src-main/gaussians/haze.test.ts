import { describe, expect, it } from 'vitest';
import { DensityStatistics } from '../../../src-main/gaussians/densityStatistics';
import { clearHaze } from '../../../src-main/gaussians/haze';
import { distinctModel, rowState, setRow, usePlainTensors } from './fixtures';

/** What is both faint and large goes; whoever stays keeps id, parameters and moments, in order. */
describe('haze', () => {
  usePlainTensors();

  it('is what is faint and large, in camera extents', () => {
    const rows = [
      { opacity: 0.09, scale: 0.21 },
      { opacity: 0.09, scale: 0.19 },
      { opacity: 0.11, scale: 3 },
      { opacity: 0.01, scale: 5 },
      { opacity: 0.9, scale: 0.1 },
    ];
    const model = distinctModel(rows.length, rows.length);
    rows.forEach((row, i) => setRow(model, i, row));
    const statistics = new DensityStatistics(rows.length);
    statistics.accumulate(new Float32Array(3 * rows.length).fill(1), rows.length);
    const stay = [1, 2, 4].map((row) => rowState(model, row));
    const ids = [1, 2, 4].map((row) => model.ids[row]);
    const { nextId } = model;
    expect(clearHaze(model, statistics, { hazeOpacity: 0.1, hazeScale: 0.1 }, 2)).toBe(2);
    expect(model.count).toBe(3);
    expect([0, 1, 2].map((row) => rowState(model, row))).toEqual(stay);
    expect([...model.ids.subarray(0, 3)]).toEqual(ids);
    expect(model.nextId).toBe(nextId);
    expect([0, 1, 2].map((row) => statistics.meanGradient(row))).toEqual([0, 0, 0]);
    expect(clearHaze(model, statistics, { hazeOpacity: 0.1, hazeScale: 0.1 }, 2)).toBe(0);
    model.dispose();
  });

  it('stays where there is nothing else', () => {
    const model = distinctModel(2, 2);
    for (const row of [0, 1]) setRow(model, row, { opacity: 0.05, scale: 1 });
    const before = [0, 1].map((row) => rowState(model, row));
    expect(clearHaze(model, new DensityStatistics(2), { hazeOpacity: 0.1, hazeScale: 0.1 }, 2)).toBe(0);
    expect([0, 1].map((row) => rowState(model, row))).toEqual(before);
    model.dispose();
  });
});
