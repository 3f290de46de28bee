/** Figures, names and colours of a codebook. */
import { oklab } from 'culori';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { CosineStatistics } from '../../../../src-main/language/codebook/encode';
import { nameEntries } from '../../../../src-main/language/codebook/names';
import { categoricalPalette } from '../../../../src-main/language/codebook/palette';
import { utilisationChart, utilisationSvg } from '../../../../src-main/language/codebook/pictures';
import {
  entryLine,
  perplexity,
  reportLines,
  reportOf,
  utilisationBars,
} from '../../../../src-main/language/codebook/report';
import { LanguageError } from '../../../../src-main/language/errors';
// Forbids all but a few formats for photos, as it does wherever a capture is open.
import '../../../../src-main/capture/decode';

const shape = { clipWidth: 2, dinoWidth: 1, dinoWeight: 0.5 };

function report(names: { name: string; similarity: number }[] = []) {
  const clip = new CosineStatistics();
  const dino = new CosineStatistics();
  for (const cosine of [0.9, 0.8, 0.7]) clip.add(cosine);
  dino.add(0.5);
  const measures = { cells: Float64Array.of(6, 0, 2), pixels: Float64Array.of(30, 0, 10), unlabelled: 10, clip, dino };
  return reportOf({ ...{ shape, measures, photos: 2, leftOut: [], mapBytes: 20, names, epochs: [], hash: 'h' } });
}

it('perplexity is the number of entries used evenly', () => {
  expect(perplexity([5, 5, 5, 5])).toBeCloseTo(4, 12);
  expect(perplexity([7, 0, 0])).toBe(1);
  expect(perplexity([0, 0])).toBe(0);
  // exp(−(¾ ln ¾ + ¼ ln ¼))
  expect(perplexity([3, 1])).toBeCloseTo(1.754765, 6);
});

it('cosines: exact mean, quantile to a two-thousandth', () => {
  const statistics = new CosineStatistics();
  for (let i = 0; i < 1000; i++) statistics.add(i / 1000);
  expect(statistics.mean).toBeCloseTo(0.4995, 12);
  expect(Math.abs(statistics.quantile(0.05) - 0.05)).toBeLessThan(1 / 1024);
  statistics.add(1.0000001);
  statistics.add(-1);
  expect(statistics.quantile(1)).toBeGreaterThan(0.999);
});

it('counts used and dead entries, shares of cells and of labelled pixels', () => {
  const figures = report();
  expect(figures).toMatchObject({ entries: 3, cells: 8, pixels: 50, unlabelledPixels: 10, used: 2, dead: 1 });
  expect(figures.utilisation).toEqual([0.75, 0, 0.25]);
  expect(figures.pixelShare).toEqual([0.75, 0, 0.25]);
  expect(figures.clip.mean).toBeCloseTo(0.8, 12);
  expect(figures.bytes).toMatchObject({
    featuresPerPixel: 12,
    indexPerPixel: 1,
    perGaussian: 36,
    perGaussianBefore: 12,
    featuresOfMaps: 600,
    maps: 20,
  });
});

it('is read as lines: the fullest entries by name, dead ones not at all', () => {
  const names = ['wooden table', 'ghost', 'red mug'].map((name, i) => ({ name, similarity: 0.31 + i / 10 }));
  const lines = reportLines(report(names));
  expect(lines[0]).toBe('8 cells of 2 photos, 3 entries: 2 used, 1 dead, perplexity 1.8');
  expect(lines.slice(5)).toEqual([
    '  1 · wooden table · 0.31   75.0 % of the cells',
    '  3 · red mug · 0.51   25.0 % of the cells',
  ]);
  expect(entryLine(16, names[0])).toBe('17 · wooden table · 0.31');
});

it('draws utilisation as bars of at most that many columns', () => {
  expect(utilisationBars([0.5, 0.25, 0.25, 0])).toBe('█▄▄ ');
  expect(utilisationBars(new Array<number>(255).fill(1 / 255))).toBe('█'.repeat(64));
});

