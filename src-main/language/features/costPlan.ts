/**
 * What the features of a capture will cost, before anything is encoded: crops from the settings, operations from the graphs
 * (graphCost.ts), time and memory from a batch and a photo on this machine, disk from the sizes of what is stored.
 */
import { availableParallelism, freemem } from 'node:os';
import { statfs } from 'node:fs/promises';
import type { FeaturePlan, ExecutionProvider } from '#contract/languageMessages';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import type { ClipEncoder } from './clipEncoder';
import { cropCount, chosenScales, photoCrops } from './crops';
import type { DinoEncoder } from './dinoEncoder';
import { denseGrid } from './fuse';
import { gridRows } from './featureSource';
import { patchWindows } from './patchWindows';
import { PhotoLevels } from './photoLevels';

const MEBIBYTE = 2 ** 20;
const MAX_SECONDS = 24 * 3600;
/** Larger batches gain nothing on CPUs. */
const MAX_BATCH = 32;
const TIMED_SECONDS = 0.4;
/** A batch of a large network takes about this long, so that cancelling does not. */
const BATCH_SECONDS = 2;
/** onnxruntime holds a graph's weights as they were read and as they were packed. */
const WEIGHT_COPIES = 2;
/** What a batch takes beyond the profile's count, at the higher optimisation that it runs at. */
const ARENA = 1.5;

/** px, as encoded */
export interface PlanSize {
  readonly width: number;
  readonly height: number;
}

/** Memory that encoders and batches may take. @param asked  null for half of what is free, at most 4 GiB */
export function memoryBound(asked: number | null): number {
  return asked ?? Math.min(4096 * MEBIBYTE, Math.max(256 * MEBIBYTE, freemem() / 2));
}

/** Memory for decoded photos, which the preview and the crops share. @param bound  memoryBound */
export function photoCacheBytes(photoCache: number, bound: number): number {
  return Math.min(photoCache * MEBIBYTE, Math.floor(bound / 4));
}

export function threadBudget(threads: number): number {
  return threads === 0 ? availableParallelism() : threads;
}

/** A grey photo of a size, to measure with. */
function blank({ width, height }: PlanSize): PhotoLevels {
  const camera = { width, height, fx: 1, fy: 1, cx: 0, cy: 0, worldToCamera: [] };
  const rgb = new Uint8Array(3 * width * height).map((_, i) => 64 + ((i * 7919) % 128));
  return new PhotoLevels({ camera, rgb, alpha: null, mask: null });
}

export interface Speed {
  /** seconds a crop, from cutting to embedding */
  readonly crop: number;
  /** seconds of a photo's preview */
  readonly preview: number;
  /** crops a batch */
  readonly batch: number;
}

/** Crops a batch that fit into the memory. */
export function batchSize(clip: ClipEncoder, dino: DinoEncoder, bound: number): number {
  const fixed = WEIGHT_COPIES * (clip.cost.weightBytes + dino.cost.weightBytes) + dino.cost.activationBytes;
  const each = ARENA * clip.cost.activationBytes + clip.cropBytes;
  return Math.max(1, Math.min(MAX_BATCH, Math.floor((bound - fixed) / Math.max(1, each))));
}

/** Times one photo's preview and a batch of crops. */
export async function measureSpeed(
  clip: ClipEncoder,
  dino: DinoEncoder,
  size: PlanSize,
  settings: TrainingSettings,
  bound: number,
): Promise<Speed> {
  const levels = blank(size);
  const { boxes } = photoCrops(size, settings, 'blank');
  // From the middle of the list: neither the finest crops nor the coarsest alone.
  const middle = Math.max(0, Math.floor(boxes.length / 2) - MAX_BATCH);
  const one = await clip.time(levels, boxes.slice(middle, middle + 1));
  const batch = Math.max(1, Math.min(batchSize(clip, dino, bound), Math.floor(BATCH_SECONDS / one)));
  const some = boxes.slice(middle, middle + batch);
  // The first batch makes room for itself, which is part of what the plan says of memory.
  if (batch > 1) await clip.time(levels, some);
  let spent = 0;
  let count = 0;
  for (let round = 0; round < 5 && spent < TIMED_SECONDS; round++, count += some.length)
    spent += await clip.time(levels, some);
  const crop = spent / count;
  const preview = (await dino.time(levels)) + crop;
  return { crop, preview, batch };
}

