/**
 * What a run has cost so far, for progress lines and the final report.
 *
 *   steps per second and time left from a window of the last seconds, so that they follow density control
 *   training PSNR = −10·log₁₀(mean squared error), smoothed over the photos looked at
 */

/** dB that a perfect picture is given, since JSON has no infinity. */
export const PSNR_CAP = 100;

/** PSNR in dB of a mean squared error of values in 0…1. */
export function psnrOf(meanSquaredError: number): number {
  return meanSquaredError > 0 ? Math.min(PSNR_CAP, -10 * Math.log10(meanSquaredError)) : PSNR_CAP;
}

/** User + system time of this process since it began, seconds. */
export function processCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds that count as training: the clock stands while paused. */
export class Stopwatch {
  #elapsed = 0;
  #since: number | null = null;

  start(): void {
    this.#since ??= performance.now();
  }

  stop(): void {
    this.#elapsed = this.seconds * 1000;
    this.#since = null;
  }

  get seconds(): number {
    return (this.#elapsed + (this.#since === null ? 0 : performance.now() - this.#since)) / 1000;
  }
}

const WINDOW_SECONDS = 10;
/** A wait of so long, and of so many times what its steps usually take, is something else than steps: labels that are lifted, a full disk. */
const [WAIT_SECONDS, WAIT_STEPS] = [2, 10];

/** Steps per second over the last seconds of taking steps. */
export class Pace {
  #marks: { seconds: number; step: number }[] = [];
  /** s that were not spent on steps */
  #waited = 0;

  note(step: number, seconds: number): void {
    const last = this.#marks.at(-1);
    const pace = this.stepsPerSecond;
    if (last && pace > 0) {
      const took = seconds - this.#waited - last.seconds;
      const usual = (step - last.step) / pace;
      if (took > WAIT_SECONDS && took > WAIT_STEPS * usual) this.#waited += took - usual;
    }
    const worked = seconds - this.#waited;
    this.#marks.push({ seconds: worked, step });
    while (this.#marks.length > 2 && worked - this.#marks[0].seconds > WINDOW_SECONDS) this.#marks.shift();
  }

  get stepsPerSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last.seconds <= first.seconds) return 0;
    return (last.step - first.step) / (last.seconds - first.seconds);
  }
}

/** Exponential mean that starts at its first value. */
export class Smoothed {
  readonly #share: number;
  #value: number | null = null;

  /** @param share  weight of a new value, 0…1 */
  constructor(share: number) {
    this.#share = share;
  }

  add(value: number): void {
    this.#value = this.#value === null ? value : this.#value + this.#share * (value - this.#value);
  }

  get value(): number {
    return this.#value ?? 0;
  }
}
