/**
 * One training run: photos, Gaussians, schedules, and what a single step does (METHOD §1).
 *
 *   photo of step s → render, loss, gradients (objective.ts) → statistics → Adam in place → density control, opacity reset
 *
 * Everything random is drawn by (seed, purpose, step), so that (snapshot, step) determines the rest of the run.
 */
import { liveSettings } from '#contract/messages';
import type { SettingsChange, StartCommand, TrainerEventOf } from '#contract/messages';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import type { SceneFrame } from '../capture/index';
import { clearHaze, DensityControl, explore, relocate, resetOpacity } from '../gaussians/index';
import type { DensityStatistics, GaussianModel } from '../gaussians/index';
import { adamStep, resizePool } from '../kernels/index';
import { evaluate, meanSquaredError } from './evaluation';
import type { Scene, Scores } from './evaluation';
import type { Exposures } from './exposures';
import { psnrOf } from './measure';
import { objectiveGradients } from './objective';
import type { ObjectiveGradients } from './objective';
import { openRun } from './opening';
import type { OpenedRun } from './opening';
import { PhotoChoice } from './photoChoice';
import { backgroundAt, disposeView } from './photoViews';
import type { PhotoViews } from './photoViews';
import type { CheckpointStore, IndexMaps, PhotoCamera, Taught, TrainingSnapshot } from './ports';
import * as schedule from './schedule';
import { SemanticHalf } from './semanticHalf';
import type { SemanticFigures } from './semanticLearner';
import type { Codes } from '../semantics/index';
import type { PhotoSource } from './viewer/explaining';
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
  warn: (saying: Saying) => void;
  /** photos that were lifted from so far; the run waits for it, as it does between steps. false: the run is to end, lift no further */
  lifting: (photos: number, of: number) => Promise<boolean>;
  /** semantics begin to learn with this step */
  joined: (step: number, entries: number, lifted: number) => void;
  /** what a person's labels teach now; null for nothing */
  taught: (model: GaussianModel) => Taught | null;
  /** what splats decode to as they are; null until semantics have joined */
  codes: () => Codes | null;
  /** rows that mean something else at once, as labels say */
  turned: (rows: Int32Array) => void;
}

type Description = Omit<TrainerEventOf<'prepared'>, 'type' | 'memoryBytes'>;

export class TrainingRun {
  settings: TrainingSettings;
  /** completed steps */
  step: number;
  /** between two steps: everything is of the same step */
  intact = true;
  readonly description: Description;
  readonly #photos: PhotoViews;
  readonly #heldOut: PhotoViews;
  readonly #model: GaussianModel;
  readonly #choice: PhotoChoice;
  readonly #semantics: SemanticHalf;
  readonly #extent: number;
  readonly #frame: SceneFrame;
  readonly #exposures: Exposures | null;
  readonly #statistics: DensityStatistics;
  readonly #densityControl = new DensityControl();
  readonly #rates = schedule.createColumnRates();

  private constructor(opened: OpenedRun, ports: RunPorts) {
    const { photos, heldOut, model, backend } = opened;
    this.settings = opened.settings;
    this.step = opened.step;
    this.#photos = photos;
    this.#heldOut = heldOut;
    this.#model = model;
    this.#extent = opened.extent;
    this.#frame = opened.frame;
    this.#exposures = opened.exposures;
    this.#statistics = opened.statistics;
    this.#choice = new PhotoChoice(photos.names, opened.settings, opened.disabled);
    this.#semantics = new SemanticHalf(model, photos, ports, opened);
    this.description = {
      ...{ photos: photos.count, heldOut: heldOut.count, splats: model.count, ...opened.size, step: opened.step },
      ...{ backend: backend.name, reason: backend.reason },
      ...{ instructionSet: backend.instructionSet, threads: backend.threads, nextId: model.nextId },
    };
  }

  /** Opens the capture and makes the Gaussians, new or from the newest checkpoint. */
  static async prepare(command: StartCommand, ports: RunPorts): Promise<TrainingRun> {
    return new TrainingRun(await openRun(command, ports), ports);
  }

