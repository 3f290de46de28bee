/**
 * Opening a run: the capture and its photos, the settings, and the Gaussians, new from the sparse points or as the newest checkpoint has
 * them.
 */
import { join } from 'node:path';
import { resumableSettings } from '#contract/messages';
import type { StartCommand } from '#contract/messages';
import { resolveSettings, SettingsError } from '#contract/presets';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { settingFields } from '#contract/settings';
import type { TrainingSettings } from '#contract/settings';
import { nameList } from '../base/index';
import { loadCapture, PhotoDisk, splitHoldout } from '../capture/index';
import type { Capture, SceneFrame } from '../capture/index';
import { cameraExtent, DensityStatistics, GaussianModel, initialiseGaussians } from '../gaussians/index';
import { initKernels, nearestNeighbours } from '../kernels/index';
import type { KernelBackend } from '../kernels/index';
import { Exposures } from './exposures';
import { ResumeError } from './failure';
import { PhotoViews } from './photoViews';
import type { IndexMaps, TrainingSnapshot } from './ports';
import type { RunPorts } from './run';
import { SemanticLearner } from './semanticLearner';

/** What a run begins with. */
export interface OpenedRun {
  readonly settings: TrainingSettings;
  /** completed steps */
  readonly step: number;
  readonly photos: PhotoViews;
  readonly heldOut: PhotoViews;
  readonly model: GaussianModel;
  /** of the cameras, world units */
  readonly extent: number;
  /** the coordinates of cameras and Gaussians */
  readonly frame: SceneFrame;
  readonly statistics: DensityStatistics;
  /** of the photos that are trained on; null while the setting is off */
  readonly exposures: Exposures | null;
  /** both null until semantics have joined */
  readonly learner: SemanticLearner | null;
  readonly maps: IndexMaps | null;
  /** names of photos that are not trained on */
  readonly disabled: readonly string[];
  readonly backend: KernelBackend;
  /** of the first photo */
  readonly size: { width: number; height: number };
}

/** Settings of a continued run. @throws ResumeError for a change that would make it another run */
export function continuedSettings(
  snapshot: TrainingSnapshot,
  changes: StartCommand['settings'],
  project: string,
): TrainingSettings {
  for (const { name } of settingFields) {
    const wanted = changes[name];
    if (wanted === undefined || resumableSettings.includes(name)) continue;
    if (JSON.stringify(wanted) !== JSON.stringify(snapshot.settings[name])) {
      const value = JSON.stringify(snapshot.settings[name]);
      throw new ResumeError(project, said('settingIsFixed', { setting: name, value }));
    }
  }
  return { ...snapshot.settings, ...changes, preset: snapshot.settings.preset };
}

/** @throws ResumeError, SettingsError, CaptureError, errors of the kernels and of the store */
export async function openRun(command: StartCommand, ports: RunPorts): Promise<OpenedRun> {
  const { store, warn } = ports;
  const snapshot = command.resume ? await store.latest() : null;
  if (command.resume && !snapshot) {
    throw new ResumeError(command.project, said('noCheckpoint'));
  }
  const settings = snapshot
    ? continuedSettings(snapshot, command.settings, command.project)
    : resolveSettings(command.settings);
  if (settings.semanticSteps > 0 && settings.semanticWeight === 0 && !snapshot?.semantics)
    throw new SettingsError('semanticSteps', said('idleSteps', { steps: settings.semanticSteps }));
  const [backend, capture] = await Promise.all([
    initKernels({ backend: settings.backend, threads: settings.threads || undefined }),
    loadCapture(command.capture, { frame: snapshot?.frame }),
  ]);
  for (const saying of capture.warnings) warn(saying);
  const split = splitHoldout(capture.photos, settings.holdout, capture.heldOut);
  const train = split.training.map((index) => capture.photos[index]);
  const heldOut = split.heldOut.map((index) => capture.photos[index]);
  if (train.length === 0) {
    throw new ResumeError(command.capture, said('noPhotoLeft'));
  }
  const disk = new PhotoDisk(join(command.project, 'photos'), capture.photos, settings.resolution || Infinity);
  await disk.sweep();
  const kept = { disk, warn: once(warn) };
  const photos = new PhotoViews(train, settings, kept);
  if (snapshot && snapshot.cameraOrder.join('\n') !== photos.names.join('\n')) {
    throw new ResumeError(command.project, otherPhotos(snapshot.cameraOrder, capture));
  }
  const extent = cameraExtent(train.map((photo) => photo.camera));
  const model = snapshot ? restoreModel(snapshot) : startModel({ ...capture, photos: train }, settings, warn);
  const statistics = new DensityStatistics(model.capacity);
  if (snapshot) statistics.restore(snapshot.tensors, model.count);
  const exposures = !settings.exposure
    ? null
    : snapshot
      ? Exposures.restore(snapshot.tensors, train.length)
      : new Exposures(train.length);
  if (settings.exposure && !exposures) throw new ResumeError(command.project, said('noExposures'));
  const maps = snapshot?.semantics ? await ports.openMaps() : null;
  const learner = snapshot?.semantics
    ? SemanticLearner.restore(maps, settings, snapshot.semantics, snapshot.tensors, model.count)
    : null;
  return {
    ...{ settings, step: snapshot?.step ?? 0, disabled: snapshot?.disabled ?? [], backend },
    ...{ photos, heldOut: new PhotoViews(heldOut, settings, kept), size: await photos.size(0) },
    ...{ model, extent, frame: capture.frame, statistics, exposures, learner, maps },
  };
}

/** Photos that are trained on and those that are held out may have the same to say. */
function once(warn: RunPorts['warn']): RunPorts['warn'] {
  const told = new Set<string>();
  return (saying) => {
    if (!told.has(saying.message)) warn(saying);
    told.add(saying.message);
  };
}

/** Names that a message lists. */
const LISTED = 3;

/** That photos are missing, or where all are there that others came, or that another one is held out. */
function otherPhotos(trained: readonly string[], { photos }: Capture): Saying {
  const there = new Set(photos.map(({ name }) => name));
  const gone = trained.filter((name) => !there.has(name));
  if (gone.length === 0) return said('photosChanged');
  return said('photosMissing', { photos: nameList(gone, LISTED) });
}

function restoreModel(snapshot: TrainingSnapshot): GaussianModel {
  const model = new GaussianModel(snapshot.tensors.ids?.data.length ?? 1);
  model.restore(snapshot.tensors, snapshot.nextId);
  return model;
}

function startModel(capture: Capture, settings: TrainingSettings, warn: RunPorts['warn']): GaussianModel {
  const { points, photos } = capture;
  const cameras = photos.map((photo) => photo.camera);
  const most = settings.budget || settings.maxSplats;
  const { model, usable, dropped } = initialiseGaussians(points, cameras, {
    seed: settings.seed,
    nearestNeighbours,
    neighbours: settings.initialNeighbours,
    scaleFactor: settings.initialScale,
    opacity: settings.initialOpacity,
    ...{ randomPoints: settings.randomPoints, most },
  });
  if (dropped.notFinite > 0) warn(said('pointsNotFinite', { count: dropped.notFinite }));
  if (dropped.tooFar > 0) warn(said('pointsTooFar', { count: dropped.tooFar }));
  if (dropped.duplicates > 0) warn(said('pointsTwice', { count: dropped.duplicates }));
  if (usable > most) warn(said('pointsOverLimit', { most, usable }));
  return model;
}
