/** What a page may ask of the studio. */
import { z } from 'zod';
import { exportFormats } from './exportMessages';
import { labelCommands } from './labels';
import { settingsChange } from './messages';
import { trainingSettings } from './settings';
import { askRequest, count, path, photoName, savedView } from './studioParts';
import { lookedAt, watchCommand } from './viewerMessages';

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
  watchCommand,
  /** the page is done with a frame and takes the next */
  z.strictObject({ type: z.literal('taken'), sequence: count }),
  z.strictObject({
    type: z.literal('look'),
    request: count,
    ...lookedAt,
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
