/** Scores of texts against their definitions in double, in both orders; likeness; compound questions and classes. */
import { describe, expect, it } from 'vitest';
import { TextError } from '../../../src-main/language/text/index';
import { ExpressionError } from '../../../src-main/semantics/expression';
import {
  classify,
  maskOf,
  readQuestions,
  scoreQuestions,
  splatScalars,
  textsIn,
} from '../../../src-main/semantics/query';
import { quantiseShares } from '../../../src-main/semantics/splatCodes';
import { likeness, TextScores } from '../../../src-main/semantics/textScores';
import { Random } from '../kernels/scenes';

const [SIZE, CLIP, DINO] = [12, 16, 5];
const random = new Random(11);
const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const unit = (rows: number): Float32Array => {
  const values = draw(rows * CLIP);
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * CLIP, (row + 1) * CLIP);
    const length = Math.hypot(...one);
    one.forEach((value, k) => (one[k] = value / length));
  }
  return values;
};
const book = {
  entries: draw(SIZE * (CLIP + DINO)),
  shape: { clipWidth: CLIP, dinoWidth: DINO, dinoWeight: 0.5 },
  size: SIZE,
  counts: Uint32Array.from({ length: SIZE }, (_, i) => 10 + i),
};
const [texts, vectors, negatives] = [['a', 'b'], unit(2), unit(3)];
const count = 40;
const codes = {
  count,
  entries: Uint8Array.from({ length: 4 * count }, () => Math.floor(random.uniform(0, SIZE))),
  shares: quantiseShares(
    Float32Array.from({ length: 4 * count }, () => random.uniform(0.01, 1)),
    4,
  ),
};
const clipOf = (entry: number): number[] => {
  const half = [...book.entries.subarray(entry * (CLIP + DINO), entry * (CLIP + DINO) + CLIP)];
  const length = Math.hypot(...half);
  return half.map((value) => value / length);
};
const dot = (a: readonly number[], of: Float32Array, row: number): number =>
  a.reduce((sum, value, k) => sum + value * of[row * CLIP + k], 0);
/** As METHOD §5 has it: the least of the softmaxes against each negative. */
const relevancyOf = (feature: readonly number[], text: number): number =>
  Math.min(
    ...[0, 1, 2].map((n) => {
      const [towards, away] = [Math.exp(10 * dot(feature, vectors, text)), Math.exp(10 * dot(feature, negatives, n))];
      return towards / (towards + away);
    }),
  );
const codesOf = (row: number) =>
  [0, 1, 2, 3].map((j) => ({ entry: codes.entries[4 * row + j], share: codes.shares[4 * row + j] / 255 }));

describe('scores of texts', () => {
  it('mix relevancies of entries (tolerance 1e-5: float32 sums)', () => {
    const scores = new TextScores(book, texts, vectors, negatives);
    texts.forEach((text, t) =>
      scores.ofCodes(codes, text).forEach((score, row) => {
        const expected = codesOf(row).reduce((sum, { entry, share }) => sum + share * relevancyOf(clipOf(entry), t), 0);
        expect(Math.abs(score - expected)).toBeLessThan(1e-5);
      }),
    );
    expect(scores.values.subarray(SIZE)).toEqual(scores.relevancies('b'));
    expect(() => scores.relevancies('c')).toThrow('not asked for');
  });

  it('mix features first in the published order (tolerance 1e-4: through the Gram matrix)', () => {
    const scores = new TextScores(book, texts, vectors, negatives, 'features');
    scores.ofCodes(codes, 'b').forEach((score, row) => {
      const mixed = Array.from({ length: CLIP }, (_, k) =>
        codesOf(row).reduce((sum, { entry, share }) => sum + share * clipOf(entry)[k], 0),
      );
      const length = Math.hypot(...mixed);
      const unitary = mixed.map((value) => value / length);
      expect(Math.abs(score - relevancyOf(unitary, 1))).toBeLessThan(1e-4);
    });
  });

  it('need a negative', () => {
    expect(() => new TextScores(book, texts, vectors, new Float32Array(0))).toThrow(TextError);
  });
});

