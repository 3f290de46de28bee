/**
 * Class and instance masks at the poses of photos: what the pixels of the splats' picture are called.
 *
 *   OUT/class/NAME.png      number of the class: its place in `classes` of masks.json, from 1
 *   OUT/instance/NAME.png   number of the feature
 *   OUT/masks.json          the description; which mask belongs to which photo
 *
 * The folder appears in one step, complete or not at all.
 */
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reduceCamera } from '#contract/camera';
import { createFolderAtomically, FileError } from '../base/index';
import { maskName, maskPng, type ExportDescription } from '../export/index';
import { NONE, SurfaceViews, type MeshProgress, type Segmentation, type Taxonomy } from '../mesh/index';
import { COVERAGE } from '../semantics/index';
import { meshSceneOf } from './exportScene';
import type { TrainedScene } from './trainedScene';

const BLACK = [0, 0, 0] as const;

export interface MaskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Omit<MeshProgress, 'stage'> & { stage: 'masks' }) => void;
}

/** Room for a new folder: nothing there, or an empty one, which goes. @throws FileError */
async function makeRoom(out: string): Promise<void> {
  const entries = await readdir(out).catch(() => null);
  if (entries === null) return;
  if (entries.length > 0)
    throw new FileError('exists', out, 'already exists and is not empty; choose another folder, or remove it');
  await rmdir(out);
}

/** @returns how many photos */
export async function writeMasks(
  trained: TrainedScene,
  { rows, segments }: Segmentation,
  { classes }: Taxonomy,
  description: ExportDescription,
  out: string,
  { signal, onProgress }: MaskOptions,
): Promise<number> {
  const { photos, settings } = trained;
  const numberOf = new Map(classes.map(({ id }, i) => [id, i + 1]));
  const classOf = segments.map(({ classId }) => (classId === NONE ? 0 : (numberOf.get(classId) ?? 0)));
  const classColours = [BLACK, ...classes.map(({ colour }) => colour)];
  const segmentColours = segments.map(({ colour }, i) => (i === 0 ? BLACK : colour));
  const scene = meshSceneOf(trained);
  await makeRoom(out);
  await mkdir(dirname(out), { recursive: true });
  const views = new SurfaceViews(scene, scene.geometry.subarray(0, 11 * scene.count), rows, segments.length);
  try {
    await createFolderAtomically(out, async (folder) => {
      for (const kind of ['class', 'instance']) await mkdir(join(folder, kind));
      const taken = new Set<string>();
      const files: { photo: string; mask: string }[] = [];
      for (const [i, photo] of photos.entries()) {
        signal?.throwIfAborted();
        onProgress?.({ stage: 'masks', done: i, total: photos.length });
        const camera = reduceCamera(photo.camera, settings.resolution);
        const { labels, alpha } = views.see(camera).surface;
        const instance = labels.map((segment, p) => (alpha[p] >= COVERAGE ? segment : 0));
        const mask = maskName(photo.name, taken);
        const { width, height } = camera;
        const pictures = [
          ['class', instance.map((segment) => classOf[segment]), classColours],
          ['instance', instance, segmentColours],
        ] as const;
        for (const [kind, numbers, colours] of pictures)
          await writeFile(join(folder, kind, mask), await maskPng(width, height, numbers, colours));
        files.push({ photo: photo.name, mask });
      }
      const table = {
        ...description,
        classes: classes.map(({ id, name }, c) => ({ number: c + 1, id, name })),
        photos: files,
      };
      await writeFile(join(folder, 'masks.json'), `${JSON.stringify(table, null, 2)}\n`);
    });
  } finally {
    views.dispose();
  }
  return photos.length;
}
