/**
 * What a page may ask of the studio, what it gets back, and the state that the studio keeps it told of. The same shapes travel
 * over the bridge (desktop) and over a WebSocket (server); bulk data comes as frames (frame.ts), pictures of photos and maps by URL
 * (`mediaPath`).
 *
 * Commands are answered one by one: with a reply, or with a failure that names what to do. State is latest wins, except for the
 * curves, which only grow.
 */
import { z } from 'zod';
import { sayingParts } from './sayings';
import { count } from './studioParts';
import { studioState } from './studioState';

export { askRequest, savedView, type AskRequest, type SavedView } from './studioParts';
export * from './studioCommands';
export * from './studioReplies';
export * from './studioState';

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
  /** a page chooses its own words by it */
  ...sayingParts,
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
