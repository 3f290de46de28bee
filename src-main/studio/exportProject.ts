/**
 * A project's newest checkpoint in formats of other tools: segmented meshes, splats with labels, masks of photos. Needs no lock and
 * trains nothing, so it works beside a running trainer. Files are whole or not there.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exportFormats } from '#contract/exportMessages';
import type { ExportFormat } from '#contract/exportMessages';
import { writeError, writeFileAtomically } from '../base/index';
import { glbBytes, plyMeshChunks, writePair } from '../export/index';
import { compressedPlyBytes, geometryOfCapture, splatPlyChunks, spzBytes } from '../gaussians/index';
import {
  meshDefaults,
  segmentsOf,
  type MeshProgress,
  type MeshReport,
  type MeshSettings,
  type Segment,
  type Segmentation,
  type SplatLabels,
} from '../mesh/index';
import type { TrainingSnapshot } from '../training/ports';
import { writeMasks } from './exportMasks';
import { describeExport, idsOf, meshOfTrained, meshSceneOf, nameOf } from './exportScene';
import { labelsOfSnapshot, readLabelBook } from './projectLabels';
import { StudioError } from './studio';
import { disposeScene, openSnapshot, openTrainedScene, type SceneOptions, type TrainedScene } from './trainedScene';
import { labelsFromWords, type WordClasses } from './wordLabels';

export { exportFormats, type ExportFormat };

export interface ExportRequest extends SceneOptions {
  readonly format: ExportFormat;
  /** null: in the project's exports */
  readonly out: string | null;
  /** classes in words, which label each splat anew; null: the labels that people gave */
  readonly words: WordClasses | null;
  /** of the labels that people gave; null for the first one */
  readonly layer: number | null;
  /** what differs from `meshDefaults` */
  readonly mesh: Partial<MeshSettings>;
}

export interface ExportOptions {
  readonly warn: (message: string) => void;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
}

export interface ExportProgress extends Omit<MeshProgress, 'stage'> {
  readonly stage: MeshProgress['stage'] | 'labels' | 'masks' | 'writing';
}

export interface Exported {
  readonly project: string;
  readonly format: ExportFormat;
  /** absolute; a folder for masks */
  readonly file: string;
  readonly step: number;
  readonly splats: number;
  /** with a label */
  readonly labelled: number;
  /** of labels that anything in the file has */
  readonly features: number;
  readonly mesh: MeshReport | null;
  /** of masks */
  readonly photos: number | null;
}

const ENDINGS = {
  glb: '.glb',
  'ply-mesh': '.mesh.ply',
  ply: '.ply',
  spz: '.spz',
  'ply-compressed': '.compressed.ply',
  masks: '.masks',
} as const;

/** Compact files of splats, which have no place for labels. */
type CompactFormat = 'spz' | 'ply-compressed';
export const NO_LABELS = 'has no place for labels; leave out --classes and --layer, or export --format ply';
export const isCompact = (format: ExportFormat): format is CompactFormat =>
  format === 'spz' || format === 'ply-compressed';

/** @throws ProjectError, StudioError, MeshError, FileError, the signal's reason when it stops, and what asking in words throws */
export async function exportProject(path: string, request: ExportRequest, options: ExportOptions): Promise<Exported> {
  const { format, words, layer } = request;
  if (isCompact(format)) {
    if (words) throw new StudioError(format, NO_LABELS);
    return exportSplats(path, format, request.out, options);
  }
  if (words) return exportLabelled(path, request, options, (trained) => labelsFromWords(trained, words));
  const book = await readLabelBook(path);
  if (format === 'ply' && book.edits.length === 0) return exportSplats(path, format, request.out, options);
  return exportLabelled(path, request, options, ({ snapshot, root }) => labelsOfSnapshot(book, snapshot, layer, root));
}

async function exportLabelled(
  path: string,
  request: ExportRequest,
  options: ExportOptions,
  labelsOf: (trained: TrainedScene) => SplatLabels | Promise<SplatLabels>,
): Promise<Exported> {
  const trained = await openTrainedScene(path, request, options.warn);
  try {
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: 'labels', done: 0, total: 1 });
    return await exportTrained(trained, await labelsOf(trained), request, options);
  } finally {
    disposeScene(trained);
  }
}

