/**
 * Mean distance of every point to its k nearest others: the start of the scales (METHOD §1).
 *
 *   d_i = mean of the k smallest ‖p_i − p_j‖, j ≠ i; over all others if they are fewer; 0 for a lone point
 *
 * Points are sorted by x and searched outwards until x alone is farther than the k-th best: about n^(5/3) for a cloud.
 * Shapes: points [n, 3] row-major, result [n]; world units.
 */
import type { Floats } from './algebra.reference';

export function neighboursReference(points: Floats, count: number, k: number, meanDistances: Floats): void {
  const byX = Array.from({ length: count }, (_, i) => i).sort((a, b) => points[3 * a] - points[3 * b] || a - b);
  const wanted = Math.min(k, count - 1);
  const best = new Float64Array(Math.max(0, wanted));
  byX.forEach((self, place) => {
    best.fill(Infinity);
    for (const direction of [-1, 1]) {
      for (let at = place + direction; at >= 0 && at < count; at += direction) {
        const other = byX[at];
        const dx = points[3 * other] - points[3 * self];
        if (wanted === 0 || dx * dx > best[wanted - 1]) break;
        const dy = points[3 * other + 1] - points[3 * self + 1];
        const dz = points[3 * other + 2] - points[3 * self + 2];
        insert(best, dx * dx + dy * dy + dz * dz);
      }
    }
    meanDistances[self] = wanted === 0 ? 0 : best.reduce((sum, d2) => sum + Math.sqrt(d2), 0) / wanted;
  });
}

/** Keeps `best` the smallest values in ascending order. */
function insert(best: Float64Array, value: number): void {
  let at = best.length - 1;
  if (value >= best[at]) return;
  for (; at > 0 && best[at - 1] > value; at--) best[at] = best[at - 1];
  best[at] = value;
}
