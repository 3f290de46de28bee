/**
 * Everything that is said to a trainer (commands) and everything that it says (events): one union each, checked where it
 * crosses a process or a socket. Bulk data never travels in these; they are headers.
 */
import { z } from 'zod';
import { labelTrainerCommands, labelTrainerEvents } from './labels';
import { saying, sayingParts } from './sayings';
import { trainingSettings } from './settings';
import type { SettingName } from './settings';
import { trainerStates } from './trainerLife';
import { viewerCommands, viewerEvents } from './viewerMessages';

const count = z.int().min(0);
const seconds = z.number().min(0);
/** dB; a perfect picture has infinite PSNR, which JSON cannot say: it is capped where it is computed */
const decibel = z.number();

/**
 * Settings that may change while a run goes on; the others decide what the run is. A length that has been passed already ends the
 * run with the next step.
 */
export const liveSettings = [
  'steps',
  'checkpointInterval',
  'evaluationInterval',
  'meansRateStart',
  'meansRateEnd',
  'sphericalHarmonicsRate',
  'sphericalHarmonicsRestDivisor',
  'opacityRate',
  'logScalesRate',
  'quaternionsRate',
  'rateDecay',
  'ssimWeight',
  'densityStart',
  'densityStop',
  'densityInterval',
  'densityShortestInterval',
  'gradientThreshold',
  'cloneScale',
  'splitDivisor',
  'pruneOpacity',
  'pruneRadius',
  'pruneScale',
  'hazeStep',
  'hazeOpacity',
  'hazeScale',
  'opacityResetInterval',
  'opacityResetTo',
  'maxSplats',
  'prefetch',
  'threads',
  'semanticFrom',
  'semanticSteps',
  'semanticWeight',
  'crossEntropyWeight',
  'uncertaintyWeight',
  'learnUncertainty',
  'semanticSamples',
  'labelWeight',
  'semanticRate',
  'uncertaintyRate',
  'networkRate',
  'smoothingWeight',
  'smoothingFloor',
  'smoothingSamples',
  'smoothingInterval',
] as const satisfies readonly SettingName[];

/** Settings that may differ when a saved run is continued. */
export const resumableSettings: readonly SettingName[] = [...liveSettings, 'backend', 'memory', 'photoCache'];

const liveMask = Object.fromEntries(liveSettings.map((name) => [name, true])) as Record<
  (typeof liveSettings)[number],
  true
>;
export const settingsChange = trainingSettings.pick(liveMask).partial();
export type SettingsChange = z.infer<typeof settingsChange>;

export const trainerCommand = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    /** folder or file of the capture */
    capture: z.string().min(1),
    /** the project folder, which exists */
    project: z.string().min(1),
    /** what differs from the preset; when resuming, from the settings of the run that is continued */
    settings: trainingSettings.partial(),
    /** continue from the newest checkpoint; only `resumableSettings` may then differ */
    resume: z.boolean(),
    paused: z.boolean().optional(),
  }),
  /** a splat file alone, to look at; nothing can be trained */
  z.strictObject({ type: z.literal('show'), splats: z.string().min(1) }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
  /** finish early: save, evaluate if asked, end */
  z.strictObject({ type: z.literal('stop'), evaluate: z.boolean() }),
  z.strictObject({ type: z.literal('checkpoint') }),
  z.strictObject({ type: z.literal('evaluate') }),
  z.strictObject({ type: z.literal('change'), settings: settingsChange }),
  /** photos that are not trained on from the next step; all others are. Not of a run's held-out photos */
  z.strictObject({ type: z.literal('disable'), photos: z.array(z.string()).max(100_000) }),
  ...viewerCommands,
  ...labelTrainerCommands,
]);
export type TrainerCommand = z.infer<typeof trainerCommand>;
export type StartCommand = Extract<TrainerCommand, { type: 'start' }>;

