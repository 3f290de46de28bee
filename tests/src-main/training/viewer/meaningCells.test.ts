/**
 * Cells over directions of R_s and what pixels answer by them, against the decoder itself: a random ReLU network with a softmax, S_G in
 * clusters. Seeded. Tolerance: a score within 0.02 for 93 % and the same class for 97 % of what is looked up; of what is left most lies along
 * borders, and where more than eight entries share a pixel.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { cellWords, operations, PROGRAM_DEPTH, tablesProblem } from '#contract/answerTables';
import { initKernels } from '../../../../src-main/kernels/index';
import { decodeWithScores } from '../../../../src-main/semantics/index';
import { answerByTables, answerTables, programOf } from '../../../../src-main/training/viewer/answerTables';
import { answersOf, bestAnswers, readAsk } from '../../../../src-main/training/viewer/answers';
import { MeaningCells, PASSING, RESTING } from '../../../../src-main/training/viewer/meaningCells';
import { BACKENDS } from '../../kernels/backends';
import { Random } from '../../kernels/scenes';

const COLUMNS = 9;
const ENTRIES = 20;
const random = new Random(5);
const layer = (rows: number, columns: number, gain: number) => ({
  kernel: Float32Array.from({ length: rows * columns }, () => (gain * random.normal()) / Math.sqrt(rows)),
  bias: Float32Array.from({ length: columns }, () => 0.1 * random.normal()),
});
// As certain as a decoder that has learned: few entries share a pixel.
const layers = [layer(8, 24, 3), layer(24, ENTRIES, 4)];
const texts = ['cup', 'dish', 'lamp'];
const relevancies = Float32Array.from({ length: texts.length * ENTRIES }, () => random.uniform());
const askOf = (questions: string[]) =>
  readAsk({ revision: 1, codebook: 'a', questions, texts, relevancies, products: null });

/** S_G in patches of two dimensions around a few directions: what has learned to mean one of few things. [count, 9] */
function clustered(count: number, clusters: number, spread: number, random = new Random(7)): Float32Array {
  const [centres, across, along] = [0, 1, 2].map(() => Array.from({ length: clusters * 8 }, () => random.normal()));
  const semantics = new Float32Array(count * COLUMNS);
  for (let row = 0; row < count; row++) {
    const [a, b] = [spread * random.normal(), spread * random.normal()];
    for (let k = 0; k < 8; k++) {
      const at = (row % clusters) * 8 + k;
      semantics[row * COLUMNS + k] = centres[at] + a * across[at] + b * along[at];
    }
  }
  return semantics;
}
const featuresOf = (semantics: Float32Array): Float32Array =>
  Float32Array.from({ length: (8 * semantics.length) / COLUMNS }, (_, i) => semantics[Math.floor(i / 8) * 9 + (i % 8)]);

/** How well pixels are looked up, against the decoder. */
function compare(cells: MeaningCells, features: Float32Array, questions: string[]) {
  const ask = askOf(questions);
  const tables = answerTables(ask, ENTRIES, cells)!;
  expect(tablesProblem((name) => tables[name])).toBeNull();
  const count = features.length / 8;
  const { scores } = decodeWithScores(features, layers, relevancies);
  const none = new Float32Array(count);
  const scoresOf = (row: number) => Float32Array.from({ length: count }, (_, i) => scores[i * texts.length + row]);
  const [exact, classes] = [new Uint16Array(count), new Uint8Array(count)];
  bestAnswers(answersOf(ask, count, scoresOf, { uncertainty: none, opacity: none }), count, exact, classes);
  const looked = answerByTables(tables, features);
  const off = [...looked.scores].map((score, i) => Math.abs(score - exact[i] / 65_535));
  return {
    looked,
    within: off.filter((one) => one < 0.02).length / count,
    mean: off.reduce((sum, one) => sum + one, 0) / count,
    same: [...looked.classes].filter((one, i) => one === classes[i]).length / count,
  };
}
const learned = (semantics: Float32Array, count: number): MeaningCells => {
  const cells = new MeaningCells();
  cells.follow(semantics, count, 'a', PASSING);
  cells.decode(layers, 0);
  return cells;
};