export interface PlanInput {
  readonly settings: TrainingSettings;
  readonly clip: ClipEncoder;
  readonly dino: DinoEncoder;
  readonly speed: Speed;
  readonly folder: string;
  readonly provider: ExecutionProvider;
  readonly memoryBytes: number | null;
  /** of every photo of the job */
  readonly sizes: readonly PlanSize[];
  /** indices into `sizes`: photos without preview, photos without crops */
  readonly previews: readonly number[];
  readonly crops: readonly number[];
  readonly heldOut: number;
}

function refusalOf(plan: Omit<FeaturePlan, 'refusal'>, free: number, bound: number, input: PlanInput): Saying | null {
  const { settings, clip } = input;
  const lighter: string[] = [];
  if (settings.featureDetail === 'full') lighter.push('--feature-detail standard');
  if (settings.featureDetail !== 'fast') lighter.push('--feature-detail fast');
  const instead = { lighter: lighter.map((flag) => `${flag}, or `).join(''), clip: clip.model.name };
  if (plan.seconds > MAX_SECONDS) {
    const [hours, limit] = [plan.seconds, MAX_SECONDS].map((seconds) => Math.round(seconds / 3600));
    return said('wordsTakeLong', { hours, limit, ...instead });
  }
  if (plan.diskBytes > free) {
    const [needed, there] = [plan.diskBytes, free].map((bytes) => Math.ceil(bytes / MEBIBYTE));
    return said('wordsTakeDisk', { needed, there, folder: input.folder, ...instead });
  }
  if (input.memoryBytes !== null && plan.memoryBytes > bound) {
    const [needed, there] = [plan.memoryBytes, bound].map((bytes) => Math.ceil(bytes / MEBIBYTE));
    return said('wordsTakeMemory', { needed, there, ...instead });
  }
  return null;
}

/** The plan of a job whose encoders are open. */
export async function makePlan(input: PlanInput): Promise<FeaturePlan> {
  const { settings, clip, dino, speed, sizes } = input;
  const counts = input.crops.map((photo) => cropCount(sizes[photo], settings));
  const cropsTotal = counts.reduce((sum, count) => sum + count, 0);
  const forwards = cropsTotal + input.previews.length;
  const clipFlops = clip.cost.flops === null ? null : clip.cost.flops * forwards;
  const dinoFlops = dino.cost.flops === null ? null : dino.cost.flops * dino.passes * input.previews.length;
  const disk = input.crops.map((photo, i) => {
    const { rows, columns } = patchWindows(sizes[photo], dino.patch, dino.tokenRows, null);
    return 2 * (counts[i] * clip.width + rows * columns * dino.width) + 4096;
  });
  const bound = memoryBound(input.memoryBytes);
  const photoBytes = sizes.map(({ width, height }) => width * height * 3);
  const largest = photoBytes.reduce((most, bytes) => Math.max(most, bytes), 0);
  const decoded = Math.min(
    photoCacheBytes(settings.photoCache, bound),
    photoBytes.reduce((sum, bytes) => sum + bytes, 0),
  );
  const first = sizes[input.crops[0]] ?? sizes[0];
  const plan = {
    type: 'plan' as const,
    detail: settings.featureDetail,
    crops: settings.crops,
    photos: sizes.length,
    cached: sizes.length - input.crops.length,
    heldOut: input.heldOut,
    clip: {
      name: clip.model.name,
      width: clip.width,
      inputWidth: clip.input.width,
      inputHeight: clip.input.height,
      passes: counts[0] ?? 0,
      flops: clip.cost.flops,
    },
    dino: {
      name: dino.model.name,
      width: dino.width,
      inputWidth: dino.input.width,
      inputHeight: dino.input.height,
      passes: dino.passes,
      flops: dino.cost.flops,
    },
    levels: settings.crops === 'pyramid' ? chosenScales(settings) : [],
    ...denseGrid(first.width, first.height, gridRows(settings)),
    cropsTotal,
    flops: clipFlops === null || dinoFlops === null ? null : clipFlops + dinoFlops,
    seconds: cropsTotal * speed.crop + input.previews.length * speed.preview,
    diskBytes: disk.reduce((sum, bytes) => sum + bytes, 0),
    // What loading, a batch and a preview needed, and the decoded photos, one of them with its halvings.
    memoryBytes: process.resourceUsage().maxRSS * 1024 + decoded + 2 * largest,
    batch: speed.batch,
    provider: input.provider,
    reason: input.provider === 'cpu' ? 'runs everywhere' : 'asked for',
    threads: threadBudget(settings.threads),
    preview: clip.hasPatches ? ('patches' as const) : ('photo' as const),
  };
  const { bavail, bsize } = await statfs(input.folder);
  return { ...plan, refusal: refusalOf(plan, bavail * bsize, bound, input) };
}
