/** Axes that are known because the sample was made from them. */
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../../src-main/base/index';
import { principalComponents } from '../../../../src-main/language/features/principalComponents';

describe('principal components', () => {
  it('are the axes of a stretched cloud, largest first, and the same each time', () => {
    const random = new CounterRandom(2, 'cloud');
    const [rows, width] = [800, 6];
    const spread = [0.1, 5, 0.1, 1, 0.1, 2.2];
    const samples = Float32Array.from({ length: rows * width }, (_, i) => 3 + spread[i % width] * random.normal(i));
    const { axes, mean } = principalComponents(samples, rows, width, 3);
    // Standard error of the mean 5/√800 = 0.18; of an axis about the ratio of variances over √rows.
    for (const value of mean) expect(Math.abs(value - 3)).toBeLessThan(0.6);
    for (const [k, component] of [1, 5, 3].entries()) expect(axes[k][component]).toBeGreaterThan(0.98);
    for (const [k, axis] of axes.entries())
      for (const [l, other] of axes.entries())
        expect(Math.abs(axis.reduce((sum, value, i) => sum + value * other[i], 0) - (k === l ? 1 : 0))).toBeLessThan(
          1e-5,
        );
    expect(principalComponents(samples, rows, width, 3)).toEqual({ axes, mean });
  });

  it('of a cloud with fewer directions has zeros for the others', () => {
    const samples = Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i : 1));
    const { axes } = principalComponents(samples, 10, 2, 2);
    expect(axes[0][0]).toBeCloseTo(1, 5);
    expect(Math.hypot(...axes[1])).toBeLessThan(1.0001);
  });
});
