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
import { SEMANTICS } from '../kernels/layout';
import { evaluate, meanSquaredError } from './evaluation';
import type { Scene, Scores } from './evaluation';
import { ResumeError } from './failure';
import { psnrOf } from './measure';
import { liftLabels, startFromLabels } from './lift';
import { surveyMaps } from './mapSurvey';
import { objectiveGradients } from './objective';
import type { ObjectiveGradients } from './objective';
import { backgroundAt, disposeView, PhotoViews, ViewOrder } from './photoViews';
import type { CheckpointStore, IndexMaps, TrainingSnapshot } from './ports';
import * as schedule from './schedule';
import { SemanticLearner } from './semanticLearner';
import type { SemanticFigures } from './semanticLearner';
import type { ViewedScene } from './viewer/scene';

export interface StepReport {
  loss: number;
  /** dB of this step's photo; null unless it was asked for */
  psnr: number | null;
  density: { cloned: number; split: number; pruned: number; splats: number; opacityReset: boolean } | null;
  /** null until semantics have joined */
  semantics: SemanticFigures | null;
}

/** What a run is given besides its command. */
export interface RunPorts {
  store: CheckpointStore;
  /** null while there are none; asked again until there are */
  openMaps: () => Promise<IndexMaps | null>;
  warn: (message: string) => void;
  /** semantics begin to learn with this step */
  joined: (step: number, entries: number, lifted: number) => void;
}

