/** Float16 by its definition: every one of its values survives, and everything else goes to the nearest, ties to even. */
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../../src-main/base/index';
import { fromHalves, halfTable, toHalf } from '../../../../src-main/language/features/half';

describe('float16', () => {
  it('keeps all of its own values', () => {
    const values = halfTable();
    for (let half = 0; half < 65_536; half++) {
      if (Number.isNaN(values[half])) expect(toHalf(values[half]) & 0x7c00).toBe(0x7c00);
      else if (toHalf(values[half]) !== half) throw new Error(`${half} became ${toHalf(values[half])}`);
    }
  });

  it('takes the nearest value, ties to even', () => {
    const values = halfTable();
    const random = new CounterRandom(3, 'halves');
    for (let i = 0; i < 20_000; i++) {
      const value = Math.fround((random.uniform(2 * i) - 0.5) * 2 ** (Math.floor(34 * random.uniform(2 * i + 1)) - 24));
      const half = toHalf(value);
      const error = Math.abs(values[half] - value);
      for (const other of [half - 1, half + 1]) {
        const known = values[other & 0xffff];
        if (Number.isFinite(known)) expect(error).toBeLessThanOrEqual(Math.abs(known - value));
      }
    }
    // 2049 lies between 2048 and 2050, 2051 between 2050 and 2052: both go to the even mantissa.
    expect([2049, 2051].map((value) => values[toHalf(value)])).toEqual([2048, 2052]);
    expect([65_504, 65_519, 65_520, 1e9, -Infinity].map((value) => values[toHalf(value)])).toEqual([
      65_504,
      65_504,
      Infinity,
      Infinity,
      -Infinity,
    ]);
    expect([2 ** -24, 2 ** -25, 1.5 * 2 ** -25].map((value) => values[toHalf(value)])).toEqual([2 ** -24, 0, 2 ** -24]);
  });

  it('costs a unit vector less than 1e-6 of a cosine', () => {
    const random = new CounterRandom(4, 'unit');
    const vector = Float32Array.from({ length: 512 }, (_, i) => random.normal(i));
    const length = Math.hypot(...vector);
    const halves = Uint16Array.from(vector, (value) => toHalf(value / length));
    const back = new Float32Array(512);
    fromHalves(halves, back);
    const dot = back.reduce((sum, value, i) => sum + (value * vector[i]) / length, 0);
    expect(1 - dot / Math.hypot(...back)).toBeLessThan(1e-6);
  });
});
