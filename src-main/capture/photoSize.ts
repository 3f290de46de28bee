/**
 * Does a camera belong to a photo of this size? Captures are often reduced after calibration (`images_4/`): then the
 * intrinsics scale with the photo. Anything else means that photo and camera do not belong together.
 *
 * EXIF orientation. COLMAP works on the pixels as they are stored and leaves it alone (so its issues 1456 and 2104 say; since 4.0 it is
 * read for the direction of features, not for the pixels), and so do nerfstudio and Legato. Programs that do turn photos first
 * calibrate a camera of the turned shape: such a photo is turned, too. Where both shapes fit, the stored one is meant.
 */
import type { PhotoHeader } from './decode';
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
    const hint = turned ? ' (the photo seems turned, but has no EXIF orientation that says how)' : '';
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

/** Which way up a photo belongs to its camera, and how it fits then. */
export function orientPhoto(
  intrinsics: Intrinsics,
  { width, height, sideways }: PhotoHeader,
): { readonly fit: Fit; readonly width: number; readonly height: number; readonly turned: boolean } {
  const stored = { fit: fitToPhoto(intrinsics, width, height), width, height, turned: false };
  if (!sideways || stored.fit.kind === 'same') return stored;
  const turned = { fit: fitToPhoto(intrinsics, height, width), width: height, height: width, turned: true };
  if (turned.fit.kind === 'same' || (stored.fit.kind === 'mismatch' && turned.fit.kind === 'scaled')) return turned;
  if (stored.fit.kind === 'scaled') return stored;
  const sizes = `${width}×${height}, or ${height}×${width} as its EXIF orientation turns it`;
  const problem = `the photo is ${sizes}, but its camera ${intrinsics.width}×${intrinsics.height}`;
  return { ...stored, fit: { kind: 'mismatch', problem } };
}

/** Equal but for rounding one side to whole pixels, up or down. */
export function sameAspect(a: { width: number; height: number }, b: { width: number; height: number }): boolean {
  return (
    Math.abs(a.height * (b.width / a.width) - b.height) <= 1 || Math.abs(a.width * (b.height / a.height) - b.width) <= 1
  );
}
