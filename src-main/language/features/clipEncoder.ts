/**
 * Pictures to CLIP's space: batches of crops through the vision graph of a model folder. Each embedding is checked and made a
 * unit vector.
 *
 *   pixel_values [batch, 3, S, S] -> image_embeds [batch, d]
 *                                    patch_embeds [batch, n·n, d]   optional: patches in the same space, for the preview
 */
import type { ExecutionProvider } from '#contract/languageMessages';
import { LanguageError, ModelError } from '../errors';
import type { ModelFolder } from '../models/index';
import { CropWriter, type CropBox } from './cropWriter';
import { graphCost, type GraphCost } from './graphCost';
import { GraphSession } from './graphSession';
import { toHalf } from './half';
import { readInputFormat } from './inputFormat';
import type { PhotoLevels } from './photoLevels';

const EMBEDDINGS = 'image_embeds';
const PATCHES = 'patch_embeds';

export interface EncoderOptions {
  readonly provider: ExecutionProvider;
  readonly threads: number;
}

/** Unit vectors as float16: [rows·columns, d]. */
export interface PatchEmbeddings {
  readonly rows: number;
  readonly columns: number;
  readonly values: Uint16Array;
}

/**
 * Writes a row of encoder output as a unit vector in float16.
 *
 * @returns false when it is not finite or has no direction
 */
export function writeUnit(from: Float32Array, at: number, width: number, out: Uint16Array, to: number): boolean {
  let sum = 0;
  for (let i = at; i < at + width; i++) sum += from[i] * from[i];
  const factor = 1 / Math.sqrt(sum);
  if (!(sum > 0 && factor > 0)) return false;
  for (let i = 0; i < width; i++) out[to + i] = toHalf(from[at + i] * factor);
  return true;
}

export function notFinite(photo: string, encoder: string, where: string): LanguageError {
  const what = `model "${encoder}" answers ${where} with values that are no numbers`;
  return new LanguageError(photo, `${what}; check the photo, or run \`legato models verify\``);
}

/** The picture size that a graph is fed: its own where it is fixed, else its preprocessor's. */
export function inputSize(
  session: GraphSession,
  { width, height }: { width: number; height: number },
): { width: number; height: number } {
  return { width: session.inputShape[3] ?? width, height: session.inputShape[2] ?? height };
}

export class ClipEncoder {
  readonly model: ModelFolder;
  /** d */
  readonly width: number;
  readonly input: { readonly width: number; readonly height: number };
  /** whether the graph gives patches in the shared space */
  readonly hasPatches: boolean;
  readonly cost: GraphCost;
  readonly #session: GraphSession;
  readonly #writer: CropWriter;
  /** crops a run that the graph was exported for; null for any number */
  readonly #fixedBatch: number | null;
  #buffer = new Float32Array(0);

  private constructor(
    model: ModelFolder,
    session: GraphSession,
    parts: { width: number; input: { width: number; height: number }; cost: GraphCost; writer: CropWriter },
  ) {
    this.model = model;
    this.#session = session;
    this.width = parts.width;
    this.input = parts.input;
    this.cost = parts.cost;
    this.#writer = parts.writer;
    this.#fixedBatch = session.inputShape[0];
    this.hasPatches = session.outputs.includes(PATCHES);
  }

