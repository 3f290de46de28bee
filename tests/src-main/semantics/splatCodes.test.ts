/** Codes of splats: quantised shares, the bound on what four entries leave out, and the cache. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels, decodeTop, KernelArgumentError } from '../../../src-main/kernels/index';
import {
  CODES,
  decodeCodes,
  decodeWithScores,
  quantiseShares,
  scoreCodes,
  SplatCodes,
  vectorsOf,
} from '../../../src-main/semantics/splatCodes';
import { Random } from '../kernels/scenes';

beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

function decoder(entries: number, sharpness: number, seed = 1) {
  const random = new Random(seed);
  const draw = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
  return [
    { kernel: draw(8 * 16, 0.5), bias: draw(16, 0.1) },
    { kernel: draw(16 * entries, sharpness), bias: draw(entries, 0.1) },
  ];
}
const features = (rows: number, seed = 2): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: 8 * rows }, () => random.normal());
};

describe('shares', () => {
  it('add up to 255 and differ from the probabilities by at most one 255th, whatever these are', () => {
    const probability = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const rows = fc.array(fc.array(probability, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, (given) => {
        const shares = quantiseShares(Float32Array.from(given.flat()), 4);
        given.forEach((row, r) => {
          const total = row.reduce((sum, p) => sum + p, 0);
          const own = [...shares.subarray(4 * r, 4 * r + 4)];
          expect(own.reduce((sum, share) => sum + share, 0)).toBe(255);
          own.forEach((share, j) => expect(Math.abs(share - (255 * row[j]) / total)).toBeLessThan(1.001));
        });
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('scores of codes', () => {
  it('are none of a view that shows nothing, whatever is asked', () => {
    const { codes, scores } = decodeWithScores(new Float32Array(0), decoder(60, 1), new Float32Array(3 * 60));
    expect(codes).toMatchObject({ count: 0, entries: new Uint8Array(0), shares: new Uint8Array(0) });
    expect(scores).toEqual(new Float32Array(0));
  });

  it('differ from the sum over all entries by at most the mass left out and the rounding', () => {
    for (const sharpness of [0.3, 3]) {
      const [rows, entries] = [300, 60];
      const layers = decoder(entries, sharpness);
      const random = new Random(4);
      const values = Float32Array.from({ length: entries }, () => random.uniform());
      const given = features(rows);
      const { codes, scores: full } = decodeWithScores(given, layers, values);
      const { probabilities } = decodeTop(given, layers, CODES);
      const scores = scoreCodes(codes, values);
      for (let row = 0; row < rows; row++) {
        const kept = probabilities.subarray(4 * row, 4 * row + 4).reduce((sum, p) => sum + p, 0);
        expect(Math.abs(scores[row] - full[row])).toBeLessThanOrEqual(1 - kept + 4 / 255 + 1e-5);
      }
    }
  });

  it('do not depend on the length of S_G, and hold fewer than four entries', () => {
    const layers = decoder(3, 2);
    const given = features(20);
    const codes = decodeCodes(given, layers);
    const longer = decodeCodes(
      given.map((value) => 7 * value),
      layers,
    );
    expect(longer).toEqual(codes);
    for (let row = 0; row < 20; row++) {
      expect(codes.shares[4 * row + 3]).toBe(0);
      expect(codes.shares.subarray(4 * row, 4 * row + 3).reduce((sum, share) => sum + share, 0)).toBe(255);
    }
    expect(scoreCodes(codes, Float32Array.of(1, 1, 1)).every((score) => Math.abs(score - 1) < 1e-6)).toBe(true);
  });

  it('are refused for a decoder that does not fit', () => {
    const layers = decoder(5, 1);
    expect(() => decodeTop(features(1), layers, 6)).toThrow(KernelArgumentError);
    expect(() => decodeTop(features(1), layers, 1, new Float32Array(7))).toThrow('multiple of 5');
    expect(() => decodeTop(new Float32Array(9), layers, 1)).toThrow('multiple of 8');
    expect(() => decodeCodes(features(1), [layers[1], layers[0]])).toThrow(KernelArgumentError);
  });
});

describe('the cache', () => {
  it('decodes again after a snapshot and not before', () => {
    const layers = decoder(10, 2);
    const semantics = new Float32Array(9 * 30);
    const random = new Random(6);
    for (let i = 0; i < semantics.length; i++) semantics[i] = random.normal();
    const cache = new SplatCodes();
    const first = cache.of({ stamp: 'step 1', count: 30, semantics, layers });
    expect(first).toEqual(decodeCodes(vectorsOf(semantics, 30), layers));
    expect(cache.of({ stamp: 'step 1', count: 30, semantics, layers })).toBe(first);
    expect([cache.refreshes, cache.refreshMilliseconds > 0]).toEqual([1, true]);
    for (let i = 0; i < semantics.length; i++) semantics[i] = random.normal();
    const second = cache.of({ stamp: 'step 2', count: 30, semantics, layers });
    expect(second.entries).not.toEqual(first.entries);
    expect(cache.of({ stamp: 'step 2', count: 20, semantics, layers }).count).toBe(20);
    expect(cache.refreshes).toBe(3);
  });
});
