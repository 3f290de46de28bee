/**
 * One training run: photos, Gaussians, schedules, and what a single step does (METHOD §1).
 *
 *   photo of step s → render, loss, gradients (objective.ts) → statistics → Adam in place → density control, opacity reset
 *
 * Everything random is drawn by (seed, purpose, step), so that (snapshot, step) determines the rest of the run.
 */
import { liveSettings } from '#contract/messages';
import type { SettingsChange, StartCommand, TrainerEventOf } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { DensityControl, resetOpacity } from '../gaussians/index';
import type { DensityStatistics, GaussianModel } from '../gaussians/index';
import { adamStep, resizePool } from '../kernels/index';
import { SEMANTICS } from '../kernels/layout';
import { SplatLabels } from '../semantics/index';
import { evaluate, meanSquaredError } from './evaluation';
import type { Scene, Scores } from './evaluation';
import { PhotosError } from './failure';
import { psnrOf } from './measure';
import { liftLabels, startFromLabels } from './lift';
import { surveyMaps } from './mapSurvey';
import { objectiveGradients } from './objective';
import type { ObjectiveGradients } from './objective';
import { openRun } from './opening';
import type { OpenedRun } from './opening';
import { backgroundAt, disposeView, ViewOrder } from './photoViews';
import type { PhotoViews } from './photoViews';
import type { CheckpointStore, IndexMaps, TrainingSnapshot } from './ports';
import * as schedule from './schedule';
import { SemanticLearner } from './semanticLearner';
import type { SemanticFigures } from './semanticLearner';
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
  warn: (message: string) => void;
  /** photos that were lifted from so far; the run waits for it, as it does between steps. false: the run is to end, lift no further */
  lifting: (photos: number, of: number) => Promise<boolean>;
  /** semantics begin to learn with this step */
  joined: (step: number, entries: number, lifted: number) => void;
}

/** Steps between two looks for index maps that do not exist yet. */
const LOOK_AGAIN = 20;

type Description = Omit<TrainerEventOf<'prepared'>, 'type' | 'memoryBytes'>;

export class TrainingRun {
  settings: TrainingSettings;
  /** completed steps */
  step: number;
  readonly description: Description;
  readonly #photos: PhotoViews;
  readonly #heldOut: PhotoViews;
  readonly #model: GaussianModel;
  #order: ViewOrder;
  /** photos that are trained on, by their index */
  #enabled: readonly number[] | null = null;
  #disabled: readonly string[] = [];
  #maps: IndexMaps | null;
  readonly #extent: number;
  readonly #statistics: DensityStatistics;
  readonly #densityControl = new DensityControl();
  readonly #rates = schedule.createColumnRates();
  readonly #ports: RunPorts;
  #learner: SemanticLearner | null;
  /** the step at which maps are looked for next, while there are none */
  #lookAt = 0;

  private constructor(opened: OpenedRun, ports: RunPorts) {
    const { photos, heldOut, model, backend } = opened;
    this.settings = opened.settings;
    this.step = opened.step;
    this.#ports = ports;
    this.#maps = opened.maps;
    this.#learner = opened.learner;
    this.#photos = photos;
    this.#heldOut = heldOut;
    this.#model = model;
    this.#extent = opened.extent;
    this.#statistics = opened.statistics;
    this.#order = new ViewOrder(photos.count, opened.settings);
    if (opened.disabled.length > 0) this.disable(opened.disabled);
    this.description = {
      ...{ photos: photos.count, heldOut: heldOut.count, splats: model.count, ...opened.size, step: opened.step },
      ...{ backend: backend.name, reason: backend.reason },
      ...{ instructionSet: backend.instructionSet, threads: backend.threads },
    };
  }

  /** Opens the capture and makes the Gaussians, new or from the newest checkpoint. */
  static async prepare(command: StartCommand, ports: RunPorts): Promise<TrainingRun> {
    return new TrainingRun(await openRun(command, ports), ports);
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
    const { threads } = this.settings;
    this.settings = { ...this.settings, ...known };
    if (this.settings.threads !== threads) resizePool(this.settings.threads || undefined);
  }

  /** When semantics joined, and how many entries they tell apart; null until then. */
  get joined(): { step: number; entries: number } | null {
    const state = this.#learner?.state;
    return state ? { step: state.joinedAt, entries: state.entries } : null;
  }

  /** Photos that are not trained on, in the capture's order. */
  get disabled(): readonly string[] {
    return this.#disabled;
  }

