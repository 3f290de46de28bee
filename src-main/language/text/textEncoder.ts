/**
 * Texts to unit vectors in CLIP's shared space: tokeniser and onnx/text_model.onnx of a model folder on onnxruntime.
 *
 *   t = text_embeds / ‖text_embeds‖;   with templates: the mean of the unit vectors of all templates, made unit length again
 *
 * The text goes in as given: templates ("a photo of a {}") are a setting, off by default, since they change scores and a small
 * vocabulary does not know their words. Vectors are kept, so that a text costs one forward pass as long as the encoder lives.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelError } from '../errors';
import type { ModelFolder } from '../models/modelFolder';
import { TextTokenizer } from './tokenizer';

export interface TextEncoderOptions {
  /** of the common budget, for onnxruntime */
  threads: number;
  /** each holds one `{}` for the text; none: the text as given */
  templates?: readonly string[];
  /** vectors to keep; default 8,192 (16 MB at d = 512) */
  cache?: number;
}

/** The usual short list, for the `templates` option. */
export const photoTemplates: readonly string[] = ['a photo of a {}', 'a photo of the {}', 'a close-up photo of a {}'];

const BATCH = 32;
/** Below this cosine distance, two embeddings of one text are the same but for rounding. */
const SAME = 1e-4;

interface Loaded {
  session: InferenceSession;
  tokenizer: TextTokenizer;
  /** length that every text is padded to; null: the longest of its batch */
  padTo: number | null;
  wide: boolean;
  mask: boolean;
  /** longest text, in tokens */
  limit: number;
}

export class TextEncoder {
  readonly #folder: ModelFolder;
  readonly #threads: number;
  readonly #templates: readonly string[];
  readonly #limit: number;
  /** least recently used first */
  readonly #vectors = new Map<string, Float32Array>();
  #loading: Promise<Loaded> | null = null;

  constructor(folder: ModelFolder, options: TextEncoderOptions) {
    this.#folder = folder;
    this.#threads = options.threads;
    this.#templates = options.templates?.length ? options.templates : ['{}'];
    this.#limit = Math.max(1, options.cache ?? 8192);
    const wrong = this.#templates.find((template) => template.split('{}').length !== 2);
    if (wrong !== undefined) throw new RangeError(`template "${wrong}" must hold {} exactly once`);
  }

