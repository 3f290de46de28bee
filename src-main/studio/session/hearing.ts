/** What the processes of an open project say, and what follows from it: the state that pages are told, curves, questions asked again. */
import type { LanguageEvent } from '#contract/languageMessages';
import type { TrainerEvent } from '#contract/messages';
import type { StudioState } from '#contract/studio';
import { sayingOf } from '../failures';
import { codebookState, formingState } from './entries';
import type { Opened } from './opened';
import type { OpenScene, OpenScenePorts } from './openScene';
import type { Pipeline } from './pipeline';
import { isAnswer } from './requests';
import { afterLanguage, afterTrainer, failed, off, sayWords, warn, withoutWords } from './state';

export class Hearing {
  readonly #opened: Opened;
  readonly #pipeline: Pipeline;
  #seed = 0;
  /** whose words were learned just now, and semantics have not joined since */
  #learnedFor: OpenScene | null = null;

  constructor(opened: Opened, pipeline: Pipeline) {
    this.#opened = opened;
    this.#pipeline = pipeline;
  }

  /** of the colours of entries and classes */
  get seed(): number {
    return this.#seed;
  }

  /** Hands the colours of entries and classes out anew. */
  reshuffle(seed: number): void {
    this.#seed = seed;
    this.#opened.asks.recolour(seed);
    void this.refreshCodebook();
  }

  get ports(): OpenScenePorts {
    const { ports } = this.#opened;
    return {
      hearTrainer: (event) => this.hearTrainer(event),
      frame: (bytes) => ports.hub.receive(bytes),
      hear: (event) => this.#hearLanguage(event),
      // Also without an event of its own: the process came or went, and with it what it holds of the machine.
      busy: (busy) =>
        ports.change((state) => {
          if (busy) state.words = { ...state.words, missing: [] };
          this.#shareThreads(state);
        }),
      brokenOff: () => {
        this.#opened.scene?.photos?.settled();
        return this.refreshCodebook();
      },
      learned: () => this.#learned(),
      failed: async (stage, error) => {
        const isModel = error instanceof Error && error.name === 'ModelError';
        const missing = isModel ? await this.#pipeline.missing() : [];
        ports.change((state) => {
          if (missing.length > 0) withoutWords(state, sayingOf(error));
          else state.stages[stage] = failed(sayingOf(error));
          if (state.stages.codebook.state === 'waiting') state.stages.codebook = off();
          state.words = { ...state.words, missing };
          sayWords(state);
        });
      },
    };
  }

  hearTrainer(event: TrainerEvent): void {
    const { requests, asks, labels, scene, ports } = this.#opened;
    if (isAnswer(event)) return requests.hear(event);
    if (event.type === 'labelled') return labels?.counted(event);
    if (event.type === 'failed') requests.drop(event.failure);
    ports.change((state) => {
      afterTrainer(state, event);
      if (event.type === 'prepared' && scene) state.settings = scene.settings;
      if (event.type === 'prepared') this.#shareThreads(state);
      sayWords(state);
    });
    if (event.type === 'prepared') {
      this.#opened.watch();
      asks.repeat();
      labels?.prepared(event);
      if (event.step < (scene?.curves.points.at(-1)?.step ?? 0)) {
        scene?.curves.rewind(event.step);
        ports.curves(0);
      }
    }
    if (event.type === 'joined') {
      this.#learnedFor = null;
      asks.repeat();
      labels?.learned();
    }
    if (event.type === 'finished') void scene?.studio.ended.then(() => this.#joinLate());
    const from = scene?.curves.hear(event, scene.studio.seconds) ?? null;
    if (from !== null) ports.curves(from);
  }

  /** The codebook as it lies in the project. @throws LanguageError for a damaged one */
  async refreshCodebook(): Promise<void> {
    const { scene, ports } = this.#opened;
    if (!scene) return;
    const revision = (ports.state.codebook?.revision ?? 0) + 1;
    const codebook = await codebookState(scene.studio.project.paths, revision, this.#seed);
    ports.change((state) => {
      state.codebook = codebook;
      sayWords(state);
    });
  }

  warn(error: unknown): void {
    this.#opened.ports.change((state) => warn(state, sayingOf(error)));
  }

  /** The trainer takes what the words leave it. */
  #shareThreads(state: StudioState): void {
    const { scene } = this.#opened;
    if (scene && state.trainer) state.trainer = { ...state.trainer, threads: scene.share(state.trainer.threads) };
  }

  async #learned(): Promise<void> {
    const { scene, labels, asks, ports } = this.#opened;
    scene?.photos?.settled();
    await scene?.asking?.forget();
    await this.refreshCodebook();
    await asks.again(scene?.asking ?? null);
    labels?.learned();
    if (ports.state.trainer?.awaitsMaps) return scene?.studio.resume();
    this.#learnedFor = ports.state.semantics === null ? scene : null;
    await this.#joinLate();
  }

  /** A project that is opened with both is there to be looked at: it trains on when a person says so. */
  async #joinLate(): Promise<void> {
    const { scene } = this.#opened;
    if (scene === null || scene !== this.#learnedFor) return;
    try {
      await this.#pipeline.joinLate();
    } catch (error) {
      this.warn(error);
    }
  }

  #hearLanguage(event: LanguageEvent): void {
    const { scene, ports } = this.#opened;
    // First maps are by other entries than those that form now.
    if (event.type === 'codebookPrepared') scene?.photos?.settled();
    if (event.type === 'codebookForming') scene?.photos?.formed(event.photo, event.file);
    ports.change((state) => {
      if (event.type === 'codebookForming') state.codebook = formingState(state.codebook, event, this.#seed);
      else afterLanguage(state, event);
    });
  }
}
