/**
 * Encodes a capture (METHOD §2): plan, then a preview of every photo, first index maps of it for whoever looks, then crops photo by
 * photo. What is in the cache already and still true is kept, so that a job that was interrupted, or that gained photos, does only
 * what is missing.
 *
 * A photo that cannot be read, or whose features are no numbers, is given up with a warning; the others go on.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeaturePlan, FeaturesCommand, FeatureStage } from '#contract/languageMessages';
import { resolveSettings } from '#contract/presets';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { removeLeftovers } from '../../base/index';
import { CaptureError, loadCapture, PhotoStore, splitHoldout } from '../../capture/index';
import type { Photo } from '../../capture/index';
import { initKernels } from '../../kernels/index';
import { makeFirstMaps } from '../codebook/firstMaps';
import { codebookSettings } from '../codebook/settings';
import { LanguageError, ModelError } from '../errors';
import { resolveModel } from '../models/index';
import type { ModelFolder } from '../models/index';
import type { JobContext } from '../worker/languageProcess';
import { examineCache, halfKeys, staleSaying, type CacheState, type HalfKeys } from './cacheState';
import { ClipEncoder } from './clipEncoder';
import { makePlan, measureSpeed, memoryBound, photoCacheBytes, threadBudget, type PlanSize } from './costPlan';
import { chosenScales, cropCount } from './crops';
import { details } from './detail';
import { DinoEncoder } from './dinoEncoder';
import { encodeCrops, encodePreview, type EncodingTools, type PhotoInput } from './encodePhoto';
import { cacheBytes } from './featureFile';
import { FeatureProgress } from './featureProgress';
import { gridRows, readFeatureIndex, writeFeatureIndex } from './featureSource';
import { writePictures } from './pictures';

/** λ_DINO that leaves CLIP without a say. */
const DINO_ALONE = 1000;

interface JobPhoto extends CacheState {
  readonly photo: Photo;
  abandoned: boolean;
}

interface ChosenPhoto {
  readonly photo: Photo;
  readonly heldOut: boolean;
}

/** The job of `features` commands. @throws LanguageError, ModelError, CaptureError, SettingsError, FileError */
export async function runFeatureJob(command: FeaturesCommand, context: JobContext): Promise<void> {
  const settings = resolveSettings(command.settings);
  await removeLeftovers(command.features);
  const capture = await loadCapture(command.capture);
  for (const saying of capture.warnings) context.publish({ type: 'warning', ...saying, photo: null });
  const truth = await stat(join(capture.root, 'truth', 'demo.json')).catch(() => null);
  const demo = truth !== null;
  const [clip, dino] = await Promise.all([
    resolveModel(settings.clipModel, 'clip', { demo }),
    resolveModel(settings.dinoModel, 'dino', { demo }),
  ]);
  const held = new Set(splitHoldout(capture.photos, settings.holdout, capture.heldOut).heldOut);
  const photos = capture.photos.map((photo, i) => ({ photo, heldOut: held.has(i) }));
  await new FeatureJob(command, context, settings, { clip, dino }, photos).run();
}

class FeatureJob {
  readonly #command: FeaturesCommand;
  readonly #context: JobContext;
  readonly #settings: TrainingSettings;
  readonly #models: { clip: ModelFolder; dino: ModelFolder };
  /** of the capture, in its order */
  readonly #photos: readonly ChosenPhoto[];
  readonly #progress: FeatureProgress;

  constructor(
    command: FeaturesCommand,
    context: JobContext,
    settings: TrainingSettings,
    models: { clip: ModelFolder; dino: ModelFolder },
    photos: readonly ChosenPhoto[],
  ) {
    this.#command = command;
    this.#context = context;
    this.#settings = settings;
    this.#models = models;
    this.#photos = photos;
    this.#progress = new FeatureProgress(context.publish);
  }

