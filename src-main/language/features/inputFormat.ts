/**
 * What an encoder wants to be fed, from the preprocessor_config.json and config.json of its folder: size, filter, mean and
 * standard deviation; for a patch encoder also its patches and the tokens in front of them.
 *
 * Crops are square and become the input whole: a processor's centre crop would cut away what the crop was made for.
 */
import { z } from 'zod';
import { ModelError } from '../errors';
import { readModelJson } from '../models/index';
import type { ModelFolder } from '../models/index';
import { RESAMPLE_FILTERS, type ResampleFilter } from './resample';

type Triple = readonly [number, number, number];

export interface InputFormat {
  /** px */
  readonly width: number;
  readonly height: number;
  readonly filter: ResampleFilter;
  /** input = pixel (0 … 255) · scale + offset, per channel */
  readonly scale: Triple;
  readonly offset: Triple;
}

export interface PatchFormat {
  /** edge of a patch, px */
  readonly patch: number;
  /** tokens before the patches: the class token and any registers */
  readonly prefix: number;
}

const side = z.int().min(8).max(4096);
const size = z.union([
  side,
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side }).transform(({ shortest_edge: edge }) => edge),
]);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const preprocessor = z.looseObject({
  size: size.optional(),
  crop_size: size.optional(),
  do_center_crop: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.optional(),
  image_std: triple.optional(),
  resample: z.int().min(0).max(5).default(3),
});

/** @throws ModelError naming the file and the field */
export async function readInputFormat(model: ModelFolder): Promise<InputFormat> {
  const path = model.files.preprocessor;
  const parsed = preprocessor.safeParse(await readModelJson(path));
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    throw new ModelError(path, `${problem.path.join('.')}: ${problem.message}; copy the model folder again`);
  }
  const config = parsed.data;
  const wanted = (config.do_center_crop ? config.crop_size : undefined) ?? config.size ?? config.crop_size;
  if (wanted === undefined) throw new ModelError(path, 'size: missing, so the size of the input is unknown');
  const { width, height } = typeof wanted === 'number' ? { width: wanted, height: wanted } : wanted;
  const mean = config.do_normalize ? config.image_mean : undefined;
  const std = config.do_normalize ? config.image_std : undefined;
  if (config.do_normalize && (!mean || !std)) throw new ModelError(path, 'image_mean, image_std: missing');
  if (std?.some((value) => !(value > 0))) throw new ModelError(path, 'image_std: must be above 0');
  const factor = config.do_rescale ? config.rescale_factor : 1;
  const channel = (c: 0 | 1 | 2) => ({ mean: mean?.[c] ?? 0, std: std?.[c] ?? 1 });
  const channels = [channel(0), channel(1), channel(2)] as const;
  return {
    width,
    height,
    filter: RESAMPLE_FILTERS[config.resample],
    scale: [factor / channels[0].std, factor / channels[1].std, factor / channels[2].std],
    offset: [
      -channels[0].mean / channels[0].std,
      -channels[1].mean / channels[1].std,
      -channels[2].mean / channels[2].std,
    ],
  };
}

const patches = z.looseObject({
  patch_size: z.int().min(1).max(256),
  num_register_tokens: z.int().min(0).max(1024).default(0),
});

/** @throws ModelError naming the file and the field */
export async function readPatchFormat(model: ModelFolder): Promise<PatchFormat> {
  const parsed = patches.safeParse(await readModelJson(model.files.config));
  if (!parsed.success) {
    const problem = parsed.error.issues[0];
    throw new ModelError(model.files.config, `${problem.path.join('.')}: ${problem.message}`);
  }
  return { patch: parsed.data.patch_size, prefix: 1 + parsed.data.num_register_tokens };
}
