/**
 * The direction of S_G that means an entry to the decoder, by those that answer with it:
 *
 *   P_k = Σ_i M̂_ik·S_i / ‖S_i‖ at unit length,   over Gaussians with argmax M̂_i = k that are held to no other entry
 *
 * An entry that nobody answers with has none: its direction is 0.
 */
import { SEMANTICS } from '../kernels/layout';
import { CODES, WHOLE } from './splatCodes';
import type { Codes } from './splatCodes';

const { dimensions: SIZE } = SEMANTICS;
/** Vectors that are shorter have no direction. */
export const SHORTEST = 1e-6;

/**
 * @param vectors  S_G, [count, 8]
 * @param codes    what they decode to
 * @param counts   whether a row counts for the entry that it answers with, 0-based
 * @param entries  N
 * @returns [N, 8]
 */
export function entryDirections(
  vectors: Float32Array,
  { count, entries: answers, shares }: Codes,
  counts: (row: number, entry: number) => boolean,
  entries: number,
): Float32Array {
  const directions = new Float32Array(entries * SIZE);
  for (let row = 0; row < count; row++) {
    const entry = answers[row * CODES];
    const length = Math.hypot(...vectors.subarray(row * SIZE, (row + 1) * SIZE));
    if (length < SHORTEST || !counts(row, entry)) continue;
    const share = shares[row * CODES] / WHOLE / length;
    for (let k = 0; k < SIZE; k++) directions[entry * SIZE + k] += share * vectors[row * SIZE + k];
  }
  for (let entry = 0; entry < entries; entry++) {
    const own = directions.subarray(entry * SIZE, (entry + 1) * SIZE);
    const length = Math.hypot(...own);
    if (length >= SHORTEST) own.forEach((value, k) => (own[k] = value / length));
  }
  return directions;
}
