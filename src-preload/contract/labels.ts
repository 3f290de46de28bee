/**
 * Labels: what a person says that splats are. They hang on the ids of splats (METHOD §1), in layers, and every change is an edit that
 * can be undone: a gesture is one edit, whatever it touched, and training is none.
 *
 * A splat holds a label, a number of 16 bits: that of a class as such, or of one instance of it; 0 is none.
 */
import { z } from 'zod';
import { cameraSchema } from './frame';
import { sayingParts } from './sayings';

const count = z.int().min(0);
const splatId = z.int().min(0).max(0xffff_ffff);
const step = count;
export const splatIds = z.custom<Uint32Array>((value) => value instanceof Uint32Array, 'not a Uint32Array');

/** Number of a class; they are never reused. */
export const classNumber = z.int().min(1).max(65_535);
export const labelNumber = z.int().min(0).max(65_535);
export const layerNumber = z.int().min(1).max(64);
/** Names of people: any script, slashes included; no control characters. */
export const labelName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'control characters');
export const labelColour = z.string().regex(/^#[0-9a-f]{6}$/);

/** The layer of a new project. */
export const FIRST_LAYER = 1;
/** What it is called until a person names it; pages say it in their own language. */
export const FIRST_LAYER_NAME = 'labels';

/** What a person says of an uncertain region that was looked at. */
export const verdicts = ['accepted', 'skipped'] as const;
export type Verdict = (typeof verdicts)[number];

/** One change as data; an edit has one or more. */
export const labelOp = z.discriminatedUnion('type', [
  /** these splats get the label, 0 takes theirs away */
  z.strictObject({ type: z.literal('assign'), layer: layerNumber, label: labelNumber, ids: splatIds }),
  z.strictObject({
    type: z.literal('addClass'),
    class: classNumber,
    /** of the class as such */
    label: labelNumber.min(1),
    name: labelName,
    colour: labelColour,
  }),
  z.strictObject({
    type: z.literal('addInstance'),
    class: classNumber,
    label: labelNumber.min(1),
    /** 1 … within its class */
    number: z.int().min(1).max(65_535),
  }),
  z.strictObject({ type: z.literal('renameClass'), class: classNumber, name: labelName }),
  z.strictObject({ type: z.literal('recolourClass'), class: classNumber, colour: labelColour }),
  /** splats of `from` become `into`'s; its instances go on under `into` */
  z.strictObject({ type: z.literal('mergeClass'), from: classNumber, into: classNumber }),
  /** its splats have no label any more */
  z.strictObject({ type: z.literal('removeClass'), class: classNumber }),
  z.strictObject({ type: z.literal('addLayer'), layer: layerNumber, name: labelName }),
  z.strictObject({ type: z.literal('renameLayer'), layer: layerNumber, name: labelName }),
  z.strictObject({ type: z.literal('removeLayer'), layer: layerNumber }),
  /** an uncertain region was looked at */
  z.strictObject({ type: z.literal('review'), verdict: z.enum(verdicts), ids: splatIds }),
]);
export type LabelOp = z.infer<typeof labelOp>;

/** What an edit was, for the history that people read. */
export const editNames = [
  'brush',
  'rectangle',
  'lasso',
  'pick',
  'answer',
  'entry',
  'erase',
  'keepInside',
  'addClass',
  'renameClass',
  'recolourClass',
  'mergeClass',
  'removeClass',
  'addLayer',
  'renameLayer',
  'removeLayer',
  'review',
] as const;
export type EditName = (typeof editNames)[number];

/** Where a region lies in a picture: pixels of `camera`, y down. */
const pixel = z.tuple([z.number().min(-1e5).max(1e5), z.number().min(-1e5).max(1e5)]);

/** Which splats are meant. */
export const labelRegion = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rectangle'), from: pixel, to: pixel }),
  z.strictObject({ kind: z.literal('lasso'), points: z.array(pixel).min(3).max(10_000) }),
  /** the path of a round brush */
  z.strictObject({
    kind: z.literal('brush'),
    points: z.array(pixel).min(1).max(10_000),
    radius: z.number().min(0.5).max(2000),
  }),
  /** named one by one */
  z.strictObject({ kind: z.literal('splats'), ids: z.array(splatId).min(1).max(100_000) }),
  /** whose best answer is this question (0-based), or any when null, with at least this score */
  z.strictObject({
    kind: z.literal('answer'),
    question: count.nullable(),
    threshold: z.number().min(0).max(1),
  }),
  /** that decode to this codebook entry, 0-based */
  z.strictObject({ kind: z.literal('entry'), entry: count }),
]);
export type LabelRegion = z.infer<typeof labelRegion>;

