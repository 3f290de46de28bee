/**
 * COLMAP captures: a model folder (`cameras`, `images`, `points3D`, since 3.12 `rigs` and `frames`, all `.bin` or all `.txt`) and a
 * folder of photos.
 */
import { basename, dirname, join, relative, resolve } from 'node:path';
import { said } from '#contract/sayings';
import { assemblePhotos, type PosedPhoto, type Tally } from './assemble';
import { openSource, type ByteSource } from './byteSource';
import { readCamerasBinary, readCamerasText } from './colmapCameras';
import { readImagesBinary, readImagesText, type ColmapImage } from './colmapImages';
import { readPointsBinary, readPointsText } from './colmapPoints';
import { readFramesBinary, readFramesText, readRigsBinary, readRigsText } from './colmapRigs';
import { CaptureError } from './errors';
import { UNSUPPORTED_REMEDY } from './intrinsics';
import { NameIndex } from './nameIndex';
import { isFile, isFolder, mapSome, requireContained } from './photoFiles';
import { poseByFrames } from './rigPoses';
import type { SceneFrame } from './sceneFrame';
import type { Photo, SparsePoints } from './types';

export interface ColmapModel {
  /** absolute */
  readonly folder: string;
  readonly extension: 'bin' | 'txt';
}

/** Where a model lies below a capture's folder. */
export const MODEL_FOLDERS = ['sparse/0', 'sparse', 'colmap/sparse/0', 'colmap/sparse', '.'];
/** Where photos lie below a capture's folder, unless the caller says. */
const PHOTO_FOLDERS = ['images', 'input', '.'];

/** The complete model of a folder, binary before text; null when there is none. */
export async function findModel(root: string): Promise<ColmapModel | null> {
  for (const candidate of MODEL_FOLDERS) {
    const folder = join(root, candidate);
    for (const extension of ['bin', 'txt'] as const) {
      const complete = await Promise.all(
        ['cameras', 'images'].map((name) => isFile(join(folder, `${name}.${extension}`))),
      );
      if (complete.every(Boolean)) return { folder, extension };
    }
  }
  return null;
}

/** The capture's folder when a person points at the model inside it: `X` for `X`, `X/sparse`, `X/sparse/1`, … */
export function captureRoot(model: ColmapModel): string {
  let folder = model.folder;
  if (/^\d+$/.test(basename(folder)) && basename(dirname(folder)) === 'sparse') folder = dirname(folder);
  if (basename(folder) === 'sparse') folder = dirname(folder);
  return basename(folder) === 'colmap' ? dirname(folder) : folder;
}

/**
 * Reads cameras and photos of a model.
 *
 * @param root       the capture's folder
 * @param imagePath  the folder of photos, relative to `root` or absolute
 * @throws CaptureError
 */
export async function readColmapPhotos(
  root: string,
  model: ColmapModel,
  imagePath: string | undefined,
  tally: Tally,
): Promise<Photo[]> {
  const binary = model.extension === 'bin';
  const cameras = await read(root, model, 'cameras', binary ? readCamerasBinary : readCamerasText);
  const listed = await read(root, model, 'images', binary ? readImagesBinary : readImagesText);
  const file = fileName(root, model, 'images');
  if (listed.length === 0) throw new CaptureError({ file, said: said('noPhotoPosed', { file }) });

  const images = await rigged(root, model, listed, tally);
  const paths = images.map(({ id, name }) => requireContained(name, file, `image id ${id}`));
  requireUnique(paths, file);
  const files = await photoFolder(root, imagePath, paths, file);
  const found = await mapSome(paths, (path) => files.find(path));
  const posed = images.flatMap((image: ColmapImage, i): PosedPhoto[] => {
    const camera = cameras.get(image.cameraId);
    if (!camera) {
      const problem = `the camera id ${image.cameraId} is not in cameras.${model.extension}`;
      throw new CaptureError({ file, field: `image id ${image.id}`, problem, remedy: 're-export the model' });
    }
    const path = found[i];
    if (path === null) {
      tally.add(paths[i], (photos) => said('photosNotFound', photos));
      return [];
    }
    const { intrinsics } = camera;
    if (!intrinsics) {
      const field = `camera id ${image.cameraId}`;
      const problem = `the camera model ${camera.model} is not supported`;
      throw new CaptureError({ file: fileName(root, model, 'cameras'), field, problem, remedy: UNSUPPORTED_REMEDY });
    }
    const { worldToCamera } = image;
    return [{ name: paths[i], path, intrinsics: () => intrinsics, worldToCamera }];
  });
  return assemblePhotos(root, posed, tally);
}

/** The model's sparse points; null when it has none. @throws CaptureError */
export async function readColmapPoints(
  root: string,
  model: ColmapModel,
  frame: SceneFrame,
): Promise<SparsePoints | null> {
  if (!(await isFile(join(model.folder, `points3D.${model.extension}`)))) return null;
  const reader = model.extension === 'bin' ? readPointsBinary : readPointsText;
  const points = await read(root, model, 'points3D', (source) => reader(source, frame));
  return points.count > 0 ? points : null;
}

/** The images with the poses that rigs and frames give them; as they are where the model has none. @throws CaptureError */
async function rigged(root: string, model: ColmapModel, images: ColmapImage[], tally: Tally): Promise<ColmapImage[]> {
  const binary = model.extension === 'bin';
  for (const name of ['rigs', 'frames'])
    if (!(await isFile(join(model.folder, `${name}.${model.extension}`)))) return images;
  const rigs = await read(root, model, 'rigs', binary ? readRigsBinary : readRigsText);
  const frames = await read(root, model, 'frames', binary ? readFramesBinary : readFramesText);
  // Converters that know no rigs leave both empty.
  if (rigs.size === 0 && frames.length === 0) return images;
  return poseByFrames(images, rigs, frames, fileName(root, model, 'frames'), tally);
}

async function read<T>(
  root: string,
  model: ColmapModel,
  name: string,
  reader: (source: ByteSource) => T | Promise<T>,
): Promise<T> {
  const source = openSource(join(model.folder, `${name}.${model.extension}`), fileName(root, model, name));
  try {
    return await reader(source);
  } finally {
    source.close();
  }
}

/** As a person sees it from the capture's folder: `sparse/0/images.bin`. */
function fileName(root: string, model: ColmapModel, name: string): string {
  return join(relative(root, model.folder), `${name}.${model.extension}`).replaceAll('\\', '/');
}

/** Two spellings of one file (`a.jpg`, `./a.jpg`; “é” as one character or two) would be trained twice. */
function requireUnique(paths: readonly string[], file: string): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) {
      throw new CaptureError({
        file,
        problem: `the photo ${JSON.stringify(path)} appears twice`,
        remedy: 're-export the model',
      });
    }
    seen.add(path);
  }
}

/** The first folder that holds any of the photos. */
async function photoFolder(
  root: string,
  imagePath: string | undefined,
  paths: readonly string[],
  file: string,
): Promise<NameIndex> {
  const candidates = (imagePath === undefined ? PHOTO_FOLDERS : [imagePath]).map((path) => resolve(root, path));
  for (const folder of candidates) {
    if (!(await isFolder(folder))) continue;
    const files = new NameIndex(folder);
    for (const path of paths) if ((await files.find(path)) !== null) return files;
  }
  const values = { file, count: paths.length, name: JSON.stringify(paths[0]), folders: candidates.join(' or ') };
  throw new CaptureError({ file, said: said('photosElsewhere', values) });
}