describe('names of entries', () => {
  const encoder = { encode: () => Promise.resolve(Float32Array.of(10, 0, 0, 3)) };

  it('are the words with the largest cosine of the CLIP half; lengths do not matter', async () => {
    // CLIP halves (0.1, 0), (3, 4) and (0, 0); the third column is DINO's and plays no part
    const entries = Float32Array.of(0.1, 0, 9, 3, 4, -9, 0, 0, 1);
    const names = await nameEntries(entries, shape, ['red mug', 'table'], encoder);
    expect(names.map(({ name }) => name)).toEqual(['red mug', 'table', 'red mug']);
    expect(names[0].similarity).toBeCloseTo(1, 6);
    expect(names[1].similarity).toBeCloseTo(0.8, 6);
    expect(names[2].similarity).toBe(0);
  });

  it('need text vectors of the same model', async () => {
    const wrong = nameEntries(new Float32Array(3), { ...shape, clipWidth: 1, dinoWidth: 2 }, ['a', 'b'], encoder);
    await expect(wrong).rejects.toThrow(LanguageError);
    await expect(wrong).rejects.toThrow("text vectors are 2 wide, the codebook's CLIP half 1");
  });

  it('are none without words', async () => {
    expect(await nameEntries(new Float32Array(3), shape, [], encoder)).toEqual([]);
  });
});

describe('the palette', () => {
  const key = (colours: readonly (readonly number[])[]) => colours.map((colour) => colour.join());

  it('has 255 different colours, the same each time', () => {
    const colours = key(categoricalPalette(255));
    expect(new Set(colours).size).toBe(255);
    expect(key(categoricalPalette(255))).toEqual(colours);
  });

  it('is calm, and its first colours are far from each other', () => {
    const seen = categoricalPalette(12).map((bytes) => {
      const [r, g, b] = bytes.map((byte) => byte / 255);
      return oklab({ mode: 'rgb', r, g, b });
    });
    seen.forEach((one, i) => {
      // 0.14, and the rounding of sRGB to bytes.
      expect(Math.hypot(one.a, one.b)).toBeLessThan(0.145);
      // Three times what the eye just tells apart in OKLab (0.02).
      for (const other of seen.slice(0, i))
        expect(Math.hypot(one.l - other.l, one.a - other.a, one.b - other.b)).toBeGreaterThan(0.06);
    });
  });

  it('gives fuller entries the colours that come first', () => {
    const [first, second, third] = key(categoricalPalette(3));
    expect(key(categoricalPalette(3, [0.1, 0.7, 0.2]))).toEqual([third, first, second]);
  });

  it('hands the same colours out anew for another seed', () => {
    const plain = key(categoricalPalette(64));
    const shuffled = key(categoricalPalette(64, null, 7));
    expect(shuffled).not.toEqual(plain);
    expect([...shuffled].sort()).toEqual([...plain].sort());
    expect(key(categoricalPalette(64, null, 7))).toEqual(shuffled);
  });

  it('hands two categories other colours too, which two of two would keep every other time', () => {
    const shuffled = Array.from({ length: 20 }, (_, seed) => key(categoricalPalette(2, null, seed + 1)));
    for (const [first, second] of shuffled) expect(first).not.toEqual(second);
    // Of 240 ordered pairs 20 draws repeat few; of two colours there are two.
    expect(new Set(shuffled.map(String)).size).toBeGreaterThan(15);
  });
});

it('the chart escapes names: a word list may hold anything', () => {
  const names = [1, 2, 3].map(() => ({ name: '<script>&"', similarity: 0.5 }));
  const svg = utilisationSvg(report(names), categoricalPalette(3));
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('1 · &lt;script&gt;&amp;&quot; · 0.50');
});

it('the chart is drawn where only photos may be decoded', async () => {
  const { width, height } = await sharp(await utilisationChart(report(), categoricalPalette(3))).metadata();
  expect([width, height]).toEqual([1200, 460]);
});
