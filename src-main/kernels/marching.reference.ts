/**
 * Marching cubes over the blocks of a volume, in double (the cases are in marchingTable.ts).
 *
 *   inside      D < 0
 *   vertex      one an edge of the grid between an inside and an outside voxel that were both seen, at t = D_a / (D_a − D_b) of it;
 *               colour and uncertainty are interpolated; label = most votes over both ends, weighted 1 − t and t, the smaller on ties
 *   triangles   of cells of which all eight corners were seen; counter-clockwise seen from before the surface
 *
 * Order: blocks by z, y, x; in a block voxels likewise; of a voxel its edges along x, y, z. Vertices that no triangle uses remain.
 */
import { EDGE_CORNERS, marchingTable, TABLE_ROW } from './marchingTable';
import { BLOCK_SIDE, BLOCK_VOXELS, VOXEL_LABELS, type VoxelBlocks } from './volume.reference';

/** A surface with shared vertices. */
export interface MarchedSurface {
  /** [vertices, 3], world units */
  positions: Float32Array;
  /** [vertices, 3], 0 … 1 */
  colours: Float32Array;
  /** [vertices] */
  uncertainties: Float32Array;
  /** [vertices] */
  labels: Uint16Array;
  /** [triangles, 3] */
  triangles: Uint32Array;
}

const keyOf = (x: number, y: number, z: number): string => `${x},${y},${z}`;

/** Seen voxels by their place in the grid. */
function seenVoxels({ keys, weight }: VoxelBlocks, leastWeight: number) {
  const blocks = new Map<string, number>();
  for (let b = 0; b < keys.length / 3; b++) blocks.set(keyOf(keys[3 * b], keys[3 * b + 1], keys[3 * b + 2]), b);
  const order = [...blocks.values()].sort(
    (a, b) => keys[3 * a + 2] - keys[3 * b + 2] || keys[3 * a + 1] - keys[3 * b + 1] || keys[3 * a] - keys[3 * b],
  );
  /** block·512 + voxel, or −1 */
  const at = (x: number, y: number, z: number): number => {
    const [bx, by, bz] = [x, y, z].map((v) => Math.floor(v / BLOCK_SIDE));
    const block = blocks.get(keyOf(bx, by, bz));
    if (block === undefined) return -1;
    const voxel = x - bx * BLOCK_SIDE + BLOCK_SIDE * (y - by * BLOCK_SIDE + BLOCK_SIDE * (z - bz * BLOCK_SIDE));
    const place = block * BLOCK_VOXELS + voxel;
    return weight[place] > leastWeight ? place : -1;
  };
  return { order, at };
}

function labelBetween({ votes, labels }: VoxelBlocks, a: number, b: number, t: number): number {
  const sums = new Map<number, number>();
  for (const [place, share] of [
    [a, 1 - t],
    [b, t],
  ]) {
    const [block, voxel] = [Math.floor(place / BLOCK_VOXELS), place % BLOCK_VOXELS];
    for (let slot = 0; slot < VOXEL_LABELS; slot++) {
      const at = (VOXEL_LABELS * block + slot) * BLOCK_VOXELS + voxel;
      const vote = share * votes[at];
      if (vote > 0) sums.set(labels[at], (sums.get(labels[at]) ?? 0) + vote);
    }
  }
  let [best, most] = [0, 0];
  for (const [label, vote] of sums) if (vote > most || (vote === most && label < best)) [best, most] = [label, vote];
  return best;
}

export function marchingReference(blocks: VoxelBlocks, side: number, leastWeight: number): MarchedSurface {
  const { keys, distance, uncertainty, colour } = blocks;
  const { order, at } = seenVoxels(blocks, leastWeight);
  const positions: number[] = [];
  const colours: number[] = [];
  const uncertainties: number[] = [];
  const labels: number[] = [];
  const triangles: number[] = [];
  const vertexOf = new Map<string, number>();
  const everyVoxel = (visit: (x: number, y: number, z: number) => void): void => {
    for (const b of order)
      for (let voxel = 0; voxel < BLOCK_VOXELS; voxel++) {
        const local = [voxel % 8, Math.floor(voxel / 8) % 8, Math.floor(voxel / 64)];
        const [x, y, z] = local.map((v, j) => keys[3 * b + j] * BLOCK_SIDE + v);
        visit(x, y, z);
      }
  };
  const colourAt = (place: number, c: number): number =>
    colour[(3 * Math.floor(place / BLOCK_VOXELS) + c) * BLOCK_VOXELS + (place % BLOCK_VOXELS)];

  everyVoxel((x, y, z) => {
    const from = at(x, y, z);
    if (from < 0) return;
    for (let axis = 0; axis < 3; axis++) {
      const step = [0, 1, 2].map((j) => (j === axis ? 1 : 0));
      const to = at(x + step[0], y + step[1], z + step[2]);
      if (to < 0 || distance[from] < 0 === distance[to] < 0) continue;
      const t = distance[from] / (distance[from] - distance[to]);
      vertexOf.set(`${keyOf(x, y, z)},${axis}`, labels.length);
      positions.push(...[x, y, z].map((v, j) => (v + 0.5 + t * step[j]) * side));
      for (let c = 0; c < 3; c++) colours.push(colourAt(from, c) + t * (colourAt(to, c) - colourAt(from, c)));
      uncertainties.push(uncertainty[from] + t * (uncertainty[to] - uncertainty[from]));
      labels.push(labelBetween(blocks, from, to, t));
    }
  });
  everyVoxel((x, y, z) => {
    let mask = 0;
    for (let corner = 0; corner < 8; corner++) {
      const place = at(x + (corner & 1), y + ((corner >> 1) & 1), z + (corner >> 2));
      if (place < 0) return;
      if (distance[place] < 0) mask |= 1 << corner;
    }
    const row = mask * TABLE_ROW;
    for (let e = 1; e <= 3 * marchingTable[row]; e++) {
      const edge = marchingTable[row + e];
      const corner = EDGE_CORNERS[edge];
      const key = keyOf(x + (corner & 1), y + ((corner >> 1) & 1), z + (corner >> 2));
      triangles.push(vertexOf.get(`${key},${Math.floor(edge / 4)}`) ?? -1);
    }
  });
  return {
    positions: Float32Array.from(positions),
    colours: Float32Array.from(colours),
    uncertainties: Float32Array.from(uncertainties),
    labels: Uint16Array.from(labels),
    triangles: Uint32Array.from(triangles),
  };
}
