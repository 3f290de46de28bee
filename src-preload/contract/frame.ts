/**
 * Bulk data from a trainer to a viewer: one binary frame with a checked header and sections of numbers.
 *
 *   0    u32  MAGIC
 *   4    u32  bytes of the header
 *   8         header, JSON in UTF-8 (frameHeader)
 *   …         sections in the header's order, each from the next multiple of 16 on, little-endian
 *
 * A snapshot carries geometry; overlays carry one small number a splat for the rows that they name, of one snapshot or several; a picture is
 * what the trainer itself rendered at a viewer's pose. Header, lengths and ranges are checked, elements never: a viewer reads
 * them as they are.
 *
 * Splats are packed as Spark reads them, 16 bytes each, relative to `origin` so that half floats stay precise (words of 32 bits):
 *
 *   0  red, green, blue (0.5 + C0·dc in rgbMin … rgbMax), opacity, 8 bits each
 *   1  x, y as half floats
 *   2  z as half float; axis of the rotation, octahedral, 2 × 8 bits
 *   3  log-scales in lnScaleMin … lnScaleMax as 1 … 255 (0: no extent), 3 × 8 bits; angle of the rotation in 0 … π, 8 bits
 *
 * Harmonics above degree 0, in ±sh1Max, ±sh2Max, ±sh3Max: 3 × 3 of 7 bits in 2 words, 5 × 3 of 8 bits in 4, 7 × 3 of 6 bits in 4.
 */
import { z } from 'zod';
import { tablesProblem } from './answerTables';
import type { PinholeCamera } from './camera';

export const MAGIC = 0x4f_54_47_4c; // "LGTO"
const ALIGNMENT = 16;
const PREFIX = 8;
/** A header is names and figures; more is an attack or a mistake. */
const HEADER_LIMIT = 65_536;
/** 5 million splats of degree 3 with every overlay */
export const FRAME_LIMIT = 512 * 2 ** 20;
export const SPLATS_LIMIT = 16_777_216;

const count = z.int().min(0);
const finite = z.number();

export const sectionTypes = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array } as const;
export type SectionType = keyof typeof sectionTypes;
export type SectionArray = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/**
 * One number a splat, in the order of a snapshot's rows.
 *
 *   uncertainty  u16, u_G in 0 … 65535 for 0 … 1
 *   entry        u8, the most probable codebook entry, 0-based
 *   share        u8, its share of M̂ in 255ths
 *   relevancy    u16, the best question's score, 0 … 65535 for 0 … 1
 *   class        u8, the number of the best question, 1-based; 0 where every score is 0
 *   components   u32, first three principal components of S_G as red, green, blue, 255
 *   label        u16, the label in the active layer; 0 none (labels.ts)
 *   meaningLow   u32, S_G's first four numbers in 127ths of the largest of all splats, + 128, 8 bits each
 *   meaningHigh  u32, its last four
 *
 * With `relevancy` come `cells`, `texts` and `program`, where what is asked depends on S_G alone: what a pixel's R_s
 * answers (answerTables.ts).
 */
export const overlayNames = [
  'uncertainty',
  'entry',
  'share',
  'relevancy',
  'class',
  'components',
  'label',
  'meaningLow',
  'meaningHigh',
] as const;
export type OverlayName = (typeof overlayNames)[number];
export const overlayTypes = {
  uncertainty: 'u16',
  entry: 'u8',
  share: 'u8',
  relevancy: 'u16',
  class: 'u8',
  components: 'u32',
  label: 'u16',
  meaningLow: 'u32',
  meaningHigh: 'u32',
} as const satisfies Record<OverlayName, SectionType>;

/** What a picture of the trainer may show. */
export const pictureChannels = [
  'colour',
  'depth',
  'opacity',
  'uncertainty',
  'entry',
  'components',
  'relevancy',
  'class',
  'label',
] as const;
export type PictureChannel = (typeof pictureChannels)[number];

const section = z.strictObject({
  name: z.string().min(1).max(32),
  type: z.enum(['u8', 'u16', 'u32', 'f32']),
  /** numbers, not bytes */
  length: count.max(FRAME_LIMIT),
});
export type Section = z.infer<typeof section>;
const sections = z.array(section).max(32);

const triple = z.tuple([finite, finite, finite]);
const common = {
  /** rises by one with every frame of a trainer */
  sequence: count,
  step: count,
  sections,
};

