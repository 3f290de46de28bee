/**
 * What is open: a project with its trainer, its words and its photos, or a splat file that is only looked at. Says how it stands
 * through the ports; which pages look, and what they are told, is the session's affair.
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { TrainerEvent } from '#contract/messages';
import { resolveSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import type { SavedView, StudioState } from '#contract/studio';
import { cameraSchema } from '#contract/frame';
import { truthFile } from '../../capture/demo/truth';
import { OWN_FRAME } from '../../capture/index';
import type { SceneFrame } from '../../capture/index';
import { CheckpointFolder } from '../../project/index';
import { rememberProject } from '../recent';
import { settingsOf } from '../runSettings';
import { exists } from '../sceneLanguage';
import { forkedTrainer, Studio } from '../studio';
import type { MakeTrainer, ViewerCommand } from '../studio';
import { Asking } from './asking';
import { Curves } from './curves';
import { heldOutScores } from './heldOutScores';
import { ScenePhotos } from './photos';
import { WordsPipeline } from './words';
import type { WordsPorts } from './words';

export interface OpenScenePorts extends WordsPorts {
  readonly hearTrainer: (event: TrainerEvent) => void;
  readonly frame: (bytes: Uint8Array<ArrayBuffer>) => void;
}

type ProjectState = NonNullable<StudioState['project']>;

const HISTORY = 100;

/** Threads for both halves while both work: the language half gets the smaller one. */
export function shareThreads(all: number, wordsBusy: boolean): { trainer: number; words: number } {
  if (!wordsBusy) return { trainer: all, words: 0 };
  const words = Math.max(1, Math.floor(all / 2));
  return { trainer: Math.max(1, all - words), words };
}

export class OpenScene {
  readonly studio: Studio;
  readonly words: WordsPipeline;
  readonly asking: Asking | null;
  readonly photos: ScenePhotos | null;
  readonly curves: Curves;
  /** why the photos cannot be read; null when they can, or when there are none */
  readonly captureProblem: unknown;
  /** coordinates of what was trained, or will be */
  readonly #frame: SceneFrame;
  /** of the studio's children together */
  #threads = availableParallelism();
  /** what a run that was begun here differs in from its preset; null while there is none, or when one is continued */
  #begunWith: Partial<TrainingSettings> | null = null;
  #learnsBy: Partial<TrainingSettings> | null = null;

  private constructor(
    studio: Studio,
    photos: ScenePhotos | null,
    captureProblem: unknown,
    frame: SceneFrame,
    ports: OpenScenePorts,
  ) {
    this.studio = studio;
    this.#frame = frame;
    this.photos = photos;
    this.captureProblem = captureProblem;
    const { paths, capturePath, database } = studio.project;
    this.curves = Curves.of(database);
    // A few words are a few milliseconds on one core.
    const source = { root: paths.root, threads: 1 };
    this.asking = capturePath === null ? null : new Asking({ ...source, capture: capturePath });
    this.words = new WordsPipeline(paths.root, ports);
    studio.subscribe((event) => ports.hearTrainer(event));
    studio.subscribeFrames((bytes) => ports.frame(bytes));
  }

  /** @throws ProjectError, FileError */
  static async open(path: string, ports: OpenScenePorts, makeTrainer: MakeTrainer = forkedTrainer): Promise<OpenScene> {
    return OpenScene.#of(await Studio.open(path, makeTrainer), ports);
  }

  /** @throws ProjectError when the folder is taken, CaptureError */
  static async create(
    path: string,
    capture: string,
    ports: OpenScenePorts,
    makeTrainer: MakeTrainer = forkedTrainer,
  ): Promise<OpenScene> {
    return OpenScene.#of(await Studio.create(path, capture, makeTrainer), ports);
  }

