/**
 * A trainer: takes commands, lives the life that the contract declares, and says what happens as events.
 *
 *   prepare → (step → density control → checkpoint? → evaluation? → listen)* → last evaluation → last checkpoint
 *
 * Commands are handled between steps: the loop gives way to the event loop after each one. So are viewers; after a run has ended its
 * Gaussians stay for them until the next start.
 */
import type { SettingsChange, StartCommand, TrainerCommand, TrainerEvent, TrainerEventOf } from '#contract/messages';
import { mayHappen, nextState } from '#contract/trainerLife';
import type { TrainerHappening, TrainerState } from '#contract/trainerLife';
import { describeFailure, PhotosError } from './failure';
import { Pace, processCpuSeconds, Smoothed, Stopwatch } from './measure';
import type { CheckpointStore, IndexMaps, SceneLabels } from './ports';
import { TrainingRun } from './run';
import { evaluationAt } from './schedule';
import { Explaining } from './viewer/explaining';
import { openSplats } from './viewer/splats';
import type { ViewedScene } from './viewer/scene';
import { TrainerViewer } from './viewer/viewer';
import type { SendFrame } from './viewer/viewer';

/** Something that viewers can look at. */
interface Shown {
  readonly viewed: ViewedScene;
  dispose(): void;
}

export interface TrainerPorts {
  openStore(project: string): Promise<CheckpointStore>;
  /** null while the project has none */
  openMaps(project: string): Promise<IndexMaps | null>;
  publish(event: TrainerEvent): void;
  /** absent where nothing can be labelled */
  labels?: SceneLabels;
  /** takes a frame for the viewers, borrowed until they say `taken`; absent where nobody can look */
  sendFrame?: SendFrame;
}

