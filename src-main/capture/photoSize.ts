/**
 * Does a camera belong to a photo of this size? Captures are often reduced after calibration (`images_4/`): then the
 * intrinsics scale with the photo. Anything else means that photo and camera do not belong together.
 */
import type { Intrinsics } from './intrinsics';

export type Fit =
  | { readonly kind: 'same' }
  | { readonly kind: 'scaled'; readonly intrinsics: Intrinsics }
  | { readonly kind: 'mismatch'; readonly problem: string };

/** Fits intrinsics to a photo of `width`×`height` pixels. The lens acts on normalised coordinates and stays. */
export function fitToPhoto(intrinsics: Intrinsics, width: number, height: number): Fit {
  if (intrinsics.width === width && intrinsics.height === height) return { kind: 'same' };
  if (!sameAspect(intrinsics, { width, height })) {
    const turned = sameAspect({ width: intrinsics.height, height: intrinsics.width }, { width, height });
    const hint = turned ? ' (the photo seems turned; EXIF orientation is not applied, as in COLMAP)' : '';
    const problem = `the photo is ${width}×${height} but its camera ${intrinsics.width}×${intrinsics.height}${hint}`;
    return { kind: 'mismatch', problem };
  }
  const sx = width / intrinsics.width;
  const sy = height / intrinsics.height;
  const { fx, fy, cx, cy, distortion } = intrinsics;
  return {
    kind: 'scaled',
    intrinsics: { width, height, fx: fx * sx, fy: fy * sy, cx: cx * sx, cy: cy * sy, distortion },
  };
}

/** Equal but for rounding one side to whole pixels, up or down. */
export function sameAspect(a: { width: number; height: number }, b: { width: number; height: number }): boolean {
  return (
    Math.abs(a.height * (b.width / a.width) - b.height) <= 1 || Math.abs(a.width * (b.height / a.height) - b.width) <= 1
  );
}
