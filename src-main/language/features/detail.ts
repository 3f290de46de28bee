/**
 * What `featureDetail` stands for. `full` is METHOD §2 as written. The finest level of the pyramid has half of all crops, each
 * of 5 % of the photo's height, where CLIP recognises least: `standard` leaves it out. `fast` takes every other one of the
 * remaining levels, at √2 times the stride (never more than the crop, so that no pixel is left out).
 */
import type { FeatureDetail } from '#contract/languageSettings';

export interface Detail {
  /** finest levels of the pyramid that are left out; one level always stays */
  readonly finestLeftOut: number;
  /** take every n-th of the others */
  readonly levelStep: number;
  readonly strideFactor: number;
  /** share of `randomCrops` */
  readonly randomShare: number;
  /** rows of the dense grid */
  readonly rows: number;
  /** rows of patch tokens; more where the model was trained with more, fewer where the photo has fewer patches */
  readonly tokenRows: number;
}

export const details: Readonly<Record<FeatureDetail, Detail>> = {
  fast: { finestLeftOut: 1, levelStep: 2, strideFactor: Math.SQRT2, randomShare: 0.25, rows: 45, tokenRows: 16 },
  standard: { finestLeftOut: 1, levelStep: 1, strideFactor: 1, randomShare: 0.5, rows: 60, tokenRows: 32 },
  full: { finestLeftOut: 0, levelStep: 1, strideFactor: 1, randomShare: 1, rows: 90, tokenRows: 48 },
};
