/**
 * A trainer: takes commands, lives the life that the contract declares, and says what happens as events. How a run goes from its first
 * step to its end is runCourse.ts; after it its Gaussians stay for viewers until the next start (viewer/shownScene.ts).
 */
import { setImmediate } from 'node:timers/promises';
import type { SettingsChange, StartCommand, TrainerCommand, TrainerEvent } from '#contract/messages';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { nextState } from '#contract/trainerLife';
import type { TrainerHappening, TrainerState } from '#contract/trainerLife';
import { describeFailure, PhotosError } from './failure';
import type { CheckpointStore, IndexMaps, SceneLabels } from './ports';
import { TrainingRun } from './run';
import { RunCourse } from './runCourse';
import type { CourseTrainer, Wishes } from './runCourse';
import { RunReport } from './runReport';
import { SavedRun } from './savedRun';
import { isSceneCommand, ShownScene } from './viewer/shownScene';
import { openSplats } from './viewer/splats';
import type { SendFrame } from './viewer/viewer';

export interface TrainerPorts {
  /** @param warn  hears of checkpoints that cannot be read */
  openStore(project: string, warn: (saying: Saying) => void): Promise<CheckpointStore>;
  /** null while the project has none */
  openMaps(project: string): Promise<IndexMaps | null>;
  publish(event: TrainerEvent): void;
  /** absent where nothing can be labelled */
  labels?: SceneLabels;
  /** takes a frame for the viewers, borrowed until they say `taken`; absent where nobody can look */
  sendFrame?: SendFrame;
}

export class Trainer {
  readonly #ports: TrainerPorts;
  readonly #scene: ShownScene;
  #state: TrainerState = 'idle';
  /** the present run, or the last one as long as its Gaussians are shown */
  #run: TrainingRun | null = null;
  #course: RunCourse | null = null;
  #saved: SavedRun | null = null;
  #ended: Promise<void> = Promise.resolve();
  #wishes: Wishes = { paused: false, checkpoint: false, evaluation: false, finalEvaluation: true };

