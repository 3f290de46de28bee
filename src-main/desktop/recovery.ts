/** What a crashed page or helper of Electron leads to. The session lives in this process: a page that is loaded anew shows it. */

/** More crashes than this within the span are no accident. */
const LIMIT = 3;
const SPAN_MS = 60_000;

/** Decides after each crash of the page whether to load it again at once or to ask first. */
export class CrashCounter {
  #crashes: number[] = [];

  /** @param now  ms, any origin */
  next(reason: string, now: number): 'ignore' | 'reload' | 'ask' {
    if (reason === 'clean-exit') return 'ignore';
    this.#crashes = [...this.#crashes.filter((at) => now - at < SPAN_MS), now];
    return this.#crashes.length > LIMIT ? 'ask' : 'reload';
  }
}

/** In words, for the warnings; null for what ended as it should. */
export function describeGone(gone: { type: string; reason: string; exitCode: number; name?: string }): string | null {
  if (gone.reason === 'clean-exit') return null;
  const name = gone.name === undefined || gone.name === '' ? gone.type : `${gone.type}, ${gone.name}`;
  return `a helper process of the window ended (${name}: ${gone.reason}, code ${gone.exitCode}); it starts again by itself`;
}
