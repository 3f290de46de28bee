/**
 * What a viewer wants of the trainer, and what the trainer says back besides frames (frame.ts). The studio relays both and joins
 * the wishes of several pages; the trainer sees one viewer.
 *
 * Frames are latest wins: the trainer sends the next one after the last was taken (`taken`), so a slow viewer never slows it.
 * It spends at most 2 % of its time on snapshots, overlays and pictures; what was asked for last is served first.
 */
import { z } from 'zod';
import { cameraSchema, overlayNames, pictureChannels } from './frame';
import { sayingParts } from './sayings';

const count = z.int().min(0);
const id = z.int().min(0).max(0xffff_ffff);

const floats = z.custom<Float32Array>((value) => value instanceof Float32Array, 'not a Float32Array');

/** Relevancies of texts and negatives are worked out by the studio, which has the text encoder; the trainer has the splats. */
export const askOrder = z.strictObject({
  /** rises with every change, so that an answer tells what it answers */
  revision: count,
  /** expressions (METHOD §5), each a class; empty when asked by likeness */
  questions: z.array(z.string().min(1).max(1000)).max(64),
  /** the texts in the expressions */
  texts: z.array(z.string().min(1).max(1000)).max(256),
  /** relevancy of every entry to every text, [texts, entries]; of likeness one row */
  relevancies: floats,
  /** features are mixed first: products of the entries with each other, with every text and with every negative; null: relevancies are */
  products: z.strictObject({ gram: floats, toTexts: floats, toNegatives: floats }).nullable(),
  /** codebook that the entries belong to */
  codebook: z.string().max(128),
});
export type AskOrder = z.infer<typeof askOrder>;

/** Of a page, and of all pages together. */
export const watchCommand = z.strictObject({
  type: z.literal('watch'),
  geometry: z.boolean(),
  overlays: z.array(z.enum(overlayNames)).max(overlayNames.length),
});

/** What a look asks to see. */
export const lookedAt = {
  camera: cameraSchema,
  channel: z.enum(pictureChannels),
  way: z.enum(['decoded', 'blended']),
  /** draws only splats that have no label in the active layer; absent: all */
  unlabelled: z.boolean().optional(),
};

/** Parts of `trainerCommand` (messages.ts). */
export const viewerCommands = [
  /** what the viewers show, together; no overlays and no geometry when nobody looks */
  watchCommand,
  /** the frame was taken off the trainer's hands */
  z.strictObject({ type: z.literal('taken'), sequence: count }),
  /** render this pose between steps; a newer look of the same viewer replaces one that waits */
  z.strictObject({
    type: z.literal('look'),
    request: count,
    viewer: count,
    ...lookedAt,
  }),
  /** what is asked; null stops asking */
  z.strictObject({ type: z.literal('ask'), ask: askOrder.nullable() }),
  /** the read-out of one splat */
  z.strictObject({ type: z.literal('inspect'), request: count, id }),
  /** which photos disagree most about these splats */
  z.strictObject({ type: z.literal('why'), request: count, ids: z.array(id).min(1).max(4096) }),
] as const;

export const splatReadout = z.object({
  id,
  parent: id,
  position: z.tuple([z.number(), z.number(), z.number()]),
  opacity: z.number().min(0).max(1),
  /** longest standard deviation, world units */
  scale: z.number().min(0),
  /** null until semantics have joined, like the following */
  uncertainty: z.number().min(0).max(1).nullable(),
  /** most probable first, 0-based with shares of M̂; empty until semantics have joined */
  entries: z.array(z.object({ entry: count, share: z.number().min(0).max(1) })).max(4),
  /** one a question that is asked */
  scores: z.array(z.number().min(0).max(1)).max(64),
});
export type SplatReadout = z.infer<typeof splatReadout>;

/** How one photo sees a region. */
export const photoOpinion = z.object({
  photo: z.string(),
  /** the entry that most of its pixels there say, 0-based */
  entry: count,
  /** their share of the region's labelled pixels in that photo */
  share: z.number().min(0).max(1),
  /** mean cross-entropy of the region's decoded M̂ against this photo's labels, nats */
  crossEntropy: z.number(),
  /** mean cross-entropy of the whole photo, nats: a bad photo shows here, not in u; null when unknown */
  photoCrossEntropy: z.number().nullable(),
  /** where the region is in the photo, shares of width and height */
  x: z.number(),
  y: z.number(),
  /** pixels of the region that the photo sees, at training resolution */
  pixels: count,
});
export type PhotoOpinion = z.infer<typeof photoOpinion>;

/** Parts of `trainerEvent` (messages.ts). */
export const viewerEvents = [
  z.object({
    type: z.literal('inspected'),
    request: count,
    /** null when no such splat lives any more */
    readout: splatReadout.nullable(),
  }),
  z.object({
    type: z.literal('explained'),
    request: count,
    /** disagreeing most first, three at most; empty when no photo labels the region */
    photos: z.array(photoOpinion).max(3),
    /** photos that see it with a label */
    seenBy: count,
    /** why there is no answer; null when there is one */
    problem: z.string().nullable(),
    ...sayingParts,
  }),
] as const;