  constructor(ports: TrainerPorts) {
    this.#ports = ports;
    const { labels, sendFrame } = ports;
    this.#scene = new ShownScene({
      publish: (event) => ports.publish(event),
      ...(labels && { labels }),
      ...(sendFrame && { sendFrame }),
      atRest: () => this.#atRest,
      savedId: () => this.#saved?.nextId ?? 0,
      wake: () => this.#course?.wake(),
    });
  }

  get state(): TrainerState {
    return this.#state;
  }

  /** Resolves when the present run has ended, whichever way; at once when there is none. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** @throws TrainerLifeError when the trainer's state does not allow the command */
  send(command: TrainerCommand): void {
    if (isSceneCommand(command)) {
      this.#scene.hear(command);
      return;
    }
    switch (command.type) {
      case 'start':
        this.#happen('start');
        this.#wishes = { paused: command.paused ?? false, checkpoint: false, evaluation: false, finalEvaluation: true };
        this.#ended = this.#live(command);
        return;
      case 'show':
        this.#happen('show');
        this.#ended = this.#show(command.splats);
        return;
      case 'pause':
        if (this.#state === 'preparing') this.#wishes.paused = true;
        else this.#happen('pause');
        return;
      case 'resume':
        if (this.#state === 'preparing') this.#wishes.paused = false;
        else this.#happen('resume');
        break;
      case 'stop':
        this.#happen('stop');
        this.#wishes.finalEvaluation = command.evaluate;
        break;
      case 'checkpoint':
        this.#wishes.checkpoint = true;
        break;
      case 'evaluate':
        this.#wishes.evaluation = true;
        break;
      case 'change':
        this.#change(command.settings);
        return;
      case 'disable':
        this.#disable(command.photos);
        return;
    }
    this.#course?.wake();
    this.#scene.attend();
  }

  /** Ends what is left of the last run, when none is under way any more. */
  async close(): Promise<void> {
    await this.#ended;
    this.#scene.close();
    await this.#leave();
  }

  get #atRest(): boolean {
    return this.#state === 'idle' || this.#state === 'failed';
  }

  /** Gives up the Gaussians of the last run. */
  async #leave(): Promise<void> {
    await this.#scene.leave();
    this.#run = null;
    this.#course = null;
  }

  #happen(happening: TrainerHappening): void {
    this.#state = nextState(this.#state, happening);
    this.#ports.publish({ type: 'state', state: this.#state, step: this.#run?.step ?? 0 });
  }

  #change(settings: SettingsChange): void {
    if (!this.#run) {
      this.#ports.publish({ type: 'warning', ...said('noRunToChange') });
      return;
    }
    this.#run.change(settings);
    this.#keepEdit();
  }

  #disable(photos: readonly string[]): void {
    const run = this.#run;
    if (!run) throw new PhotosError(said('noRunToExclude'));
    run.disable(photos);
    this.#keepEdit();
    this.#ports.publish({ type: 'disabled', step: run.step, photos: [...run.disabled] });
  }

  /** What a person changed is saved before the next step, so that a resumed run changes at the same step. */
  #keepEdit(): void {
    this.#saved?.edited();
    this.#wishes.checkpoint = true;
    this.#course?.wake();
  }

  /** Splats of a file, to look at alone. */
  async #show(path: string): Promise<void> {
    try {
      await this.#leave();
      this.#scene.show(await openSplats(path));
      this.#happen(this.#state === 'preparing' ? 'shown' : 'finished');
    } catch (error) {
      this.#happen('fail');
      this.#ports.publish({ type: 'failed', step: 0, failure: describeFailure(error), checkpointStep: null });
    }
    this.#scene.attend();
  }

  async #live(command: StartCommand): Promise<void> {
    this.#saved = null;
    const report = new RunReport();
    const warn = (saying: Saying): void => this.#ports.publish({ type: 'warning', ...saying });
    try {
      await this.#leave();
      const saved = new SavedRun(await this.#ports.openStore(command.project, warn));
      this.#saved = saved;
      const run = await this.#prepare(command, saved, report, warn);
      if (this.#state === 'preparing') this.#happen('prepared');
      this.#course = new RunCourse(this.#life, run, saved, report);
      await this.#course.go();
    } catch (error) {
      const [run, saved] = [this.#run, this.#saved];
      const step = run?.step ?? 0;
      // Where a photo is gone, say, what was learned until then is whole. A disk that is full takes it no more than before.
      if (saved && run?.intact && step > 0 && !saved.holds(run))
        await saved.save(run).then(
          (event) => this.#ports.publish(event),
          () => undefined,
        );
      const failure = describeFailure(error);
      this.#happen('fail');
      this.#ports.publish({ type: 'failed', step, failure, checkpointStep: saved?.step ?? null });
    }
    this.#scene.attend();
  }

  /** What the course of a run sees of its trainer. */
  get #life(): CourseTrainer {
    return {
      ...{ scene: this.#scene, wishes: this.#wishes },
      state: () => this.#state,
      happen: (happening) => this.#happen(happening),
      publish: (event) => this.#ports.publish(event),
    };
  }

  async #prepare(
    command: StartCommand,
    saved: SavedRun,
    report: RunReport,
    warn: (saying: Saying) => void,
  ): Promise<TrainingRun> {
    const run = await TrainingRun.prepare(command, {
      store: saved.store,
      openMaps: () => this.#ports.openMaps(command.project),
      warn,
      lifting: (photos, of) => this.#lifting(photos, of),
      joined: (step, entries, lifted) => {
        // When maps came depends on the clock: a resumed run must not join at another step.
        this.#wishes.checkpoint = true;
        this.#ports.publish({ type: 'joined', step, entries, lifted });
      },
      taught: (model) => this.#scene.taught(model),
      codes: () => this.#scene.codes(),
      turned: (rows) => this.#scene.turned(rows),
    });
    this.#run = run;
    this.#scene.show(run);
    this.#ports.labels?.forget();
    saved.begin(run);
    this.#ports.publish({ type: 'prepared', ...run.description, memoryBytes: report.resident() });
    if (run.joined) this.#ports.publish({ type: 'joined', ...run.joined, lifted: 0 });
    if (run.disabled.length > 0) this.#ports.publish({ type: 'disabled', step: run.step, photos: [...run.disabled] });
    return run;
  }

  /** Between two photos that are lifted from, as between two steps: viewers are served, and commands heard. */
  async #lifting(photos: number, of: number): Promise<boolean> {
    const run = this.#run;
    if (!run) return false;
    this.#ports.publish({ type: 'lifting', step: run.step, photos, of });
    this.#scene.between();
    await setImmediate();
    return this.#state !== 'finishing';
  }
}