/** Steps between two looks for index maps that do not exist yet. */
const LOOK_AGAIN = 20;

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
  readonly #ports: RunPorts;
  #learner: SemanticLearner | null;
  /** the step at which maps are looked for next, while there are none */
  #lookAt = 0;

  private constructor(
    parts: {
      photos: PhotoViews;
      heldOut: PhotoViews;
      model: GaussianModel;
      extent: number;
      statistics: DensityStatistics;
      learner: SemanticLearner | null;
    },
    ports: RunPorts,
    settings: TrainingSettings,
    step: number,
    backend: KernelBackend,
    size: { width: number; height: number },
  ) {
    this.settings = settings;
    this.step = step;
    this.#ports = ports;
    this.#learner = parts.learner;
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
  static async prepare(command: StartCommand, ports: RunPorts): Promise<TrainingRun> {
    const { store, warn } = ports;
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
    const learner = snapshot?.semantics
      ? SemanticLearner.restore(await ports.openMaps(), settings, snapshot.semantics, snapshot.tensors)
      : null;
    const parts = { photos, heldOut: new PhotoViews(heldOut, settings), model, extent, statistics, learner };
    const size = await photos.size(0);
    return new TrainingRun(parts, ports, settings, snapshot?.step ?? 0, backend, size);
  }

  /** Steps of the whole run, the semantic ones on finished geometry included. */
  get steps(): number {
    return this.settings.steps + this.settings.semanticSteps;
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
    const photo = this.#order.at(step);
    const view = await this.#photos.load(photo, schedule.coarseFactorAt(step, settings), background);
    await this.#join(step);
    const learner = this.#learner;
    const semantic = await learner?.semanticTerm(this.#photos.names[photo], view.camera, settings, step);
    const smoothing = learner?.smoothingTerm(model, settings, step);
    const semanticsOnly = step > settings.steps;
    if (semanticsOnly && !semantic && !smoothing) {
      disposeView(view);
      this.step = step;
      return { loss: 0, psnr: null, density: null, semantics: learner?.figures ?? null };
    }

    let psnr: number | null = null;
    const gradients = objectiveGradients(model, view, {
      count: model.count,
      shDegree: schedule.shDegreeAt(step, settings),
      background,
      antialiased: settings.antialiased,
      semanticsMovesGeometry: settings.semanticsMovesGeometry,
      ssimWeight: settings.ssimWeight,
      ...{ semantic, smoothing, semanticsOnly },
      observe: (image) => {
        if (!measure) return;
        const mask = view.mask?.dataSync() ?? null;
        psnr = psnrOf(meanSquaredError(image.dataSync(), view.target.dataSync(), mask));
      },
    });
    disposeView(view);
    smoothing?.encoded.dispose();

    if (gradients.probe && schedule.collectsDensity(step, settings)) {
      this.#statistics.accumulate(gradients.probe.dataSync<'float32'>(), model.count);
    }
    this.#adam(step, gradients);
    learner?.learn(gradients, model, settings, step);
    disposeGradients(gradients);
    this.step = step;
    const density = semanticsOnly ? null : this.#control(step);
    return { loss: gradients.loss, psnr, density, semantics: learner?.figures ?? null };
  }

  /** Lets semantics join when their step has come and maps exist; looks again now and then while they do not. */
  async #join(step: number): Promise<void> {
    const { settings } = this;
    const due = step > schedule.scaled(settings.semanticFrom, settings) && step >= this.#lookAt;
    if (this.#learner || !due || settings.semanticWeight === 0) return;
    this.#lookAt = step + LOOK_AGAIN;
    const maps = await this.#ports.openMaps();
    if (!maps) return;
    for (const warning of await surveyMaps(this.#photos.names, maps)) this.#ports.warn(warning);
    const learner = SemanticLearner.join(maps, settings, this.#model, step);
    let lifted = 0;
    if (settings.semanticStart === 'lift') {
      const labels = await liftLabels(this.#model, this.#photos, maps, settings);
      if (labels) startFromLabels(this.#model, labels, maps, settings.seed);
      else this.#ports.warn(`${this.#model.count} Gaussians are too many to lift at once; S_G starts at random`);
      lifted = labels ? labels.labels.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0) : 0;
    }
    startUncertainty(this.#model, settings.initialUncertainty);
    this.#learner = learner;
    this.#ports.joined(step, maps.entries, lifted);
  }

  #adam(step: number, gradients: ObjectiveGradients): void {
    const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: eps } = this.settings;
    const rates = schedule.columnRates(step, this.settings, this.#extent, this.#rates);
    for (const name of ['geometry', 'sphericalHarmonics'] as const) {
      const gradient = gradients[name];
      if (!gradient) continue;
      const { variable, firstMoment, secondMoment } = this.#model.groups[name];
      const options = { step, count: this.#model.count, rates: rates[name], beta1, beta2, eps };
      adamStep(variable, gradient, firstMoment, secondMoment, options);
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
    const learner = this.#learner;
    const tensors = {
      ...this.#model.snapshot(),
      ...this.#statistics.snapshot(this.#model.count),
      ...learner?.tensors(),
    };
    const { step, settings } = this;
    const cameraOrder = this.#photos.names;
    const semantics = learner?.state ?? null;
    return { step, settings, cameraOrder, seed: settings.seed, nextId: this.#model.nextId, tensors, semantics };
  }

  /** What viewers look at, as it is now. */
  get viewed(): ViewedScene {
    const { step, settings } = this;
    const learner = this.#learner;
    return {
      step,
      model: this.#model,
      shDegree: schedule.shDegreeAt(Math.max(1, step), settings),
      antialiased: settings.antialiased,
      extent: this.#extent,
      semantics: learner && {
        layers: learner.decoder.arrays,
        entries: learner.state.entries,
        codebook: learner.state.codebook,
      },
    };
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
    this.#learner?.dispose();
    this.#model.dispose();
  }
}

/** The same uncertainty for every Gaussian, as a logit. Outside the tape only. */
function startUncertainty(model: GaussianModel, uncertainty: number): void {
  const { semantics, count } = model.arrays();
  const logit = Math.log(uncertainty / (1 - uncertainty));
  for (let row = 0; row < count; row++) semantics[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit] = logit;
}

function disposeGradients({ geometry, sphericalHarmonics, semantics, probe, decoder, smoother }: ObjectiveGradients) {
  for (const gradient of [geometry, sphericalHarmonics, semantics, probe, ...decoder, ...smoother]) gradient?.dispose();
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
