/** The derived table of marching cubes: complete, with triangles of crossed edges alone, and without cracks between any two cells. */
import { describe, expect, it } from 'vitest';
import { EDGE_CORNERS, marchingTable, TABLE_ROW } from '../../../src-main/kernels/marchingTable';
import { marchingReference } from '../../../src-main/kernels/marching.reference';
import { BLOCK_VOXELS, VOXEL_LABELS } from '../../../src-main/kernels/volume.reference';
import { Random } from './scenes';

const upper = (edge: number): number => EDGE_CORNERS[edge] | (1 << Math.floor(edge / 4));

describe('the table of marching cubes', () => {
  it('cuts exactly the crossed edges of every case', () => {
    for (let mask = 0; mask < 256; mask++) {
      const row = marchingTable.subarray(mask * TABLE_ROW, (mask + 1) * TABLE_ROW);
      const crossed = EDGE_CORNERS.flatMap((lower, edge) =>
        ((mask >> lower) ^ (mask >> upper(edge))) & 1 ? [edge] : [],
      );
      expect([...new Set(row.subarray(1, 1 + 3 * row[0]))].sort((a, b) => a - b)).toEqual(crossed);
    }
    // One corner inside: one triangle; half the cell: two.
    expect(marchingTable[1 * TABLE_ROW]).toBe(1);
    expect(marchingTable[0b01010101 * TABLE_ROW]).toBe(2);
    expect(marchingTable[0]).toBe(0);
    expect(marchingTable[255 * TABLE_ROW]).toBe(0);
  });

  it('leaves no crack in a field of noise, where every case occurs', () => {
    const random = new Random(11);
    // 2×2×2 blocks of noise, outside at the border, so that the surface must close.
    const keys: number[] = [];
    for (let z = -1; z < 1; z++) for (let y = -1; y < 1; y++) for (let x = -1; x < 1; x++) keys.push(x, y, z);
    const voxels = (keys.length / 3) * BLOCK_VOXELS;
    const distance = Float32Array.from({ length: voxels }, (_, i) => {
      const block = Math.floor(i / BLOCK_VOXELS);
      const local = [i % 8, Math.floor(i / 8) % 8, Math.floor(i / 64) % 8];
      const border = local.some((v, j) => [-8, 7].includes(8 * keys[3 * block + j] + v));
      return border ? 1 : random.normal();
    });
    const zeros = (length: number): Float32Array => new Float32Array(length);
    const surface = marchingReference(
      {
        ...{ keys: Int32Array.from(keys), distance, weight: zeros(voxels).fill(1), uncertainty: zeros(voxels) },
        ...{
          colour: zeros(3 * voxels),
          votes: zeros(VOXEL_LABELS * voxels),
          labels: new Uint16Array(VOXEL_LABELS * voxels),
        },
      },
      1,
      0,
    );
    const balance = new Map<string, number>();
    const uses = new Map<string, number>();
    for (let t = 0; t < surface.triangles.length; t += 3)
      for (let e = 0; e < 3; e++) {
        const [a, b] = [surface.triangles[t + e], surface.triangles[t + ((e + 1) % 3)]];
        const key = `${Math.min(a, b)},${Math.max(a, b)}`;
        balance.set(key, (balance.get(key) ?? 0) + (a < b ? 1 : -1));
        uses.set(key, (uses.get(key) ?? 0) + 1);
      }
    expect(surface.triangles.length / 3).toBeGreaterThan(3000);
    expect([...balance.values()].every((sum) => sum === 0)).toBe(true);
    expect([...uses.values()].every((n) => n === 2)).toBe(true);
    // The volume inside is positive: normals point outside.
    let volume = 0;
    for (let t = 0; t < surface.triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) =>
        surface.positions.subarray(3 * surface.triangles[t + k], 3 * surface.triangles[t + k] + 3),
      );
      volume +=
        (a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])) /
        6;
    }
    expect(volume).toBeGreaterThan(0);
  });
});
