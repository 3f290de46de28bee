import { afterEach, describe, expect, it } from 'vitest';
import { setLanguage } from '../../src-renderer/language';
import { agoExactly, bytes, clock, count, decibel, percent } from '../../src-renderer/numbers';

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

  it('write sizes as disks are sold', () => {
    setLanguage('en');
    expect([bytes(0), bytes(999), bytes(412e6), bytes(4.1e9)]).toEqual(['0 bytes', '999 bytes', '412 MB', '4.1 GB']);
  });
});
