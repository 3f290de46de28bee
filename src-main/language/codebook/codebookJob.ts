/**
 * The codebook as a job of the language process: features of a project in, codebook, index maps, report and pictures out, with
 * progress on the way. Cancelled, it leaves everything as it was.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { CodebookCommand } from '#contract/codebookMessages';
import { resolveSettings } from '#contract/presets';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { writeError, writeFileAtomically } from '../../base/index';
import { loadCapture, type Capture, type Photo } from '../../capture/index';
import { initKernels } from '../../kernels/index';
import { LanguageError } from '../errors';
import { FeatureSource } from '../features/featureSource';
import { openModelFolder } from '../models/index';
import { TextEncoder } from '../text/index';
import type { JobContext } from '../worker/languageProcess';
import { againstTruth } from './againstTruth';
import { buildCodebook, writeReport, type Built } from './build';
import type { FormingCodebook } from './forming';
import { PhotoFrames } from './frames';
import { readIndexMap } from './indexMap';
import { mapName } from './mapFolder';
import { nameEntries } from './names';
import { categoricalPalette } from './palette';
import { totalCells } from './photoReader';
import { mapOverPhoto, pngOf, utilisationChart } from './pictures';
import { codebookSettings } from './settings';
import type { TrainingProgress } from './train';
import { wordsFor } from './words';

/** Photos that get a picture, at even distances. */
const PICTURES = 24;
const PROGRESS_SECONDS = 0.25;
const LOOK_SECONDS = 0.5;

export async function runCodebookJob(command: CodebookCommand, context: JobContext): Promise<void> {
  const { signal, publish } = context;
  const clock = new JobClock(context);
  const settings = resolveSettings(command.settings);
  const source = await FeatureSource.open(command.features);
  const capture = await loadCapture(command.capture);
  const photos = photosOf(source, capture);
  const backend = await initKernels({
    backend: settings.backend,
    threads: settings.threads === 0 ? availableParallelism() : settings.threads,
  });
  publish({
    type: 'codebookPrepared',
    photos: source.photos.length,
    missing: source.missing.length,
    cells: totalCells(source),
    clipModel: source.index.clip.name,
    dinoModel: source.index.dino.name,
    clipWidth: source.clipWidth,
    dinoWidth: source.dinoWidth,
    entries: settings.codebookSize,
    epochs: settings.codebookEpochs,
    backend: backend.name,
    instructionSet: backend.instructionSet,
    threads: backend.threads,
  });
  const frames = new PhotoFrames(photos, settings.mapResolution || settings.resolution);
  const warn = (saying: Saying): void => publish({ type: 'warning', ...saying, photo: null });
  const words = await wordsFor(command.words, source.index.clip.name);
  const encoder = words.length > 0 ? await textEncoder(source, settings, warn) : null;
  try {
    const built = await buildCodebook(
      {
        source,
        clip: { name: source.index.clip.name, hash: source.index.clip.digest },
        dino: { name: source.index.dino.name, hash: source.index.dino.digest },
        settings: codebookSettings(settings),
        frame: (photo) => (settings.mapPooling === 'superpixels' ? frames.pooled(photo) : frames.frame(photo)),
        name: encoder && (({ entries, shape }) => nameEntries(entries, shape, words, encoder)),
        paths: command,
      },
      {
        signal,
        warn,
        training: (progress) => clock.training(progress, source.photos.length),
        ...(command.looks && { forming: lookOut(publish) }),
        encoding: ({ photos: done, photosTotal }) => clock.encoding(done, photosTotal, settings.codebookEpochs),
      },
    );
    if (command.pictures !== null) await draw(command.pictures, command, built, source.photos, frames, context);
    const { report, codebook } = built;
    const { leftOut } = report;
    const truth = await againstTruth({ capture: capture.root, source, codebook, maps: command.maps, leftOut, encoder });
    if (truth) await writeReport(command.report, { ...report, truth });
    const summary = {
      ...report,
      names: [...report.names],
      utilisation: [...report.utilisation],
      truth: truth && { ...truth, missed: [...truth.missed] },
    };
    publish({ type: 'codebookFinished', complete: true, summary, ...clock.cost });
  } catch (error) {
    if (!signal.aborted) throw error;
    publish({ type: 'codebookFinished', complete: false, summary: null, ...clock.cost });
  } finally {
    await encoder?.close();
  }
}

/** Publishes looks, two a second at most: maps can be made much faster. */
function lookOut(publish: JobContext['publish']): (forming: FormingCodebook) => void {
  let last = -Infinity;
  return ({ photo, file, counts, names }) => {
    const now = performance.now() / 1000;
    if (now - last < LOOK_SECONDS) return;
    last = now;
    publish({ type: 'codebookForming', photo, file, counts: [...counts], names: [...names] });
  };
}

