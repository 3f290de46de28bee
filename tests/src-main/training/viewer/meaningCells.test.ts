/** Cells over directions of S_G: they follow clusters, their table says what is asked, and splats travel as bytes. Seeded. */
import { describe, expect, it } from 'vitest';
import { cellWords } from '#contract/frame';
import { MeaningCells, packMeaning, scoreByCells } from '../../../../src-main/training/viewer/meaningCells';
import { Random } from '../../kernels/scenes';

const COLUMNS = 9;
const random = new Random(5);

/** S_G around a few directions. [count, 9] */
function clustered(count: number, clusters: number, spread: number): Float32Array {
  const centres = Array.from({ length: clusters * 8 }, () => random.normal());
  const semantics = new Float32Array(count * COLUMNS);
  for (let row = 0; row < count; row++)
    for (let k = 0; k < 8; k++)
      semantics[row * COLUMNS + k] = centres[(row % clusters) * 8 + k] + spread * random.normal();
  return semantics;
}
/** smooth, and not linear */
const scoreOf = (feature: ArrayLike<number>): number => {
  const length = Math.hypot(...Array.from(feature));
  return 1 / (1 + Math.exp((-4 * (feature[0] - 0.5 * feature[3] + feature[7])) / length));
};
const scoresOf = (features: Float32Array): Float32Array =>
  Float32Array.from({ length: features.length / 8 }, (_, i) => scoreOf(features.subarray(8 * i, 8 * i + 8)));
const featuresOf = (semantics: Float32Array): Float32Array =>
  Float32Array.from({ length: (8 * semantics.length) / COLUMNS }, (_, i) => semantics[Math.floor(i / 8) * 9 + (i % 8)]);

describe('cells of meaning', () => {
  it('say what a smooth score of directions is (within 0.02 for 98 %, 0.1 for all), whatever the length of the vectors', () => {
    const semantics = clustered(20_000, 30, 0.15);
    const cells = new MeaningCells();
    cells.follow(semantics, 20_000, 'a', 1);
    expect(cells.cells).toBe(512);
    const table = cells.table(scoresOf);
    expect(table.length).toBe(512 * cellWords);
    const features = featuresOf(semantics).subarray(0, 8 * 4000);
    const exact = scoresOf(features);
    const off = [...scoreByCells(table, features)].map((score, i) => Math.abs(score - exact[i])).sort((a, b) => a - b);
    expect(off[Math.floor(0.98 * off.length)]).toBeLessThan(0.02);
    expect(off.at(-1)).toBeLessThan(0.1);
    const long = scoreByCells(
      table,
      features.map((value) => 7 * value),
    );
    expect(long[11]).toBeCloseTo(scoreByCells(table, features)[11], 5);
  });

  it('follow splats that move, begin anew with another codebook, and are no more than the splats', () => {
    const cells = new MeaningCells();
    const before = clustered(6000, 10, 0.1);
    cells.follow(before, 6000, 'a', 1);
    const after = before.map((value, i) => (i % COLUMNS < 4 ? -value : value));
    const error = (): number => {
      const features = featuresOf(after);
      const exact = scoresOf(features);
      const got = scoreByCells(cells.table(scoresOf), features);
      return got.reduce((sum, score, i) => sum + Math.abs(score - exact[i]), 0) / got.length;
    };
    const lost = error();
    cells.follow(after, 6000, 'a', 64);
    const followed = error();
    expect(followed).toBeLessThan(0.5 * lost);
    cells.follow(after, 6000, 'b', 1);
    expect(error()).toBeLessThan(0.01);
    cells.follow(after, 7, 'b', 1);
    expect(cells.cells).toBe(7);
  });

  it('pack S_G within half of a 127th of the largest number', () => {
    const semantics = clustered(50, 5, 0.3);
    const words = [0, 4].map((first) => {
      const packed = new Uint32Array(50);
      packMeaning(semantics, 50, first as 0 | 4, packed);
      return packed;
    });
    const features = featuresOf(semantics);
    const largest = features.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    features.forEach((value, i) => {
      const byte = (words[(i % 8) >> 2][Math.floor(i / 8)] >>> (8 * (i & 3))) & 255;
      expect(Math.abs(((byte - 128) / 127) * largest - value)).toBeLessThanOrEqual((0.5 / 127) * largest + 1e-6);
    });
  });
});