/** What went wrong, as data; `kind` is the error's class, or `crash` when the process died. */
export const trainerFailure = z.object({
  kind: z.string(),
  message: z.string(),
  file: z.string().optional(),
  /** a page chooses its own words by it */
  ...sayingParts,
  /** input: the capture or the settings; environment: this machine; internal: Legato's own mistake */
  fault: z.enum(['input', 'environment', 'internal']),
  /** only for developers */
  stack: z.string().optional(),
});
export type TrainerFailure = z.infer<typeof trainerFailure>;

export const photoScore = z.object({ photo: z.string(), psnr: decibel, ssim: z.number() });
export type PhotoScore = z.infer<typeof photoScore>;

export const trainerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: z.enum(trainerStates), step: count }),
  z.object({
    type: z.literal('prepared'),
    photos: count,
    heldOut: count,
    splats: count,
    /** pixels of the first photo as trained on */
    width: count,
    height: count,
    backend: z.string(),
    /** why this backend */
    reason: saying,
    instructionSet: z.string(),
    threads: count,
    /** 0, or the step that a resumed run continues after */
    step: count,
    /** resident memory of the trainer: a run that is complete makes no progress that would tell */
    memoryBytes: count,
    /** the id that the next splat will get */
    nextId: count,
  }),
  z.object({
    type: z.literal('progress'),
    step: count,
    steps: count,
    loss: z.number(),
    /** dB, smoothed over the last training photos */
    psnr: decibel,
    splats: count,
    stepsPerSecond: z.number().min(0),
    etaSeconds: seconds,
    /** resident memory of the trainer */
    memoryBytes: count,
    /** user + system of the trainer */
    cpuSeconds: seconds,
    /** share of the trainer's time since the last report that went into what viewers see */
    viewerShare: z.number().min(0).max(1),
    /** null until semantics have joined */
    semantics: z
      .object({
        /** running, nats */
        crossEntropy: z.number(),
        /** share of sampled pixels that decode to their label */
        accuracy: z.number().min(0).max(1),
        /** mean R_u of the sampled pixels */
        uncertainty: z.number().min(0).max(1),
      })
      .nullable(),
  }),
  /** semantics are about to join: so many photos' index maps were lifted onto the splats, while the steps wait */
  z.object({ type: z.literal('lifting'), step: count, photos: count, of: count }),
  /** the steps that are left are of semantics alone and there are no index maps: the run pauses until it is resumed */
  z.object({ type: z.literal('awaitsMaps'), step: count, remaining: count }),
  /** semantics begin to learn with this step */
  z.object({ type: z.literal('joined'), step: count, entries: count, lifted: count }),
  z.object({
    type: z.literal('evaluation'),
    step: count,
    psnr: decibel,
    ssim: z.number(),
    photos: z.array(photoScore),
    splats: count,
    /** of the trainer, without the time that evaluations took */
    wallSeconds: seconds,
    cpuSeconds: seconds,
  }),
  z.object({ type: z.literal('checkpoint'), step: count, splats: count, seconds }),
  z.object({
    type: z.literal('density'),
    step: count,
    cloned: count,
    split: count,
    pruned: count,
    splats: count,
    opacityReset: z.boolean(),
  }),
  /** the photos that are not trained on */
  z.object({ type: z.literal('disabled'), step: count, photos: z.array(z.string()) }),
  ...viewerEvents,
  ...labelTrainerEvents,
  saying.extend({ type: z.literal('warning') }),
  z.object({ type: z.literal('failed'), step: count, failure: trainerFailure, checkpointStep: count.nullable() }),
  z.object({
    type: z.literal('finished'),
    step: count,
    splats: count,
    /** false when a person stopped the run */
    complete: z.boolean(),
    wallSeconds: seconds,
    cpuSeconds: seconds,
    peakMemoryBytes: count,
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEvent>;
export type TrainerEventOf<T extends TrainerEvent['type']> = Extract<TrainerEvent, { type: T }>;
