/**
 * The end of semantics: Gaussians take the answers of the pixels that they are part of (METHOD §6, "lift to Gaussians by blending weight").
 *
 *   label_i = vote of argmax M̂_p over the pixels p of all views, by blending weight (lifting.ts)
 *   P_k     = the direction that means entry k, of Gaussians with label_i = argmax M̂_i = k (entryDirections.ts)
 *   S_i    ← ‖S_i‖·P_label   where argmax M̂_i ≠ label_i, and the decoder takes P_label for it
 *
 * Only blends of Gaussians are supervised, behind which single ones wander; direct 3D decodes them one by one. Lengths stay, so that
 * nobody gains weight in a blend. A third of the Gaussians of a demo room turn; its pixels answer as before (resources/docs/ablation.md).
 */
import { SEMANTICS } from '../kernels/layout';
import type { LayerArrays } from '../kernels/index';
import { entryDirections } from './entryDirections';
import { CODES, decodeCodes, vectorsOf } from './splatCodes';
import type { Codes } from './splatCodes';

const { columns: COLUMNS, dimensions: SIZE } = SEMANTICS;

/**
 * @param semantics  [≥ count, 9], changed in place: S_G alone
 * @param codes      what they decode to as they are
 * @param labels     1 … N, 0 = none, [≥ count]
 * @param layers     the decoder
 * @returns rows of those that turned
 */
export function settle(
  semantics: Float32Array,
  codes: Codes,
  labels: Uint8Array,
  layers: readonly LayerArrays[],
): Int32Array {
  const { count, entries: answers } = codes;
  const entries = layers[layers.length - 1].bias.length;
  const vectors = vectorsOf(semantics, count);
  const directions = entryDirections(vectors, codes, (row, entry) => labels[row] - 1 === entry, entries);
  // Of an entry that no Gaussian answers with, the direction is 0 and decodes to whatever the biases say.
  const { entries: meant } = decodeCodes(directions, layers);
  const turned: number[] = [];
  for (let row = 0; row < count; row++) {
    const entry = labels[row] - 1;
    if (entry < 0 || answers[row * CODES] === entry || meant[entry * CODES] !== entry) continue;
    const length = Math.hypot(...vectors.subarray(row * SIZE, (row + 1) * SIZE));
    for (let k = 0; k < SIZE; k++) semantics[row * COLUMNS + k] = length * directions[entry * SIZE + k];
    turned.push(row);
  }
  return Int32Array.from(turned);
}