  /** Steps of the whole run, the semantic ones on finished geometry included. */
  get steps(): number {
    const { steps, semanticSteps, semanticWeight } = this.settings;
    // Semantics that are off and have not begun would not learn in them.
    return semanticWeight === 0 && !this.#semantics.learner ? steps : steps + semanticSteps;
  }

  get splats(): number {
    return this.#model.count;
  }

  change(settings: SettingsChange): void {
    const known = Object.fromEntries(
      Object.entries(settings).filter(([name]) => (liveSettings as readonly string[]).includes(name)),
    );
    const { threads } = this.settings;
    this.settings = { ...this.settings, ...known };
    if (this.settings.threads !== threads) resizePool(this.settings.threads || undefined);
  }

  /** When semantics joined, and how many entries they tell apart; null until then. */
  get joined(): { step: number; entries: number } | null {
    const state = this.#semantics.learner?.state;
    return state ? { step: state.joinedAt, entries: state.entries } : null;
  }

  /** Photos that are not trained on, in the capture's order. */
  get disabled(): readonly string[] {
    return this.#choice.disabled;
  }

  /** From the next step on, epochs are of the other photos. @throws PhotosError */
  disable(names: readonly string[]): void {
    this.#choice.disable(names, this.settings);
  }

  /** Photos and their index maps, for questions about them; null while there are no maps. */
  get opinions(): PhotoSource | null {
    return this.#semantics.opinions;
  }

  /** Photos that are trained on, and where they were taken from. */
  cameras(): Promise<PhotoCamera[]> {
    const photos = this.#photos;
    return Promise.all(photos.names.map(async (photo, index) => ({ photo, camera: await photos.camera(index) })));
  }