const PROGRESS_SECONDS = 0.25;
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Trainer {
  readonly #ports: TrainerPorts;
  #state: TrainerState = 'idle';
  #run: TrainingRun | null = null;
  /** what viewers see: the present run, the last one, or splats alone */
  #shown: Shown | null = null;
  #ended: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;
  #wishes = { paused: false, checkpoint: false, evaluation: false, finalEvaluation: true };
  #checkpointStep: number | null = null;
  /** a person changed the run since the newest checkpoint: a run that is killed must not forget it */
  #edited = false;
  /** id counter of what a resume would go on from */
  #savedId = 0;
  #watch = new Stopwatch();
  #peak = 0;
  #closed = false;
  readonly #viewer: TrainerViewer;
  readonly #explaining: Explaining;
  /** viewers are served while no run is under way */
  #attending: Promise<void> | null = null;

  constructor(ports: TrainerPorts) {
    this.#ports = ports;
    this.#viewer = new TrainerViewer(ports.sendFrame ?? (() => undefined), ports.labels);
    const wake = (): void => {
      this.#wake?.();
      this.#attend();
    };
    this.#explaining = new Explaining((event) => ports.publish(event), wake);
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
    switch (command.type) {
      case 'start':
        this.#happen('start');
        this.#wishes = { paused: command.paused ?? false, checkpoint: false, evaluation: false, finalEvaluation: true };
        this.#ended = this.#live(command);
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
      case 'watch':
        this.#viewer.watch(command);
        break;
      case 'taken':
        this.#viewer.taken(command);
        break;
      case 'ask':
        this.#viewer.ask(command);
        break;
      case 'look':
        this.#viewer.look(command);
        break;
      case 'inspect':
        this.#ports.publish(this.#viewer.inspect(this.#shown?.viewed ?? null, command));
        return;
      case 'why':
        this.#explaining.ask(command, this.#shown?.viewed ?? null, this.#run?.opinions ?? null);
        break;
      case 'labels':
        this.#ports.labels?.setEdits(command);
        this.#relabelled();
        break;
      case 'teach':
        this.#ports.labels?.setMeanings(command);
        this.#viewer.relabelled();
        break;
      case 'gesture':
        this.#gesture(command);
        return;
      case 'nextUncertain':
        void this.#nextUncertain(command);
        return;
      case 'disable':
        this.#disable(command.photos);
        return;
      case 'show':
        this.#happen('show');
        this.#ended = this.#show(command.splats);
        return;
    }
    this.#wake?.();
    this.#attend();
  }

  /** Ends what is left of the last run, when none is under way any more. */
  async close(): Promise<void> {
    await this.#ended;
    this.#closed = true;
    await this.#leave();
  }

  /** Serves viewers while no run is under way, until they have everything. */
  #attend(): void {
    const shown = this.#shown;
    if (!shown || this.#attending || this.#closed || !this.#atRest) return;
    this.#attending = (async () => {
      await breathe();
      while (this.#atRest && !this.#closed && this.#serve(shown)) await breathe();
      this.#attending = null;
    })();
  }

  /** One portion of what viewers ask for at rest. @returns whether there may be more */
  #serve({ viewed }: Shown): boolean {
    const heard = this.#explaining.hear(viewed);
    try {
      return this.#viewer.attend(viewed) || heard;
    } catch (error) {
      this.#ports.publish({ type: 'warning', message: describeFailure(error).message });
      return heard;
    }
  }

  /** Labels changed, or the splats that they are on. */
  #relabelled(): void {
    const [labels, shown] = [this.#ports.labels, this.#shown];
    if (!labels || !shown || labels.revision === 0) return;
    this.#ports.publish(labels.counts(shown.viewed));
    this.#viewer.relabelled();
  }

  #gesture(command: Extract<TrainerCommand, { type: 'gesture' }>): void {
    const [labels, scene] = [this.#ports.labels, this.#shown?.viewed];
    const begun = performance.now();
    if (labels && scene)
      this.#ports.publish(labels.gesture(scene, command, this.#viewer.answers(scene), this.#savedId));
    else {
      const nothing = { ids: new Uint32Array(0), savedIds: new Uint32Array(0), step: 0, nextId: 0, savedId: 0 };
      const problem = 'there are no splats yet that could be labelled';
      this.#ports.publish({ type: 'gestured', request: command.request, ...nothing, problem });
    }
    this.#viewer.spent(performance.now() - begun);
  }

  async #nextUncertain(command: Extract<TrainerCommand, { type: 'nextUncertain' }>): Promise<void> {
    const { labels } = this.#ports;
    try {
      const cameras = (await this.#run?.cameras()) ?? [];
      const scene = this.#shown?.viewed;
      const begun = performance.now();
      this.#ports.publish(
        labels && scene
          ? labels.nextUncertain(scene, command, cameras)
          : { type: 'uncertain', request: command.request, region: null },
      );
      this.#viewer.spent(performance.now() - begun);
    } catch (error) {
      this.#ports.publish({ type: 'warning', message: describeFailure(error).message });
      this.#ports.publish({ type: 'uncertain', request: command.request, region: null });
    }
  }

  get #atRest(): boolean {
    return this.#state === 'idle' || this.#state === 'failed';
  }

  /** Gives up the Gaussians of the last run. */
  async #leave(): Promise<void> {
    await this.#attending;
    this.#explaining.forget();
    this.#shown?.dispose();
    this.#shown = null;
    this.#run = null;
    this.#viewer.forget();
  }

  #happen(happening: TrainerHappening): void {
    this.#state = nextState(this.#state, happening);
    this.#ports.publish({ type: 'state', state: this.#state, step: this.#run?.step ?? 0 });
  }

  #change(settings: SettingsChange): void {
    if (!this.#run) {
      this.#ports.publish({ type: 'warning', message: 'no run: the settings were not changed' });
      return;
    }
    this.#run.change(settings);
    this.#keepEdit();
  }

  #disable(photos: readonly string[]): void {
    const run = this.#run;
    if (!run) throw new PhotosError('no run: there are no photos to leave out');
    run.disable(photos);
    this.#keepEdit();
    this.#ports.publish({ type: 'disabled', step: run.step, photos: [...run.disabled] });
  }

  /** What a person changed is saved before the next step, so that a resumed run changes at the same step. */
  #keepEdit(): void {
    this.#edited = true;
    this.#wishes.checkpoint = true;
    this.#wake?.();
  }

  /** Between two steps: one photo of a question about a region. */
  #explain(run: TrainingRun): void {
    const begun = performance.now();
    if (this.#explaining.hear(run.viewed)) this.#viewer.spent(performance.now() - begun);
  }

  /** Splats of a file, to look at alone. */
  async #show(path: string): Promise<void> {
    try {
      await this.#leave();
      this.#shown = await openSplats(path);
      this.#happen(this.#state === 'preparing' ? 'shown' : 'finished');
    } catch (error) {
      this.#happen('fail');
      this.#ports.publish({ type: 'failed', step: 0, failure: describeFailure(error), checkpointStep: null });
    }
    this.#attend();
  }

  async #live(command: StartCommand): Promise<void> {
    this.#checkpointStep = null;
    this.#edited = false;
    this.#watch = new Stopwatch();
    this.#watch.start();
    let store: CheckpointStore | null = null;
    try {
      await this.#leave();
      store = await this.#ports.openStore(command.project);
      const run = await this.#prepare(command, store);
      if (this.#state === 'preparing') this.#happen('prepared');
      const begunAt = run.step;
      if (this.#wishes.paused && run.step < run.steps && mayHappen(this.#state, 'pause')) this.#happen('pause');
      await this.#loop(run, store);
      // A run that was complete before is opened to be looked at.
      if (run.step === begunAt && run.step >= run.steps) this.#wishes.finalEvaluation = false;
      await this.#finish(run, store);
    } catch (error) {
      const run = this.#run;
      const step = run?.step ?? 0;
      // Where a photo is gone, say, what was learned until then is whole. A disk that is full takes it no more than before.
      if (store && run?.intact && step > 0 && !this.#isSaved(run)) await this.#save(run, store).catch(() => undefined);
      const failure = describeFailure(error);
      this.#happen('fail');
      this.#ports.publish({ type: 'failed', step, failure, checkpointStep: this.#checkpointStep });
    }
    this.#attend();
  }

  async #prepare(command: StartCommand, store: CheckpointStore): Promise<TrainingRun> {
    const run = await TrainingRun.prepare(command, {
      store,
      openMaps: () => this.#ports.openMaps(command.project),
      warn: (message) => this.#ports.publish({ type: 'warning', message }),
      lifting: (photos, of) => this.#lifting(photos, of),
      joined: (step, entries, lifted) => {
        // When maps came depends on the clock: a resumed run must not join at another step.
        this.#wishes.checkpoint = true;
        this.#ports.publish({ type: 'joined', step, entries, lifted });
      },
      taught: (model) => this.#ports.labels?.taught(model, this.#viewer.answers(run.viewed)) ?? null,
      codes: () => this.#viewer.answers(run.viewed).codes(),
      turned: (rows) => this.#viewer.turned(rows),
    });
    this.#run = run;
    this.#shown = run;
    this.#ports.labels?.forget();
    this.#savedId = run.viewed.model.nextId;
    if (run.step > 0) this.#checkpointStep = run.step;
    this.#ports.publish({ type: 'prepared', ...run.description, memoryBytes: this.#resident() });
    if (run.joined) this.#ports.publish({ type: 'joined', ...run.joined, lifted: 0 });
    if (run.disabled.length > 0) this.#ports.publish({ type: 'disabled', step: run.step, photos: [...run.disabled] });
    return run;
  }

  /** Between two photos that are lifted from, as between two steps: viewers are served, and commands heard. */
  async #lifting(photos: number, of: number): Promise<boolean> {
    const run = this.#run;
    if (!run) return false;
    this.#ports.publish({ type: 'lifting', step: run.step, photos, of });
    this.#viewer.between(run.viewed);
    await breathe();
    return this.#state !== 'finishing';
  }

  async #loop(run: TrainingRun, store: CheckpointStore): Promise<void> {
    const pace = new Pace();
    const psnr = new Smoothed(0.1);
    let reported = -Infinity;
    let saved = this.#watch.seconds;
    pace.note(run.step, this.#watch.seconds);
    this.#viewer.between(run.viewed);
    while (run.step < run.steps && this.#state !== 'finishing') {
      if (this.#state === 'paused') {
        await this.#rest(run, store);
        saved = this.#watch.seconds;
        continue;
      }
      if (await run.awaitsMaps()) {
        this.#awaitMaps(run);
        continue;
      }
      const last = run.step + 1 >= run.steps;
      const due = last || this.#watch.seconds - reported >= PROGRESS_SECONDS;
      const report = await run.advance(due);
      if (!report) continue;
      const { loss, psnr: seen, density, semantics } = report;
      if (density) {
        this.#ports.publish({ type: 'density', step: run.step, ...density });
        this.#relabelled();
      }
      if (seen !== null) psnr.add(seen);
      if (due) {
        reported = this.#watch.seconds;
        pace.note(run.step, reported);
        this.#progress(run, { loss, psnr: psnr.value, stepsPerSecond: pace.stepsPerSecond, semantics });
      }
      if (evaluationAt(run.step, run.settings)) this.#wishes.evaluation = true;
      if (!last && this.#watch.seconds - saved >= run.settings.checkpointInterval) this.#wishes.checkpoint = true;
      if (await this.#grant(run, store)) saved = this.#watch.seconds;
      this.#explain(run);
      this.#viewer.between(run.viewed);
      await breathe();
    }
    if (mayHappen(this.#state, 'complete')) this.#happen('complete');
  }

  /** Rests instead of counting steps that learn nothing. What a person wished in the meantime goes first. */
  #awaitMaps(run: TrainingRun): void {
    if (!mayHappen(this.#state, 'pause')) return;
    this.#ports.publish({ type: 'awaitsMaps', step: run.step, remaining: run.steps - run.step });
    this.#happen('pause');
  }

  /** Paused: save once, then sleep until something is wished for. The clock stands. */
  async #rest(run: TrainingRun, store: CheckpointStore): Promise<void> {
    this.#wishes.checkpoint = true;
    this.#watch.stop();
    while (this.#state === 'paused') {
      await this.#grant(run, store);
      while (this.#state === 'paused' && this.#serve(run)) await breathe();
      if (this.#state !== 'paused') break;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
    this.#watch.start();
  }

  /** Does what was wished for since the last step; true when a checkpoint was written. */
  async #grant(run: TrainingRun, store: CheckpointStore): Promise<boolean> {
    const { checkpoint, evaluation } = this.#wishes;
    this.#wishes.checkpoint = false;
    this.#wishes.evaluation = false;
    if (evaluation) await this.#evaluate(run);
    if (checkpoint && !this.#isSaved(run)) {
      await this.#save(run, store);
      return true;
    }
    return false;
  }

  /** Whether the newest checkpoint holds the run as it is. */
  #isSaved(run: TrainingRun): boolean {
    return !this.#edited && this.#checkpointStep === run.step;
  }

  async #save(run: TrainingRun, store: CheckpointStore): Promise<void> {
    const begun = performance.now();
    const snapshot = run.snapshot();
    this.#edited = false;
    await store.save(snapshot);
    this.#savedId = snapshot.nextId;
    this.#checkpointStep = run.step;
    const seconds = (performance.now() - begun) / 1000;
    this.#ports.publish({ type: 'checkpoint', step: run.step, splats: run.splats, seconds });
  }

  async #evaluate(run: TrainingRun): Promise<void> {
    const scores = await run.evaluate();
    if (!scores) return;
    const cost = { wallSeconds: this.#watch.seconds, cpuSeconds: processCpuSeconds() };
    this.#ports.publish({ type: 'evaluation', step: run.step, splats: run.splats, ...scores, ...cost });
  }

  async #finish(run: TrainingRun, store: CheckpointStore): Promise<void> {
    const wallSeconds = this.#watch.seconds;
    if (run.step > 0 && !this.#isSaved(run)) await this.#save(run, store);
    if (this.#wishes.finalEvaluation) await this.#evaluate(run);
    this.#resident();
    this.#happen('finished');
    this.#ports.publish({
      type: 'finished',
      step: run.step,
      splats: run.splats,
      complete: run.step >= run.steps,
      wallSeconds,
      cpuSeconds: processCpuSeconds(),
      peakMemoryBytes: this.#peak,
    });
  }

  #progress(
    run: TrainingRun,
    figures: Pick<TrainerEventOf<'progress'>, 'loss' | 'psnr' | 'stepsPerSecond' | 'semantics'>,
  ): void {
    const { step, steps, splats } = run;
    const etaSeconds = figures.stepsPerSecond > 0 ? (steps - step) / figures.stepsPerSecond : 0;
    const cost = {
      memoryBytes: this.#resident(),
      cpuSeconds: processCpuSeconds(),
      viewerShare: this.#viewer.takeShare(),
    };
    this.#ports.publish({ type: 'progress', step, steps, splats, etaSeconds, ...figures, ...cost });
  }

  #resident(): number {
    const bytes = process.memoryUsage.rss();
    this.#peak = Math.max(this.#peak, bytes, process.resourceUsage().maxRSS * 1024);
    return bytes;
  }
}