export const frameHeader = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('snapshot'),
    ...common,
    /** rises whenever another splat lies in any row than in the snapshot before */
    rows: count,
    /** live splats */
    count: count.max(SPLATS_LIMIT),
    shDegree: z.int().min(0).max(3),
    /** world units; the packed positions are relative to it */
    origin: triple,
    rgbMin: finite,
    rgbMax: finite,
    lnScaleMin: finite,
    lnScaleMax: finite,
    sh1Max: finite,
    sh2Max: finite,
    sh3Max: finite,
    /** whether opacity makes up for the dilation of small Gaussians */
    antialiased: z.boolean(),
    /** where most of the splats are, world units */
    centre: triple,
    radius: z.number().min(0),
    /** world units of one camera distance, for the speed of flying and the size of frustums */
    extent: z.number().min(0),
  }),
  z.strictObject({
    kind: z.literal('overlay'),
    ...common,
    /** `rows` of the snapshots that this lies over */
    rows: count,
    count: count.max(SPLATS_LIMIT),
    /** what `relevancy` and `class` answer: the `revision` of the ask that was set (viewerMessages); 0 without one */
    ask: count,
    /** revision of the labels that `label` shows (labels.ts) */
    labels: count.optional(),
  }),
  z.strictObject({
    kind: z.literal('picture'),
    ...common,
    /** the look that this answers */
    request: count,
    channel: z.enum(pictureChannels),
    /** decoded: R_s through the decoder, pixel by pixel; blended: numbers of splats, blended */
    way: z.enum(['decoded', 'blended']),
    ask: count,
    labels: count.optional(),
    width: z.int().min(1).max(8192),
    height: z.int().min(1).max(8192),
    /** in milliseconds of the trainer */
    cost: z.number().min(0),
    /** of a depth picture, world units: what 0 and 65535 stand for */
    near: finite,
    far: finite,
  }),
]);
export type FrameHeader = z.infer<typeof frameHeader>;
export type FrameKind = FrameHeader['kind'];
export type FrameOf<K extends FrameKind> = Extract<FrameHeader, { kind: K }>;

type Rows = Pick<FrameOf<'snapshot'>, 'rows' | 'count'>;

/** Whether an overlay lies over a snapshot. */
export const sameRows = (one: Rows, other: Rows): boolean => one.rows === other.rows && one.count === other.count;

/** Whether overlays of one snapshot lie over a later one, too. A trainer that was started anew counts frames and rows from the beginning. */
export function keepsRows(before: FrameOf<'snapshot'> | undefined, after: FrameOf<'snapshot'>): boolean {
  return before !== undefined && sameRows(before, after) && before.sequence < after.sequence;
}

/** A frame as a reader has it. */
export interface Frame {
  readonly header: FrameHeader;
  /** views of the frame's bytes, by name */
  readonly sections: ReadonlyMap<string, SectionArray>;
}

/** A frame that is truncated, too large, or not one. */
export class FrameError extends Error {
  override name = 'FrameError';
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

type WithoutSections<Header> = Header extends unknown ? Omit<Header, 'sections'> : never;
/** Header without its sections: those follow from the arrays. */
export type FrameDescription = WithoutSections<FrameHeader>;

const typeOf = (array: SectionArray): SectionType => {
  if (array instanceof Uint8Array) return 'u8';
  if (array instanceof Uint16Array) return 'u16';
  return array instanceof Uint32Array ? 'u32' : 'f32';
};

/** A frame whose sections are still to be filled: views of its bytes, by name. */
export interface BlankFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly arrays: ReadonlyMap<string, SectionArray>;
}

/**
 * Lays a frame out, so that its sections can be filled where they will be sent from.
 *
 * @param allocate  gives so many bytes or more, whatever is in them
 */
export function layOutFrame(
  description: FrameDescription,
  sections: readonly Section[],
  allocate: (size: number) => ArrayBuffer = (size) => new ArrayBuffer(size),
): BlankFrame {
  const text = new TextEncoder().encode(JSON.stringify({ ...description, sections }));
  const bytesOf = ({ type, length }: Section): number => sectionTypes[type].BYTES_PER_ELEMENT * length;
  let at = aligned(PREFIX + text.length);
  const size = sections.reduce((sum, one) => sum + aligned(bytesOf(one)), at);
  const buffer = allocate(size);
  const bytes = new Uint8Array(buffer, 0, size);
  const view = new DataView(buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, text.length, true);
  bytes.set(text, PREFIX);
  bytes.fill(0, PREFIX + text.length, at);
  const arrays = new Map<string, SectionArray>();
  for (const one of sections) {
    const end = at + bytesOf(one);
    arrays.set(one.name, new sectionTypes[one.type](buffer, at, one.length));
    at = aligned(end);
    bytes.fill(0, end, at);
  }
  return { bytes, arrays };
}

