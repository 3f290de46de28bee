/**
 * A session: one open project and its trainer. Implements the contract's commands and publishes its events; knows no window and
 * no socket. The doors (desktop, server, command line) talk to this.
 *
 * The project stays here, in the owner: a trainer that crashes leaves database and labels alone.
 */
import type { SettingsChange, TrainerCommand, TrainerEvent } from '#contract/messages';
import { resumableSettings } from '#contract/messages';
import { mayHappen, TrainerLifeError } from '#contract/trainerLife';
import type { TrainerState } from '#contract/trainerLife';
import { resolveSettings } from '#contract/presets';
import { said, SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { writeError } from '../base/index';
import { LabelBook } from '../labels/index';
import { CheckpointFolder, createProject, isProject, LabelJournal, openProject, projectPaths } from '../project/index';
import type { Project, RunStatus } from '../project/index';
import { warningOf } from '../training/failure';
import { forkTrainer } from '../training/trainerHost';
import type { FrameListener, TrainerHost, TrainerListener } from '../training/trainerHost';
import { rememberPace, SETTLED } from './pace';
import type { MeasuredPace } from './pace';
import { rememberProject } from './recent';
import type { ProjectMention } from './recent';
import { settingsOf } from './runSettings';

/** ms that a checkpoint is waited for */
const SAVED_MS = 20_000;

export interface StartOptions {
  /** what differs from the preset, or when resuming from the run that is continued */
  settings: Partial<TrainingSettings>;
  resume: boolean;
  paused?: boolean;
}

export type MakeTrainer = (listener: TrainerListener, onFrame: FrameListener) => TrainerHost | Promise<TrainerHost>;

/** A trainer in a process of its own. */
export const forkedTrainer: MakeTrainer = (listener, onFrame) => forkTrainer(listener, { onFrame });

/** What is said to a trainer on behalf of those who look. */
export type ViewerCommand = Extract<
  TrainerCommand,
  {
    type:
      | ('watch' | 'taken' | 'look' | 'ask' | 'inspect' | 'why' | 'disable')
      | ('labels' | 'teach' | 'gesture' | 'nextUncertain');
  }
>;

/** A request that does not fit the project, with what to do instead. */
export class StudioError extends SaidError {
  readonly file: string;
  constructor(file: string, what: Saying | string) {
    const { message, ...parts } = typeof what === 'string' ? { message: what } : what;
    super({ message: `${file}: ${message}`, ...parts });
    this.name = 'InputError';
    this.file = file;
  }
}

const changeable = (settings: TrainingSettings): Partial<TrainingSettings> =>
  Object.fromEntries(resumableSettings.map((name) => [name, settings[name]]));

export class Studio {
  readonly project: Project;
  /** labels and their edits; they outlive trainers */
  readonly labels: LabelBook;
  readonly #makeTrainer: MakeTrainer;
  readonly #listeners = new Set<TrainerListener>();
  readonly #frameListeners = new Set<FrameListener>();
  #trainer: TrainerHost | null = null;
  #state: TrainerState = 'idle';
  /** of the run that was started last */
  #settings: TrainingSettings = resolveSettings({});
  #run: number | null = null;
  #step = 0;
  /** asked for while the run was prepared */
  #changes: SettingsChange = {};
  #begun: number | null = null;
  /** of a photo as it is trained on */
  #pixels = 0;
  /** what this run shows of the machine; null before it has settled */
  #pace: MeasuredPace | null = null;
  #remembered: Promise<unknown> = Promise.resolve();
  #ended: { promise: Promise<void>; resolve: () => void } | null = null;

  private constructor(project: Project, makeTrainer: MakeTrainer) {
    this.project = project;
    this.labels = new LabelBook(new LabelJournal(project.database, project.paths.database));
    this.#makeTrainer = makeTrainer;
  }

  /** Makes a project for a capture. @throws ProjectError when the folder is taken */
  static async create(path: string, capture: string, makeTrainer: MakeTrainer = forkedTrainer): Promise<Studio> {
    return new Studio(await createProject(path, capture), makeTrainer);
  }

  /** Opens a project for work. @throws ProjectError */
  static async open(path: string, makeTrainer: MakeTrainer = forkedTrainer): Promise<Studio> {
    const project = await openProject(path, 'write');
    try {
      return new Studio(project, makeTrainer);
    } catch (error) {
      // Damaged labels: the project is as it was, for whoever can mend it.
      await project.close();
      throw error;
    }
  }

  static exists(path: string): Promise<boolean> {
    return isProject(path);
  }

  /** Whether a project holds something that training anew would replace. */
  static async isTrained(path: string): Promise<boolean> {
    const { checkpoints } = projectPaths(path);
    return (await new CheckpointFolder(checkpoints, () => undefined).list()).length > 0;
  }

  get state(): TrainerState {
    return this.#state;
  }

  /** Resolves when the run has ended, finished or failed; at once when there is none. */
  get ended(): Promise<void> {
    return this.#ended?.promise ?? Promise.resolve();
  }

  /** Calls back for every event; returns the function that stops it. */
  subscribe(listener: TrainerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back for every frame of the trainer; returns the function that stops it. */
  subscribeFrames(listener: FrameListener): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  /** of the trainer's process; null without one */
  get pid(): number | null {
    return this.#trainer?.pid ?? null;
  }

  /** What a viewer wants of the trainer; nothing happens while there is none. */
  send(command: ViewerCommand): void {
    this.#trainer?.send(command);
  }

  /** Begins or continues training. @throws TrainerLifeError, StudioError, SettingsError */
  async start(options: StartOptions): Promise<void> {
    this.#require('start');
    const capture = this.project.capturePath;
    if (capture === null) throw new StudioError(this.project.paths.root, said('noCapture'));
    if (!options.resume) await this.#refuseToOrphan();
    this.#settings = options.resume
      ? { ...settingsOf(this.project.database, this.project.paths.root), ...options.settings }
      : resolveSettings(options.settings);
    let resolve = (): void => undefined;
    this.#ended = { promise: new Promise((done) => (resolve = done)), resolve: () => resolve() };
    this.#trainer ??= await this.#makeTrainer(
      (event) => this.#hear(event),
      (frame) => {
        for (const listener of this.#frameListeners) listener(frame);
      },
    );
    const { resume, paused } = options;
    // What was changed after the newest checkpoint was written is not in it.
    const settings = resume ? { ...changeable(this.#settings), ...options.settings } : options.settings;
    this.#state = 'preparing';
    this.#changes = {};
    this.#trainer.send({ type: 'start', capture, project: this.project.paths.root, settings, resume, paused });
  }

  /** Labels hang on the splats of the run that is saved; another one would have others. @throws StudioError */
  async #refuseToOrphan(): Promise<void> {
    const { root } = this.project.paths;
    if (this.labels.edits.length === 0 || !(await Studio.isTrained(root))) return;
    throw new StudioError(root, said('labelsInTheWay'));
  }

  pause(): void {
    if (this.#state !== 'preparing') this.#require('pause');
    this.#trainer?.send({ type: 'pause' });
  }

  resume(): void {
    if (this.#state !== 'preparing') this.#require('resume');
    this.#trainer?.send({ type: 'resume' });
  }

  /** Ends the run early; its state is saved. */
  stop(evaluate = true): void {
    this.#require('stop');
    this.#trainer?.send({ type: 'stop', evaluate });
  }

  checkpoint(): void {
    this.#trainer?.send({ type: 'checkpoint' });
  }

  /** Saves, and resolves when the checkpoint is there, the run has ended, or nothing was heard for too long. */
  saved(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe((event) => {
        if (['checkpoint', 'finished', 'failed'].includes(event.type)) done();
      });
      // A checkpoint of the very step that was just saved is not written again, nor told.
      const late = setTimeout(() => done(), SAVED_MS);
      const done = (): void => {
        clearTimeout(late);
        stop();
        resolve();
      };
      this.checkpoint();
    });
  }

  evaluate(): void {
    this.#trainer?.send({ type: 'evaluate' });
  }

  /** Changes settings of the run that goes on; the project remembers them with their step. */
  change(settings: SettingsChange): void {
    // A run that is being prepared takes them as soon as it is there.
    if (this.#state === 'preparing' && this.#run === null) {
      this.#changes = { ...this.#changes, ...settings };
      return;
    }
    this.#trainer?.send({ type: 'change', settings });
    const [run, step] = [this.#run, this.#step];
    if (run !== null) this.#keep(() => this.project.database.recordEvent(run, step, 'settings', settings));
  }

  /** s since the run was prepared */
  get seconds(): number {
    return this.#begun === null ? 0 : (performance.now() - this.#begun) / 1000;
  }

  /** Ends the trainer, saving a run that is under way, and closes the project. */
  async close(): Promise<void> {
    await this.#trainer?.close();
    this.#trainer = null;
    await this.#remembered;
    await this.project.close();
  }

  /** Ends the trainer without saving; the checkpoints stay. */
  kill(): void {
    this.#trainer?.kill();
  }

  #require(happening: 'start' | 'pause' | 'resume' | 'stop'): void {
    if (!mayHappen(this.#state, happening)) throw new TrainerLifeError(this.#state, happening);
  }

  #hear(event: TrainerEvent): void {
    this.#keep(() => this.#record(event));
    if (event.type === 'state') this.#state = event.state;
    // Before anybody is told of the run, so that its settings are read with them.
    if (event.type === 'prepared' && Object.keys(this.#changes).length > 0) this.change(this.#changes);
    for (const listener of this.#listeners) listener(event);
    if (event.type === 'finished' || event.type === 'failed') {
      // The trainer is gone after a crash; the next start makes a new one.
      if (event.type === 'failed' && event.failure.kind === 'crash') this.#trainer = null;
      this.#ended?.resolve();
    }
  }

  /** Ids from the checkpoint's counter on are given anew; labels on splats that were born after it go to their ancestors. */
  #setLabelsBack(nextId: number): void {
    const edits = this.labels.setBack(nextId);
    if (edits === 0) return;
    for (const listener of this.#listeners) listener({ type: 'warning', ...said('editsOnAncestors', { edits }) });
  }

  /** One after the other: each reads the list that the one before wrote. */
  #remember(figures: Omit<ProjectMention, 'path' | 'capture'>): void {
    const mention = { path: this.project.paths.root, capture: this.project.capturePath, ...figures };
    this.#remembered = this.#remembered.then(() => rememberProject(mention));
  }

  #rememberPace(): void {
    const pace = this.#pace;
    if (pace !== null) this.#remembered = this.#remembered.then(() => rememberPace(pace));
  }

  /** What the database does not take, on a full disk, is told and not died of: training and looking go on without these figures. */
  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      const warning = warningOf(writeError(this.project.paths.database, error));
      for (const listener of this.#listeners) listener(warning);
    }
  }

  /** Keeps in the database what a person will want to see later. */
  #record(event: TrainerEvent): void {
    const { database } = this.project;
    if ('step' in event) this.#step = event.step;
    if (event.type === 'prepared') {
      this.#setLabelsBack(event.nextId);
      this.#begun = performance.now();
      this.#pixels = event.width * event.height;
      this.#pace = null;
      this.#run = database.startRun({ settings: this.#settings, backend: event.backend, firstStep: event.step });
      this.#remember({ splats: event.splats, steps: event.step });
      return;
    }
    const run = this.#run;
    if (run === null) return;
    const end = (status: RunStatus, step: number): void => {
      this.#run = null;
      database.updateRun(run, status, step);
    };
    switch (event.type) {
      case 'progress': {
        const { loss, psnr, splats, stepsPerSecond, memoryBytes, cpuSeconds, semantics } = event;
        const figures = { loss, psnr, splats, stepsPerSecond, memoryBytes, cpuSeconds, ...semantics };
        database.recordMetrics(run, event.step, { ...figures, seconds: this.seconds });
        if (stepsPerSecond > 0 && event.step >= SETTLED * event.steps)
          this.#pace = { secondsPerStep: 1 / stepsPerSecond, pixels: this.#pixels, splats };
        return;
      }
      case 'evaluation':
        database.recordEvaluation(
          run,
          event.step,
          event.photos.flatMap(({ photo, psnr, ssim }) => [
            { photo, name: 'psnr', value: psnr },
            { photo, name: 'ssim', value: ssim },
          ]),
        );
        this.#remember({ psnr: event.psnr, steps: event.step, splats: event.splats });
        return;
      case 'finished':
        end(event.complete ? 'finished' : 'stopped', event.step);
        this.#remember({ steps: event.step, splats: event.splats });
        this.#rememberPace();
        return;
      case 'checkpoint':
        this.#rememberPace();
        return;
      case 'failed':
        end('failed', event.step);
        return;
      default:
    }
  }
}
