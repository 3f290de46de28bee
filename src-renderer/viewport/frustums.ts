/**
 * Photos as frustums in the scene: four edges from the camera's centre, the image's border, a tick on its upper side. Held-out photos
 * have a tone of their own, disabled ones are struck through.
 */
import type { PinholeCamera } from '#contract/camera';
import { poseOf } from './cameras';
import type { Vector } from './cameras';
import type { PhotoCamera } from './interface';

/** Depth of a frustum as a share of the scene's extent. */
const DEPTH = 0.06;
export const frustumTones = { trained: 0xd8d8d8, heldOut: 0x6ea8fe, disabled: 0x8a8a8a } as const;

/** World points: centre, then the image's corners (top left, clockwise), at `depth` along the axis. */
export function frustumPoints({ camera }: PhotoCamera, extent: number): Vector[] {
  const depth = DEPTH * Math.max(extent, 1e-3);
  const m = camera.worldToCamera;
  const { centre } = poseOf(camera);
  const corner = (u: number, v: number): Vector => {
    const p = [((u - camera.cx) / camera.fx) * depth, ((v - camera.cy) / camera.fy) * depth, depth];
    return [0, 1, 2].map((k) => centre[k] + m[k] * p[0] + m[4 + k] * p[1] + m[8 + k] * p[2]) as unknown as Vector;
  };
  const { width, height } = camera;
  return [centre, corner(0, 0), corner(width, 0), corner(width, height), corner(0, height)];
}

export interface FrustumLines {
  /** two points a line, relative to `base`; x y z … */
  readonly positions: Float32Array;
  /** red green blue … of every point, 0 … 1 */
  readonly colours: Float32Array;
}

const edges = [
  [0, 1],
  [0, 2],
  [0, 3],
  [0, 4],
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 1],
] as const;
const cross = [
  [1, 3],
  [2, 4],
] as const;

const mean = (a: Vector, b: Vector): Vector => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

export function frustumLines(photos: readonly PhotoCamera[], extent: number, base: Vector): FrustumLines {
  const positions: number[] = [];
  const colours: number[] = [];
  for (const photo of photos) {
    const points = frustumPoints(photo, extent);
    const tone = photo.disabled ? frustumTones.disabled : photo.heldOut ? frustumTones.heldOut : frustumTones.trained;
    const line = (a: Vector, b: Vector): void => {
      for (const point of [a, b]) {
        positions.push(point[0] - base[0], point[1] - base[1], point[2] - base[2]);
        colours.push((tone >> 16) / 255, ((tone >> 8) & 255) / 255, (tone & 255) / 255);
      }
    };
    for (const [a, b] of photo.disabled ? [...edges, ...cross] : edges) line(points[a], points[b]);
    // The tick says where up is.
    const top = mean(points[1], points[2]);
    const middle = mean(points[1], points[3]);
    line(top, [0, 1, 2].map((k) => top[k] + 0.3 * (top[k] - middle[k])) as unknown as Vector);
  }
  return { positions: Float32Array.from(positions), colours: Float32Array.from(colours) };
}

/** Where a world point lies in a camera's image, pixels; null behind it. */
export function projectPoint(
  { worldToCamera: m, fx, fy, cx, cy }: PinholeCamera,
  point: Vector,
): [number, number] | null {
  const [x, y, z] = [0, 4, 8].map((r) => m[r] * point[0] + m[r + 1] * point[1] + m[r + 2] * point[2] + m[r + 3]);
  return z > 1e-6 ? [(fx * x) / z + cx, (fy * y) / z + cy] : null;
}

/**
 * The photo whose frustum lies under a point of the image: the nearest in space of those whose image plane or centre is met.
 * @param near pixels that count as met
 */
export function frustumAt(
  photos: readonly PhotoCamera[],
  extent: number,
  camera: PinholeCamera,
  x: number,
  y: number,
  near: number,
): string | null {
  const viewer = poseOf(camera).centre;
  let found: string | null = null;
  let least = Infinity;
  for (const photo of photos) {
    const points = frustumPoints(photo, extent);
    const distance = Math.hypot(...points[0].map((v, k) => v - viewer[k]));
    // A viewer who stands in a photo's place does not see its frustum.
    if (distance >= least || distance < 0.01 * extent) continue;
    const seen = points.map((point) => projectPoint(camera, point));
    const [centre, ...corners] = seen;
    const atCentre = centre !== null && Math.hypot(centre[0] - x, centre[1] - y) <= near;
    if (!atCentre && !insideConvex(corners, x, y)) continue;
    found = photo.name;
    least = distance;
  }
  return found;
}

function insideConvex(corners: readonly ([number, number] | null)[], x: number, y: number): boolean {
  let sign = 0;
  for (let i = 0; i < corners.length; i++) {
    const a = corners[i];
    const b = corners[(i + 1) % corners.length];
    if (a === null || b === null) return false;
    const side = Math.sign((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]));
    if (side === 0 || (sign !== 0 && side !== sign)) return false;
    sign = side;
  }
  return true;
}
