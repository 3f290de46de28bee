/**
 * What every splat means, in 8 bytes: its four most probable codebook entries and their shares.
 *
 *   M̂ = softmax(decoder(S_G / max(‖S_G‖, 1e-6)))          normalised as in the loss, so that 2D and direct 3D agree (METHOD §4)
 *   entries[i·4 + j]   0-based, most probable first, the lower entry on ties
 *   shares[i·4 + j]    255ths of Σ of the four, adding up to 255: round(255·c_j) − round(255·c_{j−1}), c cumulative
 *
 * What the other N − 4 entries would say is left out and the four fill its place: a score is then still a mean of relevancies. It
 * differs from the full sum by at most the mass that was left out, plus 4/255 for rounding.
 *
 * A text costs four look-ups a splat; decoding anew is needed only after a snapshot.
 */
import { decodeTop } from '../kernels/index';
import type { LayerArrays } from '../kernels/index';
import { SEMANTICS } from '../kernels/layout';

/** Entries a splat keeps. */
export const CODES = 4;
/** Shares of codes are 255ths. */
export const WHOLE = 255;

export interface Codes {
  readonly count: number;
  /** [count, 4], 0-based */
  readonly entries: Uint8Array;
  /** [count, 4], 255ths */
  readonly shares: Uint8Array;
}

/** S_G of live rows without the uncertainty, [count, 8]. @param semantics  [≥ count, 9] */
export function vectorsOf(semantics: Float32Array, count: number): Float32Array {
  const { columns, dimensions } = SEMANTICS;
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0, from = 0, to = 0; row < count; row++, from += columns)
    for (let k = 0; k < dimensions; k++) vectors[to++] = semantics[from + k];
  return vectors;
}

/** Probabilities of the most probable entries as 255ths. @param probabilities  [count, kept], descending; @returns [count, 4] */
export function quantiseShares(probabilities: Float32Array, kept: number): Uint8Array {
  const count = probabilities.length / kept;
  const shares = new Uint8Array(count * CODES);
  for (let row = 0; row < count; row++) {
    const from = row * kept;
    let total = 0;
    for (let j = 0; j < kept; j++) total += probabilities[from + j];
    let sum = 0;
    let before = 0;
    for (let j = 0; j < kept; j++) {
      sum += probabilities[from + j];
      const rounded = j === kept - 1 ? WHOLE : Math.round((WHOLE * sum) / total);
      shares[row * CODES + j] = rounded - before;
      before = rounded;
    }
  }
  return shares;
}

/** Codes of features. A codebook of fewer than four entries leaves shares of 0. @param features  [count, 8] */
export function decodeCodes(features: Float32Array, layers: readonly LayerArrays[]): Codes {
  return decodeWithScores(features, layers, new Float32Array(0)).codes;
}

/**
 * Codes of features, and full sums Σ_i M̂_i·value_i for sets of values, in one pass through the decoder.
 *
 * @param features  [count, 8]
 * @param values    [sets, N]
 * @returns         scores [count, sets]
 */
export function decodeWithScores(
  features: Float32Array,
  layers: readonly LayerArrays[],
  values: Float32Array,
): { codes: Codes; scores: Float32Array } {
  const kept = Math.min(CODES, layers[layers.length - 1].bias.length);
  const { entries: top, probabilities, scores } = decodeTop(features, layers, kept, values);
  const count = features.length / SEMANTICS.dimensions;
  let entries = top;
  if (kept < CODES) {
    entries = new Uint8Array(count * CODES);
    for (let row = 0; row < count; row++) entries.set(top.subarray(row * kept, (row + 1) * kept), row * CODES);
  }
  return { codes: { count, entries, shares: quantiseShares(probabilities, kept) }, scores };
}

/** Σ_j share_j·value of entry_j. @param values  one per entry, [N]; @returns [count] */
export function scoreCodes({ count, entries, shares }: Codes, values: Float32Array): Float32Array {
  // A table of 256 needs no bounds, whatever the byte.
  const table = new Float32Array(256);
  for (let i = 0; i < values.length; i++) table[i] = values[i] / WHOLE;
  const scores = new Float32Array(count);
  for (let row = 0, at = 0; row < count; row++, at += CODES)
    scores[row] =
      table[entries[at]] * shares[at] +
      table[entries[at + 1]] * shares[at + 1] +
      table[entries[at + 2]] * shares[at + 2] +
      table[entries[at + 3]] * shares[at + 3];
  return scores;
}

/** What the codes are made from. */
export interface CodeSource {
  /** changes whenever anything below does: a snapshot's step and its codebook, for example */
  readonly stamp: string;
  readonly count: number;
  /** [≥ count, 9] */
  readonly semantics: Float32Array;
  /** the decoder */
  readonly layers: readonly LayerArrays[];
}

/** Codes of the present splats, decoded when they are first asked for after a change. */
export class SplatCodes {
  #stamp: string | null = null;
  #codes: Codes = { count: 0, entries: new Uint8Array(0), shares: new Uint8Array(0) };
  /** what the last refresh took, milliseconds of wall time; 0 before the first */
  refreshMilliseconds = 0;
  /** how often codes were decoded */
  refreshes = 0;

  /** @throws KernelArgumentError when decoder and splats do not fit */
  of(source: CodeSource): Codes {
    if (source.stamp === this.#stamp && source.count === this.#codes.count) return this.#codes;
    const begun = performance.now();
    this.#codes = decodeCodes(vectorsOf(source.semantics, source.count), source.layers);
    this.#stamp = source.stamp;
    this.refreshMilliseconds = performance.now() - begun;
    this.refreshes++;
    return this.#codes;
  }
}
