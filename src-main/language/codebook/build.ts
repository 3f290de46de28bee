/**
 * A codebook from beginning to end: train, encode every photo with the final entries, name the entries, write all of it.
 *
 * Nothing takes the place of what was there before the last moment, so that a cancelled or failed run leaves the old codebook with its
 * old maps. Should the process die between the two last writes, codebook and maps carry different hashes, and readers notice.
 */
import type { Saying } from '#contract/sayings';
import { writeFileAtomically } from '../../base/index';
import type { CellSource } from '../cells';
import { codebookHash, writeCodebook, type Codebook, type EntryName, type ModelIdentity } from './codebookFile';
import { Encoder, type PhotoFrame } from './encode';
import { FormingLooks, type FormingCodebook } from './forming';
import { encodeIndexMap } from './indexMap';
import { MapFolderWriter, mapNames } from './mapFolder';
import { PhotoReader } from './photoReader';
import { reportOf, type CodebookReport } from './report';
import type { CodebookSettings } from './settings';
import { shapeOf, trainCodebook, type TrainingProgress } from './train';

export interface EncodingProgress {
  readonly photos: number;
  readonly photosTotal: number;
}

export interface BuildInputs {
  readonly source: CellSource;
  readonly clip: ModelIdentity;
  readonly dino: ModelIdentity;
  readonly settings: CodebookSettings;
  /** size and mask of a photo's map */
  frame(photo: number): Promise<PhotoFrame>;
  /** names of the entries; null when there are no words */
  readonly name: ((codebook: Pick<Codebook, 'entries' | 'shape'>) => Promise<EntryName[]>) | null;
  readonly paths: { readonly codebook: string; readonly maps: string; readonly report: string };
}

export interface BuildOptions {
  readonly signal?: AbortSignal;
  readonly training?: (progress: TrainingProgress) => void;
  readonly encoding?: (progress: EncodingProgress) => void;
  /** hears how the codebook looks while it is learned, and of every map that is made */
  readonly forming?: (forming: FormingCodebook) => void;
  readonly warn?: (saying: Saying) => void;
}

export interface Built {
  readonly codebook: Codebook;
  readonly report: CodebookReport;
}

/** @throws LanguageError, FileError; the signal's reason when it is aborted */
export async function buildCodebook(inputs: BuildInputs, options: BuildOptions = {}): Promise<Built> {
  const { source, settings, paths } = inputs;
  const { signal, encoding, forming } = options;
  const told = new Set<string>();
  const warn = (saying: Saying): void => {
    if (!told.has(saying.message)) options.warn?.(saying);
    told.add(saying.message);
  };
  const names = mapNames(source.photos);
  const maps = new MapFolderWriter(paths.maps);
  try {
    const shape = shapeOf(source, settings);
    const looks = forming && new FormingLooks({ ...inputs, shape, keep: (png) => maps.sketch(png) }, forming);
    const trained = await trainCodebook(source, settings, {
      ...{ signal, progress: options.training, warn },
      forming: looks && ((now, counts) => looks.look(now, counts)),
    });
    const { entries } = trained;
    const hash = codebookHash(shape, entries);
    const encoder = new Encoder(entries, shape);
    const reader = new PhotoReader(source, warn);
    const entryNames = inputs.name === null ? [] : await inputs.name({ entries, shape });
    let photos = 0;
    for await (const photo of reader.read(source.photos.map((_, index) => index))) {
      signal?.throwIfAborted();
      const frame = await inputs.frame(photo.photo);
      const indices = encoder.encode(photo, frame);
      const name = names.get(source.photos[photo.photo]) as string;
      await maps.write(name, encodeIndexMap(indices, frame.width, frame.height, hash));
      photos++;
      encoding?.({ photos, photosTotal: source.photos.length });
      const counts = Array.from(encoder.measures.cells);
      forming?.({ photo: source.photos[photo.photo], file: maps.path(name), counts, names: entryNames });
    }
    const codebook: Codebook = {
      shape,
      entries,
      size: settings.codebookSize,
      counts: Uint32Array.from(encoder.measures.cells),
      clip: inputs.clip,
      dino: inputs.dino,
      settings: { ...settings },
      names: entryNames,
      hash,
    };
    const report = reportOf({
      shape,
      measures: encoder.measures,
      photos,
      leftOut: [...reader.broken].map((photo) => source.photos[photo]),
      mapBytes: maps.bytes,
      names: entryNames,
      epochs: trained.epochs,
      hash,
    });
    signal?.throwIfAborted();
    await writeCodebook(paths.codebook, codebook);
    await maps.commit();
    await writeReport(paths.report, report);
    return { codebook, report };
  } finally {
    await maps.discard();
  }
}

/** @throws FileError */
export function writeReport(path: string, report: CodebookReport): Promise<void> {
  return writeFileAtomically(path, `${JSON.stringify(report, null, 1)}\n`);
}
