/**
 * The demo room as a page offers it: made once into this person's cache, with progress, and then a capture like any other.
 *
 *   absent → making → ready
 *              ↘ failed → making       cancelling leads back to absent
 *
 *   Linux    $XDG_CACHE_HOME/legato, else ~/.cache/legato
 *   macOS    ~/Library/Caches/Legato
 *   Windows  %LOCALAPPDATA%\Legato\Cache
 *   LEGATO_HOME, when set: its folder `cache`
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DemoState } from '#contract/session';
import type { TrainingSettings } from '#contract/settings';
import { cachedDemo, demoCapture, readTruth, type DemoOptions, type MakeDemo } from '../capture/demo/index';

/** Where what can be made again is kept; it may not exist yet. */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.LEGATO_HOME) return resolve(environment.LEGATO_HOME, 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'Legato');
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Legato', 'Cache');
  }
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'legato');
}

/** Progress is told at most this often; the last word always is. */
const INTERVAL_MS = 150;

export interface DemoRoomOptions {
  /** other than the default room */
  readonly wanted?: Partial<DemoOptions>;
  readonly making?: Pick<MakeDemo, 'light' | 'threads'>;
  /** how the room is trained where nobody chose */
  readonly settings?: Partial<TrainingSettings>;
}

/** Photos of 320×240 gain nothing from more splats, and every machine can draw these many while it trains. */
const SETTINGS: Partial<TrainingSettings> = { maxSplats: 60_000 };

export class DemoRoom {
  readonly settings: Partial<TrainingSettings>;
  readonly #wanted: Partial<DemoOptions>;
  readonly #making: Pick<MakeDemo, 'light' | 'threads'>;
  readonly #listeners = new Set<() => void>();
  #state: DemoState | null = null;
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  #told = 0;

  constructor({ wanted = {}, making = {}, settings = SETTINGS }: DemoRoomOptions = {}) {
    this.#wanted = wanted;
    this.#making = making;
    this.settings = settings;
  }

  /** What the page is told; a room from an earlier day is ready at once. */
  async state(): Promise<DemoState> {
    if (this.#state?.state === 'making' || this.#state?.state === 'failed') return this.#state;
    const path = await cachedDemo(cacheFolder(), this.#wanted, this.#making);
    const found: DemoState = path === null ? { state: 'absent' } : await ready(path);
    // Making may have begun while the disk was asked.
    if (this.#run === null) this.#state = found;
    return this.#state ?? found;
  }

  /** Starts making it, unless that is under way. */
  make(): void {
    if (this.#run !== null) return;
    const stop = new AbortController();
    this.#state = { state: 'making', stage: 'light', done: 0, total: 1 };
    this.#run = { stop, ended: this.#make(stop.signal) };
    this.#tell();
  }

  /** Stops making it; nothing remains. */
  cancel(): void {
    this.#run?.stop.abort();
  }

  /** Stops, and waits until the threads have ended. */
  async close(): Promise<void> {
    this.#listeners.clear();
    this.cancel();
    await this.#run?.ended;
  }

  /** Calls back when the state changed; returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #make(signal: AbortSignal): Promise<void> {
    try {
      const path = await demoCapture(cacheFolder(), this.#wanted, {
        ...this.#making,
        signal,
        onProgress: ({ stage, done, total }) => {
          this.#state = { state: 'making', stage, done, total };
          if (performance.now() - this.#told >= INTERVAL_MS) this.#tell();
        },
      });
      this.#state = await ready(path);
    } catch (error) {
      if (signal.aborted) this.#state = { state: 'absent' };
      else this.#state = { state: 'failed', problem: error instanceof Error ? error.message : String(error) };
    }
    this.#run = null;
    this.#tell();
  }

  #tell(): void {
    this.#told = performance.now();
    for (const listener of this.#listeners) listener();
  }
}

async function ready(path: string): Promise<DemoState> {
  const { views, heldOut, classes } = await readTruth(path);
  return { state: 'ready', path, photos: views, heldOut, classes: classes.length };
}