describe('likeness', () => {
  const pure = (entry: number) => ({
    count: 1,
    entries: Uint8Array.of(entry, 0, 0, 0),
    shares: Uint8Array.of(255, 0, 0, 0),
  });
  it('is 1 for the entry itself, 0 … 1 for the others, and 0 for what is less alike than the scene on average', () => {
    for (let entry = 0; entry < SIZE; entry++) {
      const values = likeness(book, pure(entry), 0);
      expect(values[entry]).toBe(1);
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(values.filter((value) => value === 0).length).toBeGreaterThan(0);
    }
  });
  it('tells two entries of the same CLIP half apart by DINO', () => {
    const entries = Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1);
    const twins = {
      entries,
      shape: { clipWidth: 2, dinoWidth: 2, dinoWeight: 0.5 },
      size: 3,
      counts: Uint32Array.of(1, 1, 1),
    };
    const values = likeness(twins, pure(0), 0);
    expect(values[0]).toBe(1);
    expect(values[1]).toBeLessThan(0.8);
  });
  it('of the only entry there is, is 1', () => {
    const lone = { ...book, entries: book.entries.slice(0, CLIP + DINO), size: 1, counts: Uint32Array.of(0) };
    expect([...likeness(lone, pure(0), 0)]).toEqual([1]);
  });
});

describe('questions', () => {
  const scores: Record<string, number[]> = { mug: [0.9, 0.7, 0.2], red: [0.4, 0.8, 0.9] };
  const asked: string[] = [];
  const of = {
    n: 3,
    text: (text: string) => {
      asked.push(text);
      return scores[text];
    },
    scalars: { uncertainty: [0.1, 0.3, 0.1], opacity: [1, 1, 0.2] },
  };
  it('combine texts and scalars, and score each text once', () => {
    const questions = readQuestions([
      'mug AND red',
      'mug AND uncertainty < 0.2',
      'red NOT mug',
      'red AND opacity > 0.5',
    ]);
    expect(textsIn(questions)).toEqual(['mug', 'red']);
    const round = (values: Float32Array) => [...values].map((value) => Math.round(100 * value) / 100);
    expect(scoreQuestions(questions, of).map(round)).toEqual([
      [0.4, 0.7, 0.2],
      [0.9, 0, 0.2],
      [0.1, 0.3, 0.8],
      [0.4, 0.8, 0],
    ]);
    expect(asked).toEqual(['mug', 'red']);
  });
  it('say which of several is wrong', () => {
    expect(() => readQuestions(['mug', 'red AND'])).toThrow(ExpressionError);
    expect(() => readQuestions(['mug', 'red AND'])).toThrow('column 8: ends where a text is expected (in "red AND")');
  });
  it('mask at the threshold, and the best of several or none, the first on ties', () => {
    expect([...maskOf([0.49, 0.5, 0.9])]).toEqual([0, 1, 1]);
    const several = [
      [0.6, 0.2, 0.7],
      [0.7, 0.3, 0.7],
    ];
    expect([...classify(several)]).toEqual([2, 0, 1]);
    expect([...classify(several, 0.1)]).toEqual([2, 2, 1]);
    expect(classify([])).toHaveLength(0);
    // 0 is no at any threshold.
    expect([...classify([[0, 0.1]], 0)]).toEqual([0, 1]);
    expect([...maskOf([0, 0.1], 0)]).toEqual([0, 1]);
  });
  it('read u and opacity of splats through the sigmoid', () => {
    const geometry = new Float32Array(22);
    const semantics = new Float32Array(18);
    geometry[21] = 2;
    semantics[8] = -2;
    const { uncertainty, opacity } = splatScalars(geometry, semantics, 2);
    expect([uncertainty[1], opacity[0]]).toEqual([0.5, 0.5]);
    expect(uncertainty[0]).toBeCloseTo(0.1192, 4);
    expect(opacity[1]).toBeCloseTo(0.8808, 4);
  });
});
