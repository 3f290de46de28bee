/**
 * Everything that is said to the language process (encoders, codebook) and everything that it says: one union each, checked
 * where it crosses a process or a socket. A process does one job at a time; features and maps travel as files, never in here.
 */
import { z } from 'zod';
import { codebookCommand, codebookEvents } from './codebookMessages';
import { trainerFailure } from './messages';
import { saying } from './sayings';
import { trainingSettings } from './settings';

const count = z.int().min(0);
const seconds = z.number().min(0);
const bytes = z.int().min(0);

export const executionProviders = ['cpu', 'webgpu', 'cuda'] as const;
export type ExecutionProvider = (typeof executionProviders)[number];

/** preview: one forward a photo; crops: all crops of the plan */
export const featureStages = ['preview', 'crops'] as const;
export type FeatureStage = (typeof featureStages)[number];

const featuresCommand = z.strictObject({
  type: z.literal('features'),
  /** folder or file of the capture */
  capture: z.string().min(1),
  /** folder of the cache, which exists: `features/` of the project */
  features: z.string().min(1),
  /** what differs from the preset */
  settings: trainingSettings.partial(),
  /** encode the held-out photos too */
  all: z.boolean(),
  provider: z.enum(executionProviders),
  /** bound on what encoders and batches take; null chooses from what is free */
  memoryBytes: z.int().min(1).nullable(),
  /** start although the plan is refused for its cost */
  acceptCost: z.boolean(),
  /** stop after the plan */
  planOnly: z.boolean(),
  /** folder for a picture of each photo's features (principal components); null for none */
  pictures: z.string().min(1).nullable(),
  /** folder for first index maps, made from the preview while crops are still to come; null for none */
  firstMaps: z.string().min(1).nullable(),
});
export type FeaturesCommand = z.infer<typeof featuresCommand>;

export const languageCommand = z.discriminatedUnion('type', [
  featuresCommand,
  codebookCommand,
  /** ends the job within a batch; what is finished stays */
  z.strictObject({ type: z.literal('cancel') }),
]);
export type LanguageCommand = z.infer<typeof languageCommand>;
export type LanguageJobCommand = Exclude<LanguageCommand, { type: 'cancel' }>;

const encoder = z.object({
  name: z.string(),
  /** width of its embeddings */
  width: count,
  /** of the pictures it is fed, px */
  inputWidth: count,
  inputHeight: count,
  /** forward passes a photo */
  passes: count,
  /** floating-point operations of one pass, 2 for a multiply-add; null when they cannot be counted */
  flops: z.number().min(0).nullable(),
});

/** What the features of a capture will cost, measured and computed before anything is encoded. */
export const featurePlan = z.object({
  type: z.literal('plan'),
  detail: z.string(),
  crops: z.string(),
  /** photos of this job, of which `cached` need nothing */
  photos: count,
  cached: count,
  /** of these, held out from training */
  heldOut: count,
  clip: encoder,
  dino: encoder,
  /** edge of each level's crops, in photo heights; empty for random crops */
  levels: z.array(z.number()),
  /** of the first photo's dense grid */
  rows: count,
  columns: count,
  cropsTotal: count,
  /** floating-point operations of the job; null when they cannot be counted */
  flops: z.number().min(0).nullable(),
  /** from a timed batch on this machine */
  seconds,
  diskBytes: bytes,
  memoryBytes: bytes,
  /** crops a batch */
  batch: count,
  provider: z.enum(executionProviders),
  /** why this provider */
  reason: z.string(),
  threads: count,
  /** where the CLIP half of the preview comes from */
  preview: z.enum(['patches', 'photo']),
  /** why it will not start, with what to do instead; null when it will */
  refusal: saying.nullable(),
});
export type FeaturePlan = z.infer<typeof featurePlan>;

export const languageEvent = z.discriminatedUnion('type', [
  featurePlan,
  ...codebookEvents,
  z.object({
    type: z.literal('progress'),
    stage: z.enum(featureStages),
    photo: z.string(),
    /** photos of this stage that are done */
    photos: count,
    photosTotal: count,
    crops: count,
    cropsTotal: count,
    cropsPerSecond: z.number().min(0),
    etaSeconds: seconds,
    /** user + system of the process */
    cpuSeconds: seconds,
    /** resident memory of the process */
    memoryBytes: bytes,
  }),
  z.object({ type: z.literal('photoDone'), photo: z.string(), stage: z.enum(featureStages), bytes, seconds }),
  z.object({ type: z.literal('picture'), photo: z.string(), file: z.string() }),
  /** `photo` is set when that photo was given up; the others go on */
  saying.extend({ type: z.literal('warning'), photo: z.string().nullable() }),
  z.object({ type: z.literal('failed'), failure: trainerFailure }),
  z.object({
    type: z.literal('finished'),
    /** false when it was cancelled */
    complete: z.boolean(),
    /** photos whose crops are in the cache now */
    photos: count,
    /** of these, found there */
    cached: count,
    /** photos that were given up */
    abandoned: z.array(z.object({ photo: z.string(), message: z.string() })),
    crops: count,
    /** while crops were encoded */
    cropsPerSecond: z.number().min(0),
    flops: z.number().min(0).nullable(),
    /** time spent in the encoders */
    encoderSeconds: seconds,
    wallSeconds: seconds,
    cpuSeconds: seconds,
    peakMemoryBytes: bytes,
    /** of the cache */
    diskBytes: bytes,
  }),
]);
export type LanguageEvent = z.infer<typeof languageEvent>;
export type LanguageEventOf<T extends LanguageEvent['type']> = Extract<LanguageEvent, { type: T }>;
