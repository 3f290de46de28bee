/**
 * Camera models and their parameters, as a pinhole and a lens (lens.ts).
 *
 * COLMAP's order (src/colmap/sensor/models.h, named in its "Camera Models" page):
 *   SIMPLE_PINHOLE, SIMPLE_FISHEYE  f cx cy            PINHOLE, FISHEYE  fx fy cx cy
 *   SIMPLE_RADIAL(_FISHEYE)  f cx cy k                 RADIAL(_FISHEYE)  f cx cy k1 k2
 *   OPENCV  fx fy cx cy k1 k2 p1 p2                    OPENCV_FISHEYE    fx fy cx cy k1 k2 k3 k4
 *   FULL_OPENCV  fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6   FOV               fx fy cx cy ω
 *   THIN_PRISM_FISHEYE  fx fy cx cy k1 k2 p1 p2 k3 k4 sx1 sy1
 * The other models are known by id and length, so that a file that lists them can be read past.
 */
import { distort, fisheyeLens, fovLens, perspectiveLens, type Distortion } from './lens';
import { foldRadius } from './lensInverse';
import { MAX_PIXELS, MAX_SIDE } from './limits';

export interface Intrinsics {
  readonly width: number;
  readonly height: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  readonly distortion: Distortion | null;
}

/** COLMAP's models by id: name and number of parameters. */
export const COLMAP_MODELS: readonly (readonly [name: string, parameters: number])[] = [
  ['SIMPLE_PINHOLE', 3],
  ['PINHOLE', 4],
  ['SIMPLE_RADIAL', 4],
  ['RADIAL', 5],
  ['OPENCV', 8],
  ['OPENCV_FISHEYE', 8],
  ['FULL_OPENCV', 12],
  ['FOV', 5],
  ['SIMPLE_RADIAL_FISHEYE', 4],
  ['RADIAL_FISHEYE', 5],
  ['THIN_PRISM_FISHEYE', 12],
  ['RAD_TAN_THIN_PRISM_FISHEYE', 16],
  ['SIMPLE_DIVISION', 4],
  ['DIVISION', 5],
  ['SIMPLE_FISHEYE', 3],
  ['FISHEYE', 4],
  ['EUCM', 6],
  ['EQUIRECTANGULAR', 2],
];

/** The least that a camera of any model takes. */
export const FEWEST_PARAMETERS = 2;

/** What to do about a model that cannot be undistorted. */
export const UNSUPPORTED_REMEDY =
  'run "colmap image_undistorter" and open its result, or calibrate with another model (pinhole, radial, OpenCV, fisheye, FOV or thin prism)';

/** The pinhole and lens of a COLMAP camera; null for a model that is not supported. Values are not judged here. */
export function intrinsicsOf(model: string, width: number, height: number, p: readonly number[]): Intrinsics | null {
  const single = (distortion: Distortion | null): Intrinsics => ({
    ...{ width, height, fx: p[0], fy: p[0], cx: p[1], cy: p[2] },
    distortion,
  });
  const double = (distortion: Distortion | null): Intrinsics => ({
    ...{ width, height, fx: p[0], fy: p[1], cx: p[2], cy: p[3] },
    distortion,
  });
  switch (model) {
    case 'SIMPLE_PINHOLE':
      return single(null);
    case 'PINHOLE':
      return double(null);
    case 'SIMPLE_RADIAL':
      return single(perspectiveLens({ k1: p[3] }));
    case 'RADIAL':
      return single(perspectiveLens({ k1: p[3], k2: p[4] }));
    case 'OPENCV':
      return double(perspectiveLens({ k1: p[4], k2: p[5], p1: p[6], p2: p[7] }));
    case 'FULL_OPENCV': {
      const [k1, k2, p1, p2, k3, k4, k5, k6] = p.slice(4);
      return double(perspectiveLens({ k1, k2, p1, p2, k3, k4, k5, k6 }));
    }
    case 'SIMPLE_FISHEYE':
      return single(fisheyeLens({}));
    case 'FISHEYE':
      return double(fisheyeLens({}));
    case 'SIMPLE_RADIAL_FISHEYE':
      return single(fisheyeLens({ k1: p[3] }));
    case 'RADIAL_FISHEYE':
      return single(fisheyeLens({ k1: p[3], k2: p[4] }));
    case 'OPENCV_FISHEYE':
      return double(fisheyeLens({ k1: p[4], k2: p[5], k3: p[6], k4: p[7] }));
    case 'THIN_PRISM_FISHEYE': {
      const [k1, k2, p1, p2, k3, k4, sx1, sy1] = p.slice(4);
      return double(fisheyeLens({ k1, k2, p1, p2, k3, k4, sx1, sy1 }));
    }
    case 'FOV':
      return double(fovLens(p[4]));
    default:
      return null;
  }
}

