import { afterEach, describe, expect, it } from 'vitest';
import type { CaptureFrame } from '#contract/studioState';
import { setLanguage } from '../../src-renderer/language';
import {
  agoExactly,
  axisTicks,
  brief,
  bytes,
  clock,
  count,
  decibel,
  lengthUnit,
  percent,
  placeText,
  rangeOfCapture,
  roughly,
} from '../../src-renderer/numbers';

describe('figures for people', () => {
  afterEach(() => setLanguage('en'));

  it('follow the language', () => {
    setLanguage('en');
    expect([count(24_296), decibel(27.9), percent(0.012)]).toEqual(['24,296', '27.90', '1.2%']);
    setLanguage('zh');
    expect(count(24_296)).toBe('24,296');
    expect(agoExactly(new Date(0).toISOString(), 4_000)).toContain('4秒');
  });

  it('write times as a clock does', () => {
    expect([clock(0), clock(161), clock(3729.6), clock(-5)]).toEqual(['0:00', '2:41', '1:02:10', '0:00']);
  });

  it('write a place as the capture has it, to a thousandth of what is trained on', () => {
    const surveyed = { centre: [500_000, 4_000_000.5, -12], scale: 1 } satisfies CaptureFrame;
    expect(placeText([0.125, -0.5, 12], surveyed, 'unknown')).toBe('500,000.125  4,000,000  0');
    expect(placeText([1, 0.0001234, 0], { centre: [0, 0, 0], scale: 0.002 }, 'metre')).toBe('500  0.0617  0 m');
    expect(placeText([1, 2, 3], { centre: [0, 0, 0], scale: 1 }, 'metre')).toBe('1  2  3 m');
  });

  it('write depths as the capture has them, in its unit', () => {
    // A building of 400 m is trained at a hundredth of its size.
    expect(rangeOfCapture([0.5, 4], 0.01)).toEqual([50, 400]);
    expect(rangeOfCapture([0.5, 4], 1)).toEqual([0.5, 4]);
    expect(lengthUnit({ kind: 'project', units: 'metre' })).toBe('metre');
    expect(lengthUnit({ kind: 'project', units: 'unknown' })).toBe('capture');
    // What made a splat file may have had metres; what is in the file is as the file has it.
    expect(lengthUnit({ kind: 'splats', units: 'metre' })).toBe('file');
  });

  it('claim no more of an estimate than is known', () => {
    expect([3, 47, 203, 1000, 3129, 11_111].map(roughly)).toEqual([
      '0:10',
      '0:50',
      '3:30',
      '16:00',
      '50:00',
      '3:00:00',
    ]);
    // Never further off than a rounding step, which is a tenth or less beyond the first minute.
    for (let seconds = 60; seconds < 40_000; seconds += 7) {
      const shown = roughly(seconds)
        .split(':')
        .reduce((sum, part) => 60 * sum + Number(part), 0);
      expect(Math.abs(shown - seconds) / seconds, String(seconds)).toBeLessThanOrEqual(0.1);
    }
  });

  it('are brief where the whole would not fit', () => {
    setLanguage('en');
    expect([brief(2_151), brief(99_999), brief(5_001_913)]).toEqual(['2,151', '99,999', '5M']);
  });

  it('tell the ticks of an axis apart', () => {
    setLanguage('en');
    expect(axisTicks([0, 0.05, 0.1, 0.15, 0.2])).toEqual(['0.00', '0.05', '0.10', '0.15', '0.20']);
    expect(axisTicks([0, 0.1, 0.2, 0.30000000000000004])).toEqual(['0.0', '0.1', '0.2', '0.3']);
    expect(axisTicks([0, 500, 1000, 1500])).toEqual(['0', '500', '1K', '1.5K']);
    expect(axisTicks([])).toEqual([]);
  });

  it('write sizes as disks are sold', () => {
    setLanguage('en');
    expect([bytes(0), bytes(999), bytes(412e6), bytes(4.1e9)]).toEqual(['0 bytes', '999 bytes', '412 MB', '4.1 GB']);
  });
});
