/**
 * The language half in the life of a run: it joins when its step has come and index maps exist, lifts labels anew now and then while
 * geometry learns, and lets Gaussians settle before the last step (METHOD §4, §6). What it learns is semanticLearner.ts.
 */
import type { TrainingSettings } from '#contract/settings';
import type { GaussianModel } from '../gaussians/index';
import { logit, SEMANTICS } from '../kernels/layout';
import { decodeCodes, settle, SplatLabels, vectorsOf } from '../semantics/index';
import { answersOf, liftLabels, startFromLabels } from './lift';
import { surveyMaps } from './mapSurvey';
import type { PhotoViews } from './photoViews';
import type { IndexMaps } from './ports';
import type { RunPorts } from './run';
import * as schedule from './schedule';
import { SemanticLearner } from './semanticLearner';
import { TaughtTurns } from './teaching';
import type { PhotoSource } from './viewer/explaining';

/** Steps between two looks for index maps that do not exist yet. */
const LOOK_AGAIN = 20;

export class SemanticHalf {
  readonly #model: GaussianModel;
  readonly #photos: PhotoViews;
  readonly #ports: RunPorts;
  #maps: IndexMaps | null;
  #learner: SemanticLearner | null;
  /** the step at which maps are looked for next, while there are none */
  #lookAt = 0;
  /** the change of labels that Gaussians have turned to; null while labels teach nothing */
  #turnedTo: number | null = null;
  readonly #turns = new TaughtTurns();

  /** @param begun  as a checkpoint has it; both null until semantics have joined */
  constructor(
    model: GaussianModel,
    photos: PhotoViews,
    ports: RunPorts,
    begun: { maps: IndexMaps | null; learner: SemanticLearner | null },
  ) {
    this.#model = model;
    this.#photos = photos;
    this.#ports = ports;
    this.#maps = begun.maps;
    this.#learner = begun.learner;
  }

  /** Null until it has joined. */
  get learner(): SemanticLearner | null {
    return this.#learner;
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

  /** Whether it has not joined and could not now, since there are no index maps. */
  async awaitsMaps({ semanticWeight }: TrainingSettings): Promise<boolean> {
    if (this.#learner || semanticWeight === 0) return false;
    if ((await this.#ports.openMaps()) === null) return true;
    // They came since they were last looked for.
    this.#lookAt = 0;
    return false;
  }

  /**
   * What it does before a step of the run: join, lift anew, settle.
   *
   * @param steps  of the whole run
   * @returns false when lifting was given up
   */
  async prepare(step: number, steps: number, settings: TrainingSettings): Promise<boolean> {
    const ready =
      (await this.#join(step, settings)) &&
      (await this.#liftAgain(step, settings)) &&
      (step !== steps || (await this.#settle(settings)));
    if (settings.labelWeight > 0) this.#teach();
    else this.#learner?.teach(null);
    return ready;
  }

  #teach(): void {
    const [learner, model] = [this.#learner, this.#model];
    // A decoder that has learned nothing has no directions.
    if (!learner || learner.state.crossEntropy === null) return;
    const taught = this.#ports.taught(model);
    learner.teach(taught);
    const change = taught?.change ?? null;
    if (change === this.#turnedTo) return;
    this.#turnedTo = change;
    const codes = this.#ports.codes();
    if (codes) this.#ports.turned(this.#turns.turn(model, taught, codes, learner.decoder.arrays));
  }

  /** Joins when its step has come and maps exist; looks again now and then while they do not. */
  async #join(step: number, settings: TrainingSettings): Promise<boolean> {
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

  /** Lifts labels anew now and then, since Gaussians move and divide; on finished geometry they would come out the same. */
  async #liftAgain(step: number, settings: TrainingSettings): Promise<boolean> {
    const [learner, maps] = [this.#learner, this.#maps];
    if (!learner || !maps || !SemanticLearner.keepsLabels(settings)) return true;
    // Right behind a multiple of the interval, so that a density pass of that step is over, and none follows the last step.
    const due = step <= settings.steps && schedule.every(schedule.scaled(settings.liftInterval, settings), step - 1);
    if (learner.labels && (!due || step === learner.state.joinedAt)) return true;
    const lifted = await liftLabels(this.#model, this.#photos, maps, settings, this.#ports.lifting);
    if (lifted) learner.labels = new SplatLabels(lifted.labels);
    return lifted !== null;
  }

  /** Before the last step and not after it, so that a run that is ended in the middle of it makes up for it when it is continued. */
  async #settle(settings: TrainingSettings): Promise<boolean> {
    const [learner, model, maps] = [this.#learner, this.#model, this.#maps];
    // A decoder that has learned nothing has nothing to say.
    if (!learner || !maps || !settings.settleSplats || learner.state.crossEntropy === null) return true;
    const { arrays } = learner.decoder;
    const answers = answersOf(model, this.#photos, maps, arrays, settings);
    const lifted = await liftLabels(model, this.#photos, answers, settings, this.#ports.lifting);
    if (!lifted) return false;
    const { semantics } = model.arrays();
    settle(semantics, decodeCodes(vectorsOf(semantics, model.count), arrays), lifted.labels, arrays);
    return true;
  }

  dispose(): void {
    this.#learner?.dispose();
  }
}

/** The same uncertainty for every Gaussian, as a logit. Outside the tape only. */
function startUncertainty(model: GaussianModel, uncertainty: number): void {
  const { semantics, count } = model.arrays();
  const start = logit(uncertainty);
  for (let row = 0; row < count; row++) semantics[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit] = start;
}
