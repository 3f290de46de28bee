/**
 * Opening a capture: which description a folder holds, and everything in it checked before anything is used.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { Tally } from './assemble';
import { captureRoot, findModel, MODEL_FOLDERS, readColmapPhotos, readColmapPoints, type ColmapModel } from './colmap';
import { CaptureError } from './errors';
import { readHeldOut } from './heldOut';
import { firstFile, isFolder } from './photoFiles';
import { cameraInFrame, isOwnFrame, suitableFrame, type SceneFrame } from './sceneFrame';
import { readTransforms, readTransformsPhotos, readTransformsPoints } from './transforms';
import type { Capture, Photo } from './types';

export interface LoadCaptureOptions {
  /** which description to read where a folder holds both; by default COLMAP's, unless the path names a .json */
  readonly format?: 'auto' | 'colmap' | 'transforms';
  /** the folder of photos, relative to the capture or absolute, where it is not `images/` */
  readonly imagePath?: string;
  /** coordinates to read it in, such as a run has that goes on; by default those that suit it */
  readonly frame?: SceneFrame;
}

/** Whole scenes in one file; synthetic scenes come as one file for each split. */
const TRANSFORMS_FILES = ['transforms.json', 'transforms_train.json'];

/**
 * Opens a capture: a folder with a COLMAP model (`sparse/0`, `sparse`, `colmap/sparse/0`, or the model folder itself) or a
 * transforms.json, or the path of such a file. No photo is decoded; their headers are read.
 *
 * @returns photos sorted by name, cameras undistorted and fitted to the photos' sizes, cameras and points in `frame`
 * @throws CaptureError naming the file, the field or byte, and what to do
 */
export async function loadCapture(path: string, options: LoadCaptureOptions = {}): Promise<Capture> {
  const absolute = resolve(path);
  const { format = 'auto' } = options;
  const stats = await stat(absolute).catch(() => null);
  if (!stats) throw new CaptureError({ file: path, said: said('captureMissing', { file: path }) });
  if (stats.isFile()) {
    if (!absolute.toLowerCase().endsWith('.json') || format === 'colmap') {
      const code = format === 'colmap' ? 'fileNoColmapModel' : 'fileNoCapture';
      throw new CaptureError({ file: path, said: said(code, { file: path }) });
    }
    return loadTransforms(absolute, options);
  }

  const model = format === 'transforms' ? null : await findModel(absolute);
  const json = format === 'colmap' ? null : await firstFile(absolute, TRANSFORMS_FILES);
  if (model) return loadColmap(model, options, json);
  if (json) return loadTransforms(json, options);
  const wanted = [
    ...(format === 'transforms' ? [] : [`cameras and images, both .bin or both .txt, in ${MODEL_FOLDERS.join(', ')}`]),
    ...(format === 'colmap' ? [] : [TRANSFORMS_FILES.join(' or ')]),
  ];
  throw new CaptureError({ file: path, said: said('noCaptureHere', { file: path, wanted: wanted.join(' nor ') }) });
}

async function loadColmap(model: ColmapModel, options: LoadCaptureOptions, json: string | null): Promise<Capture> {
  const root = captureRoot(model);
  const tally = new Tally();
  const read = await readColmapPhotos(root, model, options.imagePath, tally);
  const { photos, frame, notes } = framed(read, options.frame);
  const points = await readColmapPoints(root, model, frame);
  const warnings = [...tally.sayings(), ...notes];
  if (!points) warnings.push(said('noSparsePoints'));
  if (json) warnings.push(said('otherDescription', { file: basename(json) }));
  if (basename(model.folder) === '0' && (await isFolder(join(dirname(model.folder), '1')))) {
    warnings.push(said('severalModels', { folder: join('sparse', '0') }));
  }
  const heldOut = await readHeldOut(root, photos, warnings);
  return { name: basename(root), root, format: 'colmap', photos, points, frame, heldOut, warnings };
}

async function loadTransforms(path: string, options: LoadCaptureOptions): Promise<Capture> {
  const root = dirname(path);
  const file = basename(path);
  const tally = new Tally();
  const transforms = readTransforms(path, file);
  const read = await readTransformsPhotos(root, file, transforms, options.imagePath, tally);
  requirePhotos(read, file);
  const { photos, frame, notes } = framed(read, options.frame);
  const points = await readTransformsPoints(root, file, transforms, frame, notes);
  const warnings = [...tally.sayings(), ...notes];
  if (!points) warnings.push(said('noSparsePoints'));
  const heldOut = await readHeldOut(root, photos, warnings);
  return { name: basename(root), root, format: 'transforms', photos, points, frame, heldOut, warnings };
}

/** The photos in the coordinates that are asked for, or that suit them, and what a person should know of these. */
function framed(read: Photo[], asked?: SceneFrame): { photos: Photo[]; frame: SceneFrame; notes: Saying[] } {
  const cameras = read.map(({ camera }) => camera);
  const frame = asked ?? suitableFrame(cameras);
  if (isOwnFrame(frame)) return { photos: read, frame, notes: [] };
  const photos = read.map((photo) => ({ ...photo, camera: cameraInFrame(photo.camera, frame) }));
  const { centre, scale } = frame;
  const place = centre.map((value) => Number(value.toPrecision(6))).join(', ');
  const note = said('ownCoordinates', { place, scale: String(Number(scale.toPrecision(3))) });
  return { photos, frame, notes: [note] };
}

function requirePhotos(photos: readonly Photo[], file: string): void {
  if (photos.length > 0) return;
  throw new CaptureError({ file, said: said('noPhotoFound', { file }) });
}