/** What splats of a region become. */
export const labelTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('class'), class: classNumber }),
  /** a class of this name, made when there is none */
  z.strictObject({ kind: z.literal('named'), name: labelName }),
  z.strictObject({ kind: z.literal('newInstance'), class: classNumber }),
  z.strictObject({ kind: z.literal('instance'), label: labelNumber.min(1) }),
]);
export type LabelTarget = z.infer<typeof labelTarget>;

/** add: the region gets the target; remove: it loses the target; intersect: the target loses what lies outside the region. */
export const labelModes = ['add', 'remove', 'intersect'] as const;
export type LabelMode = (typeof labelModes)[number];

const gesture = {
  region: labelRegion,
  /** of the picture that the region was drawn in; null for regions that need none */
  camera: cameraSchema.nullable(),
  /** also what is hidden behind the surface */
  through: z.boolean(),
  /** drawn while only splats without a label were shown: what has one hides nothing, and is not meant; absent: all were */
  unlabelled: z.boolean().optional(),
};

/** Parts of `studioCommand` (studio.ts). */
export const labelCommands = [
  z.strictObject({
    type: z.literal('label'),
    ...gesture,
    mode: z.enum(labelModes),
    target: labelTarget,
    /** splats that have another label keep it */
    keepExisting: z.boolean(),
  }),
  z.strictObject({ type: z.literal('addClass'), name: labelName }),
  z.strictObject({ type: z.literal('renameClass'), class: classNumber, name: labelName }),
  z.strictObject({ type: z.literal('recolourClass'), class: classNumber, colour: labelColour }),
  z.strictObject({ type: z.literal('mergeClass'), from: classNumber, into: classNumber }),
  z.strictObject({ type: z.literal('removeClass'), class: classNumber }),
  /** not an edit: how the class is shown, and whether gestures leave its splats alone */
  z.strictObject({ type: z.literal('showClass'), class: classNumber, hidden: z.boolean(), locked: z.boolean() }),
  z.strictObject({ type: z.literal('addLayer'), name: labelName }),
  z.strictObject({ type: z.literal('renameLayer'), layer: layerNumber, name: labelName }),
  z.strictObject({ type: z.literal('removeLayer'), layer: layerNumber }),
  /** the layer that gestures change and pictures show */
  z.strictObject({ type: z.literal('selectLayer'), layer: layerNumber }),
  z.strictObject({ type: z.literal('undo') }),
  z.strictObject({ type: z.literal('redo') }),
  /** the most uncertain region that was neither labelled nor looked at */
  z.strictObject({ type: z.literal('nextUncertain') }),
  z.strictObject({ type: z.literal('review'), ids: z.array(splatId).min(1).max(1_000_000), verdict: z.enum(verdicts) }),
] as const;

export const uncertainRegion = z.object({
  /** of its splats */
  ids: z.array(splatId),
  centre: z.tuple([z.number(), z.number(), z.number()]),
  /** world units, about */
  radius: z.number().min(0),
  /** mean u_G by visible area */
  uncertainty: z.number().min(0).max(1),
  /** regions that wait, this one included */
  waiting: count,
  /** the photo that sees most of it; null where none does */
  photo: z.string().nullable(),
  /** that photo's camera brought nearer and turned to `centre`, or as it is; null without one */
  camera: cameraSchema.nullable(),
});
export type UncertainRegion = z.infer<typeof uncertainRegion>;

/** Replies to them, by command (studio.ts). */
export const labelReplies = {
  /** splats that changed */
  label: z.object({ splats: count }),
  undo: z.object({ name: z.enum(editNames).nullable() }),
  redo: z.object({ name: z.enum(editNames).nullable() }),
  nextUncertain: uncertainRegion.nullable(),
} as const;

