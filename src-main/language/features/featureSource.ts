/**
 * Dense features as the codebook reads them (cells.ts), from the cache of a features folder: whatever each photo has, crops or
 * only the preview.
 *
 * `features.json` beside the caches lists the photos in the capture's order and says what made them; a photo counts when its
 * cache exists.
 */
import { join } from 'node:path';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { featureDetails } from '#contract/languageSettings';
import type { FeatureStage } from '#contract/languageMessages';
import { writeFileAtomically } from '../../base/index';
import type { CellSource, FeatureGrid, PhotoCells } from '../cells';
import { LanguageError } from '../errors';
import { details } from './detail';
import { featurePath, readPhotoFeatures } from './featureFile';
import { denseGrid, Fuser } from './fuse';

const INDEX = 'features.json';
const count = z.int().min(1).max(65_536);
const encoder = z.object({
  name: z.string(),
  folder: z.string(),
  /** of the model's files */
  digest: z.string(),
  /** of the model with the settings that decide what it is shown; every cache that counts has it */
  key: z.string(),
  width: count,
});
const featureIndex = z.object({
  format: z.literal('legato-features-1'),
  clip: encoder,
  dino: encoder,
  detail: z.enum(featureDetails),
  crops: z.string(),
  /** rows of the dense grid */
  rows: count,
  photos: z.array(z.object({ name: z.string(), heldOut: z.boolean(), width: count, height: count })),
});
export type FeatureIndex = z.infer<typeof featureIndex>;

export function writeFeatureIndex(folder: string, index: FeatureIndex): Promise<void> {
  return writeFileAtomically(join(folder, INDEX), `${JSON.stringify(index, null, 1)}\n`);
}

/** What a features folder was made with; null when it has none yet. @throws LanguageError when the list is damaged */
export async function readFeatureIndex(folder: string): Promise<FeatureIndex | null> {
  const path = join(folder, INDEX);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return featureIndex.parse(JSON.parse(text));
  } catch (error) {
    throw new LanguageError(path, 'is damaged; run `legato features` again, which writes it anew', error);
  }
}

export interface FeatureSourceOptions {
  /** rows of the dense grid; by default those that the features were made for */
  readonly rows?: number;
  /** also photos that are held out from training; off by default, since a codebook must not learn from them */
  readonly heldOut?: boolean;
}

export class FeatureSource implements CellSource {
  readonly folder: string;
  readonly clipWidth: number;
  readonly dinoWidth: number;
  readonly photos: readonly string[];
  /** photos of the capture that have no cache yet */
  readonly missing: readonly string[];
  /** which models and settings made the cache */
  readonly index: FeatureIndex;
  readonly #sizes: readonly { width: number; height: number }[];
  readonly #rows: number;
  readonly #stages = new Map<number, FeatureStage>();
  readonly #fuser = new Fuser();

  private constructor(
    folder: string,
    index: FeatureIndex,
    photos: FeatureIndex['photos'],
    missing: string[],
    rows: number,
  ) {
    this.folder = folder;
    this.index = index;
    this.clipWidth = index.clip.width;
    this.dinoWidth = index.dino.width;
    this.photos = photos.map(({ name }) => name);
    this.missing = missing;
    this.#sizes = photos;
    this.#rows = rows;
  }

  /** @param folder  `features/` of a project. @throws LanguageError when nothing was encoded yet */
  static async open(folder: string, options: FeatureSourceOptions = {}): Promise<FeatureSource> {
    const index = await readFeatureIndex(folder);
    if (index === null) throw new LanguageError(folder, 'holds no features; run `legato features` first');
    const wanted = index.photos.filter(({ heldOut }) => options.heldOut === true || !heldOut);
    const there = await Promise.all(
      wanted.map(({ name }) =>
        stat(featurePath(folder, name)).then(
          () => true,
          () => false,
        ),
      ),
    );
    const photos = wanted.filter((_, i) => there[i]);
    if (photos.length === 0) throw new LanguageError(folder, "holds no photo's features; run `legato features` again");
    const missing = wanted.filter((_, i) => !there[i]).map(({ name }) => name);
    return new FeatureSource(folder, index, photos, missing, options.rows || index.rows);
  }

  grid(photo: number): FeatureGrid {
    const { width, height } = this.#sizes[photo];
    return denseGrid(width, height, this.#rows);
  }

  /** What a photo had when it was last read: crops, or the preview alone. */
  stage(photo: number): FeatureStage | null {
    return this.#stages.get(photo) ?? null;
  }

  async read(photo: number, into?: Float32Array): Promise<PhotoCells> {
    const name = this.photos[photo];
    const path = featurePath(this.folder, name);
    const features = await readPhotoFeatures(this.folder, name);
    if (features === null) throw new LanguageError(path, 'is gone; run `legato features` again');
    const { clip, dino } = this.index;
    const same = features.keys.clip === clip.key && features.keys.dino === dino.key;
    if (!same || features.clipWidth !== clip.width || features.dinoWidth !== dino.width)
      throw new LanguageError(path, 'is of other models or settings; run `legato features` again');
    this.#stages.set(photo, features.stage);
    const { rows, columns } = this.grid(photo);
    return this.#fuser.fuse(features, rows, columns, into);
  }
}

/** Rows of the dense grid for settings: as given, or as the detail has it. */
export function gridRows(settings: { featureRows: number; featureDetail: keyof typeof details }): number {
  return settings.featureRows || details[settings.featureDetail].rows;
}
