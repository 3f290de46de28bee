/**
 * The cache of one photo, PHOTO.safetensors: what its encoders said, not the dense map, which is fused when it is read.
 *
 *   clip   F16 [embeddings, d_CLIP]   unit vectors in the order of the crops; of the preview: patches, or the one whole photo
 *   boxes  F32 [embeddings, 3]        random crops only: left, top, edge in photo heights
 *   dino   F16 [rows, columns, d_DINO]  unit vectors of the patches
 *   kept   U8 [h, w]                  share of each cell that may have a label, 0 … 255; absent where all may
 *
 * The metadata says what it was made of (content of the photo, models with settings) and the sum over all tensor bytes, so that a
 * stale or damaged file is known as such. About 4 MB for a 3:2 photo in full detail (1,300 crops of 512, 48×72 tokens of 384).
 */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { featureStages } from '#contract/languageMessages';
import type { FeatureStage } from '#contract/languageMessages';
import { readSafetensors, safetensorsChunks, systemErrorCode, writeFileAtomically } from '../../base/index';
import type { NamedTensor } from '../../base/index';
import { LanguageError } from '../errors';

export const FEATURE_FORMAT = 'legato-features-1';
/** Far above what any setting gives. */
const MAX_BYTES = 2 ** 31;

/** Identities of what a file was made of, hex. */
export interface FeatureKeys {
  /** the photo's and its mask's bytes, its lens and size */
  readonly photo: string;
  /** CLIP model and crops */
  readonly clip: string;
  /** DINO model and input size */
  readonly dino: string;
}

/** A grid of embeddings: on the photo's edges (pyramid tiles) or at the centres of equal cells (patches, whole photo). */
export interface EmbeddingGrid {
  readonly columns: number;
  readonly rows: number;
  readonly at: 'edges' | 'centres';
}

export interface PhotoFeatures {
  readonly stage: FeatureStage;
  /** px, as encoded */
  readonly width: number;
  readonly height: number;
  readonly keys: FeatureKeys;
  readonly clipWidth: number;
  readonly dinoWidth: number;
  /** of `clip`, one after the other; empty for random crops */
  readonly grids: readonly EmbeddingGrid[];
  readonly clip: Uint16Array;
  /** [embeddings, 3]; null for grids */
  readonly boxes: Float32Array | null;
  readonly dino: Uint16Array;
  readonly tokenRows: number;
  readonly tokenColumns: number;
  readonly kept: { readonly data: Uint8Array; readonly rows: number; readonly columns: number } | null;
}

const side = z.coerce.number().int().min(1).max(65_536);
const gridList = z.array(z.object({ columns: side, rows: side, at: z.enum(['edges', 'centres']) })).max(64);
const metadata = z.object({
  format: z.literal(FEATURE_FORMAT),
  stage: z.enum(featureStages),
  width: side,
  height: side,
  photo: z.string(),
  clip: z.string(),
  dino: z.string(),
  grids: z.string().transform((text, context) => {
    const parsed = gridList.safeParse(safeJson(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'not a list of grids' });
    return z.NEVER;
  }),
  sum: z.string(),
});

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Where a photo's cache lies. @throws LanguageError for a name that leads out of the folder */
export function featurePath(folder: string, photo: string): string {
  const path = join(folder, `${photo}.safetensors`);
  const inside = relative(folder, path);
  if (inside.startsWith('..') || inside.split(sep).includes('..'))
    throw new LanguageError(photo, 'leads out of the features folder; rename the photo');
  return path;
}

function sumOf(tensors: Iterable<NamedTensor>): string {
  const hash = createHash('sha256');
  for (const { data } of tensors) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

/** Writes a photo's cache in one step. @returns its size in bytes. @throws FileError */
export async function writePhotoFeatures(folder: string, photo: string, features: PhotoFeatures): Promise<number> {
  const { clipWidth, dinoWidth, clip, boxes, dino, kept } = features;
  const tensors: [string, NamedTensor][] = [
    ['clip', { shape: [clip.length / clipWidth, clipWidth], data: clip }],
    ['dino', { shape: [features.tokenRows, features.tokenColumns, dinoWidth], data: dino }],
  ];
  if (boxes) tensors.push(['boxes', { shape: [boxes.length / 3, 3], data: boxes }]);
  if (kept) tensors.push(['kept', { shape: [kept.rows, kept.columns], data: kept.data }]);
  const path = featurePath(folder, photo);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(
    path,
    safetensorsChunks(tensors, {
      format: FEATURE_FORMAT,
      stage: features.stage,
      width: String(features.width),
      height: String(features.height),
      ...features.keys,
      grids: JSON.stringify(features.grids),
      sum: sumOf(tensors.map(([, tensor]) => tensor)),
    }),
  );
  return (await stat(path)).size;
}

/**
 * @returns null when there is no file
 * @throws LanguageError naming the file when it is damaged
 */
export async function readPhotoFeatures(folder: string, photo: string): Promise<PhotoFeatures | null> {
  const path = featurePath(folder, photo);
  const damaged = (what: string, cause?: unknown): LanguageError =>
    new LanguageError(path, `${what}; run \`legato features\` again, which replaces it`, cause);
  try {
    const file = await readSafetensors(path, { maxBytes: MAX_BYTES });
    const head = metadata.safeParse(file.metadata);
    if (!head.success) throw damaged('no feature cache of this version');
    const { stage, width, height, grids, sum, ...keys } = head.data;
    if (sumOf(file.tensors.values()) !== sum) throw damaged('its bytes have changed since it was written');
    const clip = file.tensors.get('clip');
    const dino = file.tensors.get('dino');
    const boxes = file.tensors.get('boxes');
    const kept = file.tensors.get('kept');
    if (!(clip?.data instanceof Uint16Array) || !(dino?.data instanceof Uint16Array))
      throw damaged('clip or dino is missing');
    if (clip.shape.length !== 2 || dino.shape.length !== 3) throw damaged('clip or dino has the wrong shape');
    const [embeddings, clipWidth] = clip.shape;
    const [tokenRows, tokenColumns, dinoWidth] = dino.shape;
    const inGrids = grids.reduce((total, { columns, rows }) => total + columns * rows, 0);
    const inBoxes = boxes?.data instanceof Float32Array ? boxes.data.length / 3 : 0;
    if (embeddings === 0 || inGrids + inBoxes !== embeddings || Math.min(tokenRows, tokenColumns, dinoWidth) === 0)
      throw damaged('it does not hold what its header says');
    if (kept && (!(kept.data instanceof Uint8Array) || kept.shape.length !== 2)) throw damaged('kept is malformed');
    return {
      stage,
      width,
      height,
      keys: { photo: keys.photo, clip: keys.clip, dino: keys.dino },
      clipWidth,
      dinoWidth,
      grids,
      clip: clip.data,
      boxes: boxes?.data instanceof Float32Array ? boxes.data : null,
      dino: dino.data,
      tokenRows,
      tokenColumns,
      kept: kept?.data instanceof Uint8Array ? { data: kept.data, rows: kept.shape[0], columns: kept.shape[1] } : null,
    };
  } catch (error) {
    if (error instanceof LanguageError) throw error;
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw damaged(`cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

/** Bytes of the caches of these photos. */
export async function cacheBytes(folder: string, photos: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const photo of photos) bytes += (await stat(featurePath(folder, photo)).catch(() => null))?.size ?? 0;
  return bytes;
}
