import { describe, expect, it } from 'vitest';
import { CounterRandom, philox4x32 } from '../../../src-main/base/random';

/**
 * The generator must be Philox itself (its published known answers), a pure function of (seed, purpose, step, index),
 * and statistically plain enough for sampling.
 */
describe('philox4x32', () => {
  // Known answers of Philox-4×32-10 as published with Random123.
  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      'digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the known answer for %s', (_name, counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(Uint32Array.from(counter), Uint32Array.from(key), out);
    expect([...out]).toEqual(expected);
  });
});

describe('CounterRandom', () => {
  it('does not depend on the order of drawing', () => {
    const forward = new CounterRandom(7, 'test', 3);
    const backward = new CounterRandom(7, 'test', 3);
    const a = Array.from({ length: 50 }, (_, i) => forward.normal(i));
    const b = Array.from({ length: 50 }, (_, i) => backward.normal(49 - i)).reverse();
    expect(a).toEqual(b);
  });

  it('separates seeds, purposes and steps', () => {
    const draws = [
      new CounterRandom(1, 'a', 0),
      new CounterRandom(2, 'a', 0),
      new CounterRandom(1, 'b', 0),
      new CounterRandom(1, 'a', 1),
    ].map((random) => random.uint32(0));
    expect(new Set(draws).size).toBe(4);
  });

  it('addresses indices beyond 2³⁴ without wrapping', () => {
    const random = new CounterRandom(1, 'a');
    expect(random.uint32(2 ** 34)).not.toBe(random.uint32(0));
  });

  it('is normal: mean and variance of 100,000 draws within four standard errors', () => {
    const random = new CounterRandom(11, 'moments');
    const count = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const value = random.normal(i);
      sum += value;
      squares += value * value;
    }
    expect(Math.abs(sum / count)).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(squares / count - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
  });

  it('permutes: every element once, each position equally likely (χ² with 9 degrees, p ≈ 1e-4 at 33.7)', () => {
    const counts = new Float64Array(10);
    const rounds = 5_000;
    for (let step = 0; step < rounds; step++) {
      const order = new CounterRandom(5, 'order', step).permutation(10);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      counts[order.indexOf(0)]++;
    }
    const expected = rounds / 10;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(33.7);
  });
});
