/**
 * From posed intrinsics and files to photos: sizes read from the files themselves, cameras fitted to them, masks found,
 * names unique and sorted. Both capture formats end here, so that they cannot differ in anything but what they say.
 */
import { join } from 'node:path';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { nameList } from '../base/index';
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

/** Names that a sentence lists. */
const LISTED = 5;

/** How many photos one thing is true of, and a few of their names. */
export interface Concerned {
  readonly count: number;
  readonly names: string;
}

/** Things of one kind that a person is told once, with a few names instead of thousands of lines. */
export class Tally {
  readonly #kinds = new Map<string, { say: (photos: Concerned) => Saying; names: string[] }>();

  /** @param say  the same words for the same thing, whatever the photos */
  add(name: string, say: (photos: Concerned) => Saying): void {
    const { message: kind } = say({ count: 0, names: '' });
    const known = this.#kinds.get(kind);
    if (known) known.names.push(name);
    else this.#kinds.set(kind, { say, names: [name] });
  }

  sayings(): Saying[] {
    // Files are looked at side by side: sorted, the names do not depend on which answered first.
    return [...this.#kinds.values()].map(({ say, names }) =>
      say({ count: names.length, names: nameList(names.sort(), LISTED) }),
    );
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
      const sizes = { size: `${width}×${height}`, calibrated: `${fitted.width}×${fitted.height}` };
      tally.add(name, (photos) => said('photosScaled', { ...sizes, ...photos }));
      fitted = fit.intrinsics;
    }
    if (turned) tally.add(name, (photos) => said('photosTurned', photos));
    const lost = narrowed(fitted);
    if (lost) tally.add(name, lost);
    const { fx, fy, cx, cy, distortion } = fitted;
    const mask = maskPath ?? (hasMasks ? await maskFiles.first(maskNames(name)) : null);
    if (hasMasks && mask === null) tally.add(name, (photos) => said('photosWithoutMask', photos));
    const camera = { width, height, fx, fy, cx, cy, worldToCamera };
    return { name, path, camera, distortion, maskPath: mask, ...(turned ? { turned } : {}) };
  });
  return photos.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Degrees of a fisheye's field that may go without a word. */
const NARROWED = 10;

/** What a fisheye loses when it becomes a pinhole; null when that is next to nothing. */
function narrowed(intrinsics: Intrinsics): ((photos: Concerned) => Saying) | null {
  if (intrinsics.distortion?.kind !== 'fisheye') return null;
  const whole = degreesAcross(intrinsics, intrinsics.distortion);
  const used = Math.round(degreesAcross(intrinsics, null) ?? 0);
  if (whole === null) return (photos) => said('fisheyeToBorder', { used, ...photos });
  if (whole - used < NARROWED) return null;
  return (photos) => said('fisheyeNarrowed', { whole: Math.round(whole), used, ...photos });
}
