/**
 * The tokeniser of a CLIP model folder (tokenizer.json, tokenizer_config.json), through @huggingface/transformers: byte-pair
 * encoding for CLIP itself, a list of words for the toy encoder. Texts are cleaned as CLIP's own tokeniser does (clean.ts);
 * a text that is empty, too long, or has a word that the vocabulary lacks is refused rather than cut or guessed at.
 */
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { said } from '#contract/sayings';
import { loadTransformers } from '../models/transformers';
import { readModelJson } from '../models/modelFolder';
import type { ModelFolder } from '../models/modelFolder';
import { ModelError } from '../errors';
import { cleanText } from './clean';
import { TextError } from './errors';
import { unknownWord } from './vocabulary';

/** CLIP's context; used where neither the tokeniser nor the configuration states one. */
const CLIP_CONTEXT = 77;
/** Larger "limits" are how a tokeniser says that it has none. */
const NO_LIMIT = 100_000;

export class TextTokenizer {
  /** tokens, start and end included */
  readonly limit: number;
  readonly padId: number;
  readonly #model: string;
  readonly #tokenizer: PreTrainedTokenizer;
  /** null when every text has ids of its own, as with byte-pair encoding */
  readonly #unknownId: number | null;
  #words: string[] | null = null;

  private constructor(model: string, tokenizer: PreTrainedTokenizer, limit: number) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.limit = limit;
    this.padId = idOf(tokenizer, tokenizer.pad_token) ?? 0;
    // CLIP names its end token as the unknown one and never uses it: bytes are always known.
    const { unk_token: unknown } = tokenizer;
    const marks: unknown[] = [tokenizer.eos_token, tokenizer.bos_token, tokenizer.pad_token];
    this.#unknownId = marks.includes(unknown) ? null : idOf(tokenizer, unknown);
  }

  /** @throws ModelError naming the file */
  static async load(folder: ModelFolder): Promise<TextTokenizer> {
    const { tokenizer: file, tokenizerConfig } = folder.files;
    if (file === null || tokenizerConfig === null)
      throw new ModelError(folder.path, 'is a DINO model, which knows no words; a CLIP model is needed');
    const limit = await contextLength(tokenizerConfig, folder.files.config);
    const { AutoTokenizer } = await loadTransformers();
    try {
      return new TextTokenizer(folder.name, await AutoTokenizer.from_pretrained(folder.path), limit);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(file, `is no tokeniser (${reason}); pull or copy the model again`, error);
    }
  }

  /** Token ids of a text with start and end, of any length; nothing is refused. */
  ids(text: string): number[] {
    return this.#tokenizer.encode(cleanText(text));
  }

  /**
   * Token ids of a text that the model can take.
   *
   * @param limit  of the graph, where it has one
   * @throws TextError 'empty', 'too-long' or 'unknown-word'
   */
  encode(text: string, limit = this.limit): number[] {
    const clean = cleanText(text);
    if (clean === '') throw new TextError('empty', text, said('emptyText'));
    const ids = this.#tokenizer.encode(clean);
    if (this.#unknownId !== null && ids.includes(this.#unknownId)) {
      const word = this.#unknownWord(clean);
      throw new TextError('unknown-word', text, unknownWord(word, this.words(), this.#model));
    }
    if (ids.length > limit) {
      const shown = clean.length > 40 ? `${clean.slice(0, 40)}…` : clean;
      const excess = { tokens: ids.length, model: this.#model, limit };
      throw new TextError('too-long', text, said('longText', { text: shown, ...excess }));
    }
    return ids;
  }

  /** The words of the vocabulary, without special tokens, sorted. */
  words(): readonly string[] {
    const special = new Set<string>(this.#tokenizer.all_special_tokens);
    this.#words ??= [...this.#tokenizer.get_vocab().keys()].filter((word) => !special.has(word)).sort();
    return this.#words;
  }

  /** The first word of a text, or the part of it, that has no id. */
  #unknownWord(clean: string): string {
    const lacks = (part: string): boolean =>
      this.#tokenizer.encode(part, { add_special_tokens: false }).includes(this.#unknownId!);
    const word = clean.split(' ').find(lacks) ?? clean;
    const parts = word.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]+/gu) ?? [];
    return parts.find(lacks) ?? word;
  }
}

function idOf(tokenizer: PreTrainedTokenizer, token: unknown): number | null {
  if (typeof token !== 'string') return null;
  return tokenizer.get_vocab().get(token) ?? null;
}

/** The smallest of the lengths that tokeniser and model state. */
async function contextLength(tokenizerConfig: string, config: string): Promise<number> {
  const model = await readModelJson(config);
  const text = model['text_config'];
  const stated = [
    (await readModelJson(tokenizerConfig))['model_max_length'],
    typeof text === 'object' && text !== null ? Reflect.get(text, 'max_position_embeddings') : undefined,
    model['max_position_embeddings'],
  ].filter((value): value is number => typeof value === 'number' && value >= 3 && value < NO_LIMIT);
  return stated.length > 0 ? Math.min(...stated) : CLIP_CONTEXT;
}
