/**
 * The queue of uncertain regions. Space is cut into cubes; a cube's uncertainty is that of its splats by visible area,
 *
 *   u(cube) = Σ_i a_i·u_i / Σ_i a_i,     weight(cube) = Σ_i a_i·u_i,
 *
 * over splats that are neither labelled nor looked at. A region grows from the heaviest cube over its neighbours that are at least half as
 * uncertain, two cubes far at most; then from the heaviest of the rest, and so on. What comes first is thus what a person sees most of.
 */
import { GEOMETRY } from '../kernels/layout';

/** Side of a cube as a share of the cameras' extent. */
const SIDE = 0.05;
/** How far a region reaches from its heaviest cube, cubes. */
const REACH = 2;
/** A region's cubes are at least so uncertain, as a share of the heaviest one's. */
const KIN = 0.5;
/** Less is not worth a person's look. */
export const LEAST_UNCERTAINTY = 0.1;
/** In pixels of the pictures that areas were measured in: a speck. */
const LEAST_AREA = 4;

export interface Region {
  /** of its splats */
  readonly rows: Int32Array;
  readonly centre: readonly [number, number, number];
  readonly radius: number;
  /** by visible area */
  readonly uncertainty: number;
  /** Σ a·u */
  readonly weight: number;
}

interface Cube {
  readonly rows: number[];
  area: number;
  weight: number;
  taken: boolean;
}

/**
 * Heaviest first.
 *
 * @param geometry     [≥ count, 11]
 * @param uncertainty  u_G, [count]
 * @param area         visible area, [count]
 * @param left         1 for splats that wait, [count]
 * @param extent       world units of one camera distance
 */
export function uncertainRegions(
  geometry: Float32Array,
  uncertainty: Float32Array,
  area: Float32Array,
  left: Uint8Array,
  extent: number,
): Region[] {
  const side = SIDE * extent;
  const cubes = new Map<string, Cube>();
  const keyOf = (x: number, y: number, z: number): string => `${x},${y},${z}`;
  const at = (row: number, axis: number): number => geometry[row * GEOMETRY.columns + axis];
  for (let row = 0; row < left.length; row++) {
    if (!left[row] || area[row] === 0) continue;
    const key = keyOf(...place(row));
    let cube = cubes.get(key);
    if (!cube) cubes.set(key, (cube = { rows: [], area: 0, weight: 0, taken: false }));
    cube.rows.push(row);
    cube.area += area[row];
    cube.weight += area[row] * uncertainty[row];
  }
  function place(row: number): [number, number, number] {
    return [0, 1, 2].map((axis) => Math.floor(at(row, axis) / side)) as [number, number, number];
  }
  const mean = (cube: Cube): number => cube.weight / cube.area;
  const order = [...cubes.values()].filter((cube) => mean(cube) >= LEAST_UNCERTAINTY);
  order.sort((a, b) => b.weight - a.weight);
  const regions: Region[] = [];
  for (const seed of order) {
    if (seed.taken) continue;
    const [x, y, z] = place(seed.rows[0]);
    const rows: number[] = [];
    let [areaSum, weight] = [0, 0];
    for (let dx = -REACH; dx <= REACH; dx++)
      for (let dy = -REACH; dy <= REACH; dy++)
        for (let dz = -REACH; dz <= REACH; dz++) {
          const cube = cubes.get(keyOf(x + dx, y + dy, z + dz));
          if (!cube || cube.taken || mean(cube) < KIN * mean(seed)) continue;
          cube.taken = true;
          for (const row of cube.rows) rows.push(row);
          areaSum += cube.area;
          weight += cube.weight;
        }
    if (areaSum >= LEAST_AREA) regions.push(regionOf(rows, areaSum, weight));
  }
  return regions.sort((a, b) => b.weight - a.weight);

  function regionOf(rows: number[], areaSum: number, weight: number): Region {
    const centre: [number, number, number] = [0, 0, 0];
    for (const row of rows) for (let axis = 0; axis < 3; axis++) centre[axis] += (area[row] / areaSum) * at(row, axis);
    let spread = 0;
    for (const row of rows)
      spread += (area[row] / areaSum) * [0, 1, 2].reduce((sum, axis) => sum + (at(row, axis) - centre[axis]) ** 2, 0);
    const radius = Math.max(side / 2, 2 * Math.sqrt(spread));
    return { rows: Int32Array.from(rows), centre, radius, uncertainty: Math.min(1, weight / areaSum), weight };
  }
}
