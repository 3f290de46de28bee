/** S_G as a viewer blends it: eight numbers of eight bits (#contract/frame, `meaningLow` and `meaningHigh`). */
import { SEMANTICS } from '../../kernels/layout';

const D = SEMANTICS.dimensions;

/** S_G as bytes, four numbers a word. @param semantics  [≥ count, 9]; @param first  0 or 4 */
export function packMeaning(semantics: Float32Array, count: number, first: 0 | 4, words: Uint32Array): void {
  let largest = 1e-6;
  for (let row = 0, at = 0; row < count; row++, at += SEMANTICS.columns)
    for (let k = 0; k < D; k++) largest = Math.max(largest, Math.abs(semantics[at + k]));
  const scale = 127 / largest;
  for (let row = 0; row < count; row++) {
    const at = row * SEMANTICS.columns + first;
    let word = 0;
    for (let n = 0; n < 4; n++) word |= (128 + Math.round(scale * semantics[at + n])) << (8 * n);
    words[row] = word >>> 0;
  }
}
