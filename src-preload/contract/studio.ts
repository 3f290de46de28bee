/**
 * What a page may ask of the studio, what it gets back, and the state that the studio keeps it told of. The same shapes travel
 * over the bridge (desktop) and over a WebSocket (server); bulk data comes as frames (frame.ts), pictures of photos and maps by URL
 * (`mediaPath`).
 *
 * Commands are answered one by one: with a reply, or with a failure that names what to do. State is latest wins, except for the
 * curves, which only grow.
 */
import { z } from 'zod';
import { cameraSchema, overlayNames, pictureChannels } from './frame';
import { exportFormats, exportState, meshPreviewState } from './exportMessages';
import { labelCommands, labelReplies, labelsState } from './labels';
import { settingsChange, trainerFailure } from './messages';
import { trainingSettings } from './settings';
import { trainerStates } from './trainerLife';
import { photoOpinion, splatReadout } from './viewerMessages';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const path = z.string().min(1).max(4096);
const photoName = z.string().min(1).max(1024);
const queryText = z.string().max(1000);
const encoderKind = z.enum(['clip', 'dino']);
const colour = z.string().regex(/^#[0-9a-f]{6}$/);

/** What is asked of the scene, as a person said it. */
export const askRequest = z.strictObject({
  /** expressions (METHOD §5); one is a mask, several are classes */
  questions: z.array(queryText.min(1)).min(1).max(24),
  negatives: z.array(queryText.min(1)).max(64),
  /** what is mixed by the shares of a splat's entries: their relevancies, or, as published, their features (METHOD §5) */
  order: z.enum(['relevancies', 'features']),
});
export type AskRequest = z.infer<typeof askRequest>;

export const savedView = z.strictObject({ name: z.string().min(1).max(200), camera: cameraSchema });
export type SavedView = z.infer<typeof savedView>;

const settings = trainingSettings.partial();

export const studioCommand = z.discriminatedUnion('type', [
  // ---- opening
  /** what a capture, a project or a splat file is, and what training it would cost and write; changes nothing */
  z.strictObject({ type: z.literal('preview'), path, settings }),
  /** folders, captures, projects and splat files in a folder of the studio's machine; null: the home folder */
  z.strictObject({ type: z.literal('browse'), path: path.nullable() }),
  /** a project, shown in its last state; or a splat file, to look at */
  z.strictObject({ type: z.literal('open'), path }),
  /** makes a project for a capture and starts to train it */
  z.strictObject({ type: z.literal('create'), capture: path, project: path, settings, paused: z.boolean() }),
  /** the demo room: makes what is missing, opens it, trains it */
  z.strictObject({ type: z.literal('openDemo') }),
  /** saves and closes what is open; while something is being opened, gives that up instead */
  z.strictObject({ type: z.literal('close') }),
  z.strictObject({ type: z.literal('forget'), path }),

  // ---- the pipeline
  z.strictObject({ type: z.literal('train'), settings, resume: z.boolean(), paused: z.boolean() }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
  z.strictObject({ type: z.literal('stop') }),
  z.strictObject({ type: z.literal('save') }),
  z.strictObject({ type: z.literal('change'), settings: settingsChange }),
  z.strictObject({ type: z.literal('disable'), photos: z.array(photoName).max(100_000) }),
  /** makes features and codebook, or goes on with them */
  z.strictObject({ type: z.literal('learnWords'), settings, acceptCost: z.boolean() }),
  z.strictObject({ type: z.literal('cancelWords') }),

  // ---- asking
  /** `keep` puts it into the history: false while a person is still typing */
  z.strictObject({ type: z.literal('ask'), ask: askRequest.nullable(), keep: z.boolean() }),
  /** "more like this": a living splat */
  z.strictObject({ type: z.literal('like'), id: count }),
  /** hands out the colours of entries and classes anew; 0 as they come */
  z.strictObject({ type: z.literal('reshuffle'), seed: z.int().min(0).max(0xffff_ffff) }),

  // ---- looking
  z.strictObject({
    type: z.literal('watch'),
    geometry: z.boolean(),
    overlays: z.array(z.enum(overlayNames)).max(overlayNames.length),
  }),
  /** the page is done with a frame and takes the next */
  z.strictObject({ type: z.literal('taken'), sequence: count }),
  z.strictObject({
    type: z.literal('look'),
    request: count,
    camera: cameraSchema,
    channel: z.enum(pictureChannels),
    way: z.enum(['decoded', 'blended']),
  }),
  z.strictObject({ type: z.literal('inspect'), id: count }),
  z.strictObject({ type: z.literal('why'), ids: z.array(count).min(1).max(4096) }),
  /** the photos of what is open */
  z.strictObject({ type: z.literal('photos') }),
  z.strictObject({ type: z.literal('saveView'), view: savedView }),
  z.strictObject({ type: z.literal('removeView'), name: z.string() }),

  // ---- labelling
  ...labelCommands,
  /** in the formats of other tools, into the project's exports, from a checkpoint that is written for it */
  z.strictObject({ type: z.literal('export'), format: z.enum(exportFormats) }),
  z.strictObject({ type: z.literal('cancelExport') }),
  /** a coarse mesh of now, to look at before it is exported */
  z.strictObject({ type: z.literal('previewMesh') }),
  z.strictObject({ type: z.literal('cancelPreview') }),

  // ---- models
  z.strictObject({ type: z.literal('models') }),
  z.strictObject({ type: z.literal('pull'), model: z.string().min(1).max(200) }),
  z.strictObject({ type: z.literal('cancelPull'), model: z.string().min(1).max(200) }),
]);
export type StudioCommand = z.infer<typeof studioCommand>;
export type StudioCommandType = StudioCommand['type'];

/** What would be opened. Figures that are not known are null, never guessed. */
export const preview = z.object({
  kind: z.enum(['capture', 'project', 'splats']),
  path,
  name: z.string(),
  /** of a capture: how it is written, e.g. "COLMAP binary" */
  format: z.string(),
  /** all of them, of which `heldOut` are not trained on */
  photos: count,
  heldOut: count,
  /** of the first photo, as it lies on disk */
  width: count,
  height: count,
  /** sparse points of a capture, or splats */
  points: count,
  /** at most 4,096 of the sparse points, for the picture: x y z … in world units, and red green blue … */
  cloud: z.object({ positions: z.array(z.number()), colours: z.array(z.int().min(0).max(255)) }),
  /** at most 400 cameras */
  cameras: z.array(z.object({ photo: z.string(), heldOut: z.boolean(), camera: cameraSchema })).max(400),
  warnings: z.array(z.string()),
  /** where a project would be, that nothing is there yet, and how much the disk has free */
  project: path,
  projectExists: z.boolean(),
  writable: z.boolean(),
  freeBytes: count.nullable(),
  /** bytes that a run writes, about: checkpoints and features */
  writesBytes: count,
  /** photos as trained on */
  trainedWidth: count,
  trainedHeight: count,
  steps: count,
  /** of training on this machine, about, from what its last run showed; of a project, of what is left. Null where nothing is known */
  seconds: z.number().nullable(),
  /** models that features would use, or why there will be none */
  words: z.object({
    clip: z.string().nullable(),
    dino: z.string().nullable(),
    problem: z.string().nullable(),
    /** not on this machine, though they can be had */
    missing: z.array(encoderKind),
  }),
  /** of a project: its last checkpoint */
  checkpointStep: count.nullable(),
});
export type Preview = z.infer<typeof preview>;

export const folderEntry = z.object({
  name: z.string(),
  path,
  kind: z.enum(['folder', 'capture', 'project', 'splats']),
});
export const folderListing = z.object({
  path,
  parent: path.nullable(),
  entries: z.array(folderEntry).max(2000),
  /** entries that were left out */
  more: count,
});
export type FolderListing = z.infer<typeof folderListing>;

export const photoState = z.object({
  name: photoName,
  heldOut: z.boolean(),
  disabled: z.boolean(),
  /** pinhole of the undistorted photo at training resolution */
  camera: cameraSchema,
  hasMap: z.boolean(),
  /** of the last evaluation; null for photos that are trained on */
  psnr: z.number().nullable(),
});
export type PhotoState = z.infer<typeof photoState>;

export const modelState = z.object({
  name: z.string(),
  kind: encoderKind,
  title: z.string(),
  licence: z.string(),
  /** where it comes from, for people */
  source: z.string(),
  bytes: count.nullable(),
  /** built in: came with Legato */
  state: z.enum(['builtIn', 'installed', 'absent', 'pulling', 'failed']),
  doneBytes: count,
  problem: z.string().nullable(),
});
export type ModelState = z.infer<typeof modelState>;

/** Replies by command; what is not listed is answered with null. */
export const studioReplies = {
  preview,
  browse: folderListing,
  inspect: splatReadout.nullable(),
  why: z.object({ photos: z.array(photoOpinion).max(3), seenBy: count, problem: z.string().nullable() }),
  photos: z.array(photoState),
  models: z.array(modelState),
  ...labelReplies,
} as const;
export type StudioReply<T extends StudioCommandType> = T extends keyof typeof studioReplies
  ? z.infer<(typeof studioReplies)[T]>
  : null;

// ---- state

export const stageStates = ['off', 'waiting', 'running', 'paused', 'done', 'failed'] as const;
/** One of the four bars: how far it is and what it says of itself. */
export const stage = z.object({
  state: z.enum(stageStates),
  done: count,
  total: count,
  etaSeconds: z.number().min(0).nullable(),
  /** why it is off or failed; empty otherwise */
  reason: z.string(),
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
      reason: z.string(),
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
      refusal: z.string().nullable(),
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
      problem: z.object({ message: z.string(), question: count.nullable(), column: count.nullable() }).nullable(),
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
    /** encoders without which they cannot be learned; found out when it was tried */
    missing: z.array(encoderKind),
  }),
  /** models that are being pulled */
  pulls: z.array(modelState).max(64),
  settings: trainingSettings.nullable(),
  failure: z.object({ failure: trainerFailure, step: count, checkpointStep: count.nullable() }).nullable(),
  /** newest last */
  warnings: z.array(z.object({ at: z.iso.datetime(), message: z.string() })).max(50),
  /** memory of all processes of the studio, bytes */
  memoryBytes: count,
});
export type StudioState = z.infer<typeof studioState>;

