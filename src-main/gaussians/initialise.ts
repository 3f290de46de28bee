/**
 * The Gaussians that training starts from (METHOD §1):
 *
 *   mean     a sparse point; without points, uniform in the box around the cameras and what they look at
 *   scale    mean distance to the nearest neighbours, the same along all axes, bounded below and above
 *   rotation identity,  opacity 0.1,  u = 0.01
 *   SH       k = 0: (colour − 0.5) / Y₀₀,  Y₀₀ = 1/(2√π);  higher degrees 0
 *   S_G      ~ N(0, 1), seeded
 *
 * Of more points than Gaussians are allowed, a seeded choice starts one each.
 */
import type { PinholeCamera } from '#contract/camera';
import { GEOMETRY, logit, SEMANTICS, SPHERICAL_HARMONICS } from '../kernels/layout';
import { cleanPoints, type CleanedPoints, type ColouredPoints } from './cleanPoints';
import { GaussianError } from './errors';
import { GaussianModel } from './model';
import { CounterRandom } from '../base/index';
import { cameraBounds, cameraExtent, focusPoint, type Point } from './sceneBounds';

/** The kernels' op: mean distance of each point to its k nearest others. */
export type NearestNeighbours = (points: Float32Array, count: number, k: number) => { meanDistances: Float32Array };

export interface InitialiseOptions {
  seed: number;
  nearestNeighbours: NearestNeighbours;
  /** how many neighbours the scale averages over; default 3 */
  neighbours?: number;
  /** factor on that mean distance; default 1 */
  scaleFactor?: number;
  /** default 0.1 */
  opacity?: number;
  /** u at the start; default 0.01 */
  uncertainty?: number;
  /** default 50,000; used only when there are no points */
  randomPoints?: number;
  /** Gaussians at most; default: as many as there are points */
  most?: number;
}

export interface Initialised {
  model: GaussianModel;
  /** usable points, of which `most` became Gaussians */
  usable: number;
  /** points that were left out, and why */
  dropped: CleanedPoints['dropped'];
  source: 'points' | 'random';
}

/** Y₀₀ = 1 / (2√π), the constant spherical harmonic */
export const SH_CONSTANT = 0.5 / Math.sqrt(Math.PI);

/** Points farther than this many extents from the focus are errors of the reconstruction. */
const REACH = 1e4;
/** Scales stay between these shares of the extent; the upper one grows with the distance, as far things may be coarse. */
const SMALLEST_SCALE = 1e-5;
const LARGEST_SCALE = 0.1;

/**
 * Makes the model that a run starts from.
 *
 * @param points  sparse points, or null for a random start
 * @param cameras the training cameras; at least one
 * @throws GaussianError when no point is usable
 */
export function initialiseGaussians(
  points: ColouredPoints | null,
  cameras: readonly PinholeCamera[],
  options: InitialiseOptions,
): Initialised {
  const extent = cameraExtent(cameras);
  const focus = focusPoint(cameras);
  const random = points === null || points.count === 0;
  const offered = random ? randomPoints(cameras, options.seed, options.randomPoints ?? 50_000) : points;
  const { dropped, ...usable } = cleanPoints(offered, focus, REACH * extent);
  if (usable.count === 0)
    throw new GaussianError(
      `none of the ${offered.count} sparse points is usable (${dropped.notFinite} not finite, ` +
        `${dropped.tooFar} too far away); leave the points out for a random start`,
    );
  const chosen = choosePoints(usable, options.most ?? Infinity, options.seed);
  const model = new GaussianModel(chosen.count);
  model.append(chosen.count);
  writeGeometry(model, chosen, focus, extent, options);
  writeAppearance(model, chosen, options);
  return { model, usable: usable.count, dropped, source: random ? 'random' : 'points' };
}

/** All points, or the `most` of them that a draw by place in the list favours, in their order. */
function choosePoints(points: ColouredPoints, most: number, seed: number): ColouredPoints {
  if (points.count <= most) return points;
  const random = new CounterRandom(seed, 'start choice');
  const draws = Float64Array.from({ length: points.count }, (_, row) => random.uniform(row));
  const drawn = [...draws.keys()].sort((a, b) => draws[a] - draws[b] || a - b);
  const rows = drawn.slice(0, most).sort((a, b) => a - b);
  const positions = new Float32Array(3 * most);
  const colours = new Uint8Array(3 * most);
  for (const [at, row] of rows.entries()) {
    positions.set(points.positions.subarray(3 * row, 3 * row + 3), 3 * at);
    colours.set(points.colours.subarray(3 * row, 3 * row + 3), 3 * at);
  }
  return { count: most, positions, colours };
}

function randomPoints(cameras: readonly PinholeCamera[], seed: number, count: number): ColouredPoints {
  const { min, max } = cameraBounds(cameras);
  const place = new CounterRandom(seed, 'start positions');
  const tint = new CounterRandom(seed, 'start colours');
  const positions = new Float32Array(3 * count);
  const colours = new Uint8Array(3 * count);
  for (let i = 0; i < 3 * count; i++) {
    positions[i] = min[i % 3] + (max[i % 3] - min[i % 3]) * place.uniform(i);
    colours[i] = tint.integer(i, 256);
  }
  return { count, positions, colours };
}

function writeGeometry(
  model: GaussianModel,
  { positions, count }: ColouredPoints,
  focus: Point,
  extent: number,
  { nearestNeighbours, neighbours = 3, scaleFactor = 1, opacity = 0.1 }: InitialiseOptions,
): void {
  const { geometry } = model.arrays();
  // Fewer others than asked for: average over those there are; a single point gets the lower bound.
  const k = Math.min(neighbours, count - 1);
  const distances = k > 0 ? nearestNeighbours(positions, count, k).meanDistances : new Float32Array(1);
  const opacityLogit = logit(opacity);
  for (let row = 0; row < count; row++) {
    const at = row * GEOMETRY.columns;
    const [x, y, z] = positions.subarray(3 * row, 3 * row + 3);
    geometry.set([x, y, z], at + GEOMETRY.mean);
    const distance = Math.hypot(x - focus[0], y - focus[1], z - focus[2]);
    const largest = LARGEST_SCALE * Math.max(extent, distance);
    const scale = Math.min(largest, Math.max(SMALLEST_SCALE * extent, scaleFactor * distances[row]));
    geometry.fill(Math.log(scale), at + GEOMETRY.logScale, at + GEOMETRY.logScale + 3);
    geometry[at + GEOMETRY.quaternion] = 1;
    geometry[at + GEOMETRY.opacityLogit] = opacityLogit;
  }
}

function writeAppearance(
  model: GaussianModel,
  { colours, count }: ColouredPoints,
  { seed, uncertainty = 0.01 }: InitialiseOptions,
): void {
  const { sphericalHarmonics, semantics } = model.arrays();
  const random = new CounterRandom(seed, 'start semantics');
  const uncertaintyLogit = logit(uncertainty);
  for (let row = 0; row < count; row++) {
    for (let channel = 0; channel < 3; channel++)
      sphericalHarmonics[row * SPHERICAL_HARMONICS.columns + channel] =
        (colours[3 * row + channel] / 255 - 0.5) / SH_CONSTANT;
    const at = row * SEMANTICS.columns;
    for (let i = 0; i < SEMANTICS.dimensions; i++) semantics[at + i] = random.normal(row * SEMANTICS.dimensions + i);
    semantics[at + SEMANTICS.uncertaintyLogit] = uncertaintyLogit;
  }
}
