/**
 * What a run says of itself while it goes: progress four times a second at most, evaluations, and what it cost in the end. The clock
 * stands while the run rests.
 */
import type { TrainerEventOf } from '#contract/messages';
import type { Scores } from './evaluation';
import { Pace, processCpuSeconds, Smoothed, Stopwatch } from './measure';
import type { StepReport, TrainingRun } from './run';

const PROGRESS_SECONDS = 0.25;
/** Weight of a photo in the training PSNR that is told. */
const PSNR_SHARE = 0.1;

export class RunReport {
  readonly clock = new Stopwatch();
  readonly #pace = new Pace();
  readonly #psnr = new Smoothed(PSNR_SHARE);
  #told = -Infinity;
  /** resident memory at most, bytes */
  #peak = 0;

  constructor() {
    this.clock.start();
  }

  /** Steps begin. @param step  completed so far */
  begin(step: number): void {
    this.#pace.note(step, this.clock.seconds);
  }

  /** Whether the next step is told of. */
  get due(): boolean {
    return this.clock.seconds - this.#told >= PROGRESS_SECONDS;
  }

  /** Takes a step's PSNR into the mean that is told. */
  see({ psnr }: StepReport): void {
    if (psnr !== null) this.#psnr.add(psnr);
  }

  /** @param viewerShare  of the time since the last progress */
  progress(run: TrainingRun, { loss, semantics }: StepReport, viewerShare: number): TrainerEventOf<'progress'> {
    this.#told = this.clock.seconds;
    this.#pace.note(run.step, this.#told);
    const { stepsPerSecond } = this.#pace;
    const { step, steps, splats } = run;
    const etaSeconds = stepsPerSecond > 0 ? (steps - step) / stepsPerSecond : 0;
    return {
      type: 'progress',
      ...{ step, steps, splats, etaSeconds, loss, psnr: this.#psnr.value, stepsPerSecond, semantics },
      ...{ memoryBytes: this.resident(), cpuSeconds: processCpuSeconds(), viewerShare },
    };
  }

  evaluation({ step, splats }: TrainingRun, scores: Scores): TrainerEventOf<'evaluation'> {
    const cost = { wallSeconds: this.clock.seconds, cpuSeconds: processCpuSeconds() };
    return { type: 'evaluation', step, splats, ...scores, ...cost };
  }

  /** @param wallSeconds  of the steps */
  finished({ step, steps, splats }: TrainingRun, wallSeconds: number): TrainerEventOf<'finished'> {
    this.resident();
    return {
      type: 'finished',
      ...{ step, splats, complete: step >= steps },
      ...{ wallSeconds, cpuSeconds: processCpuSeconds(), peakMemoryBytes: this.#peak },
    };
  }

  /** Resident memory now, bytes. */
  resident(): number {
    const bytes = process.memoryUsage.rss();
    this.#peak = Math.max(this.#peak, bytes, process.resourceUsage().maxRSS * 1024);
    return bytes;
  }
}
