/** What a page gets back: previews, listings, photos, models. */
import { z } from 'zod';
import { cameraSchema } from './frame';
import { labelReplies } from './labels';
import { saying, sayingParts } from './sayings';
import type { StudioCommandType } from './studioCommands';
import { count, encoderKind, path, photoName } from './studioParts';
import { photoOpinion, splatReadout } from './viewerMessages';

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
  warnings: z.array(saying),
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
    problem: saying.nullable(),
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
  problem: saying.nullable(),
});
export type ModelState = z.infer<typeof modelState>;

/** Replies by command; what is not listed is answered with null. */
export const studioReplies = {
  preview,
  browse: folderListing,
  inspect: splatReadout.nullable(),
  why: z.object({
    photos: z.array(photoOpinion).max(3),
    seenBy: count,
    problem: z.string().nullable(),
    ...sayingParts,
  }),
  photos: z.array(photoState),
  models: z.array(modelState),
  ...labelReplies,
} as const;
export type StudioReply<T extends StudioCommandType> = T extends keyof typeof studioReplies
  ? z.infer<(typeof studioReplies)[T]>
  : null;
