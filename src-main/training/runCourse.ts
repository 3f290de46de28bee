/**
 * The course of a run that is prepared: its steps, rests between them while it is paused, and its end.
 *
 *   (step → density control → evaluation? → checkpoint? → viewers)* → last checkpoint → last evaluation?
 *
 * It gives way to the event loop after each step, so that commands are heard between two.
 */
import { setImmediate } from 'node:timers/promises';
import type { TrainerEvent } from '#contract/messages';
import { mayHappen } from '#contract/trainerLife';
import type { TrainerHappening, TrainerState } from '#contract/trainerLife';
import type { TrainingRun } from './run';
import type { RunReport } from './runReport';
import type { SavedRun } from './savedRun';
import { evaluationAt } from './schedule';
import type { ShownScene } from './viewer/shownScene';

/** What is wished of a run; granted between two steps. */
export interface Wishes {
  /** to rest before the first step */
  paused: boolean;
  checkpoint: boolean;
  evaluation: boolean;
  finalEvaluation: boolean;
}

/** The trainer whose run it is. */
export interface CourseTrainer {
  readonly scene: ShownScene;
  readonly wishes: Wishes;
  state(): TrainerState;
  happen(happening: TrainerHappening): void;
  publish(event: TrainerEvent): void;
}

export class RunCourse {
  readonly #trainer: CourseTrainer;
  readonly #run: TrainingRun;
  readonly #saved: SavedRun;
  readonly #report: RunReport;
  #wake: (() => void) | null = null;

  constructor(trainer: CourseTrainer, run: TrainingRun, saved: SavedRun, report: RunReport) {
    this.#trainer = trainer;
    this.#run = run;
    this.#saved = saved;
    this.#report = report;
  }

  /** Goes on with a rest, where something was wished for or the state is another one. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves when the run has ended, complete or not. @throws whatever a step, a checkpoint or an evaluation does */
  async go(): Promise<void> {
    const [run, { wishes }] = [this.#run, this.#trainer];
    const begunAt = run.step;
    if (wishes.paused && run.step < run.steps && mayHappen(this.#trainer.state(), 'pause'))
      this.#trainer.happen('pause');
    await this.#steps();
    // A run that was complete before is opened to be looked at.
    if (run.step === begunAt && run.step >= run.steps) wishes.finalEvaluation = false;
    await this.#finish();
  }

  async #steps(): Promise<void> {
    const [run, report, { scene, wishes }] = [this.#run, this.#report, this.#trainer];
    const { clock } = report;
    let saved = clock.seconds;
    report.begin(run.step);
    scene.between();
    while (run.step < run.steps && this.#trainer.state() !== 'finishing') {
      if (this.#trainer.state() === 'paused') {
        await this.#rest();
        saved = clock.seconds;
        continue;
      }
      if (await run.awaitsMaps()) {
        this.#awaitMaps();
        continue;
      }
      const last = run.step + 1 >= run.steps;
      const due = last || report.due;
      const made = await run.advance(due);
      if (!made) continue;
      if (made.density) {
        this.#trainer.publish({ type: 'density', step: run.step, ...made.density });
        scene.relabelled();
      }
      report.see(made);
      if (due) this.#trainer.publish(report.progress(run, made, scene.takeShare()));
      if (evaluationAt(run.step, run.settings)) wishes.evaluation = true;
      if (!last && clock.seconds - saved >= run.settings.checkpointInterval) wishes.checkpoint = true;
      if (await this.#grant()) saved = clock.seconds;
      scene.hearPhoto();
      scene.between();
      await setImmediate();
    }
    if (mayHappen(this.#trainer.state(), 'complete')) this.#trainer.happen('complete');
  }

  /** Rests instead of counting steps that learn nothing. What a person wished in the meantime goes first. */
  #awaitMaps(): void {
    const { step, steps } = this.#run;
    if (!mayHappen(this.#trainer.state(), 'pause')) return;
    this.#trainer.publish({ type: 'awaitsMaps', step, remaining: steps - step });
    this.#trainer.happen('pause');
  }

  /** Paused: save once, then sleep until something is wished for. The clock stands. */
  async #rest(): Promise<void> {
    const { clock } = this.#report;
    this.#trainer.wishes.checkpoint = true;
    clock.stop();
    while (this.#trainer.state() === 'paused') {
      await this.#grant();
      while (this.#trainer.state() === 'paused' && this.#trainer.scene.serve()) await setImmediate();
      if (this.#trainer.state() !== 'paused') break;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
    clock.start();
  }

  /** Does what was wished for since the last step; true when a checkpoint was written. */
  async #grant(): Promise<boolean> {
    const { wishes } = this.#trainer;
    const { checkpoint, evaluation } = wishes;
    wishes.checkpoint = false;
    wishes.evaluation = false;
    if (evaluation) await this.#evaluate();
    if (!checkpoint || this.#saved.holds(this.#run)) return false;
    await this.#save();
    return true;
  }

  async #save(): Promise<void> {
    this.#trainer.publish(await this.#saved.save(this.#run));
  }

  async #evaluate(): Promise<void> {
    const scores = await this.#run.evaluate();
    if (scores) this.#trainer.publish(this.#report.evaluation(this.#run, scores));
  }

  async #finish(): Promise<void> {
    const [run, report] = [this.#run, this.#report];
    const wallSeconds = report.clock.seconds;
    if (run.step > 0 && !this.#saved.holds(run)) await this.#save();
    if (this.#trainer.wishes.finalEvaluation) await this.#evaluate();
    this.#trainer.happen('finished');
    this.#trainer.publish(report.finished(run, wallSeconds));
  }
}
