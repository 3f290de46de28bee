/**
 * A photo's patch tokens from a self-supervised ViT (DINO, DINOv2, DINOv3).
 *
 *   pixel_values [1, 3, H, W] -> last_hidden_state [1, 1 + registers + patches, d]      class token first
 *
 * Each token is made a unit vector before it is stored and interpolated, since some patches of large ViTs have norms many times
 * those of their neighbours (Darcet et al. 2024).
 */
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { LanguageError, ModelError } from '../errors';
import type { ModelFolder } from '../models/index';
import { notFinite, writeUnit, type EncoderOptions, type PatchEmbeddings } from './clipEncoder';
import { CropWriter } from './cropWriter';
import { graphCost, type GraphCost } from './graphCost';
import { GraphSession } from './graphSession';
import { readInputFormat, readPatchFormat, type InputFormat, type PatchFormat } from './inputFormat';
import { patchWindows, type PatchWindows } from './patchWindows';
import type { PhotoLevels } from './photoLevels';

const TOKENS = 'last_hidden_state';

export interface DinoOptions extends EncoderOptions {
  /** rows of tokens that are wanted; a model that was trained on larger pictures gets as many rows as those had */
  readonly tokenRows: number;
  /** beyond this the photo goes in windows of the size that the model's preprocessor names */
  readonly memoryBytes: number;
}

export class DinoEncoder {
  readonly model: ModelFolder;
  /** d */
  readonly width: number;
  /** of one window of the first photo, whose passes are `passes` */
  readonly input: { readonly width: number; readonly height: number };
  readonly passes: number;
  /** of one pass */
  readonly cost: GraphCost;
  /** why the photo goes in windows; null when it goes whole */
  readonly note: Saying | null;
  readonly #session: GraphSession;
  readonly #format: InputFormat;
  readonly #patches: PatchFormat;
  /** rows of tokens a photo gets at most */
  readonly tokenRows: number;
  readonly #window: { width: number; height: number } | null;
  readonly #writers = new Map<string, CropWriter>();
  #buffer = new Float32Array(0);

  private constructor(
    model: ModelFolder,
    session: GraphSession,
    parts: {
      format: InputFormat;
      patches: PatchFormat;
      tokenRows: number;
      window: { width: number; height: number } | null;
      first: PatchWindows;
      width: number;
      cost: GraphCost;
      note: Saying | null;
    },
  ) {
    this.model = model;
    this.#session = session;
    this.#format = parts.format;
    this.#patches = parts.patches;
    this.tokenRows = parts.tokenRows;
    this.#window = parts.window;
    this.width = parts.width;
    this.cost = parts.cost;
    this.note = parts.note;
    this.input = pixelsOf(parts.first, parts.patches.patch);
    this.passes = parts.first.origins.length;
  }

