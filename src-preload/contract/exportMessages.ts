/** Between the studio and the process that exports: one request, progress, one outcome. */
import { z } from 'zod';
import { trainerFailure } from './messages';

export const exportFormats = ['glb', 'ply-mesh', 'ply', 'masks'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export const exportStages = ['labels', 'views', 'surface', 'masks', 'writing'] as const;

const count = z.int().min(0);

export const exportCommand = z.strictObject({
  project: z.string().min(1),
  format: z.enum(exportFormats),
  /** of labels; null for the first one */
  layer: z.int().min(1).nullable(),
  threads: count,
});
export type ExportCommand = z.infer<typeof exportCommand>;

export const exportEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), stage: z.enum(exportStages), done: count, total: count }),
  z.object({ type: z.literal('exported'), file: z.string(), step: count, labelled: count, features: count }),
  z.object({ type: z.literal('failed'), failure: trainerFailure }),
]);
export type ExportEvent = z.infer<typeof exportEvent>;

/** An export as pages are told of it. */
export const exportState = z.object({
  format: z.enum(exportFormats),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  stage: z.enum(exportStages),
  done: count,
  total: count,
  /** absolute; null until it is there */
  file: z.string().nullable(),
  /** training step of what was exported; null until it is there */
  step: count.nullable(),
  /** splats with a label, and labels that anything in the file has */
  labelled: count,
  features: count,
  /** why it failed; empty otherwise */
  problem: z.string(),
});
export type ExportState = z.infer<typeof exportState>;
