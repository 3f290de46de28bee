/**
 * First index maps, from the preview alone (METHOD §2: one forward a photo), while crops are still to come: something to look at, to be
 * replaced by the maps of the codebook that the crops make.
 *
 *   entries   k-means on a sample of the previews' cells (start.ts); they are neither trained, nor named, nor kept
 *   maps      of PHOTOS photos at even distances, on a coarse grid, without superpixels
 *
 * They are shown and never learned from. The codebook that follows has other entries, so that a Gaussian taught by these maps would be
 * taught anew from nothing, its lifted start included; and the preview sees a patch where crops see things, so that it is the wrong
 * thing to be taught.
 */
import { dirname, join } from 'node:path';
import type { LanguageEventOf } from '#contract/languageMessages';
import type { Saying } from '#contract/sayings';
import { evenly, makeFolder, writeFileAtomically } from '../../base/index';
import { FeatureSource } from '../features/featureSource';
import { Encoder } from './encode';
import { NO_HASH } from './forming';
import { encodeIndexMap } from './indexMap';
import { mapName } from './mapFolder';
import { PhotoReader } from './photoReader';
import type { CodebookSettings } from './settings';
import { kMeansStart, sampleCells } from './start';
import { shapeOf } from './train';

const PHOTOS = 24;
/** The preview has a patch for each of 14 to 40 rows: a finer grid would cost more and show no more. */
const ROWS = 40;
/** Pixels of a map along a cell: D is interpolated, so that borders are smoother than cells. */
const PIXELS_PER_CELL = 4;
const SAMPLE = 8192;

export interface FirstMaps {
  /** `features/` of the project */
  readonly features: string;
  /** where the maps go, by the photos' names */
  readonly folder: string;
  readonly settings: CodebookSettings;
  readonly signal: AbortSignal;
  readonly warn: (saying: Saying) => void;
  /** hears of each map */
  readonly tell: (forming: LanguageEventOf<'codebookForming'>) => void;
}

/** @throws LanguageError when there is no preview, FileError */
export async function makeFirstMaps({ features, folder, settings, signal, warn, tell }: FirstMaps): Promise<void> {
  const finest = await FeatureSource.open(features);
  const rows = Math.min(ROWS, finest.index.rows);
  const source = await FeatureSource.open(features, { rows });
  const shape = shapeOf(source, settings);
  const reader = new PhotoReader(source, warn);
  const sample = await sampleCells(reader, settings.seed, SAMPLE);
  if (signal.aborted || sample.count === 0) return;
  const encoder = new Encoder(kMeansStart(sample, shape, settings.codebookSize, settings.seed), shape);
  const chosen = evenly([...source.photos.keys()], PHOTOS);
  for await (const photo of reader.read(chosen)) {
    if (signal.aborted) return;
    const [width, height] = [PIXELS_PER_CELL * photo.columns, PIXELS_PER_CELL * photo.rows];
    const indices = encoder.encode(photo, { width, height, mask: null });
    const name = source.photos[photo.photo];
    const file = join(folder, mapName(name));
    await makeFolder(dirname(file));
    await writeFileAtomically(file, [encodeIndexMap(indices, width, height, NO_HASH)]);
    tell({ type: 'codebookForming', photo: name, file, counts: [...encoder.measures.cells], names: [] });
  }
}