  /**
   * Opens the graph and finds out at which size it takes a photo.
   *
   * @param photo  size of the first photo, px
   * @throws ModelError, ProviderError
   */
  static async open(
    model: ModelFolder,
    photo: { width: number; height: number },
    options: DinoOptions,
  ): Promise<DinoEncoder> {
    const [format, patches] = await Promise.all([readInputFormat(model), readPatchFormat(model)]);
    const file = model.files.vision;
    const tokenRows = Math.max(options.tokenRows, Math.floor(format.height / patches.patch));
    const session = await GraphSession.open(file, options);
    try {
      if (!session.outputs.includes(TOKENS))
        throw new ModelError(file, `has no output "${TOKENS}" (it has ${session.outputs.join(', ')})`);
      const fixed = session.inputShape[2] !== null && session.inputShape[3] !== null;
      const named = { width: session.inputShape[3] ?? format.width, height: session.inputShape[2] ?? format.height };
      const whole = fixed ? null : patchWindows(photo, patches.patch, tokenRows, null);
      const trial = whole && (await tryWhole(model, whole, patches.patch, options));
      const window = trial?.cost ? null : named;
      const first = window ? patchWindows(photo, patches.patch, tokenRows, window) : whole!;
      const cost = trial?.cost ?? (await graphCost(file, pixelsOf(first, patches.patch), [TOKENS], options.threads));
      const { width, height } = pixelsOf(first, patches.patch);
      const [{ dims }] = await session.run(new Float32Array(3 * width * height), [1, 3, height, width], [TOKENS]);
      const count = patches.prefix + first.windowRows * first.windowColumns;
      if (dims.length !== 3 || dims[1] !== count) {
        const found = `[${dims.join(', ')}] for ${width}×${height} px`;
        throw new ModelError(
          file,
          `output "${TOKENS}" is ${found}, expected [1, ${count}, d]; config.json: patch_size`,
        );
      }
      const note = trial?.problem ?? null;
      return new DinoEncoder(model, session, { format, patches, tokenRows, window, first, width: dims[2], cost, note });
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** edge of a patch, px */
  get patch(): number {
    return this.#patches.patch;
  }

  /** Seconds that the tokens of a photo take. */
  async time(levels: PhotoLevels): Promise<number> {
    const start = performance.now();
    const { patch } = this.#patches;
    const { width, height } = pixelsOf(patchWindows(levels, patch, this.tokenRows, this.#window), patch);
    const writer = this.#writer(width, height);
    if (this.#buffer.length < writer.length) this.#buffer = new Float32Array(writer.length);
    writer.write(levels, { left: 0, top: 0, width: levels.width, height: levels.height }, this.#buffer, 0);
    await this.#session.run(this.#buffer, [1, 3, height, width], [TOKENS]);
    return ((performance.now() - start) / 1000) * this.passes;
  }

  /** @throws LanguageError naming the photo when a token is not finite, ModelError */
  async tokens(photo: { name: string; levels: PhotoLevels }): Promise<PatchEmbeddings> {
    const { patch, prefix } = this.#patches;
    const windows = patchWindows(photo.levels, patch, this.tokenRows, this.#window);
    const { rows, columns, windowRows, windowColumns } = windows;
    const { width, height } = pixelsOf(windows, patch);
    const writer = this.#writer(width, height);
    if (this.#buffer.length < writer.length) this.#buffer = new Float32Array(writer.length);
    const depth = this.width;
    const sums = new Float32Array(rows * columns * depth);
    // A token that several windows see becomes the mean direction; the number of windows falls out when it is normalised.
    const unit = new Float32Array(depth);
    for (const { row, column } of windows.origins) {
      const box = {
        left: (column * photo.levels.width) / columns,
        top: (row * photo.levels.height) / rows,
        width: (windowColumns * photo.levels.width) / columns,
        height: (windowRows * photo.levels.height) / rows,
      };
      writer.write(photo.levels, box, this.#buffer, 0);
      const [{ data, dims }] = await this.#session.run(this.#buffer, [1, 3, height, width], [TOKENS]);
      if (dims[1] !== prefix + windowRows * windowColumns || dims[2] !== depth)
        throw new ModelError(
          this.#session.file,
          `output "${TOKENS}" is [${dims.join(', ')}] for ${width}×${height} px`,
        );
      for (let token = 0; token < windowRows * windowColumns; token++) {
        const at = (prefix + token) * depth;
        if (!addUnit(data, at, unit)) throw notFinite(photo.name, this.model.name, `patch ${token + 1}`);
        const to = ((row + Math.floor(token / windowColumns)) * columns + column + (token % windowColumns)) * depth;
        for (let i = 0; i < depth; i++) sums[to + i] += unit[i];
      }
    }
    const values = new Uint16Array(sums.length);
    for (let at = 0; at < sums.length; at += depth)
      if (!writeUnit(sums, at, depth, values, at)) throw new LanguageError(photo.name, 'its patch tokens cancel out');
    return { rows, columns, values };
  }

  #writer(width: number, height: number): CropWriter {
    const key = `${width}×${height}`;
    let writer = this.#writers.get(key);
    if (!writer) this.#writers.set(key, (writer = new CropWriter(this.#format, { width, height })));
    return writer;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

function pixelsOf({ windowRows, windowColumns }: PatchWindows, patch: number): { width: number; height: number } {
  return { width: windowColumns * patch, height: windowRows * patch };
}

/** Whether the graph takes the whole photo within the memory; some exports leave sizes open and accept only one. */
async function tryWhole(
  model: ModelFolder,
  whole: PatchWindows,
  patch: number,
  { threads, memoryBytes }: DinoOptions,
): Promise<{ cost: GraphCost | null; problem: Saying | null }> {
  const size = pixelsOf(whole, patch);
  const about = { model: model.name, size: `${size.width}×${size.height}` };
  try {
    const cost = await graphCost(model.files.vision, size, [TOKENS], threads);
    if (cost.weightBytes + cost.activationBytes <= memoryBytes) return { cost, problem: null };
    const needed = Math.round((cost.weightBytes + cost.activationBytes) / 2 ** 20);
    return { cost: null, problem: said('windowsForMemory', { ...about, needed }) };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { cost: null, problem: said('windowsForSize', about) };
  }
}

function addUnit(data: Float32Array, at: number, unit: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < unit.length; i++) sum += data[at + i] * data[at + i];
  const factor = 1 / Math.sqrt(sum);
  if (!(sum > 0 && factor > 0)) return false;
  for (let i = 0; i < unit.length; i++) unit[i] = data[at + i] * factor;
  return true;
}