const labelCount = { label: labelNumber, splats: count };

/** What pages are told of a project's labels. */
export const labelsState = z.object({
  /** rises with every change */
  revision: count,
  layers: z.array(z.object({ layer: layerNumber, name: labelName })).max(64),
  /** the active one */
  layer: layerNumber,
  classes: z
    .array(
      z.object({
        class: classNumber,
        name: labelName,
        colour: labelColour,
        hidden: z.boolean(),
        locked: z.boolean(),
        /** of the class as such, in the active layer */
        ...labelCount,
        instances: z.array(z.object({ ...labelCount, number: z.int() })),
        /** mean u_G of its splats; null where it has none or semantics have not joined */
        uncertainty: z.number().min(0).max(1).nullable(),
      }),
    )
    .max(4096),
  /** what undo and redo would do; null when there is nothing */
  undo: z.enum(editNames).nullable(),
  redo: z.enum(editNames).nullable(),
  /** active edits */
  edits: count,
  /** when the last change was on the disk */
  savedAt: z.iso.datetime().nullable(),
});
export type LabelsState = z.infer<typeof labelsState>;

// ---- between studio and trainer

/** An edit as the splats feel it. Edits take effect in their order, each before the births of ids ≥ `nextId`. */
export const fieldEdit = z.strictObject({
  nextId: splatId,
  changes: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('assign'),
        layer: layerNumber,
        label: labelNumber,
        ids: splatIds,
        /** a person's own hand said so, and not an answer of the model that was accepted */
        byHand: z.boolean(),
      }),
      /** all splats with one of these labels, in every layer */
      z.strictObject({ kind: z.literal('relabel'), from: z.array(labelNumber), to: labelNumber }),
      z.strictObject({ kind: z.literal('clear'), layer: layerNumber }),
      z.strictObject({ kind: z.literal('review'), ids: splatIds }),
    ]),
  ),
});
export type FieldEdit = z.infer<typeof fieldEdit>;

/** What a label means: the name that it is asked by, and the codebook entries (0-based) that stand for it, foremost first; maybe none. */
export const labelMeaning = z.strictObject({ label: labelNumber, name: labelName, entries: z.array(count).max(256) });
export type LabelMeaning = z.infer<typeof labelMeaning>;

/** Parts of `trainerCommand` (messages.ts). */
export const labelTrainerCommands = [
  /** the edits from index `from` on are these; how labels are shown and taught goes with it */
  z.strictObject({
    type: z.literal('labels'),
    revision: count,
    from: count,
    edits: z.array(fieldEdit),
    layer: layerNumber,
  }),
  /** what labels mean; what is not listed teaches what its splats answer */
  z.strictObject({
    type: z.literal('teach'),
    meanings: z.array(labelMeaning).max(65_535),
  }),
  /** which splats a gesture means */
  z.strictObject({
    type: z.literal('gesture'),
    request: count,
    ...gesture,
    layer: layerNumber,
    /** those of the region, or for `outside` all others */
    outside: z.boolean(),
    /** only splats with one of these labels; null for any */
    only: z.array(labelNumber).nullable(),
    /** never splats with one of these labels */
    never: z.array(labelNumber),
  }),
  z.strictObject({ type: z.literal('nextUncertain'), request: count, layer: layerNumber }),
] as const;

/** Parts of `trainerEvent` (messages.ts). */
export const labelTrainerEvents = [
  z.object({
    type: z.literal('gestured'),
    request: count,
    step,
    /** the id that the next splat will get */
    nextId: splatId,
    ids: splatIds,
    /** the same splats as far as a resume from the newest checkpoint knows them: ids below `savedId` */
    savedId: splatId,
    savedIds: splatIds,
    /** why there is no answer; null when there is one */
    problem: z.string().nullable(),
    ...sayingParts,
  }),
  z.object({ type: z.literal('uncertain'), request: count, region: uncertainRegion.nullable() }),
  /** splats by label in the active layer */
  z.object({
    type: z.literal('labelled'),
    revision: count,
    counts: z.array(z.object({ ...labelCount, uncertainty: z.number().nullable() })),
  }),
] as const;