  static async #of(studio: Studio, ports: OpenScenePorts): Promise<OpenScene> {
    const { capturePath, paths } = studio.project;
    await rememberProject({ path: paths.root, capture: capturePath });
    let photos: ScenePhotos | null = null;
    let problem: unknown = null;
    // A project whose photos were moved can still be looked at.
    const [newest] = await new CheckpointFolder(paths.checkpoints, () => undefined).list();
    if (capturePath !== null)
      photos = await ScenePhotos.open(capturePath, paths.maps, newest?.frame).catch((error: unknown) => {
        problem = error;
        return null;
      });
    const frame = photos?.capture.frame ?? newest?.frame ?? OWN_FRAME;
    return new OpenScene(studio, photos, problem, frame, ports);
  }

  get root(): string {
    return this.studio.project.paths.root;
  }

  /** of the last run, with what was changed since */
  get settings(): TrainingSettings {
    return settingsOf(this.studio.project.database, this.root);
  }

  /** The newest checkpoint; null before the first. */
  async saved(): Promise<NonNullable<StudioState['saved']> | null> {
    const list = await new CheckpointFolder(this.studio.project.paths.checkpoints, () => undefined).list();
    const newest = list.reduce<(typeof list)[number] | null>(
      (best, info) => (best === null || info.step > best.step ? info : best),
      null,
    );
    return newest && { step: newest.step, at: new Date(newest.savedAt).toISOString() };
  }

  /** What the held-out photos scored last, at a step that a checkpoint has behind it; null before the first time. */
  heldOutBy(step: number): StudioState['heldOut'] {
    return heldOutScores(this.studio.project.database).findLast((scores) => scores.step <= step) ?? null;
  }

  async projectState(disabled: string[]): Promise<ProjectState> {
    const { project } = this.studio;
    const { capturePath, name, database } = project;
    const views = database.views().flatMap((view): SavedView[] => {
      const camera = cameraSchema.safeParse(view.camera);
      return camera.success ? [{ name: view.name, camera: camera.data }] : [];
    });
    const truth = capturePath !== null && (await exists(truthFile(capturePath)));
    const texts = database.queries(4 * HISTORY).map(({ text }) => text);
    return {
      ...{ kind: 'project', path: this.root, name, capture: capturePath, photos: 0, heldOut: 0, width: 0, height: 0 },
      ...{ truth, units: truth ? 'metre' : 'unknown', frame: plainFrame(this.#frame) },
      ...{ views, disabled, history: [...new Set(texts)].slice(0, HISTORY) },
    };
  }

  /** PSNR of the held-out photos at the last evaluation. */
  scores(): Map<string, number> {
    const { database } = this.studio.project;
    const scores = new Map<string, number>();
    for (const { id } of database.runs())
      for (const { photo, name, value } of database.evaluations(id))
        if (name === 'psnr' && value !== null) scores.set(photo, value);
    return scores;
  }

  async train(settings: Partial<TrainingSettings>, resume: boolean, paused: boolean): Promise<void> {
    this.#threads = settings.threads || availableParallelism();
    const { trainer } = shareThreads(this.#threads, this.words.busy);
    this.#begunWith = resume ? null : settings;
    if (!resume) this.curves.rewind(-1);
    await this.studio.start({ settings: { ...settings, threads: trainer }, resume, paused });
  }

  /** what words were last learned by, or would be */
  get wordSettings(): TrainingSettings {
    return this.#learnsBy ? resolveSettings(this.#learnsBy) : this.settings;
  }

  /**
   * Makes features and codebook beside the training.
   *
   * @param settings  what differs from the run's own, or from the preset for a run that only begins
   */
  learnWords(settings: Partial<TrainingSettings>, acceptCost: boolean, begins = false): void {
    const { words } = shareThreads(this.#threads, true);
    const own = begins ? {} : (this.#begunWith ?? this.settings);
    this.#learnsBy = { ...own, ...settings };
    this.words.start({ ...this.#learnsBy, threads: words }, acceptCost);
  }

  send(command: ViewerCommand): void {
    this.studio.send(command);
  }

  /** Saves a run that is under way, ends the jobs, and closes the project. */
  async close(): Promise<void> {
    await this.words.cancel();
    await this.asking?.forget();
    await this.studio.close();
  }

  /**
   * The trainer takes what the words leave it, between two steps.
   *
   * @param has  threads that it computes with
   * @returns those that it will
   */
  share(has: number): number {
    if (!['preparing', 'running', 'paused'].includes(this.studio.state)) return has;
    const { trainer } = shareThreads(this.#threads, this.words.busy);
    if (trainer !== has) this.studio.change({ threads: trainer });
    return trainer;
  }
}

const plainFrame = ({ centre, scale }: SceneFrame): ProjectState['frame'] => ({ centre: [...centre], scale });

/** A splat file's project state: nothing to train on. */
export function splatsState(path: string): ProjectState {
  const nothing = { capture: null, photos: 0, heldOut: 0, width: 0, height: 0, truth: false };
  const own = { frame: plainFrame(OWN_FRAME), units: 'unknown' } as const;
  return { kind: 'splats', path, name: basename(path), ...nothing, ...own, views: [], disabled: [], history: [] };
}
