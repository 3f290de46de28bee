/**
 * Labels take effect at once: Gaussians that a person has just labelled turn to the direction that means their entry (settling.ts) before
 * the next step, in place of being pulled there by L_L over hundreds of steps. Lengths stay, and who answers so already stays as it is.
 *
 *   S_i ← ‖S_i‖·P_entry,   P_k the direction of all Gaussians that answer with entry k, each at unit length by its share of k
 *
 * An entry that no Gaussian answers with has no direction; its Gaussians are pulled as before. Training goes on from there: undoing the
 * label later turns nothing back, but what the maps say then counts again.
 */
import type { LayerArrays } from '../kernels/index';
import { CODES, decodeCodes, settle, vectorsOf } from '../semantics/index';
import type { Taught } from './ports';

/**
 * @param semantics  [≥ count, 9], changed in place: S_G alone
 * @param layers     the decoder
 * @returns rows of those that turned
 */
export function turnTaught(
  semantics: Float32Array,
  count: number,
  { entries: taught }: Pick<Taught, 'entries'>,
  layers: readonly LayerArrays[],
): Int32Array {
  const codes = decodeCodes(vectorsOf(semantics, count), layers);
  // Who was not labelled is held to what it answers: it counts for that direction, and does not turn.
  const labels = Uint8Array.from({ length: count }, (_, row) => taught[row] || codes.entries[row * CODES] + 1);
  return settle(semantics, codes, labels, layers);
}
