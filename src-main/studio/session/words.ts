/**
 * Features, then codebook, beside the training: two jobs of the language process, one after the other, for the project that is
 * open. The trainer finds the maps by itself when they are there.
 *
 *   idle → features → codebook → idle        cancelled or failed: idle; what is finished stays and is continued next time
 *
 * A project without a codebook shows first maps, of the quick pass over its photos, until the codebook forms.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LanguageEvent } from '#contract/languageMessages';
import { SaidError } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { projectPaths } from '../../project/index';
import { startCodebook } from '../buildCodebook';
import { startFeatures } from '../languageJobs';
import type { LanguageHost } from '../languageHost';
import { exists } from '../sceneLanguage';

export interface WordsPorts {
  /** every event of both jobs */
  readonly hear: (event: LanguageEvent) => void;
  /** the codebook and its maps are there, or new */
  readonly learned: () => void | Promise<void>;
  /** a codebook was not made to its end: what there was before counts again */
  readonly brokenOff: () => void | Promise<void>;
  /** a job began, or the last one ended: threads are shared anew */
  readonly busy: (busy: boolean) => void;
  /** a stage could not be started or failed */
  readonly failed: (stage: 'features' | 'codebook', error: unknown) => void | Promise<void>;
}

export class WordsPipeline {
  readonly #project: string;
  readonly #ports: WordsPorts;
  #host: LanguageHost | null = null;
  #running: Promise<void> | null = null;
  #cancelled = false;
  #memoryBytes = 0;

  /** @param project  its folder */
  constructor(project: string, ports: WordsPorts) {
    this.#project = project;
    this.#ports = ports;
  }

  get busy(): boolean {
    return this.#running !== null;
  }

  get pid(): number | null {
    return this.#host?.pid ?? null;
  }

  /** resident memory of the language process as it last told it; 0 while there is none */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Starts, unless it is under way. @param settings  what differs from the preset */
  start(settings: Partial<TrainingSettings>, acceptCost: boolean): void {
    if (this.#running) return;
    this.#cancelled = false;
    this.#running = this.#run(settings, acceptCost).finally(() => {
      this.#running = null;
      this.#ports.busy(false);
    });
    this.#ports.busy(true);
  }

  /** Ends the job within a batch; resolves when it has ended. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#host?.send({ type: 'cancel' });
    await this.#running;
  }

  async #run(settings: Partial<TrainingSettings>, acceptCost: boolean): Promise<void> {
    let stage: 'features' | 'codebook' = 'features';
    // The form of base's temporary names: what a crash leaves is swept away when the project is opened.
    const first = join(this.#project, `.first-maps.${process.pid}-0.tmp`);
    const firstMaps = (await exists(projectPaths(this.#project).codebook)) ? null : first;
    let learned = false;
    try {
      const features = await startFeatures(
        this.#project,
        this.#project,
        {
          settings,
          ...{ all: false, provider: 'cpu', memoryBytes: null, acceptCost, planOnly: false, pictures: null, firstMaps },
        },
        (event) => this.#hear(event),
      );
      const made = await this.#until(features);
      if (made.type === 'failed') throw failureOf(made);
      if (!made.complete || this.#cancelled) return;
      stage = 'codebook';
      const codebook = await startCodebook(
        this.#project,
        { settings, words: 'auto', pictures: null, paletteSeed: 0, looks: true },
        (event) => this.#hear(event),
      );
      const end = await this.#until(codebook);
      if (end.type === 'failed') throw failureOf(end);
      learned = end.complete;
      if (learned) await this.#ports.learned();
    } catch (error) {
      await this.#ports.failed(stage, error);
    } finally {
      if (!learned) await this.#ports.brokenOff();
      await rm(first, { recursive: true, force: true });
    }
  }

  #hear(event: LanguageEvent): void {
    if ('memoryBytes' in event && event.type !== 'plan') this.#memoryBytes = event.memoryBytes;
    this.#ports.hear(event);
  }

  async #until<End>({ host, ended }: { host: LanguageHost; ended: Promise<End> }): Promise<End> {
    this.#host = host;
    if (this.#cancelled) host.send({ type: 'cancel' });
    try {
      return await ended;
    } finally {
      this.#host = null;
      await host.close();
      this.#memoryBytes = 0;
    }
  }
}

/** What the process said went wrong, as an error of this side. */
function failureOf({ failure }: Extract<LanguageEvent, { type: 'failed' }>): Error {
  const error = new SaidError(failure);
  error.name = failure.kind === 'crash' ? 'Error' : failure.kind;
  return error;
}
