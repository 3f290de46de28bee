/** Where crops are cut: counted by hand for one photo, and for photos of any size every pixel is in a crop of every level. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presets } from '#contract/presets';
import {
  chosenScales,
  cropCount,
  cropKey,
  levelBoxes,
  photoCrops,
  pyramidLevels,
  randomBoxes,
  strideRatio,
} from '../../../../src-main/language/features/crops';

/** METHOD §2 as written; the default preset takes fewer, smaller levels. */
const full = { ...presets.notes, featureDetail: 'full', crops: 'pyramid' } as const;
const size = { width: 320, height: 240 };

describe('the pyramid', () => {
  it('has the levels and strides of the method', () => {
    expect(chosenScales(full).map((scale) => Number(scale.toFixed(3)))).toEqual([
      0.05, 0.125, 0.2, 0.275, 0.35, 0.425, 0.5,
    ]);
    expect([0.01, 0.05, 0.1, 0.125, 0.15, 0.5].map(strideRatio)).toEqual([1, 1, 0.75, 0.625, 0.5, 0.5]);
  });

  it('is what one counts by hand at 320×240', () => {
    // Edge 12, stride 12: ⌈320/12⌉ + 1 = 28 by ⌈240/12⌉ + 1 = 21. Edge 30, stride 18.75: 19 by 14. Edge 48, stride 24: 15 by 11.
    const [first, second, third] = pyramidLevels(size, full);
    expect(first).toEqual({ scale: 0.05, columns: 28, rows: 21 });
    expect([second.columns, second.rows, third.columns, third.rows]).toEqual([19, 14, 15, 11]);
    const boxes = [...levelBoxes(size, third)];
    expect(boxes).toHaveLength(165);
    // Centres on the photo's edges: half a tile of padding.
    expect(boxes[0]).toMatchObject({ left: -24, top: -24 });
    expect(boxes[164].left).toBeCloseTo(296, 9);
    expect(boxes[164].top).toBeCloseTo(216, 9);
    expect(boxes[1].left - boxes[0].left).toBeCloseTo(320 / 14, 9);
    expect(photoCrops(size, full, 'a').boxes).toHaveLength(cropCount(size, full));
  });

  it('costs less at lower detail', () => {
    const count = (featureDetail: 'fast' | 'standard' | 'full') => cropCount(size, { ...full, featureDetail });
    expect(count('full')).toBe(1264);
    expect(count('standard')).toBe(676);
    expect(count('fast')).toBe(240);
    expect(chosenScales({ ...full, featureDetail: 'fast', cropLevels: 1 })).toEqual([0.05]);
  });

  it('covers every pixel of any photo in every level, at every detail', () => {
    const photo = fc.record({ width: fc.integer({ min: 1, max: 900 }), height: fc.integer({ min: 1, max: 900 }) });
    const detail = fc.constantFrom('fast' as const, 'standard' as const, 'full' as const);
    const covered = (starts: number[], edge: number, length: number): boolean => {
      const sorted = [...new Set(starts)].sort((a, b) => a - b);
      let reached = 0;
      for (const start of sorted) if (start <= reached + 1e-6) reached = Math.max(reached, start + edge);
      return reached >= length - 1e-6;
    };
    fc.assert(
      fc.property(photo, detail, (photo, featureDetail) => {
        for (const level of pyramidLevels(photo, { ...full, featureDetail })) {
          // A crop has at least one pixel, also where a level's edge is less.
          const edge = Math.max(1, level.scale * photo.height);
          const boxes = [...levelBoxes(photo, level)];
          if (
            !covered(
              boxes.map(({ left }) => left),
              edge,
              photo.width,
            )
          )
            return false;
          if (
            !covered(
              boxes.map(({ top }) => top),
              edge,
              photo.height,
            )
          )
            return false;
        }
        return true;
      }),
      { numRuns: 60, seed: 5 },
    );
  });
});

describe('random crops', () => {
  const settings = { ...full, crops: 'random', randomCrops: 3000 } as const;

  it('are the same for a seed and a photo, and others for others', () => {
    expect(randomBoxes(size, settings, 'a.png')).toEqual(randomBoxes(size, settings, 'a.png'));
    expect(randomBoxes(size, settings, 'a.png')).not.toEqual(randomBoxes(size, settings, 'b.png'));
    expect(randomBoxes(size, { ...settings, seed: 1 }, 'a.png')).not.toEqual(randomBoxes(size, settings, 'a.png'));
  });

  it('lie inside the photo, with density ∝ 1/scale²', () => {
    const boxes = randomBoxes(size, settings, 'a.png');
    for (const { left, top, width, height } of boxes) {
      expect(width).toBe(height);
      expect(width).toBeGreaterThanOrEqual(12);
      expect(width).toBeLessThanOrEqual(48);
      expect(Math.min(left, top, 320 - left - width, 240 - top - height)).toBeGreaterThanOrEqual(-1e-9);
    }
    // P(scale < 0.1) = (1/0.05 − 1/0.1) / (1/0.05 − 1/0.2) = 2/3; the standard error of 3,000 draws is 0.009, here 4 of them.
    const small = boxes.filter(({ width }) => width < 24).length / boxes.length;
    expect(Math.abs(small - 2 / 3)).toBeLessThan(0.035);
  });

  it('a crop larger than the photo is centred on it', () => {
    const narrow = { width: 4, height: 240 };
    for (const { left, width } of randomBoxes(narrow, settings, 'a')) expect(left + width / 2).toBeCloseTo(2, 9);
  });
});

describe('the key of crops', () => {
  it('changes with what moves crops, and with nothing else', () => {
    expect(cropKey({ ...full, seed: 9 })).toBe(cropKey(full));
    expect(cropKey({ ...full, randomCrops: 10 })).toBe(cropKey(full));
    expect(cropKey({ ...full, cropLevels: 6 })).not.toBe(cropKey(full));
    expect(cropKey({ ...full, featureDetail: 'fast' })).not.toBe(cropKey(full));
    const random = { ...full, crops: 'random' } as const;
    expect(cropKey(random)).not.toBe(cropKey(full));
    expect(cropKey({ ...random, seed: 9 })).not.toBe(cropKey(random));
  });
});
