/**
 * What is asked of the open scene, from the request to the trainer's order. Each change has a revision, so that an answer that was
 * overtaken by the next question is dropped; the same question is asked again when the trainer or the codebook is another.
 */
import { isDeepStrictEqual } from 'node:util';
import { said, SaidError } from '#contract/sayings';
import type { AskRequest, StudioState } from '#contract/studio';
import type { AskOrder, SplatReadout } from '#contract/viewerMessages';
import { ExpressionError, plainTexts, readQuestions } from '../../semantics/index';
import { sayingOf } from '../failures';
import type { Asking } from './asking';
import { QuestionError } from './asking';
import { classColours } from './entries';

/** Questions that are plain names. */
export function namesAsked(request: AskRequest | null): string[] {
  try {
    return plainTexts(readQuestions(request?.questions ?? [])).filter((name) => name !== null);
  } catch (error) {
    // Whoever asks is told of it with the answer.
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

export interface AskPorts {
  readonly change: (mutate: (state: StudioState) => void) => void;
  /** to the trainer */
  readonly order: (ask: AskOrder | null) => void;
}

export class Asks {
  readonly #ports: AskPorts;
  #revision = 0;
  #request: AskRequest | null = null;
  #order: AskOrder | null = null;
  /** the newest question could not be answered, so that it is worth asking again */
  #failed = false;
  /** hands out the colours of classes */
  seed = 0;

  constructor(ports: AskPorts) {
    this.#ports = ports;
  }

  /**
   * Asks, or stops asking with null. What goes wrong is in the state, where it can be shown beside the question. A question that is
   * answered, or is being answered, stands: whoever typed it and then presses Enter is not kept waiting for the same answer twice.
   */
  async words(asking: Asking | null, request: AskRequest | null): Promise<void> {
    if (request !== null && !this.#failed && isDeepStrictEqual(request, this.#request)) return;
    await this.#anew(asking, request);
  }

  async #anew(asking: Asking | null, request: AskRequest | null): Promise<void> {
    const revision = ++this.#revision;
    this.#request = request;
    this.#set(null);
    if (request === null) {
      this.#ports.change((state) => (state.ask = null));
      return;
    }
    const { questions } = request;
    this.#show(revision, request, questions, true, null);
    await this.#work(revision, () => {
      if (!asking) throw new SaidError(said('nothingToAsk'));
      return asking.words(request, revision);
    });
  }

  /** "More like this". */
  async likeness(asking: Asking, readout: SplatReadout): Promise<void> {
    const revision = ++this.#revision;
    this.#request = null;
    this.#set(null);
    this.#show(revision, null, [`like splat ${readout.id}`], true, null);
    await this.#work(revision, () => asking.likeness(readout, revision));
  }

  /** Another codebook: what was asked in words is worked out anew, likeness to what an old entry said is gone. */
  async again(asking: Asking | null): Promise<void> {
    if (this.#request !== null) await this.#anew(asking, this.#request);
    else if (this.#order !== null) await this.#anew(asking, null);
  }

  /** Another trainer: it is told what is asked. */
  repeat(): void {
    if (this.#order) this.#ports.order(this.#order);
  }

  recolour(seed: number): void {
    this.seed = seed;
    this.#ports.change((state) => {
      if (!state.ask) return;
      const colours = classColours(state.ask.classes.length, seed);
      state.ask = { ...state.ask, classes: state.ask.classes.map(({ name }, i) => ({ name, colour: colours[i] })) };
    });
  }

  /** Another scene is opened. */
  clear(): void {
    this.#revision++;
    this.#request = null;
    this.#order = null;
  }

  async #work(revision: number, make: () => Promise<AskOrder>): Promise<void> {
    let problem: NonNullable<StudioState['ask']>['problem'] = null;
    let order: AskOrder | null = null;
    try {
      order = await make();
    } catch (error) {
      const where = error instanceof QuestionError ? error : null;
      problem = { ...sayingOf(error), question: where?.question ?? null, column: where?.column ?? null };
    }
    if (revision !== this.#revision) return;
    this.#failed = problem !== null;
    this.#set(order);
    this.#ports.change((state) => {
      if (state.ask?.revision === revision) state.ask = { ...state.ask, pending: false, problem };
    });
  }

  #set(order: AskOrder | null): void {
    if (order === null && this.#order === null) return;
    this.#order = order;
    this.#ports.order(order);
  }

  #show(
    revision: number,
    request: AskRequest | null,
    names: readonly string[],
    pending: boolean,
    problem: NonNullable<StudioState['ask']>['problem'],
  ): void {
    this.#failed = false;
    const colours = classColours(names.length, this.seed);
    const classes = names.map((name, i) => ({ name, colour: colours[i] }));
    this.#ports.change((state) => (state.ask = { revision, request, classes, pending, problem }));
  }
}