  /**
   * @returns [texts.length, d], unit length, row-major; empty for no texts
   * @throws TextError for a text that cannot be taken (none is encoded then); ModelError for a model that fails
   */
  async encode(texts: readonly string[]): Promise<Float32Array> {
    const loaded = await this.#load();
    const prompts = [...new Set(texts)].filter((text) => !this.#vectors.has(text));
    // Every text is looked at before the first one costs a forward pass.
    const ids = prompts.map((text) =>
      this.#templates.map((prompt) =>
        loaded.tokenizer.encode(
          prompt.replace('{}', () => text),
          loaded.limit,
        ),
      ),
    );
    const fresh = await this.#embed(loaded, ids.flat());
    const found = new Map<string, Float32Array>();
    prompts.forEach((text, index) => {
      const count = this.#templates.length;
      found.set(text, meanDirection(fresh.slice(index * count, (index + 1) * count)));
    });
    for (const text of texts) found.set(text, found.get(text) ?? this.#vectors.get(text)!);
    for (const [text, vector] of found) this.#keep(text, vector);
    return concatenate(texts.map((text) => found.get(text)!));
  }

  /** The words that the model knows; all sub-words of a byte-pair vocabulary. */
  async words(): Promise<readonly string[]> {
    return (await this.#load()).tokenizer.words();
  }

  /** Frees the session. The next `encode` loads it again. */
  async close(): Promise<void> {
    const loading = this.#loading;
    this.#loading = null;
    const loaded = await loading?.catch(() => null);
    await loaded?.session.release();
  }

  #keep(text: string, vector: Float32Array): void {
    this.#vectors.delete(text);
    this.#vectors.set(text, vector);
    if (this.#vectors.size > this.#limit) {
      const [oldest] = this.#vectors.keys();
      if (oldest !== undefined) this.#vectors.delete(oldest);
    }
  }

  #load(): Promise<Loaded> {
    // A failed start may be repeated, once the model is there.
    this.#loading ??= this.#start().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  async #start(): Promise<Loaded> {
    const tokenizer = await TextTokenizer.load(this.#folder);
    const file = this.#folder.files.text!;
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(file, `does not open in onnxruntime (${reason}); pull or copy the model again`, error);
    });
    const input = session.inputMetadata.find(({ name }) => name === 'input_ids');
    if (!input?.isTensor || !session.outputNames.includes('text_embeds'))
      throw new ModelError(file, 'must take input_ids and give text_embeds; this is another model');
    const length = input.shape[1];
    const fixed = typeof length === 'number' && length > 0 ? length : null;
    const loaded: Loaded = {
      session,
      tokenizer,
      padTo: fixed ?? tokenizer.limit,
      wide: input.type === 'int64',
      mask: session.inputNames.includes('attention_mask'),
      limit: Math.min(fixed ?? Infinity, tokenizer.limit),
    };
    if (fixed === null) loaded.padTo = await this.#paddingThatMatters(loaded);
    return loaded;
  }

  /**
   * CLIP reads from left to right, so what follows the end token cannot matter and short texts may stay short: 4 ms instead of
   * 74 ms a word on one core, at the size of ViT-B. MobileCLIP reads both ways and was trained with all 77 places. The graph
   * does not say which it is, so one text is embedded both ways.
   */
  async #paddingThatMatters(loaded: Loaded): Promise<number | null> {
    const { tokenizer } = loaded;
    const ids = tokenizer.ids('object');
    if (ids.length >= tokenizer.limit) return tokenizer.limit;
    try {
      const [short] = await this.#embed({ ...loaded, padTo: null }, [ids]);
      const [long] = await this.#embed({ ...loaded, padTo: tokenizer.limit }, [ids]);
      const cosine = short.reduce((sum, value, k) => sum + value * long[k], 0);
      return 1 - cosine < SAME ? null : tokenizer.limit;
    } catch {
      // Some graphs have their length built in without saying so.
      return tokenizer.limit;
    }
  }

  /** One unit vector per list of ids. */
  async #embed(loaded: Loaded, ids: readonly number[][]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    // Texts of like length share a batch, so that little is padded.
    const order = ids.map((_, index) => index).sort((a, b) => ids[a].length - ids[b].length);
    for (let start = 0; start < order.length; start += BATCH) {
      const chosen = order.slice(start, start + BATCH);
      const rows = await this.#forward(
        loaded,
        chosen.map((index) => ids[index]),
      );
      chosen.forEach((index, row) => (vectors[index] = rows[row]!));
    }
    return vectors;
  }

  async #forward({ session, tokenizer, padTo, wide, mask }: Loaded, batch: number[][]): Promise<Float32Array[]> {
    const file = this.#folder.files.text!;
    const length = padTo ?? Math.max(...batch.map((ids) => ids.length));
    const padded = batch.flatMap((ids) => [...ids, ...Array<number>(length - ids.length).fill(tokenizer.padId)]);
    const used = batch.flatMap((ids) => Array.from({ length }, (_, place) => (place < ids.length ? 1 : 0)));
    const shape = [batch.length, length];
    const tensor = (values: number[]): Tensor =>
      wide
        ? new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
        : new Tensor('int32', Int32Array.from(values), shape);
    const feeds = { input_ids: tensor(padded), ...(mask ? { attention_mask: tensor(used) } : {}) };
    const { text_embeds: embeds } = await session.run(feeds, ['text_embeds']).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(file, `fails in onnxruntime (${reason})`, error);
    });
    const data = embeds?.data;
    if (!(data instanceof Float32Array) || embeds?.dims.length !== 2 || embeds.dims[0] !== batch.length)
      throw new ModelError(file, `gives text_embeds [${embeds?.dims}] of ${embeds?.type}; expected float32 [texts, d]`);
    const width = data.length / batch.length;
    return batch.map((_, row) => unitLength(data.slice(row * width, (row + 1) * width), file));
  }
}

function unitLength(vector: Float32Array, file: string): Float32Array {
  const norm = Math.hypot(...vector);
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new ModelError(file, 'gives an embedding that is zero or not a number; pull or copy the model again');
  return vector.map((value) => value / norm);
}

/** The direction of the mean of unit vectors; the vector itself for one. */
function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors;
  if (vectors.length === 1) return first;
  const sum = first.map((_, k) => vectors.reduce((total, vector) => total + vector[k], 0));
  const norm = Math.hypot(...sum) || 1;
  return sum.map((value) => value / norm);
}

function concatenate(vectors: readonly Float32Array[]): Float32Array {
  const width = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * width);
  vectors.forEach((vector, row) => all.set(vector, row * width));
  return all;
}