  /** Whether the next step is of semantics alone and there are no index maps to learn from: it would do nothing. */
  async awaitsMaps(): Promise<boolean> {
    return this.step >= this.settings.steps && (await this.#semantics.awaitsMaps(this.settings));
  }

  /**
   * Makes the next step.
   *
   * @param measure  also compute the PSNR of its photo
   * @returns null when the run is to end before it: a lifting was given up
   */
  async advance(measure: boolean): Promise<StepReport | null> {
    const step = this.step + 1;
    const { settings } = this;
    const model = this.#model;
    for (let ahead = 1; ahead <= settings.prefetch; ahead++) this.#photos.prefetch(this.#choice.at(step + ahead));
    if (!(await this.#semantics.prepare(step, this.steps, settings))) return null;
    const background = backgroundAt(step, settings);
    const photo = this.#choice.at(step);
    const view = await this.#photos.load(photo, schedule.coarseFactorAt(step, settings), background);
    const learner = this.#semantics.learner;
    const semantic = await learner?.semanticTerm(this.#photos.names[photo], view.camera, settings, step);
    const smoothing = learner?.smoothingTerm(model, settings, step);
    const splats = (semantic && learner?.splatTerm(model, settings, step)) ?? null;
    const labels = learner?.labelTerm(settings, step) ?? null;
    const semanticsOnly = step > settings.steps;
    if (semanticsOnly && !semantic && !smoothing && !labels) {
      disposeView(view);
      this.step = step;
      return { loss: 0, psnr: null, density: null, semantics: learner?.figures ?? null };
    }

    let psnr: number | null = null;
    const exposure = this.#exposures?.of(photo) ?? null;
    const { opacityWeight, scaleWeight } = settings;
    const gradients = objectiveGradients(model, view, {
      count: model.count,
      shDegree: schedule.shDegreeAt(step, settings),
      background,
      antialiased: settings.antialiased,
      semanticsMovesGeometry: settings.semanticsMovesGeometry,
      ssimWeight: settings.ssimWeight,
      exposure,
      economy: settings.budget > 0 ? { opacityWeight, scaleWeight, extent: this.#extent } : null,
      ...{ semantic, smoothing, splats: [splats, labels].filter((term) => term !== null), semanticsOnly },
      observe: (image) => {
        if (!measure) return;
        const mask = view.mask?.dataSync() ?? null;
        psnr = psnrOf(meanSquaredError(image.dataSync(), view.target.dataSync(), mask));
      },
    });
    disposeView(view);
    exposure?.dispose();
    smoothing?.encoded.dispose();

    this.intact = false;
    if (gradients.probe && schedule.collectsDensity(step, settings)) {
      this.#statistics.accumulate(gradients.probe.dataSync<'float32'>(), model.count);
    }
    this.#adam(step, gradients);
    if (gradients.exposure) this.#exposures?.learn(photo, gradients.exposure, step, settings);
    if (settings.budget > 0 && !semanticsOnly) {
      // In camera extents, so that a capture in millimetres trains as one in metres.
      const rate = schedule.meansRate(step, settings, this.#extent) / this.#extent ** 2;
      explore(model, settings.noiseRate * rate, { step, seed: settings.seed });
    }
    learner?.learn(gradients, model, settings, step);
    disposeGradients(gradients);
    this.step = step;
    const density = semanticsOnly ? null : this.#control(step);
    this.intact = true;
    return { loss: gradients.loss, psnr, density, semantics: learner?.figures ?? null };
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
    const free = settings.budget === 0;
    const pass = free ? schedule.densityPassAt(step, settings) : schedule.relocationAt(step, settings);
    const opacityReset = free && schedule.opacityResetAt(step, settings);
    const haze = schedule.hazeClearsAt(step, settings);
    if (!pass && !opacityReset && !haze) return null;
    const report = { cloned: 0, split: 0, pruned: 0 };
    if (pass || haze) {
      const labels = this.#semantics.learner?.labels ?? null;
      const before = labels?.byId(this.#model);
      if (pass) Object.assign(report, free ? this.#densify(step) : this.#relocate(step));
      if (haze) report.pruned += clearHaze(this.#model, this.#statistics, settings, this.#extent);
      if (labels && before) labels.follow(this.#model, before);
    }
    if (opacityReset) resetOpacity(this.#model, settings.opacityResetTo);
    return { ...report, splats: this.#model.count, opacityReset };
  }

  #densify(step: number): { cloned: number; split: number; pruned: number } {
    const { settings } = this;
    const context = {
      ...{ step, seed: settings.seed, extent: this.#extent },
      afterFirstReset: schedule.resetBefore(step, settings),
    };
    const { cloned, split, pruned } = this.#densityControl.apply(this.#model, this.#statistics, settings, context);
    return { cloned, split, pruned };
  }

  /** Under a budget: the dead come back as children of the living. */
  #relocate(step: number): { cloned: number; split: number; pruned: number } {
    const { died, born } = relocate(this.#model, this.#statistics, this.settings, { step, seed: this.settings.seed });
    return { cloned: born, split: 0, pruned: died };
  }

  /** Views of the live state, not copies: to be written before the next step. */
  snapshot(): TrainingSnapshot {
    const learner = this.#semantics.learner;
    const tensors = {
      ...this.#model.snapshot(),
      ...this.#statistics.snapshot(this.#model.count),
      ...learner?.tensors(),
      ...this.#exposures?.snapshot(),
    };
    const { step, settings } = this;
    const cameraOrder = this.#photos.names;
    const semantics = learner?.state ?? null;
    const { nextId } = this.#model;
    const [disabled, frame] = [[...this.disabled], this.#frame];
    return { step, settings, cameraOrder, seed: settings.seed, nextId, tensors, semantics, disabled, frame };
  }

  /** What viewers look at, as it is now. */
  get viewed(): ViewedScene {
    const { step, settings } = this;
    const learner = this.#semantics.learner;
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
    this.#semantics.dispose();
    this.#model.dispose();
  }
}

function disposeGradients({ geometry, sphericalHarmonics, semantics, probe, exposure, ...rest }: ObjectiveGradients) {
  for (const gradient of [geometry, sphericalHarmonics, semantics, probe, exposure, ...rest.decoder, ...rest.smoother])
    gradient?.dispose();
}
