/**
 * The queue of uncertain regions: patches of the seen surface (seenSurface.ts) that a person would label in one go. Of the splats that
 * are neither labelled nor looked at, gathered at their hosts, and smoothed over the hosts next to them,
 *
 *   A_h = Σ_(i at h) a_i,   W_h = Σ_(i at h) a_i·u_i,   u_h = (W_h + Σ_(g~h) W_g) / (A_h + Σ_(g~h) A_g)
 *
 * a region grows from the host of the largest A·u over neighbours g that are at least half as uncertain as the seed and lie within a
 * reach of it; then from the largest of the rest, and so on. What is smaller than a person can see to label joins the region that it
 * touches most, or is left out. What comes first is what a person sees most of.
 */
import type { SeenSurface } from './seenSurface';

/** Radius of a region as a share of the cameras' extent: an armchair rather than a room. */
const REACH = 0.25;
/** A region's hosts are at least so uncertain, as a share of the seed. */
const KIN = 0.5;
/** Less is not worth a person's look. */
export const LEAST_UNCERTAINTY = 0.1;
/** Share of all that is seen that a region fills at least: where every fourth photo sees it, 1 % of their pictures. */
export const LEAST_SHARE = 0.003;

export interface Region {
  /** of its splats, ascending */
  readonly rows: Int32Array;
  readonly centre: readonly [number, number, number];
  readonly radius: number;
  /** by visible area */
  readonly uncertainty: number;
  /** Σ a·u */
  readonly weight: number;
}

type Seen = Pick<SeenSurface, 'area' | 'hosts' | 'centres' | 'spreads' | 'neighbours'>;

/**
 * Heaviest first.
 *
 * @param uncertainty  u_G, [count]
 * @param left         1 for splats that wait, [count]
 * @param extent       world units of one camera distance
 */
export function uncertainRegions(seen: Seen, uncertainty: Float32Array, left: Uint8Array, extent: number): Region[] {
  const hosts = gathered(seen, uncertainty, left);
  const { areas, uncertainties } = hosts;
  const order = Array.from(areas.keys())
    .filter((host) => areas[host] > 0 && uncertainties[host] >= LEAST_UNCERTAINTY)
    .sort((a, b) => areas[b] * uncertainties[b] - areas[a] * uncertainties[a] || a - b);
  const regionOf = new Int32Array(left.length).fill(-1);
  const patches: number[][] = [];
  for (const seed of order) {
    if (regionOf[seed] >= 0) continue;
    const least = Math.max(LEAST_UNCERTAINTY, KIN * uncertainties[seed]);
    const patch = [seed];
    regionOf[seed] = patches.length;
    for (const host of patch)
      for (const other of neighboursOf(seen, host)) {
        if (regionOf[other] >= 0 || areas[other] === 0 || uncertainties[other] < least) continue;
        if (distance(seen.centres, seed, other) > REACH * extent) continue;
        regionOf[other] = patches.length;
        patch.push(other);
      }
    patches.push(patch);
  }
  const whole = seen.area.reduce((sum, a) => sum + a, 0);
  const large = (patch: readonly number[]): boolean =>
    patch.reduce((sum, host) => sum + areas[host], 0) >= LEAST_SHARE * whole;
  joinSmall(seen, patches, regionOf, large);
  return rowsOf(seen, left, regionOf, patches.length)
    .flatMap((rows, i) => (rows.length > 0 && large(patches[i]) ? [describe(seen, uncertainty, rows)] : []))
    .sort((a, b) => b.weight - a.weight);
}

/** A_h and u_h of hosts, [count]. */
function gathered(seen: Seen, uncertainty: Float32Array, left: Uint8Array) {
  const count = left.length;
  const [areas, weights] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < count; row++) {
    const host = seen.hosts[row];
    if (!left[row] || host < 0) continue;
    areas[host] += seen.area[row];
    weights[host] += seen.area[row] * uncertainty[row];
  }
  const uncertainties = new Float64Array(count);
  for (let host = 0; host < count; host++) {
    if (areas[host] === 0) continue;
    let [a, w] = [areas[host], weights[host]];
    for (const other of neighboursOf(seen, host)) [a, w] = [a + areas[other], w + weights[other]];
    uncertainties[host] = w / a;
  }
  return { areas, uncertainties };
}

const neighboursOf = ({ neighbours: { offsets, rows } }: Seen, host: number): Int32Array =>
  rows.subarray(offsets[host], offsets[host + 1]);

function distance(points: Float32Array, a: number, b: number): number {
  return Math.hypot(...[0, 1, 2].map((k) => points[3 * a + k] - points[3 * b + k]));
}

/** Patches that are too small go to the large one that they touch with most edges, as they lie: no reach, since they are crumbs. */
function joinSmall(
  seen: Seen,
  patches: readonly (readonly number[])[],
  regionOf: Int32Array,
  large: (patch: readonly number[]) => boolean,
): void {
  const standing = patches.map(large);
  const joins = patches.map((patch, i) => {
    if (standing[i]) return i;
    const touched = new Map<number, number>();
    for (const host of patch)
      for (const other of neighboursOf(seen, host)) {
        const region = regionOf[other];
        if (region >= 0 && standing[region]) touched.set(region, (touched.get(region) ?? 0) + 1);
      }
    return [...touched].sort(([a, m], [b, n]) => n - m || a - b).at(0)?.[0] ?? i;
  });
  regionOf.forEach((region, host) => {
    if (region >= 0) regionOf[host] = joins[region];
  });
}

/** Waiting splats by the region of their host. */
function rowsOf({ hosts }: Seen, left: Uint8Array, regionOf: Int32Array, regions: number): number[][] {
  const rows = Array.from({ length: regions }, (): number[] => []);
  left.forEach((waits, row) => {
    const region = hosts[row] < 0 ? -1 : regionOf[hosts[row]];
    if (waits && region >= 0) rows[region].push(row);
  });
  return rows;
}

function describe({ area, hosts, centres, spreads }: Seen, uncertainty: Float32Array, rows: number[]): Region {
  let [areaSum, weight] = [0, 0];
  const centre: [number, number, number] = [0, 0, 0];
  for (const row of rows) {
    areaSum += area[row];
    weight += area[row] * uncertainty[row];
    for (let k = 0; k < 3; k++) centre[k] += area[row] * centres[3 * hosts[row] + k];
  }
  for (let k = 0; k < 3; k++) centre[k] /= areaSum;
  let spread = 0;
  for (const row of rows) {
    const away = [0, 1, 2].reduce((sum, k) => sum + (centres[3 * hosts[row] + k] - centre[k]) ** 2, 0);
    spread += (area[row] / areaSum) * (away + spreads[hosts[row]]);
  }
  // Of a disc evenly filled, the root mean square distance is r/√2.
  const radius = Math.sqrt(2 * spread);
  return { rows: Int32Array.from(rows), centre, radius, uncertainty: Math.min(1, weight / areaSum), weight };
}
