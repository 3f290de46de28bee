/**
 * How relevant features are to a text, against texts that fit anything (METHOD §5; the relevancy of LERF):
 *
 *   rel(f, t) = min over negatives n of softmax(s·[f·t, f·n])₀ = σ(s·(f·t − max_n f·n)),   s = 10
 *
 * The softmax of two logits is the sigmoid of their difference, which falls as f·n rises, so the strongest negative is the
 * minimum. f, t and n are unit vectors; 0.5 means as near to the text as to the nearest negative.
 */
import { said } from '#contract/sayings';
import { TextError } from './errors';

/** The published negatives; a setting, since what is background differs from scene to scene. */
export const defaultNegatives: readonly string[] = ['object', 'things', 'stuff', 'texture'];
export const RELEVANCY_SCALE = 10;

/** Rows of unit length in one array. */
const rowsOf = (vectors: Float32Array, width: number, what: string): number => {
  const rows = vectors.length / width;
  if (!Number.isInteger(rows)) throw new RangeError(`relevancy: ${vectors.length} ${what} are no rows of ${width}`);
  return rows;
};

function dot(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += a[i * width + k] * b[j * width + k];
  return sum;
}

/**
 * @param features   [n, width], unit length: codebook entries (their CLIP half), pixels or splats
 * @param texts      [t, width], unit length
 * @param negatives  [m, width], unit length, m ≥ 1
 * @returns          [n, t], in (0, 1)
 * @throws TextError 'no-negatives'
 */
export function relevancy(
  features: Float32Array,
  texts: Float32Array,
  negatives: Float32Array,
  width: number,
  scale: number = RELEVANCY_SCALE,
): Float32Array {
  const n = rowsOf(features, width, 'features');
  const t = rowsOf(texts, width, 'texts');
  const m = rowsOf(negatives, width, 'negatives');
  if (m === 0) {
    const usual = defaultNegatives.map((word) => `"${word}"`).join(', ');
    throw new TextError('no-negatives', '', said('noNegatives', { usual }));
  }
  const result = new Float32Array(n * t);
  for (let i = 0; i < n; i++) {
    let strongest = -Infinity;
    for (let j = 0; j < m; j++) strongest = Math.max(strongest, dot(features, i, negatives, j, width));
    for (let j = 0; j < t; j++) {
      const margin = dot(features, i, texts, j, width) - strongest;
      result[i * t + j] = 1 / (1 + Math.exp(-scale * margin));
    }
  }
  return result;
}
