/**
 * The codebook reference: its gradient against central differences (relative error < 1e-5, METHOD §7.1), and its values against
 * cases that can be worked out by hand.
 *
 * The assignment is piecewise constant; a step of 1e-6 on random data crosses no boundary, which the test checks.
 */
import { describe, expect, it } from 'vitest';
import {
  assignReference,
  codebookLossReference,
  similaritiesReference,
  upsampledArgmaxReference,
  type CodebookInput,
  type CodebookWeights,
} from '../../../src-main/kernels/codebook.reference';
import { expectClose } from './closeTo';
import { Random } from './scenes';

function randomInput(seed: number, count: number, entries: number, clipWidth: number, dinoWidth: number) {
  const random = new Random(seed);
  const draw = (rows: number) => Float64Array.from({ length: rows * (clipWidth + dinoWidth) }, () => random.normal());
  const input: CodebookInput = {
    ...{ cells: draw(count), count, codebook: draw(entries), entries },
    ...{ clipWidth, dinoWidth, dinoWeight: 0.5 },
  };
  return input;
}

describe('the gradient of the quantisation loss', () => {
  const weights: CodebookWeights[] = [
    { cosineWeight: 1, balanceWeight: 0.5, temperature: 1 },
    { cosineWeight: 0, balanceWeight: 2, temperature: 0.1 },
    { cosineWeight: 1, balanceWeight: 0, temperature: 1 },
  ];
  it.each(weights)(
    'equals central differences: $cosineWeight · L_cos + $balanceWeight · L_lb, T = $temperature',
    (w) => {
      const input = randomInput(3, 17, 5, 4, 3);
      const { gradient, assigned } = codebookLossReference(input, w);
      const step = 1e-6;
      const numeric = gradient.map((_, k) => {
        const shifted = (sign: number) => {
          const codebook = Float64Array.from(input.codebook);
          codebook[k] += sign * step;
          const result = codebookLossReference({ ...input, codebook }, w);
          expect([...result.assigned]).toEqual([...assigned]);
          return result.loss;
        };
        return (shifted(1) - shifted(-1)) / (2 * step);
      });
      expectClose(gradient, numeric, 1e-5, 'codebook');
    },
  );
});

describe('its values', () => {
  it('adds the cosine of the halves, the second times its weight', () => {
    const input = {
      ...{ cells: [2, 0, 0, 3], count: 1, codebook: [1, 1, 0, 5, 0, 1, 4, 0], entries: 2 },
      ...{ clipWidth: 2, dinoWidth: 2, dinoWeight: 0.5 },
    };
    const similarity = similaritiesReference({
      ...input,
      cells: Float64Array.from(input.cells),
      codebook: Float64Array.from(input.codebook),
    });
    expect(similarity[0]).toBeCloseTo(Math.SQRT1_2 + 0.5, 12);
    expect(similarity[1]).toBeCloseTo(0, 12);
  });

  it('gives 1/N for a balanced codebook and the mean probability of the used entry on collapse', () => {
    const shape = { clipWidth: 2, dinoWidth: 0, dinoWeight: 0 };
    const codebook = Float64Array.of(1, 0, 0, 1);
    const weights = { cosineWeight: 1, balanceWeight: 1, temperature: 1 };
    const even = codebookLossReference(
      { ...shape, cells: Float64Array.of(1, 0, 0, 1), count: 2, codebook, entries: 2 },
      weights,
    );
    expect(even.balance).toBeCloseTo(0.5, 12);
    expect(even.loss).toBeCloseTo(0.5, 12);
    const collapsed = codebookLossReference(
      { ...shape, cells: Float64Array.of(1, 0, 3, 0), count: 2, codebook, entries: 2 },
      weights,
    );
    expect(collapsed.balance).toBeCloseTo(Math.E / (Math.E + 1), 12);
    expect([...collapsed.counts]).toEqual([2, 0]);
  });

  it('takes the lowest entry on ties, and leaves cells and entries of length 0 alone', () => {
    const input = {
      ...{ cells: Float64Array.of(1, 1, 0, 0), count: 2, codebook: Float64Array.of(0, 0, 1, 0, 0, 1), entries: 3 },
      ...{ clipWidth: 2, dinoWidth: 0, dinoWeight: 0.5 },
    };
    expect([...assignReference(input).indices]).toEqual([1, 0]);
    const { gradient, loss } = codebookLossReference(input, { cosineWeight: 1, balanceWeight: 0.5, temperature: 1 });
    expect(Number.isFinite(loss)).toBe(true);
    expect([...gradient.subarray(0, 2)]).toEqual([0, 0]);
  });

  it('upsamples similarities, not indices', () => {
    // Between a cell of entry 0 and one of entry 2, entry 1 wins although neither cell chooses it.
    const similarity = Float64Array.of(1, 0.9, 0, 0, 0.9, 1);
    const map = new Uint8Array(4);
    upsampledArgmaxReference(similarity, { rows: 1, columns: 2, entries: 3, width: 4, height: 1 }, map);
    expect([...map]).toEqual([0, 1, 1, 2]);
  });
});
