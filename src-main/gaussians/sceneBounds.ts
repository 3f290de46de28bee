/**
 * How large a scene is and where, from its cameras alone, in the capture's world units.
 *
 *   extent = 1.1 · max_i ‖c_i − mean(c)‖        (METHOD §1; c_i the camera centres)
 *   focus  = argmin_x Σ_i ‖(I − d_i·d_iᵀ)(x − c_i)‖², the point nearest to all optical axes d_i
 */
import { cameraCentre, type PinholeCamera } from '#contract/camera';
import { GaussianError } from './errors';

export type Point = [number, number, number];

/** An axis-aligned box, world units. */
export interface Box {
  readonly min: Point;
  readonly max: Point;
}

const EXTENT_MARGIN = 1.1;
/** Below this share of the trace, the axes are too parallel for a focus to mean anything. */
const PARALLEL = 1e-4;

/** Mean of the camera centres. @throws GaussianError without cameras */
export function meanCentre(cameras: readonly PinholeCamera[]): Point {
  if (cameras.length === 0) throw new GaussianError('a scene needs at least one camera');
  const mean: Point = [0, 0, 0];
  for (const camera of cameras) cameraCentre(camera).forEach((value, axis) => (mean[axis] += value / cameras.length));
  return mean;
}

/** The camera extent; 1 where all cameras stand in one place, so that rates and thresholds stay usable. */
export function cameraExtent(cameras: readonly PinholeCamera[]): number {
  const mean = meanCentre(cameras);
  let largest = 0;
  for (const camera of cameras) {
    const [x, y, z] = cameraCentre(camera);
    largest = Math.max(largest, Math.hypot(x - mean[0], y - mean[1], z - mean[2]));
  }
  return largest > 0 && Number.isFinite(largest) ? EXTENT_MARGIN * largest : 1;
}

/** The optical axis in world coordinates, unit length: the third row of the rotation. */
function opticalAxis({ worldToCamera: m }: PinholeCamera): Point {
  return [m[8], m[9], m[10]];
}

/**
 * Where the cameras look: the point nearest to all optical axes, or, where the axes are parallel or meet behind the cameras,
 * one extent ahead of the mean camera.
 */
export function focusPoint(cameras: readonly PinholeCamera[]): Point {
  const centre = meanCentre(cameras);
  const extent = cameraExtent(cameras);
  // Normal equations A·x = b with A = Σ (I − d·dᵀ), relative to the mean camera; A is symmetric: xx, xy, xz, yy, yz, zz.
  const a = [0, 0, 0, 0, 0, 0];
  const b: Point = [0, 0, 0];
  const ahead: Point = [0, 0, 0];
  for (const camera of cameras) {
    const [dx, dy, dz] = opticalAxis(camera);
    const [cx, cy, cz] = cameraCentre(camera).map((value, axis) => value - centre[axis]);
    const along = dx * cx + dy * cy + dz * cz;
    [1 - dx * dx, -dx * dy, -dx * dz, 1 - dy * dy, -dy * dz, 1 - dz * dz].forEach((value, i) => (a[i] += value));
    [cx - dx * along, cy - dy * along, cz - dz * along].forEach((value, i) => (b[i] += value));
    [dx, dy, dz].forEach((value, i) => (ahead[i] += value));
  }
  const [xx, xy, xz, yy, yz, zz] = a;
  const determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
  if (determinant > PARALLEL * (xx + yy + zz) ** 3) {
    const focus: Point = [
      (b[0] * (yy * zz - yz * yz) + b[1] * (xz * yz - xy * zz) + b[2] * (xy * yz - xz * yy)) / determinant,
      (b[0] * (xz * yz - xy * zz) + b[1] * (xx * zz - xz * xz) + b[2] * (xy * xz - xx * yz)) / determinant,
      (b[0] * (xy * yz - xz * yy) + b[1] * (xy * xz - xx * yz) + b[2] * (xx * yy - xy * xy)) / determinant,
    ];
    if (focus[0] * ahead[0] + focus[1] * ahead[1] + focus[2] * ahead[2] > -extent * cameras.length)
      return [focus[0] + centre[0], focus[1] + centre[1], focus[2] + centre[2]];
  }
  const length = Math.hypot(...ahead);
  if (length === 0) return centre;
  return [0, 1, 2].map((axis) => centre[axis] + (extent * ahead[axis]) / length) as Point;
}

/** The box around all cameras and what they look at, at least one extent wide along every axis. */
export function cameraBounds(cameras: readonly PinholeCamera[]): Box {
  const half = cameraExtent(cameras) / 2;
  const focus = focusPoint(cameras);
  const min = focus.map((value) => value - half) as Point;
  const max = focus.map((value) => value + half) as Point;
  for (const camera of cameras) {
    cameraCentre(camera).forEach((value, axis) => {
      min[axis] = Math.min(min[axis], value);
      max[axis] = Math.max(max[axis], value);
    });
  }
  return { min, max };
}
