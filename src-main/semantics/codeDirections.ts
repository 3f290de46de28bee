/**
 * A direction in the space of S_G for every entry of a codebook, to start lifted Gaussians from (METHOD §6).
 *
 * Entries that resemble each other get neighbouring directions (a random projection keeps cosines: Johnson and Lindenstrauss 1984),
 * so that a blend of two of them decodes to something like them; then all repel each other, so that the decoder can tell them apart.
 */
import { CounterRandom } from '../base/index';
import { SEMANTICS } from '../kernels/layout';

const D = SEMANTICS.dimensions;
const ROUNDS = 200;
const STRIDE = 0.05;
/** Neighbours further apart than this cosine leave each other alone. */
const NEAR = 0.3;

function normalise(vectors: Float64Array, row: number): void {
  let length = 0;
  for (let k = 0; k < D; k++) length += vectors[row * D + k] ** 2;
  length = Math.max(Math.sqrt(length), 1e-12);
  for (let k = 0; k < D; k++) vectors[row * D + k] /= length;
}

/**
 * @param codebook  [entries, width], each half of unit length or not
 * @returns [entries, 8] of unit length
 */
export function codeDirections(codebook: Float32Array, entries: number, seed: number): Float32Array {
  const width = codebook.length / entries;
  const random = new CounterRandom(seed, 'code directions', 0);
  const projection = Float64Array.from({ length: width * D }, (_, i) => random.normal(i));
  const mean = new Float64Array(width);
  codebook.forEach((value, i) => (mean[i % width] += value / entries));
  const vectors = new Float64Array(entries * D);
  for (let entry = 0; entry < entries; entry++) {
    for (let i = 0; i < width; i++) {
      const value = codebook[entry * width + i] - mean[i];
      for (let k = 0; k < D; k++) vectors[entry * D + k] += value * projection[i * D + k];
    }
    normalise(vectors, entry);
  }
  const push = new Float64Array(entries * D);
  for (let round = 0; round < ROUNDS; round++) {
    push.fill(0);
    for (let a = 0; a < entries; a++)
      for (let b = 0; b < a; b++) {
        let cosine = 0;
        for (let k = 0; k < D; k++) cosine += vectors[a * D + k] * vectors[b * D + k];
        if (cosine < NEAR) continue;
        const force = (cosine - NEAR) ** 2;
        for (let k = 0; k < D; k++) {
          const apart = vectors[a * D + k] - vectors[b * D + k] + 1e-9 * random.normal(width * D + k);
          push[a * D + k] += force * apart;
          push[b * D + k] -= force * apart;
        }
      }
    for (let i = 0; i < vectors.length; i++) vectors[i] += STRIDE * push[i];
    for (let entry = 0; entry < entries; entry++) normalise(vectors, entry);
  }
  return Float32Array.from(vectors);
}
