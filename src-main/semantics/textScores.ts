/**
 * Scores of pixels and splats for texts, from what they decode to (METHOD §5).
 *
 *   relevancies first   score = Σ_i M̂_i·rel(f_i, t)              linear in M̂, so that it may be blended over splats
 *   features first      score = rel(f̂, t),  f̂ = Σ_i M̂_i·f_i / ‖Σ_i M̂_i·f_i‖          the published order (mixedFeatures.ts)
 *
 * f_i is the CLIP half of entry i at unit length.
 *
 * Likeness, "more like this": q = Σ_i M̂_i·f_i of the chosen pixel or splat, half by half, and D as in METHOD §3
 *
 *   like_i = clamp((D(f_i, q) − D̄) / (D_max − D̄), 0, 1),   D̄ = Σ_i n_i·D(f_i, q) / Σ_i n_i,   D_max = max_i D(f_i, q)
 *
 * n_i = cells of the photos that chose entry i. 0 is as alike as the scene is on average, 1 as alike as the codebook has it. Plain
 * cosines would not do: those of two pictures in CLIP's space are all high, so that no fixed threshold fits, and negatives in words
 * are far from every picture. It is one value per entry and hence linear in M̂ as relevancies are.
 */
import { unitHalves } from '../language/codebook/index';
import type { Codebook } from '../language/codebook/index';
import { relevancy } from '../language/text/index';
import { mixFeatures } from './mixedFeatures';
import type { FeatureProducts } from './mixedFeatures';
import { CODES, scoreCodes } from './splatCodes';
import type { Codes } from './splatCodes';

export const queryOrders = ['relevancies', 'features'] as const;
export type QueryOrder = (typeof queryOrders)[number];

type Book = Pick<Codebook, 'entries' | 'shape' | 'size' | 'counts'>;

/** The halves of all entries at unit length, apart. */
function halves(book: Book): { clip: Float32Array; dino: Float32Array } {
  const { clipWidth, dinoWidth } = book.shape;
  const width = clipWidth + dinoWidth;
  const units = unitHalves(book.entries, book.shape);
  const clip = new Float32Array(book.size * clipWidth);
  const dino = new Float32Array(book.size * dinoWidth);
  for (let i = 0; i < book.size; i++) {
    clip.set(units.subarray(i * width, i * width + clipWidth), i * clipWidth);
    dino.set(units.subarray(i * width + clipWidth, (i + 1) * width), i * dinoWidth);
  }
  return { clip, dino };
}

function product(a: Float32Array, rows: number, b: Float32Array, columns: number, width: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += a[i * width + k] * b[j * width + k];
      out[i * columns + j] = sum;
    }
  return out;
}

/** Texts against a codebook, worked out once for any number of pixels and splats. */
export class TextScores {
  readonly texts: readonly string[];
  readonly order: QueryOrder;
  readonly #size: number;
  /** rel of every entry, [N] per text */
  readonly #relevancies: Map<string, Float32Array>;
  /** what features first needs; null in the other order */
  readonly products: FeatureProducts | null;

  /**
   * @param vectors    of the texts, [texts, d_CLIP], unit length
   * @param negatives  [m, d_CLIP], unit length, m ≥ 1
   * @throws TextError 'no-negatives'
   */
  constructor(
    book: Book,
    texts: readonly string[],
    vectors: Float32Array,
    negatives: Float32Array,
    order: QueryOrder = 'relevancies',
  ) {
    const width = book.shape.clipWidth;
    const { clip } = halves(book);
    this.texts = texts;
    this.order = order;
    this.#size = book.size;
    const table = relevancy(clip, vectors, negatives, width);
    const column = (of: Float32Array, columns: number, at: number): Float32Array =>
      Float32Array.from({ length: book.size }, (_, i) => of[i * columns + at]);
    this.#relevancies = new Map(texts.map((text, t) => [text, column(table, texts.length, t)]));
    this.products =
      order === 'relevancies'
        ? null
        : {
            gram: product(clip, book.size, clip, book.size, width),
            toTexts: product(vectors, texts.length, clip, book.size, width),
            toNegatives: product(negatives, negatives.length / width, clip, book.size, width),
          };
  }

  /** rel of every entry to a text, [N]; not a copy. */
  relevancies(text: string): Float32Array {
    const found = this.#relevancies.get(text);
    if (!found) throw new RangeError(`"${text}" was not asked for`);
    return found;
  }

  /** The relevancies of all texts, [texts, N], for scores over the whole of M̂. */
  get values(): Float32Array {
    const values = new Float32Array(this.texts.length * this.#size);
    this.texts.forEach((text, t) => values.set(this.relevancies(text), t * this.#size));
    return values;
  }

  /** Scores of a text, [count], in 0…1. */
  ofCodes(codes: Codes, text: string): Float32Array {
    const relevancies = this.relevancies(text);
    return this.products ? mixFeatures(codes, this.texts.indexOf(text), this.products) : scoreCodes(codes, relevancies);
  }
}

/** Likeness of every entry to what one pixel or splat decodes to, [N] in 0…1. @param row  of the codes */
export function likeness(book: Book, { entries, shares }: Codes, row: number): Float32Array {
  const { clipWidth, dinoWidth, dinoWeight } = book.shape;
  const { clip, dino } = halves(book);
  const chosen = new Float32Array(clipWidth + dinoWidth);
  for (let j = row * CODES; j < (row + 1) * CODES; j++) {
    for (let k = 0; k < clipWidth; k++) chosen[k] += shares[j] * clip[entries[j] * clipWidth + k];
    for (let k = 0; k < dinoWidth; k++) chosen[clipWidth + k] += shares[j] * dino[entries[j] * dinoWidth + k];
  }
  const query = unitHalves(chosen, book.shape);
  const toClip = product(clip, book.size, query.subarray(0, clipWidth), 1, clipWidth);
  const toDino = product(dino, book.size, query.subarray(clipWidth), 1, dinoWidth);
  const similarity = toClip.map((value, i) => value + dinoWeight * toDino[i]);
  let cells = 0;
  let mean = 0;
  similarity.forEach((value, i) => {
    cells += book.counts[i];
    mean += book.counts[i] * value;
  });
  if (cells === 0) mean = similarity.reduce((sum, value) => sum + value, 0) / book.size;
  else mean /= cells;
  const reach = Math.max(...similarity) - mean;
  return similarity.map((value) => (reach > 1e-6 ? Math.min(1, Math.max(0, (value - mean) / reach)) : 1));
}
