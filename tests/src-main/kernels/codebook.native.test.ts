/**
 * The native codebook against the float64 reference on every instruction set, on one and two threads.
 *
 * Tolerances: D < 1e-5 absolute (it lies within ±1.5, sums of up to 896 float32 products); the loss 1e-5; gradients 1e-4 relative
 * (METHOD §7.1). An assignment may differ only where the two best similarities lie within 1e-5 of each other.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  assignReference,
  codebookLossReference,
  similaritiesReference,
  upsampledArgmaxReference,
  type CodebookInput,
} from '../../../src-main/kernels/codebook.reference';
import { addon } from './backends';
import { difference, expectClose } from './closeTo';
import { Random } from './scenes';

const SHAPES = [
  { count: 0, entries: 4, clipWidth: 8, dinoWidth: 8 },
  { count: 1, entries: 1, clipWidth: 3, dinoWidth: 0 },
  { count: 5, entries: 2, clipWidth: 0, dinoWidth: 7 },
  { count: 401, entries: 37, clipWidth: 33, dinoWidth: 65 },
  { count: 1200, entries: 128, clipWidth: 64, dinoWidth: 48 },
  { count: 130, entries: 255, clipWidth: 100, dinoWidth: 28 },
  { count: 90, entries: 128, clipWidth: 512, dinoWidth: 384 },
];

function draw(shape: (typeof SHAPES)[number]): CodebookInput<Float32Array> {
  const random = new Random(shape.count + shape.entries);
  const width = shape.clipWidth + shape.dinoWidth;
  const rows = (n: number) => Float32Array.from({ length: n * width }, () => random.normal());
  const input = { ...shape, dinoWeight: 0.5, cells: rows(shape.count), codebook: rows(shape.entries) };
  // A masked cell holds zeros.
  if (shape.count > 100) input.cells.fill(0, 7 * width, 8 * width);
  return input;
}

describe.runIf(addon)('the native codebook', () => {
  const best = addon?.info().instructionSet ?? '';
  afterAll(() => addon?.setInstructionSet(best));
  const native = () => addon ?? expect.fail('no addon');

  describe.each((addon?.info().available ?? []).flatMap((set) => [1, 2].map((threads) => ({ set, threads }))))(
    '$set, threads: $threads',
    ({ set, threads }) => {
      it.each(SHAPES)('$count cells, $entries entries, $clipWidth + $dinoWidth', (shape) => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        const input = draw(shape);
        const { count, entries } = shape;

        const similarity = new Float32Array(count * entries).fill(NaN);
        native().cellSimilarities({ ...input, similarity });
        const expected = similaritiesReference(input);
        expect(difference(similarity, expected).max).toBeLessThan(1e-5);

        const indices = new Int32Array(count).fill(-1);
        const top = new Float32Array(count).fill(NaN);
        native().assignCells({ ...input, indices, similarity: top });
        const truth = assignReference(input);
        const wrong = indices.filter((i, p) => expected[p * entries + i] < truth.similarity[p] - 1e-5);
        expect(wrong).toHaveLength(0);
        expect(difference(top, truth.similarity).max).toBeLessThan(1e-5);

        for (const weights of [
          { cosineWeight: 1, balanceWeight: 0.5, temperature: 1 },
          { cosineWeight: 0.3, balanceWeight: 4, temperature: 0.1 },
        ]) {
          const gradient = new Float32Array(input.codebook.length).fill(NaN);
          const assigned = new Int32Array(count);
          const counts = new Int32Array(entries);
          const actual = native().codebookLoss({ ...input, ...weights, gradient, assigned, counts });
          const oracle = codebookLossReference(input, weights);
          for (const part of ['loss', 'cosineClip', 'cosineDino', 'balance'] as const)
            expect(Math.abs(actual[part] - oracle[part]), part).toBeLessThan(1e-5);
          expect([...assigned]).toEqual([...oracle.assigned]);
          expect([...counts]).toEqual([...oracle.counts]);
          expectClose(gradient, oracle.gradient, 1e-4, 'gradient');
        }
      });

      it('makes the reference’s index maps', () => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        for (const [rows, columns, entries, width, height] of [
          [1, 1, 1, 3, 2],
          [5, 7, 37, 31, 40],
          [24, 32, 128, 320, 240],
          [9, 4, 255, 4, 9],
        ]) {
          const random = new Random(rows * columns);
          const similarity = Float32Array.from({ length: rows * columns * entries }, () => random.uniform(-1, 1.5));
          const shape = { rows, columns, entries, width, height };
          const map = new Uint8Array(width * height).fill(255);
          native().upsampledArgmax({ ...shape, similarity, map });
          const expected = new Uint8Array(width * height);
          upsampledArgmaxReference(similarity, shape, expected);
          // Where two entries tie to rounding, either is right: they are few.
          const differing = map.filter((index, pixel) => index !== expected[pixel]).length;
          expect(differing / map.length).toBeLessThan(2e-4);
        }
      });
    },
  );

  it('repeats bit by bit at a fixed thread count', () => {
    native().setThreads(2);
    const input = draw(SHAPES[4]);
    const run = () => {
      const gradient = new Float32Array(input.codebook.length);
      const outputs = { gradient, assigned: new Int32Array(input.count), counts: new Int32Array(input.entries) };
      const parts = native().codebookLoss({
        ...{ ...input, ...outputs, cosineWeight: 1, balanceWeight: 0.5, temperature: 0.1 },
      });
      return { parts, bytes: Buffer.from(gradient.buffer) };
    };
    const first = run();
    for (let i = 0; i < 3; i++) {
      const again = run();
      expect(again.parts).toEqual(first.parts);
      expect(again.bytes.equals(first.bytes)).toBe(true);
    }
  });

  it('refuses arrays that are too short and figures out of range', () => {
    const input = draw(SHAPES[3]);
    const indices = new Int32Array(input.count);
    const call = (change: object) => () => native().assignCells({ ...input, indices, similarity: null, ...change });
    expect(call({ count: input.count + 1 })).toThrow('cells');
    expect(call({ entries: 256 })).toThrow('entries');
    expect(call({ indices: new Int32Array(1) })).toThrow('indices');
    expect(call({ codebook: new Float64Array(9) })).toThrow('codebook');
  });
});
