import { describe, expect, it } from 'vitest';
import { DensityStatistics } from '../../../src-main/gaussians/densityStatistics';
import { CounterRandom } from '../../../src-main/base/random';

/** The running sums must be what adding up all views afterwards would give. */
describe('DensityStatistics', () => {
  it('equals a brute-force sum over 20 views of 500 rows (float32 sums: relative error < 1e-5)', () => {
    const rows = 500;
    const random = new CounterRandom(1, 'views');
    const views = Array.from({ length: 20 }, (_, view) =>
      Float32Array.from({ length: rows * 3 }, (_, i) => {
        const row = Math.floor(i / 3);
        if (random.uniform(view * rows + row) < 0.4) return 0;
        const draw = random.normal(100_000 + view * rows * 3 + i);
        return i % 3 === 2 ? Math.ceil(Math.abs(draw) * 10) : draw;
      }),
    );
    const statistics = new DensityStatistics(0);
    for (const view of views) statistics.accumulate(view, rows);

    for (let row = 0; row < rows; row++) {
      const seen = views.filter((view) => view[3 * row + 2] > 0);
      const mean = seen.reduce((sum, view) => sum + Math.hypot(view[3 * row], view[3 * row + 1]), 0) / seen.length;
      expect(statistics.visible[row]).toBe(seen.length);
      expect(statistics.maxRadius[row]).toBe(Math.max(0, ...seen.map((view) => view[3 * row + 2])));
      expect(Math.abs(statistics.meanGradient(row) - mean)).toBeLessThan(1e-5 * mean);
    }
  });

  it('counts only live rows, and 0 where nothing was seen', () => {
    const statistics = new DensityStatistics(2);
    statistics.accumulate(Float32Array.of(3, 4, 1, 3, 4, 1), 1);
    expect(statistics.meanGradient(0)).toBe(5);
    expect(statistics.meanGradient(1)).toBe(0);
  });

  it('restores what it saved', () => {
    const statistics = new DensityStatistics(0);
    statistics.accumulate(Float32Array.of(3, 4, 9, 0, 0, 0), 2);
    const other = new DensityStatistics(7);
    other.accumulate(new Float32Array(21).fill(1), 7);
    other.restore(statistics.snapshot(2), 2);
    expect(other.snapshot(2)).toEqual(statistics.snapshot(2));
    expect(other.visible[6]).toBe(0);
    expect(() => other.restore({}, 2)).toThrow(/density\.gradientSum/);
  });
});
