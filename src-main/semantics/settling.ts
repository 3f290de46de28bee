/**
 * The end of semantics: Gaussians take the answers of the pixels that they are part of (METHOD §6, "lift to Gaussians by blending weight").
 *
 *   label_i = vote of argmax M̂_p over the pixels p of all views, by blending weight (lifting.ts)
 *   P_k     = Σ_i M̂_ik·S_i / ‖S_i‖ at unit length,  over Gaussians with label_i = argmax M̂_i = k        the direction that means entry k
 *   S_i    ← ‖S_i‖·P_label   where argmax M̂_i ≠ label_i, and the decoder takes P_label for it
 *
 * Only blends of Gaussians are supervised, behind which single ones wander; direct 3D decodes them one by one. Lengths stay, so that
 * nobody gains weight in a blend. A third of the Gaussians of a demo room turn; its pixels answer as before (resources/docs/ablation.md).
 */
import { SEMANTICS } from '../kernels/layout';
import type { LayerArrays } from '../kernels/index';
import { CODES, decodeCodes, vectorsOf } from './splatCodes';
import type { Codes } from './splatCodes';

const { columns: COLUMNS, dimensions: SIZE } = SEMANTICS;
/** Shares of codes are 255ths. */
const WHOLE = 255;
const SHORTEST = 1e-6;

/**
 * @param semantics  [≥ count, 9], changed in place: S_G alone
 * @param codes      what they decode to as they are
 * @param labels     1 … N, 0 = none, [≥ count]
 * @param layers     the decoder
 * @returns rows of those that turned
 */
export function settle(
  semantics: Float32Array,
  { count, entries: answers, shares }: Codes,
  labels: Uint8Array,
  layers: readonly LayerArrays[],
): Int32Array {
  const entries = layers[layers.length - 1].bias.length;
  const vectors = vectorsOf(semantics, count);
  const lengths = Float32Array.from({ length: count }, (_, row) =>
    Math.hypot(...vectors.subarray(row * SIZE, (row + 1) * SIZE)),
  );
  const directions = new Float32Array(entries * SIZE);
  for (let row = 0; row < count; row++) {
    const entry = labels[row] - 1;
    if (entry < 0 || answers[row * CODES] !== entry || lengths[row] < SHORTEST) continue;
    const share = shares[row * CODES] / WHOLE / lengths[row];
    for (let k = 0; k < SIZE; k++) directions[entry * SIZE + k] += share * vectors[row * SIZE + k];
  }
  for (let entry = 0; entry < entries; entry++) {
    const own = directions.subarray(entry * SIZE, (entry + 1) * SIZE);
    const length = Math.hypot(...own);
    if (length >= SHORTEST) own.forEach((value, k) => (own[k] = value / length));
  }
  // Of an entry that no Gaussian answers with, the direction is 0 and decodes to whatever the biases say.
  const { entries: meant } = decodeCodes(directions, layers);
  const turned: number[] = [];
  for (let row = 0; row < count; row++) {
    const entry = labels[row] - 1;
    if (entry < 0 || answers[row * CODES] === entry || meant[entry * CODES] !== entry) continue;
    for (let k = 0; k < SIZE; k++) semantics[row * COLUMNS + k] = lengths[row] * directions[entry * SIZE + k];
    turned.push(row);
  }
  return Int32Array.from(turned);
}
