/** The stratified sample of pixels: one in each cell, repeatable, labels by the nearest index. */
import { expect, it } from 'vitest';
import { samplePixels } from '../../../src-main/semantics/pixelSample';

const map = { width: 4, height: 2, indices: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0) };

it('draws one pixel in each cell of a grid, the same for the same seed and step', () => {
  const { pixels } = samplePixels(80, 60, 192, map, 7, 3);
  expect(pixels).toHaveLength(192); // 16 × 12 cells of 5 × 5
  const cells = new Set(Array.from(pixels, (p) => `${Math.floor((p % 80) / 5)},${Math.floor(p / 80 / 5)}`));
  expect(cells.size).toBe(192);
  expect(samplePixels(80, 60, 192, map, 7, 3).pixels).toEqual(pixels);
  expect(samplePixels(80, 60, 192, map, 7, 4).pixels).not.toEqual(pixels);
});

it('takes every pixel for 0 and for more than there are, and looks labels up at their centres', () => {
  const { pixels, labels } = samplePixels(8, 4, 0, map, 1, 1);
  expect([...pixels]).toEqual(Array.from({ length: 32 }, (_, i) => i));
  expect([...labels.subarray(0, 8)]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect([...labels.subarray(24)]).toEqual([5, 5, 6, 6, 7, 7, 0, 0]);
  expect(samplePixels(8, 4, 1000, map, 1, 1).pixels).toHaveLength(32);
  expect([...samplePixels(2, 1, 0, map, 1, 1).labels]).toEqual([6, 0]);
});
