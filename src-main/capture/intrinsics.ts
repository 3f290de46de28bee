/**
 * Camera models and their parameters, as a pinhole and a lens.
 *
 * COLMAP's order (src/colmap/sensor/models.h, documented in its "Camera Models" page):
 *   SIMPLE_PINHOLE f cx cy · PINHOLE fx fy cx cy · SIMPLE_RADIAL f cx cy k · RADIAL f cx cy k1 k2 ·
 *   OPENCV fx fy cx cy k1 k2 p1 p2
 * The other models are known by id and length, so that a file that lists them can be read past.
 */
import { MAX_PIXELS, MAX_SIDE } from './limits';
import type { Distortion } from './types';

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
];

export const SUPPORTED_MODELS = 'SIMPLE_PINHOLE, PINHOLE, SIMPLE_RADIAL, RADIAL and OPENCV';

/** What to do about a model that cannot be undistorted yet. */
export const UNSUPPORTED_REMEDY = `Legato undistorts ${SUPPORTED_MODELS}: run "colmap image_undistorter" and open its result, or calibrate with one of these models`;

/** The pinhole and lens of a COLMAP camera; null for a model that is not supported. Values are not judged here. */
export function intrinsicsOf(model: string, width: number, height: number, p: readonly number[]): Intrinsics | null {
  const single = (k1: number, k2: number): Intrinsics => ({
    width,
    height,
    fx: p[0],
    fy: p[0],
    cx: p[1],
    cy: p[2],
    distortion: lens(k1, k2, 0, 0),
  });
  switch (model) {
    case 'SIMPLE_PINHOLE':
      return single(0, 0);
    case 'SIMPLE_RADIAL':
      return single(p[3], 0);
    case 'RADIAL':
      return single(p[3], p[4]);
    case 'PINHOLE':
      return { width, height, fx: p[0], fy: p[1], cx: p[2], cy: p[3], distortion: null };
    case 'OPENCV': {
      const distortion = lens(p[4], p[5], p[6], p[7]);
      return { width, height, fx: p[0], fy: p[1], cx: p[2], cy: p[3], distortion };
    }
    default:
      return null;
  }
}

/** A lens, or null when it bends nothing: a pinhole is never resampled. */
export function lens(k1: number, k2: number, p1: number, p2: number): Distortion | null {
  return k1 === 0 && k2 === 0 && p1 === 0 && p2 === 0 ? null : { k1, k2, p1, p2 };
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
  for (const [field, value] of Object.entries(distortion ?? {})) {
    if (!(Math.abs(value as number) <= 1e3)) return `distortion ${field} = ${value} is absurd`;
  }
  return null;
}
