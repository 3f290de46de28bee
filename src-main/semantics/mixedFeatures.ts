/**
 * Scores in the published order (METHOD §5): entries are mixed first, the relevancy is of the mixture.
 *
 *   score = min over negatives of softmax(s·[f̂·t, f̂·neg])₀,   f̂ = Σ_i M̂_i·f_i / ‖Σ_i M̂_i·f_i‖,   s = RELEVANCY_SCALE
 *
 * f_i is the CLIP half of entry i at unit length. No vector of d values a pixel is needed: with a_i = f_i·t and G_ij = f_i·f_j,
 *
 *   f̂·t = Σ M̂_i·a_i / √(Σ M̂_i·M̂_j·G_ij)
 *
 * over the four entries that a pixel or splat keeps.
 */
import { RELEVANCY_SCALE } from '../language/text/index';
import { CODES } from './splatCodes';
import type { Codes } from './splatCodes';

/** All that the order needs of codebook, texts and negatives. */
export interface FeatureProducts {
  /** G, [N, N] */
  readonly gram: Float32Array;
  /** f_i·t, [texts, N] */
  readonly toTexts: Float32Array;
  /** f_i·neg, [negatives, N] */
  readonly toNegatives: Float32Array;
}

/** Scores of text number `text`, [count], in 0…1. */
export function mixFeatures(
  { count, entries, shares }: Codes,
  text: number,
  { gram, toTexts, toNegatives }: FeatureProducts,
): Float32Array {
  const size = Math.sqrt(gram.length);
  const towards = toTexts.subarray(text * size, (text + 1) * size);
  const scores = new Float32Array(count);
  for (let row = 0, at = 0; row < count; row++, at += CODES) {
    let squared = 0;
    let wanted = 0;
    for (let j = 0; j < CODES; j++) {
      const entry = entries[at + j];
      wanted += shares[at + j] * towards[entry];
      for (let k = 0; k < CODES; k++) squared += shares[at + j] * shares[at + k] * gram[entry * size + entries[at + k]];
    }
    let strongest = -Infinity;
    for (let from = 0; from < toNegatives.length; from += size) {
      let sum = 0;
      for (let j = 0; j < CODES; j++) sum += shares[at + j] * toNegatives[from + entries[at + j]];
      strongest = Math.max(strongest, sum);
    }
    const length = Math.sqrt(Math.max(squared, 1e-12));
    scores[row] = 1 / (1 + Math.exp((-RELEVANCY_SCALE * (wanted - strongest)) / length));
  }
  return scores;
}
