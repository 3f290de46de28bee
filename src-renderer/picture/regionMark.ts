/** An uncertain region as it lies in the picture: a dot for each of its splats, and a ring about them. CSS pixels. */
import type { PinholeCamera } from '#contract/camera';
import type { UncertainRegion } from '#contract/labels';
import type { Vector } from '../viewport/cameras';

export interface RegionMark {
  /** of an SVG path: a point for each splat that the picture shows */
  readonly dots: string;
  readonly x: number;
  readonly y: number;
  /** null where the ring would lie outside of the picture */
  readonly r: number | null;
}

/** About the region's radius, so that the ring is around it. */
const MARGIN = 1.2;
const SMALLEST = 12;
/** More dots say nothing more. */
export const MOST_DOTS = 1500;

/** @param points  world centres of its splats; @param css  CSS pixels of a pixel of the camera. @returns null behind the camera */
export function regionMark(
  { centre, radius }: Pick<UncertainRegion, 'centre' | 'radius'>,
  points: readonly Vector[],
  camera: PinholeCamera,
  css: number,
): RegionMark | null {
  const middle = project(centre, camera, css);
  if (middle === null) return null;
  const dots = points.flatMap((point) => {
    const at = project(point, camera, css);
    return at === null ? [] : [`M${at[0].toFixed(1)} ${at[1].toFixed(1)}h0`];
  });
  const r = Math.max(SMALLEST, ((MARGIN * radius * camera.fx) / middle[2]) * css);
  const room = (css * Math.min(camera.width, camera.height)) / 2;
  return { dots: dots.join(''), x: middle[0], y: middle[1], r: r < room ? r : null };
}

/** x, y and depth; null behind the camera. */
function project(point: Vector, camera: PinholeCamera, css: number): [number, number, number] | null {
  const { worldToCamera: m, fx, fy, cx, cy } = camera;
  const [x, y, z] = [0, 4, 8].map(
    (row) => m[row] * point[0] + m[row + 1] * point[1] + m[row + 2] * point[2] + m[row + 3],
  );
  return z > 0 ? [((fx * x) / z + cx) * css, ((fy * y) / z + cy) * css, z] : null;
}
