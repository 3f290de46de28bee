/** The state that the studio keeps every page told of. */
import { z } from 'zod';
import { exportState, meshPreviewState } from './exportMessages';
import { labelsState } from './labels';
import { trainerFailure } from './messages';
import { saying, sayingParts } from './sayings';
import { trainingSettings } from './settings';
import { askRequest, count, encoderKind, path, photoName, queryText, savedView, share } from './studioParts';
import { modelState } from './studioReplies';
import { trainerStates } from './trainerLife';

const colour = z.string().regex(/^#[0-9a-f]{6}$/);

export const stageStates = ['off', 'waiting', 'running', 'paused', 'done', 'failed'] as const;
/** One of the four bars: how far it is and what it says of itself. */
export const stage = z.object({
  state: z.enum(stageStates),
  done: count,
  total: count,
  etaSeconds: z.number().min(0).nullable(),
  /** why it is off or failed; empty otherwise, whatever the code is */
  reason: z.string(),
  ...sayingParts,
});
export type Stage = z.infer<typeof stage>;

export const codebookEntry = z.object({
  /** null without words to name it by */
  name: z.string().nullable(),
  similarity: z.number().nullable(),
  /** of the cells */
  share,
  colour,
});
export type CodebookEntry = z.infer<typeof codebookEntry>;

/** The coordinates that are trained and looked at, by those of the capture: x = (x_capture − centre)·scale. */
const sceneFrame = z.object({ centre: z.tuple([z.number(), z.number(), z.number()]), scale: z.number().positive() });
export type CaptureFrame = z.infer<typeof sceneFrame>;

export const openProject = z.object({
  kind: z.enum(['project', 'splats']),
  path,
  name: z.string(),
  capture: path.nullable(),
  photos: count,
  heldOut: count,
  /** photos as trained on */
  width: count,
  height: count,
  /** a demo room's exact truth lies beside it */
  truth: z.boolean(),
  frame: sceneFrame,
  /** of the capture's coordinates; a demo room is in metres */
  units: z.enum(['metre', 'unknown']),
  views: z.array(savedView).max(200),
  disabled: z.array(photoName),
  /** texts that were asked, newest first */
  history: z.array(queryText).max(100),
});

export const studioState = z.object({
  /** what is being opened or made now; null when nothing is */
  opening: z.object({ path, stage: z.string(), done: count, total: count }).nullable(),
  project: openProject.nullable(),
  stages: z.object({ geometry: stage, features: stage, codebook: stage, semantics: stage }),
  trainer: z
    .object({
      state: z.enum(trainerStates),
      step: count,
      steps: count,
      splats: count,
      loss: z.number().nullable(),
      /** dB, of training photos, smoothed */
      psnr: z.number().nullable(),
      stepsPerSecond: z.number().min(0),
      etaSeconds: z.number().min(0),
      memoryBytes: count,
      cpuSeconds: z.number().min(0),
      viewerShare: share,
      backend: z.string(),
      reason: saying,
      instructionSet: z.string(),
      threads: count,
      /** paused since what is left is of semantics alone, which wait for index maps */
      awaitsMaps: z.boolean(),
    })
    .nullable(),
  /** newest evaluation on the held-out photos */
  heldOut: z.object({ step: count, psnr: z.number(), ssim: z.number() }).nullable(),
  semantics: z.object({ joinedAt: count, crossEntropy: z.number(), accuracy: share, uncertainty: share }).nullable(),
  features: z
    .object({
      stage: z.enum(['preview', 'crops']),
      /** the photo that is being looked at, and the newest with an index map */
      photo: z.string(),
      crops: count,
      cropsTotal: count,
      cropsPerSecond: z.number().min(0),
      clip: z.string(),
      dino: z.string(),
      provider: z.string(),
      /** why it will not start, with what to do instead */
      refusal: saying.nullable(),
    })
    .nullable(),
  codebook: z
    .object({
      /** rises when entries or maps change */
      revision: count,
      /** it is being learned: entries and maps are as they are by now */
      provisional: z.boolean(),
      entries: z.array(codebookEntry).max(255),
      dead: count,
      perplexity: z.number().min(0).nullable(),
      cosineClip: z.number().nullable(),
      cosineDino: z.number().nullable(),
      /** learned by the toy encoders, which know the things of a demo room and nothing else */
      toys: z.boolean(),
      /** a photo whose map is new; '' before the first */
      newestMap: z.string(),
    })
    .nullable(),
  /** the newest checkpoint */
  saved: z.object({ step: count, at: z.iso.datetime() }).nullable(),
  ask: z
    .object({
      revision: count,
      /** null for likeness */
      request: askRequest.nullable(),
      /** what is shown for each class, with its colour */
      classes: z.array(z.object({ name: z.string(), colour })).max(24),
      /** being worked out */
      pending: z.boolean(),
      /** why there is no answer, and at which column of which question (0-based) */
      problem: saying.extend({ question: count.nullable(), column: count.nullable() }).nullable(),
    })
    .nullable(),
  /** null where nothing can be labelled: no project, or a splat file alone */
  labels: labelsState.nullable(),
  /** the last export of this session; null before the first */
  export: exportState.nullable(),
  /** the last coarse mesh; null before the first */
  meshPreview: meshPreviewState.nullable(),
  /** whether words can be asked at all, and why not */
  words: z.object({
    ready: z.boolean(),
    reason: z.string(),
    ...sayingParts,
    /** encoders without which they cannot be learned; found out when it was tried */
    missing: z.array(encoderKind),
  }),
  /** models that are being pulled */
  pulls: z.array(modelState).max(64),
  settings: trainingSettings.nullable(),
  failure: z.object({ failure: trainerFailure, step: count, checkpointStep: count.nullable() }).nullable(),
  /** newest last */
  warnings: z.array(saying.extend({ at: z.iso.datetime() })).max(50),
  /** memory of all processes of the studio, bytes */
  memoryBytes: count,
});
export type StudioState = z.infer<typeof studioState>;