  /**
   * From the next step on, epochs are of the other photos.
   *
   * @throws PhotosError when a name is no photo of the run, or none would be left
   */
  disable(names: readonly string[]): void {
    const all = this.#photos.names;
    const off = new Set(names);
    for (const name of off)
      if (!all.includes(name)) throw new PhotosError(`${name}: is none of the photos that are trained on`);
    const enabled = all.map((_, index) => index).filter((index) => !off.has(all[index]));
    if (enabled.length === 0) throw new PhotosError('every photo would be excluded; leave at least one to train on');
    this.#disabled = all.filter((name) => off.has(name));
    this.#enabled = off.size > 0 ? enabled : null;
    this.#order = new ViewOrder(enabled.length, this.settings);
  }

  #photoAt(step: number): number {
    const at = this.#order.at(step);
    return this.#enabled ? this.#enabled[at] : at;
  }

  /** Photos and their index maps, for questions about them; null while there are no maps. */
  get opinions(): PhotoSource | null {
    const [maps, photos] = [this.#maps, this.#photos];
    if (!maps) return null;
    return {
      photos: photos.count,
      load: async (index) => {
        const map = await maps.load(photos.names[index]);
        return map && { name: photos.names[index], camera: await photos.camera(index), map };
      },
    };
  }

  /** Whether the next step is of semantics alone and there are no index maps to learn from: it would do nothing. */
  async awaitsMaps(): Promise<boolean> {
    if (this.step < this.settings.steps || this.#learner || this.settings.semanticWeight === 0) return false;
    if ((await this.#ports.openMaps()) === null) return true;
    // They came since they were last looked for.
    this.#lookAt = 0;
    return false;
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
    for (let ahead = 1; ahead <= settings.prefetch; ahead++) this.#photos.prefetch(this.#photoAt(step + ahead));
    if (!(await this.#join(step)) || !(await this.#liftAgain(step))) return null;
    const background = backgroundAt(step, settings);
    const photo = this.#photoAt(step);
    const view = await this.#photos.load(photo, schedule.coarseFactorAt(step, settings), background);
    const learner = this.#learner;
    const semantic = await learner?.semanticTerm(this.#photos.names[photo], view.camera, settings, step);
    const smoothing = learner?.smoothingTerm(model, settings, step);
    const splats = semantic && learner?.splatTerm(model, settings, step);
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
      ...{ semantic, smoothing, splats, semanticsOnly },
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

  /**
   * Lets semantics join when their step has come and maps exist; looks again now and then while they do not.
   *
   * @returns false when lifting was given up
   */
  async #join(step: number): Promise<boolean> {
    const { settings } = this;
    const due = step > schedule.scaled(settings.semanticFrom, settings) && step >= this.#lookAt;
    if (this.#learner || !due || settings.semanticWeight === 0) return true;
    this.#lookAt = step + LOOK_AGAIN;
    const maps = await this.#ports.openMaps();
    if (!maps) return true;
    for (const warning of await surveyMaps(this.#photos.names, maps)) this.#ports.warn(warning);
    const keeps = SemanticLearner.keepsLabels(settings);
    let labels: SplatLabels | null = null;
    if (settings.semanticStart === 'lift' || keeps) {
      const lifted = await liftLabels(this.#model, this.#photos, maps, settings, this.#ports.lifting);
      if (!lifted) return false;
      labels = new SplatLabels(lifted.labels);
      if (settings.semanticStart === 'lift') startFromLabels(this.#model, lifted, maps, settings.seed);
    }
    const learner = SemanticLearner.join(maps, settings, this.#model, step);
    if (keeps) learner.labels = labels;
    startUncertainty(this.#model, settings.initialUncertainty);
    this.#learner = learner;
    this.#maps = maps;
    this.#ports.joined(step, maps.entries, labels?.labelled ?? 0);
    return true;
  }

  /**
   * Lifts labels anew now and then, since Gaussians move and divide; on finished geometry they would come out the same.
   *
   * @returns false when it was given up
   */
  async #liftAgain(step: number): Promise<boolean> {
    const [settings, learner, maps] = [this.settings, this.#learner, this.#maps];
    if (!learner || !maps || !SemanticLearner.keepsLabels(settings)) return true;
    // Right behind a multiple of the interval, so that a density pass of that step is over, and none follows the last step.
    const due = step <= settings.steps && schedule.every(schedule.scaled(settings.liftInterval, settings), step - 1);
    if (learner.labels && (!due || step === learner.state.joinedAt)) return true;
    const lifted = await liftLabels(this.#model, this.#photos, maps, settings, this.#ports.lifting);
    if (lifted) learner.labels = new SplatLabels(lifted.labels);
    return lifted !== null;
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
      const labels = this.#learner?.labels ?? null;
      const before = labels?.byId(this.#model);
      const { cloned, split, pruned } = this.#densityControl.apply(this.#model, this.#statistics, settings, context);
      if (labels && before) labels.follow(this.#model, before);
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
    const { nextId } = this.#model;
    const disabled = [...this.#disabled];
    return { step, settings, cameraOrder, seed: settings.seed, nextId, tensors, semantics, disabled };
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