/** One point of the curves; null where nothing was measured at that step. */
export const curvePoint = z.object({
  step: count,
  /** s of training since the run began */
  seconds: z.number().min(0),
  loss: z.number().nullable(),
  psnr: z.number().nullable(),
  heldOutPsnr: z.number().nullable(),
  splats: count.nullable(),
  stepsPerSecond: z.number().nullable(),
  crossEntropy: z.number().nullable(),
  accuracy: z.number().nullable(),
  uncertainty: z.number().nullable(),
});
export type CurvePoint = z.infer<typeof curvePoint>;
export const CURVE_LIMIT = 20_000;

export const studioEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: studioState }),
  /** points to append; with `from` 0 the curve begins anew. A page that finds a gap asks by reconnecting */
  z.object({ type: z.literal('curves'), from: count, points: z.array(curvePoint).max(CURVE_LIMIT) }),
]);
export type StudioEvent = z.infer<typeof studioEvent>;

/** What went wrong with a command, for people. */
export const commandFailure = z.object({
  kind: z.string().max(100),
  message: z.string().max(4000),
  /** of a file, the system or a label, such as no-space or locked: a page chooses its own words by it */
  code: z.string().max(100).optional(),
  fault: z.enum(['input', 'environment', 'internal']),
});
export type CommandFailure = z.infer<typeof commandFailure>;

/**
 * Path of a picture below the page's origin. A map is grey, its pixel the entry + 1; 0 is no label. A mesh is the coarse one that was made
 * last, as binary glTF, whatever is given for `photo`.
 */
export const mediaKinds = ['photo', 'map', 'mesh'] as const;
export type MediaKind = (typeof mediaKinds)[number];
/** @param side  long side in pixels, at most; photos only. @param revision  changes when the picture does */
export function mediaPath(kind: MediaKind, photo: string, side: number, revision = 0): string {
  return `media/${kind}/${encodeURIComponent(photo)}?side=${side}&r=${revision}`;
}
