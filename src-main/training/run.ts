/**
 * One training run: photos, Gaussians, schedules, and what a single step does (METHOD §1).
 *
 *   photo of step s → render, loss, gradients (objective.ts) → statistics → Adam in place → density control, opacity reset
 *
 * Everything random is drawn by (seed, purpose, step), so that (snapshot, step) determines the rest of the run.
 */
import { liveSettings, resumableSettings } from '#contract/messages';
import type { SettingsChange, StartCommand, TrainerEventOf } from '#contract/messages';
import { resolveSettings } from '#contract/presets';
import { settingFields } from '#contract/settings';
import type { TrainingSettings } from '#contract/settings';
import { loadCapture, splitHoldout } from '../capture/index';
import type { Capture } from '../capture/index';
import {
  cameraExtent,
  DensityControl,
  DensityStatistics,
  GaussianModel,
  initialiseGaussians,
  resetOpacity,
} from '../gaussians/index';
import { adamStep, initKernels, nearestNeighbours } from '../kernels/index';
import type { KernelBackend } from '../kernels/index';
import { evaluate, meanSquaredError } from './evaluation';
import type { Scene, Scores } from './evaluation';
import { ResumeError } from './failure';
import { psnrOf } from './measure';
import { objectiveGradients } from './objective';
import { backgroundAt, disposeView, PhotoViews, ViewOrder } from './photoViews';
import type { CheckpointStore, TrainingSnapshot } from './ports';
import * as schedule from './schedule';

export interface StepReport {
  loss: number;
  /** dB of this step's photo; null unless it was asked for */
  psnr: number | null;
  density: { cloned: number; split: number; pruned: number; splats: number; opacityReset: boolean } | null;
}

type Description = Omit<TrainerEventOf<'prepared'>, 'type'>;

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
      const was = JSON.stringify(snapshot.settings[name]);
      throw new ResumeError(
        project,
        `${name} was ${was} and cannot change when a run is continued; leave it out, or train anew`,
      );
    }
  }
  return { ...snapshot.settings, ...changes, preset: snapshot.settings.preset };
}

export class TrainingRun {
  settings: TrainingSettings;
  /** completed steps */
  step: number;
  readonly description: Description;
  readonly #photos: PhotoViews;
  readonly #heldOut: PhotoViews;
  readonly #model: GaussianModel;
  readonly #order: ViewOrder;
  readonly #extent: number;
  readonly #statistics: DensityStatistics;
  readonly #densityControl = new DensityControl();
  readonly #rates = schedule.createColumnRates();

  private constructor(
    parts: {
      photos: PhotoViews;
      heldOut: PhotoViews;
      model: GaussianModel;
      extent: number;
      statistics: DensityStatistics;
    },
    settings: TrainingSettings,
    step: number,
    backend: KernelBackend,
    size: { width: number; height: number },
  ) {
    this.settings = settings;
    this.step = step;
    this.#photos = parts.photos;
    this.#heldOut = parts.heldOut;
    this.#model = parts.model;
    this.#extent = parts.extent;
    this.#statistics = parts.statistics;
    this.#order = new ViewOrder(parts.photos.count, settings);
    this.description = {
      photos: parts.photos.count,
      heldOut: parts.heldOut.count,
      splats: parts.model.count,
      ...size,
      backend: backend.name,
      reason: backend.reason,
      instructionSet: backend.instructionSet,
      threads: backend.threads,
      step,
    };
  }

  /** Opens the capture and makes the Gaussians, new or from the newest checkpoint. */
  static async prepare(
    command: StartCommand,
    store: CheckpointStore,
    warn: (message: string) => void,
  ): Promise<TrainingRun> {
    const snapshot = command.resume ? await store.latest() : null;
    if (command.resume && !snapshot) {
      throw new ResumeError(command.project, 'holds no checkpoint to continue from; train without --resume');
    }
    const settings = snapshot
      ? continuedSettings(snapshot, command.settings, command.project)
      : resolveSettings(command.settings);
    const [backend, capture] = await Promise.all([
      initKernels({ backend: settings.backend, threads: settings.threads || undefined }),
      loadCapture(command.capture),
    ]);
    for (const warning of capture.warnings) warn(warning);
    const split = splitHoldout(capture.photos, settings.holdout, capture.heldOut);
    const train = split.training.map((index) => capture.photos[index]);
    const heldOut = split.heldOut.map((index) => capture.photos[index]);
    if (train.length === 0) {
      throw new ResumeError(command.capture, 'no photo is left to train on; add photos or lower --holdout');
    }
    const photos = new PhotoViews(train, settings);
    if (snapshot && snapshot.cameraOrder.join('\n') !== photos.names.join('\n')) {
      throw new ResumeError(
        command.project,
        'its photos are not those of the capture any more; restore them, or train anew',
      );
    }
    const extent = cameraExtent(train.map((photo) => photo.camera));
    const model = snapshot ? restoreModel(snapshot) : startModel({ ...capture, photos: train }, settings, warn);
    const statistics = new DensityStatistics(model.capacity);
    if (snapshot) statistics.restore(snapshot.tensors, model.count);
    const parts = { photos, heldOut: new PhotoViews(heldOut, settings), model, extent, statistics };
    const size = await photos.size(0);
    return new TrainingRun(parts, settings, snapshot?.step ?? 0, backend, size);
  }

