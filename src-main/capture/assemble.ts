/**
 * From posed intrinsics and files to photos: sizes read from the files themselves, cameras fitted to them, masks found,
 * names unique and sorted. Both capture formats end here, so that they cannot differ in anything but what they say.
 */
import { join } from 'node:path';
import { readPhotoHeader } from './decode';
import { CaptureError } from './errors';
import type { Intrinsics } from './intrinsics';
import { degreesAcross } from './lensInverse';
import { NameIndex } from './nameIndex';
import { isFolder, mapSome, maskNames } from './photoFiles';
import { orientPhoto } from './photoSize';
import type { Photo } from './types';

export interface PosedPhoto {
  readonly name: string;
  /** absolute; exists */
  readonly path: string;
  /** calibrated size and lens, given the photo's own size for what the capture leaves out */
  readonly intrinsics: (width: number, height: number) => Intrinsics;
  readonly worldToCamera: readonly number[];
  /** absolute, exists; undefined: look in `masks/` */
  readonly maskPath?: string;
}

/** Things of one kind that a person is told once, with a few names instead of thousands of lines. */
export class Tally {
  readonly #names = new Map<string, string[]>();

  add(what: string, name: string): void {
    const names = this.#names.get(what);
    if (names) names.push(name);
    else this.#names.set(what, [name]);
  }

  lines(): string[] {
    return [...this.#names].map(([what, names]) => {
      // Files are looked at side by side: sorted, the line does not depend on which answered first.
      const shown = names.sort().slice(0, 5).join(', ') + (names.length > 5 ? `, and ${names.length - 5} more` : '');
      return `${names.length} ${names.length === 1 ? 'photo' : 'photos'}: ${what} (${shown})`;
    });
  }
}

/**
 * @param root   the capture's folder, for `masks/`
 * @param tally  receives what a person should know
 * @throws CaptureError naming the photo
 */
export async function assemblePhotos(root: string, posed: readonly PosedPhoto[], tally: Tally): Promise<Photo[]> {
  const masks = join(root, 'masks');
  const hasMasks = await isFolder(masks);
  const maskFiles = new NameIndex(masks);
  const photos = await mapSome(posed, async ({ name, path, intrinsics, worldToCamera, maskPath }): Promise<Photo> => {
    const header = await readPhotoHeader(path, name);
    let fitted = intrinsics(header.width, header.height);
    const { fit, width, height, turned } = orientPhoto(fitted, header);
    if (fit.kind === 'mismatch') {
      const remedy = 'use the photos that the capture was calibrated with, or a reduction of them';
      throw new CaptureError({ file: name, problem: fit.problem, remedy });
    }
    if (fit.kind === 'scaled') {
      tally.add(`${width}×${height} while calibrated at ${fitted.width}×${fitted.height}; intrinsics scaled`, name);
      fitted = fit.intrinsics;
    }
    if (turned) tally.add('turned as its EXIF orientation says, since its camera has that shape', name);
    const lost = narrowed(fitted);
    if (lost) tally.add(lost, name);
    const { fx, fy, cx, cy, distortion } = fitted;
    const mask = maskPath ?? (hasMasks ? await maskFiles.first(maskNames(name)) : null);
    if (hasMasks && mask === null) tally.add('no mask in masks/', name);
    const camera = { width, height, fx, fy, cx, cy, worldToCamera };
    return { name, path, camera, distortion, maskPath: mask, ...(turned ? { turned } : {}) };
  });
  return photos.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Degrees of a fisheye's field that may go without a word. */
const NARROWED = 10;

/** What a fisheye loses when it becomes a pinhole; null when that is next to nothing. */
function narrowed(intrinsics: Intrinsics): string | null {
  if (intrinsics.distortion?.kind !== 'fisheye') return null;
  const whole = degreesAcross(intrinsics, intrinsics.distortion);
  const used = Math.round(degreesAcross(intrinsics, null) ?? 0);
  if (whole === null) return `a fisheye that cannot be undone up to its border; the middle ${used}° are used`;
  return whole - used < NARROWED ? null : `a fisheye of ${Math.round(whole)}° across; the middle ${used}° are used`;
}