/** The same for a scene that is open, with labels from anywhere. */
export async function exportTrained(
  trained: TrainedScene,
  labels: SplatLabels,
  { format, out, mesh: changes, words }: Pick<ExportRequest, 'format' | 'out' | 'mesh' | 'words'>,
  { signal, onProgress }: Omit<ExportOptions, 'warn'>,
): Promise<Exported> {
  const segmentation = segmentsOf(labels, idsOf(trained));
  const file = resolve(out ?? join(trained.exports, `${nameOf(trained)}${ENDINGS[format]}`));
  const done = {
    ...{ project: trained.root, format, file, step: trained.snapshot.step, splats: trained.scene.count },
    labelled: segmentation.rows.reduce((sum, segment) => sum + (segment > 0 ? 1 : 0), 0),
    ...{ features: segmentation.segments.length - 1, mesh: null, photos: null },
  };
  const describe = (settings: object, figures: object) =>
    describeExport(trained, format, labels, segmentation, { ...settings, words }, { ...figures });
  await makeFolder(dirname(file));
  if (format === 'ply') {
    signal?.throwIfAborted();
    onProgress?.({ stage: 'writing', done: 0, total: 1 });
    await stoppable(signal, (stop) => writeFileAtomically(file, stop(splatChunks(trained.snapshot, segmentation))));
    return done;
  }
  if (format === 'masks') {
    if (done.labelled === 0)
      throw new StudioError(
        trained.root,
        'nothing is labelled, so masks would be empty; label in the studio, or name classes with --classes "a,b,c"',
      );
    const description = await describe({}, {});
    const photos = await writeMasks(trained, segmentation, labels.taxonomy, description, file, { signal, onProgress });
    return { ...done, photos };
  }
  const settings = { ...meshDefaults, ...changes };
  const { mesh, report } = await meshOfTrained(trained, meshSceneOf(trained), segmentation, settings, {
    signal,
    onProgress,
  });
  const { frame } = trained.snapshot;
  const description = await describe(settings, report);
  onProgress?.({ stage: 'writing', done: 0, total: 1 });
  const { segments } = segmentation;
  const chunks =
    format === 'glb'
      ? [await glbBytes(nameOf(trained), mesh, segments, description, frame, signal)]
      : plyMeshChunks(mesh, segments, frame);
  signal?.throwIfAborted();
  await stoppable(signal, (stop) => writePair(file, stop(chunks), description));
  const features = [...mesh.parts.keys()].filter((segment) => segment > 0).length;
  return { ...done, features, mesh: report };
}

/** @throws FileError */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw writeError(path, error);
  });
}

/** Writes what can be stopped between two chunks: then with the signal's reason, not as a file that failed. */
async function stoppable(
  signal: AbortSignal | undefined,
  write: (stop: (chunks: Iterable<Uint8Array>) => Iterable<Uint8Array>) => Promise<unknown>,
): Promise<void> {
  function* stop(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const chunk of chunks) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }
  await write(stop).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** The splats of a snapshot as a `.ply`. @param labelled  gives them label columns */
function splatChunks({ tensors, frame }: TrainingSnapshot, labelled?: Segmentation): Iterable<Uint8Array> {
  const { geometry, sphericalHarmonics, semantics, ids } = tensors;
  const column = (of: (segment: Segment) => number): Int32Array | undefined =>
    labelled && Int32Array.from(labelled.rows, (segment) => of(labelled.segments[segment]));
  return splatPlyChunks({
    count: geometry.shape[0],
    geometry: geometryOfCapture(geometry.data as Float32Array, frame),
    sphericalHarmonics: sphericalHarmonics.data as Float32Array,
    semantics: semantics.data as Float32Array,
    ids: ids.data as Uint32Array,
    labels: column(({ classId }) => classId),
    instances: column(({ instanceId }) => instanceId),
  });
}

/** Without labels, splats need neither capture nor kernels. */
async function exportSplats(
  path: string,
  format: 'ply' | CompactFormat,
  out: string | null,
  { warn, signal, onProgress }: ExportOptions,
): Promise<Exported> {
  const { root, exports, snapshot } = await openSnapshot(path, warn);
  const file = resolve(out ?? join(exports, `${nameOf({ root })}${ENDINGS[format]}`));
  const [splats] = snapshot.tensors.geometry.shape;
  await makeFolder(dirname(file));
  onProgress?.({ stage: 'writing', done: 0, total: 2 });
  const chunks = format === 'ply' ? splatChunks(snapshot) : [await compactBytes(snapshot, format)];
  onProgress?.({ stage: 'writing', done: 1, total: 2 });
  await stoppable(signal, (stop) => writeFileAtomically(file, stop(chunks)));
  const nothing = { labelled: 0, features: 0, mesh: null, photos: null };
  return { project: root, format, file, step: snapshot.step, splats, ...nothing };
}

/** @throws GaussianError where the format cannot hold the scene */
async function compactBytes(
  { tensors, settings, frame }: TrainingSnapshot,
  format: CompactFormat,
): Promise<Uint8Array> {
  const { geometry, sphericalHarmonics } = tensors;
  const source = {
    count: geometry.shape[0],
    geometry: geometryOfCapture(geometry.data as Float32Array, frame),
    sphericalHarmonics: sphericalHarmonics.data as Float32Array,
  };
  return format === 'spz' ? spzBytes(source, settings.antialiased) : compressedPlyBytes(source);
}