  /** Opens the graph, counts what a picture costs, and runs one. @throws ModelError, ProviderError */
  static async open(model: ModelFolder, options: EncoderOptions): Promise<ClipEncoder> {
    const format = await readInputFormat(model);
    const file = model.files.vision;
    // The counting session is gone before the real one opens: the weights are in memory once.
    const probe = await GraphSession.open(file, { ...options, provider: 'cpu' });
    const input = inputSize(probe, format);
    const known = probe.outputs;
    await probe.release();
    if (!known.includes(EMBEDDINGS))
      throw new ModelError(file, `has no output "${EMBEDDINGS}" (it has ${known.join(', ')}); use a CLIP export`);
    const cost = await graphCost(file, input, [EMBEDDINGS], options.threads);
    const session = await GraphSession.open(file, options);
    try {
      const [{ dims }] = await session.run(
        new Float32Array(3 * input.width * input.height),
        [1, 3, input.height, input.width],
        [EMBEDDINGS],
      );
      if (dims.length !== 2 || dims[0] !== 1 || !(dims[1] > 0))
        throw new ModelError(file, `output "${EMBEDDINGS}" is [${dims.join(', ')}], expected [1, d]`);
      return new ClipEncoder(model, session, { width: dims[1], input, cost, writer: new CropWriter(format, input) });
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** Bytes of one crop in the batch buffer. */
  get cropBytes(): number {
    return 4 * this.#writer.length;
  }

  /**
   * Encodes some of a photo's crops.
   *
   * @param out  receives unit vectors at rows `start` … `end` − 1
   * @throws LanguageError naming the photo when an embedding is not finite, ModelError
   */
  async embed(
    photo: { name: string; levels: PhotoLevels },
    boxes: readonly CropBox[],
    start: number,
    end: number,
    out: Uint16Array,
  ): Promise<void> {
    const data = await this.#run(photo.levels, boxes, start, end, EMBEDDINGS);
    for (let i = start; i < end; i++) {
      if (!writeUnit(data, (i - start) * this.width, this.width, out, i * this.width))
        throw notFinite(photo.name, this.model.name, `crop ${i + 1} of ${boxes.length}`);
    }
  }

  /** The whole photo in one forward: its patches where the graph gives them, else its one vector. */
  async preview(photo: { name: string; levels: PhotoLevels }): Promise<PatchEmbeddings> {
    const { width, height } = photo.levels;
    const output = this.hasPatches ? PATCHES : EMBEDDINGS;
    const data = await this.#run(photo.levels, [{ left: 0, top: 0, width, height }], 0, 1, output);
    const count = this.hasPatches ? data.length / this.width : 1;
    const side = Math.round(Math.sqrt(count));
    if (side * side !== count) {
      throw new ModelError(this.#session.file, `output "${PATCHES}" has ${count} patches, which is no square`);
    }
    const values = new Uint16Array(count * this.width);
    for (let i = 0; i < count; i++) {
      if (!writeUnit(data, i * this.width, this.width, values, i * this.width))
        throw notFinite(photo.name, this.model.name, 'the photo');
    }
    return { rows: side, columns: side, values };
  }

  /** Seconds that a batch of crops takes, from cutting them to their embeddings. */
  async time(levels: PhotoLevels, boxes: readonly CropBox[]): Promise<number> {
    const start = performance.now();
    await this.#run(levels, boxes, 0, boxes.length, EMBEDDINGS);
    return (performance.now() - start) / 1000;
  }

  async #run(
    levels: PhotoLevels,
    boxes: readonly CropBox[],
    start: number,
    end: number,
    output: string,
  ): Promise<Float32Array> {
    const length = this.#writer.length;
    const { width, height } = this.input;
    const batch = this.#fixedBatch ?? end - start;
    if (this.#buffer.length < batch * length) this.#buffer = new Float32Array(batch * length);
    const parts: Float32Array[] = [];
    for (let from = start; from < end; from += batch) {
      const count = Math.min(batch, end - from);
      for (let i = 0; i < count; i++) this.#writer.write(levels, boxes[from + i], this.#buffer, i * length);
      const [{ data, dims }] = await this.#session.run(this.#buffer, [batch, 3, height, width], [output]);
      if (dims[0] !== batch || dims[dims.length - 1] !== this.width) {
        throw new ModelError(this.#session.file, `output "${output}" is [${dims.join(', ')}] for ${batch} pictures`);
      }
      parts.push(data.subarray(0, (data.length / batch) * count));
    }
    return parts.length === 1 ? parts[0] : Float32Array.from(parts.flatMap((part) => [...part]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
