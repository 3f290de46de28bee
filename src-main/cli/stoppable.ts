/** Work that Ctrl-C ends early, and the line that shows how far it is. */
import { exitCodes } from './exit';
import type { ExitCode } from './exit';

export interface Stopping {
  /** puts the terminal in order before anything is said of an end */
  readonly close: () => void;
  /** what is said of a stop, such as "stopped; nothing was kept" */
  readonly stopped: string;
  /** what the work is told as its reason; the signal's own when left out */
  readonly reason?: Error;
}

/** Runs work until it ends or a signal ends it. @throws what the work throws, unless it was stopped */
export async function stoppable(
  work: (signal: AbortSignal) => Promise<ExitCode>,
  { close, stopped, reason }: Stopping,
): Promise<ExitCode> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(reason);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    close();
    if (!controller.signal.aborted) throw error;
    process.stderr.write(`legato: ${stopped}\n`);
    return exitCodes.interrupted;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

export interface ProgressLine {
  readonly show: (text: string) => void;
  readonly end: () => void;
}

/** One line on the terminal that is written over; null where nobody looks. */
export function progressLine(json: boolean | undefined): ProgressLine | null {
  if (json || !process.stderr.isTTY) return null;
  const clear = '\r\u001b[K';
  return {
    show: (text) => void process.stderr.write(`${clear}${text}`),
    end: () => void process.stderr.write(clear),
  };
}
