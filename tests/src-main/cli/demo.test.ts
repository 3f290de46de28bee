import { describe, expect, it } from 'vitest';
import { demoOptions } from '../../../src-main/cli/demo';
import { UsageError } from '../../../src-main/cli/exit';

describe('the flags of legato demo', () => {
  it('give the default room when there are none', () => {
    expect(demoOptions({})).toEqual({ seed: 74, objects: 20, views: 48, width: 320, height: 240 });
  });

  it('take a seed, a number of things and of photos, and a size', () => {
    const flags = { seed: '4294967295', objects: '32', views: '4', size: '640x480' };
    expect(demoOptions(flags)).toEqual({ seed: 4294967295, objects: 32, views: 4, width: 640, height: 480 });
  });

  it.each([
    [{ seed: '-1' }, /--seed -1: expected a whole number 0 … 4294967295/],
    [{ seed: '' }, /--seed/],
    [{ objects: '11' }, /--objects 11: expected a whole number 12 … 32/],
    [{ views: '3.5' }, /--views 3.5: expected a whole number 4 … 800/],
    [{ size: '320' }, /--size 320: expected WIDTHxHEIGHT/],
    [{ size: '16x240' }, /--size 16: expected a whole number 32 … 2048/],
  ])('refuse %o', (flags, message) => {
    expect(() => demoOptions(flags)).toThrow(UsageError);
    expect(() => demoOptions(flags)).toThrow(message);
  });
});
