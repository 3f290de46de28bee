/** Between the studio and the process that exports: one request, progress, one outcome; and what pages are told of it. */
import { z } from 'zod';
import { trainerFailure } from './messages';

export const exportFormats = ['glb', 'ply-mesh', 'ply', 'spz', 'ply-compressed', 'masks'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export const exportStages = ['labels', 'views', 'surface', 'masks', 'writing'] as const;

const count = z.int().min(0);

const job = {
  project: z.string().min(1),
  /** of labels; null for the first one */
  layer: z.int().min(1).nullable(),
  threads: count,
};
export const exportCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('export'), format: z.enum(exportFormats), ...job }),
  /** a coarse mesh to look at; writes nothing */
  z.strictObject({ type: z.literal('preview'), ...job }),
]);
export type ExportCommand = z.infer<typeof exportCommand>;

/** What a coarse mesh shows, and what the file will have. */
const meshFigures = {
  /** training step of what is shown */
  step: count,
  /** splats with a label, and labels that anything in the mesh has */
  labelled: count,
  features: count,
  triangles: count,
  /** side of a voxel, and about what a mesh file would have, in `units` */
  voxel: z.number().positive(),
  fileVoxel: z.number().positive(),
  units: z.enum(['metre', 'unknown']),
};

export const exportEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), stage: z.enum(exportStages), done: count, total: count }),
  z.object({ type: z.literal('exported'), file: z.string(), step: count, labelled: count, features: count }),
  z.object({
    type: z.literal('previewed'),
    /** binary glTF, as a file would hold it */
    glb: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not a Uint8Array'),
    ...meshFigures,
  }),
  z.object({ type: z.literal('failed'), failure: trainerFailure }),
]);
export type ExportEvent = z.infer<typeof exportEvent>;
export type ExportEventOf<T extends ExportEvent['type']> = Extract<ExportEvent, { type: T }>;

const progress = {
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  stage: z.enum(exportStages),
  done: count,
  total: count,
  /** why it failed; null otherwise */
  failure: trainerFailure.nullable(),
};

/** An export as pages are told of it. */
export const exportState = z.object({
  ...progress,
  format: z.enum(exportFormats),
  /** absolute; null until it is there */
  file: z.string().nullable(),
  /** training step of what was exported; null until it is there */
  step: count.nullable(),
  /** splats with a label, and labels that anything in the file has */
  labelled: count,
  features: count,
});
export type ExportState = z.infer<typeof exportState>;

/** The coarse mesh as pages are told of it; its bytes: `mediaPath('mesh', …)`. */
export const meshPreviewState = z.object({
  ...progress,
  /** the newest that was made, also while the next one is */
  made: z
    .object({
      /** of the bytes: another one, another mesh */
      revision: count,
      /** revision of the labels that it shows */
      labels: count,
      ...meshFigures,
    })
    .nullable(),
});
export type MeshPreviewState = z.infer<typeof meshPreviewState>;
