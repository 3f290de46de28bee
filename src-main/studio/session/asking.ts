/**
 * From what a person asks to what the trainer can answer: expressions read, texts through the text encoder, and the relevancy of
 * every entry of the codebook to every text (METHOD §5). The trainer has the splats, this side has the words.
 */
import { said, SaidError } from '#contract/sayings';
import type { AskRequest } from '#contract/studio';
import type { AskOrder, SplatReadout } from '#contract/viewerMessages';
import { CODES, ExpressionError, likeness, readQuestions, textsIn } from '../../semantics/index';
import { SceneLanguage } from '../sceneLanguage';
import { defaultNegatives, TextError } from '../../language/text/index';
import { StudioError } from '../studio';

const WHOLE = 255;

/** A mistake in one of several questions, where it is. */
export class QuestionError extends SaidError {
  override name = 'ExpressionError';
  /** 0-based */
  readonly question: number;
  /** 1-based, in that question */
  readonly column: number;
  constructor(question: number, error: ExpressionError) {
    super(error);
    this.question = question;
    this.column = error.column;
  }
}

export class Asking {
  readonly #scene: { readonly root: string; readonly capture: string; readonly threads: number };
  #language: Promise<SceneLanguage> | null = null;

  constructor(scene: { root: string; capture: string; threads: number }) {
    this.#scene = scene;
  }

  /** @throws QuestionError, TextError, ModelError, LanguageError */
  async words({ questions, negatives, order }: AskRequest, revision: number): Promise<AskOrder> {
    questions.forEach((question, index) => {
      try {
        readQuestions([question]);
      } catch (error) {
        if (error instanceof ExpressionError) throw new QuestionError(index, error);
        throw error;
      }
    });
    const texts = textsIn(readQuestions(questions));
    const language = await this.#open();
    const { values, products } = await language.words(texts, negatives, order);
    return { revision, questions, texts, relevancies: values, products, codebook: language.codebook.hash };
  }

  /** "More like this", from what a splat decodes to. @throws StudioError, LanguageError */
  async likeness({ id, entries }: SplatReadout, revision: number): Promise<AskOrder> {
    const language = await this.#open();
    if (entries.length === 0) throw new StudioError(this.#scene.root, said('splatMeansNothing', { id }));
    const codes = { count: 1, entries: new Uint8Array(CODES), shares: new Uint8Array(CODES) };
    entries.slice(0, CODES).forEach(({ entry, share }, i) => {
      codes.entries[i] = entry;
      codes.shares[i] = Math.round(WHOLE * share);
    });
    const relevancies = likeness(language.codebook, codes, 0);
    return { revision, questions: [], texts: [], relevancies, products: null, codebook: language.codebook.hash };
  }

  /**
   * Relevancies of the entries to plain names, null for a name that the text encoder does not know, and how many cells chose each entry.
   *
   * @throws ModelError, LanguageError
   */
  async namesAgainstEntries(
    names: readonly string[],
  ): Promise<{ relevancies: (Float32Array | null)[]; counts: ArrayLike<number> }> {
    const language = await this.#open();
    const { size, counts } = language.codebook;
    const relevancies: (Float32Array | null)[] = [];
    for (const name of names)
      try {
        const { values } = await language.words([name], defaultNegatives, 'relevancies');
        relevancies.push(values.slice(0, size));
      } catch (error) {
        if (!(error instanceof TextError)) throw error;
        relevancies.push(null);
      }
    return { relevancies, counts };
  }

  /** Another codebook is there: the next question is asked of it. */
  async forget(): Promise<void> {
    const language = this.#language;
    this.#language = null;
    await language?.then((opened) => opened.close()).catch(() => undefined);
  }

  #open(): Promise<SceneLanguage> {
    const { root, capture, threads } = this.#scene;
    this.#language ??= SceneLanguage.open({ root, capture, settings: { threads } }).catch((error: unknown) => {
      this.#language = null;
      throw error;
    });
    return this.#language;
  }
}
