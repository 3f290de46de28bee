/**
 * Sparse points that can start Gaussians: those with finite coordinates within reach of the scene, each position once.
 * Duplicates would stack Gaussians that nothing tells apart; a point thousands of extents away only widens the depth range.
 */
import type { Point } from './sceneBounds';

export interface ColouredPoints {
  readonly count: number;
  /** [count, 3], world */
  readonly positions: Float32Array;
  /** [count, 3], 0…255 */
  readonly colours: Uint8Array;
}

export interface CleanedPoints extends ColouredPoints {
  /** how many were left out, by reason */
  readonly dropped: { notFinite: number; tooFar: number; duplicates: number };
}

/** FNV-like mix of three float32 bit patterns. */
function hashBits(x: number, y: number, z: number): number {
  let hash = Math.imul(x ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ y, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ z, 0x27d4eb2f);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** @param reach  the largest distance from `centre`, world units */
export function cleanPoints(
  { count, positions, colours }: ColouredPoints,
  centre: Point,
  reach: number,
): CleanedPoints {
  const bits = new Uint32Array(positions.buffer, positions.byteOffset, count * 3);
  const kept = { positions: new Float32Array(count * 3), colours: new Uint8Array(count * 3) };
  const keptBits = new Uint32Array(kept.positions.buffer);
  const dropped = { notFinite: 0, tooFar: 0, duplicates: 0 };
  // Open addressing at most half full; an entry is a kept row + 1.
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, 2 * count))));
  const mask = slots.length - 1;
  let rows = 0;
  for (let row = 0; row < count; row++) {
    const at = 3 * row;
    const x = positions[at] - centre[0];
    const y = positions[at + 1] - centre[1];
    const z = positions[at + 2] - centre[2];
    const distance = Math.sqrt(x * x + y * y + z * z);
    if (!Number.isFinite(distance)) {
      dropped.notFinite++;
      continue;
    }
    if (distance > reach) {
      dropped.tooFar++;
      continue;
    }
    let slot = hashBits(bits[at], bits[at + 1], bits[at + 2]) & mask;
    let duplicate = false;
    for (; slots[slot] !== 0 && !duplicate; slot = (slot + 1) & mask) {
      const other = 3 * (slots[slot] - 1);
      duplicate =
        keptBits[other] === bits[at] && keptBits[other + 1] === bits[at + 1] && keptBits[other + 2] === bits[at + 2];
    }
    if (duplicate) {
      dropped.duplicates++;
      continue;
    }
    slots[slot] = rows + 1;
    for (let i = 0; i < 3; i++) {
      kept.positions[3 * rows + i] = positions[at + i];
      kept.colours[3 * rows + i] = colours[at + i];
    }
    rows++;
  }
  return {
    count: rows,
    positions: kept.positions.slice(0, 3 * rows),
    colours: kept.colours.slice(0, 3 * rows),
    dropped,
  };
}
