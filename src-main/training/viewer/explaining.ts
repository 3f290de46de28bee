/**
 * The questions "why is this uncertain?" that wait for an answer. Photos are loaded while training goes on; each is heard between two steps.
 */
import type { TrainerCommand, TrainerEvent } from '#contract/messages';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { sayingOf } from '../failure';
import { Disagreement } from './disagreement';
import type { PhotoWithMap } from './disagreement';
import type { ViewedScene } from './scene';

export type Why = Extract<TrainerCommand, { type: 'why' }>;

export interface PhotoSource {
  /** photos that are trained on */
  readonly photos: number;
  /** null for a photo without a map */
  load(index: number): Promise<PhotoWithMap | null>;
}

interface Question {
  readonly request: number;
  readonly disagreement: Disagreement;
  /** the photo that is loaded next */
  next: number;
  /** loaded and not heard yet; null for one without a map */
  loaded: { photo: PhotoWithMap | null } | null;
  loading: boolean;
  problem: Saying | null;
}

export class Explaining {
  readonly #answer: (event: TrainerEvent) => void;
  readonly #wake: () => void;
  #source: PhotoSource | null = null;
  #questions: Question[] = [];

  /** @param wake  called when there is something to hear */
  constructor(answer: (event: TrainerEvent) => void, wake: () => void) {
    this.#answer = answer;
    this.#wake = wake;
  }

  /** @param scene  null while there is none; @param source  null where there are no photos or maps */
  ask({ request, ids }: Why, scene: ViewedScene | null, source: PhotoSource | null): void {
    const alive = new Set(scene?.model.ids.subarray(0, scene.model.count));
    const problem = !scene?.semantics
      ? said('nothingUncertain')
      : !source
        ? said('nothingToDisagree')
        : ids.some((id) => alive.has(id))
          ? null
          : said('splatsReplaced');
    if (problem !== null) {
      this.#refuse(request, problem);
      return;
    }
    this.#source = source;
    const disagreement = new Disagreement(ids);
    this.#questions.push({ request, disagreement, next: 0, loaded: null, loading: false, problem: null });
    this.#load();
  }

  /** Hears one photo, when one is loaded. @returns whether it did */
  hear(scene: ViewedScene): boolean {
    const question = this.#questions.at(-1);
    if (!question?.loaded) return false;
    const { photo } = question.loaded;
    question.loaded = null;
    if (photo) question.disagreement.hear(scene, photo);
    this.#load();
    return true;
  }

  /** The scene goes: what waits is answered so. */
  forget(): void {
    for (const { request } of this.#questions) this.#refuse(request, said('sceneClosed'));
    this.#questions = [];
    this.#source = null;
  }

  #refuse(request: number, { message, ...parts }: Saying): void {
    this.#answer({ type: 'explained', request, photos: [], seenBy: 0, problem: message, ...parts });
  }

  /** Loads the next photo of the newest question, or answers it when all are heard. */
  #load(): void {
    const question = this.#questions.at(-1);
    const source = this.#source;
    if (!question || !source || question.loading || question.loaded) return;
    if (question.next >= source.photos || question.problem !== null) {
      this.#questions.pop();
      const { request, disagreement, problem } = question;
      const { message = null, ...parts } = problem ?? {};
      this.#answer({ type: 'explained', request, ...disagreement.result, problem: message, ...parts });
      this.#load();
      return;
    }
    question.loading = true;
    void source
      .load(question.next++)
      .then((photo) => (question.loaded = { photo }))
      .catch((error: unknown) => {
        question.problem = sayingOf(error);
        question.loaded = { photo: null };
      })
      .finally(() => {
        question.loading = false;
        this.#wake();
      });
  }
}