describe.each(BACKENDS)('cells of meaning on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));

  it('answer as the decoder does, whatever the length of the vectors, for plain and for compound questions', () => {
    const semantics = clustered(12_000, 30, 0.05);
    const cells = learned(semantics, 12_000);
    expect(cells.cells).toBe(1024);
    expect(cells.table().length).toBe(1024 * cellWords);
    const features = featuresOf(semantics).subarray(0, 8 * 2000);
    for (const questions of [texts, ['cup'], ['cup AND NOT (dish OR lamp)', 'NOT cup', 'lamp AND dish'], []]) {
      const { within, same, looked } = compare(cells, features, questions);
      expect(within).toBeGreaterThan(0.93);
      expect(same).toBeGreaterThan(0.97);
      const long = features.map((value) => 7 * value);
      const again = answerByTables(answerTables(askOf(questions), ENTRIES, cells)!, long);
      expect(again.scores[11]).toBeCloseTo(looked.scores[11], 5);
    }
  });

  it('follow splats that move, begin anew with another codebook, and are no more than the splats', () => {
    const before = clustered(6000, 10, 0.1);
    const cells = learned(before, 6000);
    const after = before.map((value, i) => (i % COLUMNS < 4 ? -value : value));
    const features = featuresOf(after).subarray(0, 8 * 1500);
    const lost = compare(cells, features, texts).mean;
    cells.follow(after, 6000, 'a', { ...PASSING, batches: 64 });
    cells.decode(layers, Infinity);
    const followed = compare(cells, features, texts).mean;
    expect(followed).toBeLessThan(0.5 * lost);
    cells.follow(after, 6000, 'b', PASSING);
    cells.decode(layers, 0);
    expect(compare(cells, features, texts).mean).toBeLessThan(0.01);
    cells.follow(after, 7, 'b', PASSING);
    expect(cells.cells).toBe(7);
  });

  it('are more and nearer at rest', () => {
    const semantics = clustered(12_000, 30, 0.2);
    const features = featuresOf(semantics).subarray(0, 8 * 2000);
    const cells = learned(semantics, 12_000);
    const passing = compare(cells, features, texts).mean;
    cells.follow(semantics, 12_000, 'a', RESTING);
    cells.decode(layers, Infinity);
    expect(cells.cells).toBe(RESTING.cells);
    expect(compare(cells, features, texts).mean).toBeLessThan(passing);
    cells.follow(semantics, 12_000, 'a', PASSING);
    expect(cells.cells).toBe(PASSING.cells);
    cells.decode(layers, 0);
    expect(compare(cells, features, texts).mean).toBeLessThan(1.2 * passing);
  });

  it('learn from pixels what lies between splats', () => {
    const semantics = clustered(6000, 12, 0.05);
    const splats = featuresOf(semantics);
    const random = new Random(8);
    // Along edges two splats share a pixel.
    const mixed = new Float32Array(8 * 3000);
    for (let pixel = 0; pixel < 3000; pixel++) {
      const [a, b, share] = [
        Math.floor(random.uniform(0, 6000)),
        Math.floor(random.uniform(0, 6000)),
        random.uniform(),
      ];
      for (let k = 0; k < 8; k++) mixed[8 * pixel + k] = share * splats[8 * a + k] + (1 - share) * splats[8 * b + k];
    }
    const cells = learned(semantics, 6000);
    const before = compare(cells, mixed, texts).mean;
    cells.see(mixed);
    cells.follow(semantics, 6000, 'a', { ...PASSING, batches: 48 });
    cells.decode(layers, Infinity);
    expect(compare(cells, mixed, texts).mean).toBeLessThan(0.8 * before);
    expect(compare(cells, splats.subarray(0, 8 * 1500), texts).mean).toBeLessThan(0.01);
  });
});

describe('programs', () => {
  it('are questions in postfix order', () => {
    const { and, or, not, answer } = operations;
    expect([...programOf(askOf(['lamp', 'cup AND dish AND NOT (lamp OR dish)']))!]).toEqual([
      ...[2, answer],
      ...[0, 1, and, 2, 1, or, not, and, answer],
    ]);
    expect([...programOf(askOf([]))!]).toEqual([0, answer]);
  });

  it('are none for what a viewer cannot look up', () => {
    const cells = new MeaningCells();
    cells.follow(clustered(10, 2, 0.1), 10, 'a', PASSING);
    expect(answerTables(askOf(['cup AND uncertainty < 0.2']), ENTRIES, cells)).toBeNull();
    const deep = (depth: number): string => (depth === 0 ? 'cup' : `dish AND (${deep(depth - 1)})`);
    expect(programOf(askOf([deep(PROGRAM_DEPTH - 1)]))).not.toBeNull();
    expect(programOf(askOf([deep(PROGRAM_DEPTH)]))).toBeNull();
    const none = new Float32Array(0);
    const products = { gram: none, toTexts: none, toNegatives: none };
    expect(answerTables({ ...askOf(['cup']), products }, ENTRIES, cells)).toBeNull();
    expect(answerTables(askOf(['cup']), ENTRIES, new MeaningCells())).toBeNull();
  });
});
