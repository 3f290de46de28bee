/** The stratified sample of pixels: one in each cell, repeatable, labels by the nearest index. */
import { expect, it } from 'vitest';
import { samplePixels } from '../../../src-main/semantics/pixelSample';

const map = { width: 4, height: 2, indices: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0) };

it('draws handfuls of 16 from tiles all over the picture, the same for the same seed and step', () => {
  const { pixels } = samplePixels(160, 96, 320, map, 7, 3); // 10 × 6 tiles, 20 of which give 16 pixels each
  expect(Math.abs(pixels.length - 320)).toBeLessThanOrEqual(64);
  const tileOf = (p: number) => `${Math.floor((p % 160) / 16)},${Math.floor(p / 160 / 16)}`;
  for (let i = 0; i < pixels.length; i += 16) {
    const handful = pixels.subarray(i, i + 16);
    expect(new Set(Array.from(handful, tileOf)).size).toBe(1);
    expect(new Set(Array.from(handful, (p) => `${(p % 160) >> 2},${Math.floor(p / 160) >> 2}`)).size).toBe(16);
  }
  const quarters = new Set(Array.from(pixels, (p) => `${p % 160 >= 80},${p / 160 >= 48}`));
  expect(quarters.size).toBe(4);
  expect(samplePixels(160, 96, 320, map, 7, 3).pixels).toEqual(pixels);
  expect(samplePixels(160, 96, 320, map, 7, 4).pixels).not.toEqual(pixels);
});

it('stays inside pictures whose sides are no whole tiles, and reaches their edges over steps', () => {
  let [right, bottom] = [0, 0];
  for (let step = 1; step <= 200; step++)
    for (const pixel of samplePixels(37, 21, 48, map, 1, step).pixels) {
      expect(pixel).toBeLessThan(37 * 21);
      right = Math.max(right, pixel % 37);
      bottom = Math.max(bottom, Math.floor(pixel / 37));
    }
  expect([right, bottom]).toEqual([36, 20]);
});

it('takes every pixel for 0 and for more than there are, and looks labels up at their centres', () => {
  const { pixels, labels } = samplePixels(8, 4, 0, map, 1, 1);
  expect([...pixels]).toEqual(Array.from({ length: 32 }, (_, i) => i));
  expect([...labels.subarray(0, 8)]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect([...labels.subarray(24)]).toEqual([5, 5, 6, 6, 7, 7, 0, 0]);
  expect(samplePixels(8, 4, 1000, map, 1, 1).pixels).toHaveLength(32);
  expect([...samplePixels(2, 1, 0, map, 1, 1).labels]).toEqual([6, 0]);
});