/** Puts a frame together; copies the arrays once. */
export function encodeFrame(
  description: FrameDescription,
  arrays: Readonly<Record<string, SectionArray>>,
): Uint8Array<ArrayBuffer> {
  const sections = Object.entries(arrays).map(([name, array]) => ({ name, type: typeOf(array), length: array.length }));
  const frame = layOutFrame(description, sections);
  for (const [name, array] of frame.arrays) array.set(arrays[name]);
  return frame.bytes;
}

/** Reads a frame without copying. @throws FrameError */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength > FRAME_LIMIT) throw new FrameError(`frame of ${buffer.byteLength} bytes is too large`);
  if (buffer.byteLength < PREFIX) throw new FrameError(`frame is truncated at byte ${buffer.byteLength}`);
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError('not a frame of Legato');
  const length = view.getUint32(4, true);
  if (length > HEADER_LIMIT || PREFIX + length > buffer.byteLength)
    throw new FrameError(`header of ${length} bytes does not fit a frame of ${buffer.byteLength}`);
  const parsed = frameHeader.safeParse(readJson(new Uint8Array(buffer, PREFIX, length)));
  if (!parsed.success) {
    const [problem] = parsed.error.issues;
    throw new FrameError(`frame header: ${problem.path.join('.')}: ${problem.message}`);
  }
  const header = parsed.data;
  const found = new Map<string, SectionArray>();
  let at = aligned(PREFIX + length);
  for (const { name, type, length: numbers } of header.sections) {
    const ArrayType = sectionTypes[type];
    const bytes = numbers * ArrayType.BYTES_PER_ELEMENT;
    if (at + bytes > buffer.byteLength)
      throw new FrameError(`section "${name}" ends at byte ${at + bytes} of ${buffer.byteLength}`);
    if (found.has(name)) throw new FrameError(`section "${name}" comes twice`);
    found.set(name, new ArrayType(buffer, at, numbers));
    at += aligned(bytes);
  }
  checkLengths(header, found);
  return { header, sections: found };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new FrameError('frame header is not JSON');
  }
}

/** Words a splat of the harmonics above degree 0. */
export const harmonicWords = { sh1: 2, sh2: 4, sh3: 4 } as const;

/** Every section that a reader will index has as many numbers as the header says rows or pixels. */
function checkLengths(header: FrameHeader, found: ReadonlyMap<string, SectionArray>): void {
  const expect = (name: string, type: SectionType, length: number): void => {
    const array = found.get(name);
    if (array === undefined) throw new FrameError(`${header.kind} lacks section "${name}"`);
    if (!(array instanceof sectionTypes[type]) || array.length !== length)
      throw new FrameError(`section "${name}" is not ${type}[${length}]`);
  };
  if (header.kind === 'snapshot') {
    expect('splats', 'u32', 4 * header.count);
    expect('ids', 'u32', header.count);
    if (header.shDegree >= 1) expect('sh1', 'u32', harmonicWords.sh1 * header.count);
    if (header.shDegree >= 2) expect('sh2', 'u32', harmonicWords.sh2 * header.count);
    if (header.shDegree >= 3) expect('sh3', 'u32', harmonicWords.sh3 * header.count);
  }
  if (header.kind === 'picture') {
    const pixels = header.width * header.height;
    expect('alpha', 'u8', pixels);
    expect('values', pictureTypes[header.channel], pixels);
    if (header.channel === 'class') expect('relevancy', pictureTypes.relevancy, pixels);
    return;
  }
  for (const name of overlayNames) if (found.has(name)) expect(name, overlayTypes[name], header.count);
  const problem = tablesProblem((name) => found.get(name));
  if (problem !== null) throw new FrameError(problem);
}

/**
 * Numbers of a picture's pixels, row by row: colours as u32 (red, green, blue, 255), scalars as u16 (0 … 65535 for 0 … 1, of depth
 * for near … far), entries (0-based) and classes (1-based, 0 none) as u8, labels as u16. `alpha` is the accumulated α in 255ths. With classes comes
 * the `relevancy` of the same pixels: a viewer's threshold says from where on a best class is an answer.
 */
export const pictureTypes = {
  colour: 'u32',
  components: 'u32',
  depth: 'u16',
  opacity: 'u16',
  uncertainty: 'u16',
  relevancy: 'u16',
  entry: 'u8',
  class: 'u8',
  label: 'u16',
} as const satisfies Record<PictureChannel, SectionType>;

/** A camera as it crosses: checked, since the trainer will allocate what it says. */
export const cameraSchema = z.strictObject({
  width: z.int().min(1).max(4096),
  height: z.int().min(1).max(4096),
  fx: z.number().positive(),
  fy: z.number().positive(),
  cx: finite,
  cy: finite,
  worldToCamera: z.array(finite).length(16).readonly(),
}) satisfies z.ZodType<PinholeCamera>;