/** The capture's photos in the order of the features. @throws LanguageError when the features are of another capture */
function photosOf(source: FeatureSource, capture: Capture): Photo[] {
  const byName = new Map(capture.photos.map((photo) => [photo.name, photo]));
  return source.photos.map((name) => {
    const photo = byName.get(name);
    if (!photo)
      throw new LanguageError(
        source.folder,
        `has features of ${name}, which capture ${capture.root} does not hold; run \`legato features\` for this capture`,
      );
    return photo;
  });
}

/** Names are a comfort: without a text encoder that works the codebook goes without them, and says so. */
async function textEncoder(
  source: FeatureSource,
  settings: TrainingSettings,
  warn: (saying: Saying) => void,
): Promise<TextEncoder | null> {
  const { name, folder } = source.index.clip;
  const threads = settings.threads === 0 ? availableParallelism() : settings.threads;
  try {
    const encoder = new TextEncoder(await openModelFolder(name, folder), { threads });
    await encoder.words();
    return encoder;
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    warn(said('entriesWithoutNames', { problem: error.message }));
    return null;
  }
}

async function draw(
  folder: string,
  { maps, paletteSeed }: CodebookCommand,
  { codebook, report }: Built,
  photos: readonly string[],
  frames: PhotoFrames,
  { publish, signal }: JobContext,
): Promise<void> {
  const palette = categoricalPalette(codebook.size, report.utilisation, paletteSeed);
  const write = async (name: string, photo: string, png: Buffer): Promise<void> => {
    const file = join(folder, name);
    await mkdir(join(file, '..'), { recursive: true }).catch((error: unknown) => {
      throw writeError(file, error);
    });
    await writeFileAtomically(file, [png]);
    publish({ type: 'picture', photo, file });
  };
  await write('utilisation.png', '', await utilisationChart(report, palette));
  const left = new Set(report.leftOut);
  const there = photos.map((_, photo) => photo).filter((photo) => !left.has(photos[photo]));
  const step = Math.max(1, there.length / PICTURES);
  for (let at = 0; at < there.length && !signal.aborted; at += step) {
    const photo = there[Math.floor(at)];
    const name = mapName(photos[photo]);
    const { width, height, rgb } = await frames.colours(photo);
    const { indices } = await readIndexMap(join(maps, name), { width, height, entries: codebook.size });
    await write(name, photos[photo], await pngOf(mapOverPhoto(rgb, indices, width, height, palette)));
  }
}

/** What the job has cost, and progress events a few times a second. */
class JobClock {
  readonly #publish: JobContext['publish'];
  readonly #begun = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  #reported = -Infinity;
  #first: { done: number; wallSeconds: number } | null = null;
  #peak = 0;

  constructor({ publish }: JobContext) {
    this.#publish = publish;
  }

  training({ epoch, epochs, loss, cosineClip, cosineDino, used }: TrainingProgress, photosTotal: number): void {
    const last = epoch >= epochs;
    // The pass that makes the maps costs about as much as an epoch.
    const done = epoch / (epochs + 1);
    this.#report(last, done, {
      stage: 'training',
      epoch,
      epochs,
      loss,
      cosineClip,
      cosineDino,
      used,
      photos: 0,
      photosTotal,
    });
  }

  encoding(photos: number, photosTotal: number, epochs: number): void {
    const done = (epochs + photos / photosTotal) / (epochs + 1);
    const training = { epoch: epochs, epochs, loss: null, cosineClip: null, cosineDino: null, used: null };
    this.#report(photos === photosTotal, done, { stage: 'encoding', ...training, photos, photosTotal });
  }

  get cost(): { wallSeconds: number; cpuSeconds: number; peakMemoryBytes: number } {
    this.#resident();
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      wallSeconds: (performance.now() - this.#begun) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMemoryBytes: this.#peak,
    };
  }

  #report(
    urgent: boolean,
    done: number,
    figures: Omit<
      Extract<Parameters<JobContext['publish']>[0], { type: 'codebookProgress' }>,
      'type' | 'done' | 'etaSeconds' | 'cpuSeconds' | 'memoryBytes'
    >,
  ): void {
    const { wallSeconds, cpuSeconds } = this.cost;
    if (!urgent && wallSeconds - this.#reported < PROGRESS_SECONDS) return;
    this.#reported = wallSeconds;
    // Reading and the start took their time before the first figure: the pace counts from there.
    this.#first ??= { done, wallSeconds };
    const pace = (done - this.#first.done) / (wallSeconds - this.#first.wallSeconds);
    const etaSeconds = pace > 0 ? (1 - done) / pace : 0;
    this.#publish({
      type: 'codebookProgress',
      ...figures,
      done,
      etaSeconds,
      cpuSeconds,
      memoryBytes: this.#resident(),
    });
  }

  #resident(): number {
    const bytes = process.memoryUsage.rss();
    this.#peak = Math.max(this.#peak, bytes, process.resourceUsage().maxRSS * 1024);
    return bytes;
  }
}
