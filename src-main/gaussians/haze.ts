/**
 * Haze: large, faint Gaussians that stand for no surface,
 *
 *   opacity < hazeOpacity   and   max scale > hazeScale·extent,
 *
 * which colour plain surfaces from another depth, where few photos look. What they take away from a picture its other Gaussians learn in
 * the steps that are left. Asked in 3D such a surface was answered by haze, which belongs to something else.
 */
import { GEOMETRY, logit } from '../kernels/layout';
import { largestLogScale } from './densityControl';
import type { DensityStatistics } from './densityStatistics';
import type { GaussianModel } from './model';
import { runsOfKept } from './rows';

/** The training settings have these fields under the same names. */
export interface HazeSettings {
  hazeOpacity: number;
  /** camera extents */
  hazeScale: number;
}

/**
 * Removes it in place, outside the tape, and starts the statistics afresh; where there is nothing else, it stays.
 *
 * @param extent  world units
 * @returns how many went
 */
export function clearHaze(
  model: GaussianModel,
  statistics: DensityStatistics,
  { hazeOpacity, hazeScale }: HazeSettings,
  extent: number,
): number {
  const { geometry, count } = model.arrays();
  const [faint, large] = [logit(hazeOpacity), Math.log(hazeScale * extent)];
  const gone = Uint8Array.from({ length: count }, (_, row) => {
    const at = row * GEOMETRY.columns;
    return geometry[at + GEOMETRY.opacityLogit] < faint && largestLogScale(geometry, at) > large ? 1 : 0;
  });
  if (!gone.includes(0)) return 0;
  model.keepRows(runsOfKept(gone, count, 1, new Uint32Array(count + 2)));
  statistics.reset();
  return count - model.count;
}
