/** The scores of METHOD §5 on cases that can be counted by hand, empty prediction and empty truth included (METHOD §7.10). */
import { describe, expect, it } from 'vitest';
import { averagePrecision, maskScores, SegmentationReport } from '../../../src-main/semantics/metrics';

describe('scores of a mask', () => {
  it.each([
    ['half found, one wrong', [1, 1, 0, 0], [1, 0, 1, 0], { iou: 1 / 3, accuracy: 0.5, precision: 0.5 }],
    ['perfect', [0, 1, 1, 0], [0, 1, 1, 0], { iou: 1, accuracy: 1, precision: 1 }],
    ['nothing predicted', [0, 0, 0, 0], [0, 1, 1, 0], { iou: 0, accuracy: 0.5, precision: 0 }],
    ['nothing there', [1, 0, 0, 0], [0, 0, 0, 0], { iou: 0, accuracy: 0.75, precision: 0 }],
    ['both empty', [0, 0, 0, 0], [0, 0, 0, 0], { iou: 1, accuracy: 1, precision: 1 }],
  ])('%s', (_, predicted, truth, expected) => {
    expect(maskScores(predicted, truth)).toEqual(expected);
  });
});

describe('average precision', () => {
  it('is 1 for a perfect ranking, whatever the scores', () => {
    expect(averagePrecision([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0])).toBe(1);
    expect(averagePrecision([0.31, 0.3, 0.02, 0.01], [1, 1, 0, 0])).toBe(1);
  });
  it('is the share of positives where every score is the same', () => {
    expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0])).toBe(0.25);
  });
  it('interpolates: one positive at the top, one behind a negative', () => {
    // recall 0…0.5 at precision 1, 0.51…1 at 2/3: 51 recalls of the first, 50 of the second
    expect(averagePrecision([0.9, 0.5, 0.7], [1, 1, 0])).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
  });
  it('of a text that is not there: 1 while nothing scores high, else 0', () => {
    expect(averagePrecision([0.1, 0.2], [0, 0])).toBe(1);
    expect(averagePrecision([0.1, 0.9], [0, 0])).toBe(0);
  });
});

it('averages over texts, then over views', () => {
  const report = new SegmentationReport();
  const text = (name: string, predicted: number[], truth: number[]) => ({ name, predicted, truth, scores: predicted });
  report.addView([text('mug', [1, 0], [1, 0]), text('wall', [0, 1], [1, 0])]);
  report.addView([text('mug', [1, 1], [1, 0])]);
  const { meanIoU, meanAccuracy, byClass } = report.scores;
  expect(meanIoU).toBeCloseTo(((1 + 0) / 2 + 0.5) / 2, 12);
  expect(meanAccuracy).toBeCloseTo(((1 + 0) / 2 + 0.5) / 2, 12);
  expect(byClass).toEqual([
    { name: 'mug', iou: 0.75, views: 2 },
    { name: 'wall', iou: 0, views: 1 },
  ]);
});