  get splats(): number {
    return this.#model.count;
  }

  change(settings: SettingsChange): void {
    const known = Object.fromEntries(
      Object.entries(settings).filter(([name]) => (liveSettings as readonly string[]).includes(name)),
    );
    this.settings = { ...this.settings, ...known };
  }

  /** Makes the next step. @param measure  also compute the PSNR of its photo */
  async advance(measure: boolean): Promise<StepReport> {
    const step = this.step + 1;
    const { settings } = this;
    const model = this.#model;
    for (let ahead = 1; ahead <= settings.prefetch; ahead++) this.#photos.prefetch(this.#order.at(step + ahead));
    const background = backgroundAt(step, settings);
    const view = await this.#photos.load(this.#order.at(step), schedule.coarseFactorAt(step, settings), background);

    let psnr: number | null = null;
    const { loss, ...gradients } = objectiveGradients(model, view, {
      count: model.count,
      shDegree: schedule.shDegreeAt(step, settings),
      background,
      antialiased: settings.antialiased,
      semanticsMovesGeometry: settings.semanticsMovesGeometry,
      ssimWeight: settings.ssimWeight,
      observe: (image) => {
        if (!measure) return;
        const mask = view.mask?.dataSync() ?? null;
        psnr = psnrOf(meanSquaredError(image.dataSync(), view.target.dataSync(), mask));
      },
    });
    disposeView(view);

    if (schedule.collectsDensity(step, settings)) {
      this.#statistics.accumulate(gradients.probe.dataSync<'float32'>(), model.count);
    }
    this.#adam(step, gradients);
    for (const gradient of Object.values(gradients)) gradient.dispose();
    this.step = step;
    return { loss, psnr, density: this.#control(step) };
  }

  #adam(step: number, gradients: Pick<ReturnType<typeof objectiveGradients>, 'geometry' | 'sphericalHarmonics'>): void {
    const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: eps } = this.settings;
    const rates = schedule.columnRates(step, this.settings, this.#extent, this.#rates);
    for (const name of ['geometry', 'sphericalHarmonics'] as const) {
      const { variable, firstMoment, secondMoment } = this.#model.groups[name];
      const options = { step, count: this.#model.count, rates: rates[name], beta1, beta2, eps };
      adamStep(variable, gradients[name], firstMoment, secondMoment, options);
    }
  }

  /** Density control and opacity reset after a step, where the schedule has them. */
  #control(step: number): StepReport['density'] {
    const { settings } = this;
    const pass = schedule.densityPassAt(step, settings);
    const opacityReset = schedule.opacityResetAt(step, settings);
    if (!pass && !opacityReset) return null;
    const report = { cloned: 0, split: 0, pruned: 0 };
    if (pass) {
      const context = {
        step,
        seed: settings.seed,
        extent: this.#extent,
        afterFirstReset: schedule.resetBefore(step, settings),
      };
      const { cloned, split, pruned } = this.#densityControl.apply(this.#model, this.#statistics, settings, context);
      Object.assign(report, { cloned, split, pruned });
    }
    if (opacityReset) resetOpacity(this.#model, settings.opacityResetTo);
    return { ...report, splats: this.#model.count, opacityReset };
  }

  /** Views of the live state, not copies: to be written before the next step. */
  snapshot(): TrainingSnapshot {
    const tensors = { ...this.#model.snapshot(), ...this.#statistics.snapshot(this.#model.count) };
    const { step, settings } = this;
    const cameraOrder = this.#photos.names;
    return { step, settings, cameraOrder, seed: settings.seed, nextId: this.#model.nextId, tensors };
  }

  /** Scores on the held-out photos; null when there are none. */
  async evaluate(): Promise<Scores | null> {
    if (this.#heldOut.count === 0) return null;
    const { geometry, sphericalHarmonics, semantics, probe, count } = this.#model;
    const scene = { geometry, sphericalHarmonics, semantics, probe, count } as Scene;
    const shDegree = schedule.shDegreeAt(Math.max(1, this.step), this.settings);
    return evaluate(scene, this.#heldOut, { ...this.settings, shDegree });
  }

  dispose(): void {
    this.#model.dispose();
  }
}

function restoreModel(snapshot: TrainingSnapshot): GaussianModel {
  const model = new GaussianModel(snapshot.tensors.ids?.data.length ?? 1);
  model.restore(snapshot.tensors, snapshot.nextId);
  return model;
}

function startModel(capture: Capture, settings: TrainingSettings, warn: (message: string) => void): GaussianModel {
  const { points, photos } = capture;
  const cameras = photos.map((photo) => photo.camera);
  const { model, dropped } = initialiseGaussians(points, cameras, {
    seed: settings.seed,
    nearestNeighbours,
    neighbours: settings.initialNeighbours,
    scaleFactor: settings.initialScale,
    opacity: settings.initialOpacity,
    randomPoints: settings.randomPoints,
  });
  const left = dropped.notFinite + dropped.tooFar + dropped.duplicates;
  if (left > 0) {
    const { notFinite, tooFar, duplicates } = dropped;
    warn(`${left} sparse points left out: ${notFinite} not finite, ${tooFar} too far, ${duplicates} duplicates`);
  }
  return model;
}