  get #cancelled(): boolean {
    return this.#context.signal.aborted;
  }

  async run(): Promise<void> {
    const keys = await halfKeys(this.#models, this.#settings);
    const photos = await this.#examine(keys);
    const todo = photos.filter(({ needsPreview, needsCrops }) => needsPreview || needsCrops);
    if (photos.length === 0 && !this.#cancelled)
      throw new LanguageError(this.#command.capture, said('noPhotoToEncode'));
    if (todo.length > 0 && !this.#cancelled) await this.#encode(keys, photos, todo);
    else if (!this.#cancelled) await this.#keepIndex(keys, photos);
    const { features, pictures, all, planOnly } = this.#command;
    if (pictures !== null && !planOnly && !this.#cancelled) await writePictures(features, pictures, all, this.#context);
    const names = photos.map(({ photo }) => photo.name);
    const diskBytes = await cacheBytes(features, names);
    this.#progress.finish(photos.length - todo.length, !this.#cancelled, diskBytes);
  }

  /** The photos of this job, with what the cache has of each. */
  async #examine(keys: HalfKeys): Promise<JobPhoto[]> {
    const { features: folder, all } = this.#command;
    const photos: JobPhoto[] = [];
    const stale = new Map<NonNullable<CacheState['stale']>, string[]>();
    for (const { photo, heldOut } of this.#photos) {
      if (this.#cancelled) break;
      if (heldOut && !all) continue;
      try {
        const state = await examineCache(folder, photo, keys);
        if (state.stale !== null) stale.set(state.stale, [...(stale.get(state.stale) ?? []), photo.name]);
        photos.push({ photo, ...state, abandoned: false });
      } catch (error) {
        this.#giveUp(photo.name, error, 0);
      }
    }
    for (const [why, names] of stale) this.#warn(staleSaying(folder, names, why));
    return photos;
  }

  async #encode(keys: HalfKeys, photos: readonly JobPhoto[], todo: readonly JobPhoto[]): Promise<void> {
    const options = { provider: this.#command.provider, threads: threadBudget(this.#settings.threads) };
    const { tokenRows } = details[this.#settings.featureDetail];
    const bound = memoryBound(this.#command.memoryBytes);
    const clip = await ClipEncoder.open(this.#models.clip, options);
    try {
      const longSide = neededLongSide(photos, clip.input.height, this.#settings);
      const sizes = photos.map(({ photo }) => reducedSize(photo, longSide));
      const first = sizes[photos.indexOf(todo[0])];
      const dino = await DinoEncoder.open(this.#models.dino, first, { ...options, tokenRows, memoryBytes: bound });
      try {
        if (dino.note !== null) this.#warn(dino.note);
        const speed = await measureSpeed(clip, dino, first, this.#settings, bound);
        const plan = await this.#plan(clip, dino, speed, photos, sizes);
        this.#context.publish(plan);
        if (this.#command.planOnly) return;
        if (plan.refusal !== null && !this.#command.acceptCost)
          throw new LanguageError(null, { ...plan.refusal, message: `not started: ${plan.refusal.message}` });
        await this.#writeIndex(keys, clip.width, dino.width);
        await this.#work(todo, plan, { clip, dino, batch: speed.batch }, longSide);
      } finally {
        await dino.release();
      }
    } finally {
      await clip.release();
    }
  }

  #plan(
    clip: ClipEncoder,
    dino: DinoEncoder,
    speed: Awaited<ReturnType<typeof measureSpeed>>,
    photos: readonly JobPhoto[],
    sizes: readonly PlanSize[],
  ): Promise<FeaturePlan> {
    const { features: folder, provider, memoryBytes, all } = this.#command;
    const needing = (wanted: (photo: JobPhoto) => boolean): number[] =>
      photos.flatMap((photo, i) => (wanted(photo) ? [i] : []));
    return makePlan({
      settings: this.#settings,
      clip,
      dino,
      speed,
      folder,
      provider,
      memoryBytes,
      sizes,
      previews: needing(({ needsPreview }) => needsPreview),
      crops: needing(({ needsCrops }) => needsCrops),
      heldOut: all ? this.#photos.filter(({ heldOut }) => heldOut).length : 0,
    });
  }

  async #work(
    todo: readonly JobPhoto[],
    plan: FeaturePlan,
    encoders: Pick<EncodingTools, 'clip' | 'dino' | 'batch'>,
    longSide: number,
  ): Promise<void> {
    const { features: folder, memoryBytes } = this.#command;
    const threads = threadBudget(this.#settings.threads);
    const store = new PhotoStore(
      todo.map(({ photo }) => photo),
      { longSide, maxBytes: photoCacheBytes(this.#settings.photoCache, memoryBound(memoryBytes)), threads: 1 },
    );
    const tools = { ...encoders, settings: this.#settings, folder, signal: this.#context.signal };
    const wanted: Record<FeatureStage, (photo: JobPhoto) => boolean> = {
      preview: ({ needsPreview, abandoned }) => needsPreview && !abandoned,
      crops: ({ needsCrops, abandoned }) => needsCrops && !abandoned,
    };
    const totals = { preview: todo.filter(wanted.preview).length, crops: todo.filter(wanted.crops).length };
    this.#progress.begin(plan, totals);
    let firstFailure: unknown = null;
    for (const stage of ['preview', 'crops'] as const) {
      if (stage === 'crops' && todo.some(wanted.crops)) await this.#showFirst(plan);
      for (const [i, entry] of todo.entries()) {
        if (this.#cancelled) return;
        if (!wanted[stage](entry)) continue;
        // A decoder beside the encoders would be one thread more than a budget of one.
        if (threads > 1 && i + 1 < todo.length) store.prefetch(i + 1);
        try {
          const input = { name: entry.photo.name, loaded: await store.load(i), keys: entry.keys };
          await this.#encodePhoto(stage, input, tools);
        } catch (error) {
          firstFailure ??= error;
          entry.abandoned = true;
          const size = reducedSize(entry.photo, longSide);
          this.#giveUp(entry.photo.name, error, entry.needsCrops ? cropCount(size, this.#settings) : 0);
        }
      }
    }
    for (const saying of store.stats.warnings) this.#warn(saying);
    if (todo.every(({ abandoned }) => abandoned)) throw firstFailure;
  }

  /** A comfort: what cannot be shown does not stop the crops. */
  async #showFirst({ preview }: FeaturePlan): Promise<void> {
    const { features, firstMaps: folder } = this.#command;
    const { signal, publish } = this.#context;
    if (folder === null || this.#cancelled) return;
    const { backend, threads } = this.#settings;
    try {
      await initKernels({ backend, threads: threadBudget(threads) });
      const settings = codebookSettings(this.#settings);
      await makeFirstMaps({
        ...{ features, folder, signal, tell: publish, warn: (saying) => this.#warn(saying) },
        // One vector a photo tells photos apart, not what is in them.
        settings: preview === 'patches' ? settings : { ...settings, dinoWeight: DINO_ALONE },
      });
    } catch (error) {
      if (!(error instanceof LanguageError)) throw error;
      this.#warn(said('noFirstMaps', { problem: error.message }));
    }
  }

  async #encodePhoto(stage: FeatureStage, input: PhotoInput, tools: EncodingTools): Promise<void> {
    const start = performance.now();
    let last = start;
    const onBatch = (crops: number): void => {
      const now = performance.now();
      this.#progress.batch(crops, (now - last) / 1000);
      last = now;
    };
    this.#progress.photo(stage, input.name);
    const bytes = stage === 'preview' ? await encodePreview(input, tools) : await encodeCrops(input, tools, onBatch);
    if (bytes === null) return;
    const seconds = (performance.now() - start) / 1000;
    this.#context.publish({ type: 'photoDone', photo: input.name, stage, bytes, seconds });
    this.#progress.photoDone(stage, seconds);
  }

  /** When everything is cached: the list may still have gained or lost photos. */
  async #keepIndex(keys: HalfKeys, photos: readonly JobPhoto[]): Promise<void> {
    const widths = photos.find((photo) => photo.widths !== null)?.widths;
    const index = await readFeatureIndex(this.#command.features).catch(() => null);
    const [clip, dino] = [widths?.clip ?? index?.clip.width, widths?.dino ?? index?.dino.width];
    if (clip !== undefined && dino !== undefined) await this.#writeIndex(keys, clip, dino);
  }

  #writeIndex(keys: HalfKeys, clipWidth: number, dinoWidth: number): Promise<void> {
    const settings = this.#settings;
    const { clip, dino } = this.#models;
    return writeFeatureIndex(this.#command.features, {
      format: 'legato-features-1',
      clip: { name: clip.name, folder: clip.path, digest: keys.clipDigest, key: keys.clip, width: clipWidth },
      dino: { name: dino.name, folder: dino.path, digest: keys.dinoDigest, key: keys.dino, width: dinoWidth },
      detail: settings.featureDetail,
      crops: settings.crops,
      rows: gridRows(settings),
      photos: this.#photos.map(({ photo, heldOut }) => {
        const { width, height } = photo.camera;
        return { name: photo.name, heldOut, width, height };
      }),
    });
  }

  #warn(saying: Saying): void {
    this.#context.publish({ type: 'warning', ...saying, photo: null });
  }

  /** Gives one photo up; errors that concern every photo end the job. */
  #giveUp(photo: string, error: unknown, crops: number): void {
    if (!(error instanceof LanguageError || error instanceof CaptureError) || error instanceof ModelError) throw error;
    this.#progress.abandon(photo, error.message, crops);
    this.#context.publish({ type: 'warning', message: error.message, photo });
  }
}

/**
 * The long side from which more pixels would be of no use: the finest crop then has as many as the encoder is fed.
 *
 * @param inputHeight  of the encoder, px
 */
function neededLongSide(photos: readonly JobPhoto[], inputHeight: number, settings: TrainingSettings): number {
  const finest = settings.crops === 'random' ? settings.randomScaleMin : chosenScales(settings)[0];
  const aspect = photos.reduce((most, { photo: { camera } }) => Math.max(most, camera.width / camera.height), 1);
  return Math.ceil(Math.max(inputHeight / finest, 1024) * aspect);
}

/** A photo's size as the store gives it. */
function reducedSize({ camera: { width, height } }: Photo, longSide: number): PlanSize {
  const scale = Math.min(1, longSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
