/** Pieces that commands, replies and the state of the studio have in common. */
import { z } from 'zod';
import { cameraSchema } from './frame';

export const count = z.int().min(0);
export const share = z.number().min(0).max(1);
export const path = z.string().min(1).max(4096);
export const photoName = z.string().min(1).max(1024);
export const queryText = z.string().max(1000);
export const encoderKind = z.enum(['clip', 'dino']);

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
