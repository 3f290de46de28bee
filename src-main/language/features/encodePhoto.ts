/** The two stages of one photo: its preview, and its crops. Each writes the photo's cache and keeps the half that is true already. */
import type { TrainingSettings } from '#contract/settings';
import type { LoadedPhoto } from '../../capture/index';
import { LanguageError } from '../errors';
import { sameHalves } from './cacheState';
import type { ClipEncoder } from './clipEncoder';
import { photoCrops, type PhotoCrops } from './crops';
import type { DinoEncoder } from './dinoEncoder';
import { readPhotoFeatures, writePhotoFeatures, type FeatureKeys, type PhotoFeatures } from './featureFile';
import { keptArea } from './photoIdentity';
import { PhotoLevels } from './photoLevels';

export interface EncodingTools {
  readonly clip: ClipEncoder;
  readonly dino: DinoEncoder;
  /** crops a batch */
  readonly batch: number;
  readonly settings: TrainingSettings;
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface PhotoInput {
  readonly name: string;
  readonly loaded: LoadedPhoto;
  readonly keys: FeatureKeys;
}

/** What is in the cache of this very photo; null when it is missing, damaged or of another photo. */
async function known(folder: string, { name, keys }: PhotoInput): Promise<PhotoFeatures | null> {
  try {
    const features = await readPhotoFeatures(folder, name);
    return features?.keys.photo === keys.photo ? features : null;
  } catch (error) {
    if (error instanceof LanguageError) return null;
    throw error;
  }
}

function base({ loaded, keys }: PhotoInput, { clip, dino }: EncodingTools) {
  const { width, height } = loaded.camera;
  return { width, height, keys, clipWidth: clip.width, dinoWidth: dino.width, kept: keptArea(loaded) };
}

/** One forward of each encoder. @returns bytes written. @throws LanguageError, ModelError, FileError */
export async function encodePreview(input: PhotoInput, tools: EncodingTools): Promise<number> {
  const photo = { name: input.name, levels: new PhotoLevels(input.loaded) };
  const before = await known(tools.folder, input);
  const same = before && sameHalves(before, input.keys);
  const tokens =
    before && same?.dino
      ? { rows: before.tokenRows, columns: before.tokenColumns, values: before.dino }
      : await tools.dino.tokens(photo);
  const clipHalf = async (): Promise<Pick<PhotoFeatures, 'stage' | 'grids' | 'clip' | 'boxes'>> => {
    if (before && same?.clip) return before;
    const { rows, columns, values } = await tools.clip.preview(photo);
    return { stage: 'preview', grids: [{ rows, columns, at: 'centres' }], clip: values, boxes: null };
  };
  const { stage, grids, clip, boxes } = await clipHalf();
  const { rows: tokenRows, columns: tokenColumns, values: dino } = tokens;
  const features = { ...base(input, tools), stage, grids, clip, boxes, dino, tokenRows, tokenColumns };
  return writePhotoFeatures(tools.folder, input.name, features);
}

/**
 * Every crop of a photo, batch by batch.
 *
 * @param onBatch  told how many crops a batch had
 * @returns bytes written; null when it was cancelled, and then nothing was
 * @throws LanguageError, ModelError, FileError
 */
export async function encodeCrops(
  input: PhotoInput,
  tools: EncodingTools,
  onBatch: (crops: number) => void,
): Promise<number | null> {
  const { clip, settings, folder } = tools;
  const photo = { name: input.name, levels: new PhotoLevels(input.loaded) };
  const crops = photoCrops(photo.levels, settings, input.name);
  const values = new Uint16Array(crops.boxes.length * clip.width);
  for (let start = 0; start < crops.boxes.length; start += tools.batch) {
    if (tools.signal.aborted) return null;
    const end = Math.min(start + tools.batch, crops.boxes.length);
    await clip.embed(photo, crops.boxes, start, end, values);
    onBatch(end - start);
  }
  const before = await known(folder, input);
  const tokens =
    before && sameHalves(before, input.keys).dino
      ? before
      : await tools.dino
          .tokens(photo)
          .then(({ rows, columns, values: dino }) => ({ tokenRows: rows, tokenColumns: columns, dino }));
  const { tokenRows, tokenColumns, dino } = tokens;
  return writePhotoFeatures(folder, input.name, {
    ...base(input, tools),
    stage: 'crops',
    ...placement(crops, photo.levels.height),
    clip: values,
    dino,
    tokenRows,
    tokenColumns,
  });
}

/** Where the embeddings belong, as the cache says it. */
function placement({ boxes, levels }: PhotoCrops, height: number): Pick<PhotoFeatures, 'grids' | 'boxes'> {
  if (levels) return { grids: levels.map(({ columns, rows }) => ({ columns, rows, at: 'edges' })), boxes: null };
  const flat = boxes.flatMap(({ left, top, width }) => [left / height, top / height, width / height]);
  return { grids: [], boxes: Float32Array.from(flat) };
}
