/** The curves of a project: figures by step, over all its runs, kept in memory for pages and in the project for later. */
import { CURVE_LIMIT } from '#contract/studio';
import type { CurvePoint } from '#contract/studio';
import type { TrainerEvent } from '#contract/messages';
import type { ProjectDatabase } from '../../project/index';
import { heldOutScores } from './heldOutScores';

const columns = [
  'seconds',
  'loss',
  'psnr',
  'splats',
  'stepsPerSecond',
  'crossEntropy',
  'accuracy',
  'uncertainty',
] as const;
type Column = (typeof columns)[number];

const empty = (step: number): CurvePoint => ({
  step,
  seconds: 0,
  loss: null,
  psnr: null,
  heldOutPsnr: null,
  splats: null,
  stepsPerSecond: null,
  crossEntropy: null,
  accuracy: null,
  uncertainty: null,
});

export class Curves {
  #points: CurvePoint[] = [];
  /** every how many reports become a point; doubles whenever the curve is full */
  #stride = 1;
  #skipped = 0;

  get points(): readonly CurvePoint[] {
    return this.#points;
  }

  /** What a project remembers of its last run, and of those that it continued. */
  static of(database: ProjectDatabase): Curves {
    const curves = new Curves();
    const bySteps = new Map<number, CurvePoint>();
    const at = (step: number): CurvePoint => {
      const known = bySteps.get(step) ?? empty(step);
      bySteps.set(step, known);
      return known;
    };
    for (const run of database.runs()) {
      // A run that begins anew replaces what was there; one that continues keeps what is before it.
      for (const step of [...bySteps.keys()]) if (step > run.firstStep) bySteps.delete(step);
      for (const column of columns)
        for (const { step, value } of database.metrics(run.id, column)) put(at(step), column, value);
    }
    for (const { step, psnr } of heldOutScores(database)) at(step).heldOutPsnr = psnr;
    curves.#points = [...bySteps.values()].sort((a, b) => a.step - b.step);
    while (curves.#points.length > CURVE_LIMIT / 2) curves.#thin();
    return curves;
  }

  /** Forgets the steps after one: the run goes on from there. */
  rewind(step: number): void {
    this.#points = this.#points.filter((point) => point.step <= step);
  }

  /**
   * Adds what an event tells.
   *
   * @returns where pages have to continue: the index of the first new or changed point; null when nothing changed
   */
  hear(event: TrainerEvent, seconds: number): number | null {
    if (event.type === 'progress') {
      this.#skipped++;
      if (this.#skipped < this.#stride && event.step < event.steps) return null;
      this.#skipped = 0;
      const { step, loss, psnr, splats, stepsPerSecond, semantics } = event;
      return this.#put({ ...empty(step), seconds, loss, psnr, splats, stepsPerSecond, ...semantics });
    }
    if (event.type === 'evaluation') {
      const known = this.#points.at(-1);
      const point = known?.step === event.step ? known : { ...empty(event.step), seconds };
      return this.#put({ ...point, heldOutPsnr: event.psnr });
    }
    return null;
  }

  #put(point: CurvePoint): number {
    if (this.#points.length >= CURVE_LIMIT) {
      this.#thin();
      this.#insert(point);
      return 0;
    }
    return this.#insert(point);
  }

  #insert(point: CurvePoint): number {
    const last = this.#points.at(-1);
    if (last && last.step === point.step) {
      this.#points[this.#points.length - 1] = { ...point, heldOutPsnr: point.heldOutPsnr ?? last.heldOutPsnr };
      return this.#points.length - 1;
    }
    this.#points.push(point);
    return this.#points.length - 1;
  }

  /** Every other point goes; evaluations are rare and stay. */
  #thin(): void {
    this.#points = this.#points.filter((point, index) => index % 2 === 0 || point.heldOutPsnr !== null);
    this.#stride *= 2;
  }
}

function put(point: CurvePoint, column: Column, value: number | null): void {
  if (column === 'seconds') point.seconds = value ?? 0;
  else point[column] = value;
}
