/** What would be opened, and what training it would take and write, before anything is made. Changes nothing on disk. */
import { constants, existsSync } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { namesSplats } from '#contract/splatFiles';
import { reduceCamera } from '#contract/camera';
import { resolveSettings } from '#contract/presets';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import type { Preview } from '#contract/studio';
import { loadCapture, splitHoldout } from '../../capture/index';
import type { Capture, SparsePoints } from '../../capture/index';
import { readSplats } from '../../gaussians/index';
import { CheckpointFolder, isProject, openProject } from '../../project/index';
import { measuredPace, secondsOf } from '../pace';
import { sayingOf } from '../failures';
import { StudioError } from '../studio';
import { encodersFor } from './encoders';

const CLOUD = 4096;
const CAMERAS = 400;
/** A checkpoint holds parameters and two moments: 3 × (11 + 48 + 9) floats a splat, and ids; two are kept. */
const CHECKPOINT_BYTES = 2 * 4 * (3 * 68 + 2);
/** Features cached for a photo that is trained on, about (METHOD §2). */
const FEATURE_BYTES = 5 * 2 ** 20;
/** Splats that a capture of sparse points ends with, about. */
const GROWTH = 4;

const empty = {
  ...{ format: '', photos: 0, heldOut: 0, width: 0, height: 0, points: 0, cloud: { positions: [], colours: [] } },
  ...{ cameras: [], warnings: [], projectExists: false, writable: false, freeBytes: null, writesBytes: 0 },
  ...{ trainedWidth: 0, trainedHeight: 0, steps: 0, seconds: null, checkpointStep: null },
  words: { clip: null, dino: null, problem: null, missing: [] },
} satisfies Omit<Preview, 'kind' | 'path' | 'name' | 'project'>;

/** @throws StudioError, CaptureError, PlyError, ProjectError, SettingsError */
export async function previewPath(path: string, settings: Partial<TrainingSettings>): Promise<Preview> {
  const absolute = resolve(path);
  if (!existsSync(absolute)) throw new StudioError(path, said('noSuchPath'));
  if (await isProject(absolute)) return previewProject(absolute, settings);
  if (namesSplats(absolute) && (await stat(absolute)).isFile()) return previewSplats(absolute);
  return previewCapture(await loadCapture(absolute), projectBeside(absolute), settings);
}

/** Where a capture's project goes unless told otherwise: beside it. */
export function projectBeside(capture: string): string {
  const absolute = resolve(capture);
  const folder = absolute.toLowerCase().endsWith('.json') ? dirname(absolute) : absolute;
  return join(dirname(folder), `${basename(folder)}.legato`);
}

async function previewProject(path: string, settings: Partial<TrainingSettings>): Promise<Preview> {
  const project = await openProject(path, 'read');
  try {
    const { capturePath, name } = project;
    const warnings: Saying[] = [];
    const latest = await new CheckpointFolder(project.paths.checkpoints, () => undefined).list();
    const checkpointStep = latest.reduce((step, info) => Math.max(step, info.step), -1);
    const capture = capturePath === null ? null : await loadCapture(capturePath).catch(gone(warnings));
    const base: Preview = capture
      ? await previewCapture(capture, path, settings)
      : { ...empty, kind: 'project', path, name, project: path };
    return {
      ...base,
      ...{ kind: 'project', path, name, projectExists: true, warnings: [...base.warnings, ...warnings] },
      checkpointStep: checkpointStep < 0 ? null : checkpointStep,
      seconds: base.seconds && base.seconds * Math.max(0, 1 - Math.max(0, checkpointStep) / base.steps),
    };
  } finally {
    await project.close();
  }
}

/** A project without its photos can still be looked at. */
const gone =
  (warnings: Saying[]) =>
  (error: unknown): null => {
    warnings.push(sayingOf(error));
    return null;
  };

async function previewSplats(path: string): Promise<Preview> {
  const { count, geometry } = await readSplats(path);
  const positions = new Float32Array(3 * count);
  for (let row = 0; row < count; row++) positions.set(geometry.subarray(11 * row, 11 * row + 3), 3 * row);
  const cloud = thinned({ count, positions, colours: new Uint8Array(3 * count).fill(160) });
  return {
    ...empty,
    kind: 'splats',
    path,
    name: basename(path),
    project: path,
    format: `3DGS ${extname(path).toLowerCase()}`,
    points: count,
    cloud,
  };
}

async function previewCapture(capture: Capture, project: string, changes: Partial<TrainingSettings>): Promise<Preview> {
  const { photos, points, name, root, warnings } = capture;
  const settings = resolveSettings(changes);
  const split = splitHoldout(photos, settings.holdout, capture.heldOut);
  const heldOut = new Set(split.heldOut);
  const [first] = photos;
  const trained = reduceCamera(first.camera, settings.resolution);
  const folder = dirname(project);
  const splats = Math.min(settings.maxSplats, GROWTH * (points?.count ?? settings.randomPoints));
  const stride = Math.max(1, Math.ceil(photos.length / CAMERAS));
  const steps = settings.steps + settings.semanticSteps;
  const pace = await measuredPace();
  return {
    ...empty,
    ...{ kind: 'capture', path: root, name, project, warnings, heldOut: split.heldOut.length },
    format: capture.format === 'colmap' ? 'COLMAP' : 'transforms.json',
    photos: photos.length,
    width: first.camera.width,
    height: first.camera.height,
    points: points?.count ?? 0,
    cloud: points ? thinned(points) : empty.cloud,
    cameras: photos.flatMap(({ name: photo, camera }, index) =>
      index % stride === 0 ? { photo, heldOut: heldOut.has(index), camera } : [],
    ),
    projectExists: existsSync(project),
    writable: await mayWrite(folder),
    freeBytes: await freeBytes(folder),
    writesBytes: splats * CHECKPOINT_BYTES + split.training.length * FEATURE_BYTES,
    trainedWidth: trained.width,
    trainedHeight: trained.height,
    steps,
    seconds: pace && secondsOf({ steps, pixels: trained.width * trained.height, splats }, pace),
    words: await encodersFor(root, settings),
  };
}

/** At most CLOUD points, evenly picked. */
function thinned({ count, positions, colours }: SparsePoints): Preview['cloud'] {
  const stride = Math.max(1, Math.ceil(count / CLOUD));
  const cloud: Preview['cloud'] = { positions: [], colours: [] };
  for (let point = 0; point < count; point += stride) {
    const at = 3 * point;
    if (!Number.isFinite(positions[at] + positions[at + 1] + positions[at + 2])) continue;
    cloud.positions.push(...positions.subarray(at, at + 3));
    cloud.colours.push(...colours.subarray(at, at + 3));
  }
  return cloud;
}

const mayWrite = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );

const freeBytes = (folder: string): Promise<number | null> =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
