/**
 * Scores of segmentations against a truth (METHOD §5), per (view, text), then means over texts, then over views:
 *
 *   IoU = |P∩T| / |P∪T| (1 if both are empty),   PA = share of pixels on which P and T agree
 *   precision = |P∩T| / |P| (0 if P is empty and T is not, 1 if both are)
 *   AP = mean over 101 recalls r = 0, 0.01 … 1 of the best precision at recall ≥ r, over 101 thresholds of the score
 *
 * "none" pixels count: a pixel that belongs to a class and is predicted as none is wrong.
 */

export interface MaskScores {
  iou: number;
  accuracy: number;
  precision: number;
}

/** @param predicted, truth  1 where the text applies */
export function maskScores(predicted: ArrayLike<number>, truth: ArrayLike<number>): MaskScores {
  let [both, onlyPredicted, onlyTruth] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (predicted[i] && truth[i]) both++;
    else if (predicted[i]) onlyPredicted++;
    else if (truth[i]) onlyTruth++;
  }
  const union = both + onlyPredicted + onlyTruth;
  const claimed = both + onlyPredicted;
  return {
    iou: union === 0 ? 1 : both / union,
    accuracy: truth.length === 0 ? 1 : 1 - (onlyPredicted + onlyTruth) / truth.length,
    precision: claimed > 0 ? both / claimed : onlyTruth === 0 ? 1 : 0,
  };
}

const THRESHOLDS = 101;

/** Interpolated average precision; 1 for a perfect ranking. @param scores  0…1; @param truth  1 where the text applies */
export function averagePrecision(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  // Pixels per score bin: threshold t keeps the bins from t on.
  const positives = new Float64Array(THRESHOLDS);
  const all = new Float64Array(THRESHOLDS);
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const bin = Math.min(THRESHOLDS - 1, Math.max(0, Math.floor(scores[i] * (THRESHOLDS - 1) + 1e-9)));
    all[bin]++;
    if (truth[i]) {
      positives[bin]++;
      total++;
    }
  }
  const best = new Float64Array(THRESHOLDS); // best precision at recall ≥ r/100
  if (total === 0) return all.slice((THRESHOLDS - 1) / 2).every((count) => count === 0) ? 1 : 0;
  let [hits, claimed] = [0, 0];
  for (let threshold = THRESHOLDS - 1; threshold >= 0; threshold--) {
    hits += positives[threshold];
    claimed += all[threshold];
    if (claimed === 0) continue;
    const reached = Math.floor((hits / total) * (THRESHOLDS - 1) + 1e-9);
    const precision = hits / claimed;
    for (let recall = 0; recall <= reached; recall++) best[recall] = Math.max(best[recall], precision);
  }
  return best.reduce((sum, precision) => sum + precision, 0) / THRESHOLDS;
}

export interface SegmentationScores {
  /** means over texts, then views */
  meanIoU: number;
  meanAccuracy: number;
  meanPrecision: number;
  meanAveragePrecision: number;
  /** mean IoU of each class over the views that show or claim it */
  byClass: { name: string; iou: number; views: number }[];
}

/** Collects (view, text) scores. */
export class SegmentationReport {
  readonly #views: (MaskScores & { averagePrecision: number; name: string })[][] = [];

  /** One view: its texts with their masks and scores. Texts that neither truth nor prediction holds may be left out or given. */
  addView(
    texts: readonly {
      name: string;
      predicted: ArrayLike<number>;
      scores: ArrayLike<number>;
      truth: ArrayLike<number>;
    }[],
  ): void {
    this.#views.push(
      texts.map(({ name, predicted, scores, truth }) => ({
        name,
        ...maskScores(predicted, truth),
        averagePrecision: averagePrecision(scores, truth),
      })),
    );
  }

  get scores(): SegmentationScores {
    const mean = (values: readonly number[]) =>
      values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
    const over = (name: keyof MaskScores | 'averagePrecision') =>
      mean(this.#views.filter((texts) => texts.length > 0).map((texts) => mean(texts.map((text) => text[name]))));
    const byName = new Map<string, number[]>();
    for (const { name, iou } of this.#views.flat()) byName.set(name, [...(byName.get(name) ?? []), iou]);
    return {
      meanIoU: over('iou'),
      meanAccuracy: over('accuracy'),
      meanPrecision: over('precision'),
      meanAveragePrecision: over('averagePrecision'),
      byClass: [...byName].map(([name, values]) => ({ name, iou: mean(values), views: values.length })),
    };
  }
}