/** What makes these intrinsics unusable, as `field problem`; null when they are fine. */
export function degenerate({ width, height, fx, fy, cx, cy, distortion }: Intrinsics): string | null {
  for (const [field, side] of [['width', width] as const, ['height', height] as const]) {
    if (!Number.isInteger(side) || side < 1) return `${field} ${side} is not a positive whole number`;
    if (side > MAX_SIDE) return `${field} ${side} is over ${MAX_SIDE} pixels`;
  }
  if (width * height > MAX_PIXELS) return `${width}×${height} is over ${MAX_PIXELS.toLocaleString('en-US')} pixels`;
  // A field of view below 0.06° or above 179.4° is a broken calibration, not a lens.
  const longSide = Math.max(width, height);
  for (const [field, focal] of [['fx', fx] as const, ['fy', fy] as const]) {
    if (!(focal >= longSide / 200 && focal <= longSide * 1000))
      return `${field} ${focal} is no focal length for ${width}×${height} pixels`;
  }
  // Crops move the principal point off the photo, but not farther than the photo that was cropped.
  if (!(Math.abs(cx - width / 2) <= 8 * width)) return `cx ${cx} is far outside the photo`;
  if (!(Math.abs(cy - height / 2) <= 8 * height)) return `cy ${cy} is far outside the photo`;
  return distortion && broken({ width, height, fx, fy, cx, cy, distortion });
}

/** Samples along each side that tell how much of a photo a lens leaves. */
const SAMPLES = 16;
/** A calibration that went wrong folds within a few pixels of its centre, or throws the photo out of its own frame. */
const LEAST_COVERED = 0.05;

/** What makes a lens unusable, or null. */
function broken({ width, height, fx, fy, cx, cy, distortion }: Intrinsics & { distortion: Distortion }): string | null {
  for (const [field, value] of Object.entries(distortion)) {
    if (field !== 'kind' && !(Math.abs(value as number) <= 1e3)) return `distortion ${field} = ${value} is absurd`;
  }
  if (distortion.kind === 'fov' && !(distortion.omega < Math.PI)) {
    return `distortion omega = ${distortion.omega} is no angle below π`;
  }
  const fold = foldRadius(distortion, cornerRadius({ width, height, fx, fy, cx, cy }));
  let covered = 0;
  for (let j = 0; j < SAMPLES; j++) {
    for (let i = 0; i < SAMPLES; i++) {
      const x = (((i + 0.5) / SAMPLES) * width - cx) / fx;
      const y = (((j + 0.5) / SAMPLES) * height - cy) / fy;
      if (Math.hypot(x, y) >= fold) continue;
      const bent = distort(distortion, x, y);
      const [u, v] = [bent.x * fx + cx, bent.y * fy + cy];
      if (u >= 0 && u <= width && v >= 0 && v <= height) covered++;
    }
  }
  const share = covered / SAMPLES ** 2;
  if (share >= LEAST_COVERED) return null;
  return `the lens cannot be undone: undistorted, ${Math.round(100 * share)} % of the photo would be left`;
}

/** The largest distance of a pixel from the axis, in the undistorted plane. */
export function cornerRadius({ width, height, fx, fy, cx, cy }: Omit<Intrinsics, 'distortion'>): number {
  return Math.hypot(Math.max(cx, width - cx) / fx, Math.max(cy, height - cy) / fy);
}
