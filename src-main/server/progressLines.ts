/**
 * The studio's progress in the terminal that serves it: one line that is written over where a person looks, plain lines every few
 * seconds elsewhere (a log, a pipe). Failures and warnings get lines of their own.
 */
import type { StudioEvent, StudioState } from '#contract/studio';
import { progressText } from './progressText';

const PLAIN_MS = 5_000;
const BAR_MS = 200;
/** Plain lines scroll the link away: it is said again with every so many. */
const LINK_EVERY = 12;
const CLEAR = '\r\u001b[K';

/** Where the lines go; process.stderr is one. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLines {
  readonly #terminal: Terminal;
  readonly #url: string;
  readonly #now: () => number;
  #drawn = '';
  #last = -Infinity;
  #lines = 0;
  #warned = '';
  #failed = '';

  /** @param now  in milliseconds */
  constructor(terminal: Terminal, url: string, now = () => performance.now()) {
    this.#terminal = terminal;
    this.#url = url;
    this.#now = now;
  }

  event(event: StudioEvent): void {
    if (event.type !== 'state') return;
    this.#news(event.state);
    this.#progress(event.state);
  }

  /** A line that stays. */
  say(line: string): void {
    this.#terminal.write(`${this.#drawn === '' ? '' : CLEAR}${line}\n`);
    this.#drawn = '';
    this.#last = -Infinity;
  }

  /** Leaves the last line standing. */
  end(): void {
    if (this.#drawn !== '') this.#terminal.write('\n');
    this.#drawn = '';
  }

  #news({ warnings, failure }: StudioState): void {
    const newest = warnings.at(-1);
    const warning = newest ? `${newest.at} ${newest.message}` : '';
    if (newest && warning !== this.#warned) this.say(`  warning: ${newest.message}`);
    this.#warned = warning;
    const failed = failure?.failure.message ?? '';
    if (failure && failed !== this.#failed) {
      const { step, checkpointStep } = failure;
      const saved = checkpointStep === null ? 'nothing is saved' : `step ${checkpointStep} is saved`;
      this.say(`  training failed at step ${step} (${saved}): ${failed}`);
    }
    this.#failed = failed;
  }

  #progress(state: StudioState): void {
    const text = progressText(state);
    const { isTTY, columns = 80 } = this.#terminal;
    if (text === null) return;
    if (isTTY) {
      const line = `  ${text}`.slice(0, columns - 1);
      if (line === this.#drawn || this.#now() - this.#last < BAR_MS) return;
      this.#terminal.write(`${CLEAR}${line}`);
      this.#drawn = line;
    } else {
      if (this.#now() - this.#last < PLAIN_MS) return;
      this.#lines++;
      const link = this.#lines % LINK_EVERY === 0 ? `  ${this.#url}` : '';
      this.#terminal.write(`  ${text}${link}\n`);
    }
    this.#last = this.#now();
  }
}
