/**
 * One index for every superpixel: D of the photo's grid, upsampled bilinearly, averaged over the patch, and its best entry.
 *
 *   D̄_s = mean_{p ∈ s} Σ_c β_pc·D_c = Σ_c (mean_p β_pc)·D_c,   β = bilinear weights (half-pixel centres, edge clamped)
 *
 * so that D itself is averaged over the cells that a patch touches, and never upsampled.
 */
import type { MapShape } from '../../kernels/index';
import type { Superpixels } from './superpixels';

/** Cell below or left of a pixel's centre, and how far the centre lies towards the next one. */
function place(pixel: number, pixels: number, cells: number): { from: number; to: number; share: number } {
  const at = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5));
  const from = Math.min(cells - 1, Math.floor(at));
  return { from, to: Math.min(cells - 1, from + 1), share: at - from };
}

/**
 * @param similarities  D, [rows·columns, entries]
 * @param out           [height, width], 0-based
 */
export function pooledArgmax(
  similarities: Float32Array,
  { rows, columns, entries, width, height }: MapShape,
  { labels, count }: Superpixels,
  out: Uint8Array,
): void {
  // The pixels of each patch, one patch behind the other.
  const ends = new Int32Array(count + 1);
  for (const label of labels) ends[label + 1]++;
  for (let s = 0; s < count; s++) ends[s + 1] += ends[s];
  const members = new Int32Array(labels.length);
  const next = ends.slice();
  labels.forEach((label, p) => (members[next[label]++] = p));

  const across = Array.from({ length: width }, (_, x) => place(x, width, columns));
  const down = Array.from({ length: height }, (_, y) => place(y, height, rows));
  const weights = new Float64Array(rows * columns);
  const mean = new Float64Array(entries);
  for (let s = 0; s < count; s++) {
    const touched: number[] = [];
    const add = (cell: number, weight: number): void => {
      if (weight === 0) return;
      if (weights[cell] === 0) touched.push(cell);
      weights[cell] += weight;
    };
    for (let i = ends[s]; i < ends[s + 1]; i++) {
      const u = across[members[i] % width];
      const v = down[Math.floor(members[i] / width)];
      add(v.from * columns + u.from, (1 - v.share) * (1 - u.share));
      add(v.from * columns + u.to, (1 - v.share) * u.share);
      add(v.to * columns + u.from, v.share * (1 - u.share));
      add(v.to * columns + u.to, v.share * u.share);
    }
    mean.fill(0);
    for (const cell of touched) {
      for (let e = 0; e < entries; e++) mean[e] += weights[cell] * similarities[cell * entries + e];
      weights[cell] = 0;
    }
    let best = 0;
    for (let e = 1; e < entries; e++) if (mean[e] > mean[best]) best = e;
    for (let i = ends[s]; i < ends[s + 1]; i++) out[members[i]] = best;
  }
}
