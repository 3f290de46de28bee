/** Names as code vectors: distances of the code, exactness of one-hot codes, and that most of the weight wins in any. */
import { describe, expect, it } from 'vitest';
import { CODE_WORDS, codesFor, nearestName, nordstromRobinson, ONE_HOT } from '../../../src-renderer/viewport/codes';
import type { CodeBook } from '../../../src-renderer/viewport/codes';
import { randomOf } from './seededScene';

function blend({ targets, texels }: CodeBook, weights: readonly number[]): number[] {
  return Array.from({ length: 3 * targets }, (_, d) =>
    weights.reduce((sum, w, name) => sum + w * texels[4 * (Math.floor(d / 3) * CODE_WORDS + name) + (d % 3)], 0),
  );
}

describe('Nordstrom–Robinson words', () => {
  it('differ in 6 places at least, or 16', () => {
    const words = nordstromRobinson();
    expect(words).toHaveLength(16 * CODE_WORDS);
    for (let a = 0; a < CODE_WORDS; a++) {
      for (let b = 0; b < a; b++) {
        let same = 0;
        for (let k = 0; k < 16; k++) same += Number(words[16 * a + k] === words[16 * b + k]);
        expect(same).toBeLessThanOrEqual(10);
        // Opposites meet only across the halves.
        if (same === 0) expect(a - b).toBe(CODE_WORDS / 2);
      }
    }
  });
});

describe('the name of a pixel', () => {
  const random = randomOf(5);
  const mixture = (names: number, parts: number): number[] => {
    const weights = new Array<number>(names).fill(0);
    for (let p = 0; p < parts; p++) weights[Math.floor(random() * names)] += random() / parts;
    return weights;
  };
  const heaviest = (weights: readonly number[]): number => weights.indexOf(Math.max(...weights));

  it.each([1, 2, 7, ONE_HOT])('is the argmax of the blended weights of %i names', (names) => {
    const book = codesFor(names);
    for (let i = 0; i < 200; i++) {
      const weights = mixture(names, 5);
      expect(nearestName(book, blend(book, weights))).toBe(heaviest(weights));
    }
  });

  it.each([ONE_HOT + 1, 64, 128])('is the one that has two thirds of the weight, of %i names', (names) => {
    const book = codesFor(names);
    for (let i = 0; i < 500; i++) {
      const name = Math.floor(random() * names);
      const weights = mixture(names, 4).map((w, n) => w / 3 + (n === name ? 2 / 3 : 0));
      expect(nearestName(book, blend(book, weights))).toBe(name);
    }
  });

  it('is none where nothing was blended', () => {
    const book = codesFor(5);
    expect(nearestName(book, new Array<number>(6).fill(0))).toBe(-1);
  });
});
