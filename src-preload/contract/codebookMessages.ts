/** What is said to the language process about a codebook, and what it says: parts of the unions in languageMessages.ts. */
import { z } from 'zod';
import { trainingSettings } from './settings';

const count = z.int().min(0);
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);
const cosine = z.number().min(-1.001).max(1.001);

/** Where the words come from that entries are named with: the toy encoders' own, or a taxonomy. */
export const wordLists = ['auto', 'none', 'toy', 'nyu40', 'scannet200', 'ade20k-150', 'coco'] as const;
export type WordList = (typeof wordLists)[number];

export const codebookCommand = z.strictObject({
  type: z.literal('codebook'),
  /** folder or file of the capture */
  capture: z.string().min(1),
  /** the project's folder of features, which `legato features` filled */
  features: z.string().min(1),
  /** what is written: the codebook, the folder of index maps, the report */
  codebook: z.string().min(1),
  maps: z.string().min(1),
  report: z.string().min(1),
  /** what differs from the preset */
  settings: trainingSettings.partial(),
  words: z.enum(wordLists),
  /** folder for pictures; null for none */
  pictures: z.string().min(1).nullable(),
  /** hands the colours of the pictures out anew; 0 as they come */
  paletteSeed: z.int().min(0).max(0xffff_ffff),
  /** whether somebody looks while it is learned */
  looks: z.boolean(),
});
export type CodebookCommand = z.infer<typeof codebookCommand>;

const entryName = z.object({ name: z.string(), similarity: cosine });
const half = z.object({ mean: cosine, p5: cosine });

/** The report in short; all of it is in the file. */
export const codebookSummary = z.object({
  entries: count,
  photos: count,
  cells: count,
  pixels: count,
  unlabelledPixels: count,
  clip: half,
  dino: half,
  used: count,
  dead: count,
  perplexity: z.number().min(0),
  /** share of the cells, an entry each */
  utilisation: z.array(share).max(255),
  names: z.array(entryName).max(255),
  bytes: z.object({
    featuresPerPixel: count,
    indexPerPixel: count,
    perGaussian: count,
    perGaussianBefore: count,
    featuresOfMaps: count,
    maps: count,
    codebook: count,
  }),
  /** a demo room's maps against its exact truth; null where there is none */
  truth: z
    .object({
      classes: count,
      purity: share,
      meanIoU: share,
      band: z.object({ radius: count, purity: share, meanIoU: share }),
      oracle: z.object({ photo: share, capture: share }).nullable(),
      found: count.nullable(),
      missed: z.array(z.string()),
    })
    .nullable(),
  hash: z.string(),
});
export type CodebookSummary = z.infer<typeof codebookSummary>;

export const codebookStages = ['training', 'encoding'] as const;

export const codebookEvents = [
  z.object({
    type: z.literal('codebookPrepared'),
    photos: count,
    /** photos of the capture that have no features yet */
    missing: count,
    cells: count,
    clipModel: z.string(),
    dinoModel: z.string(),
    clipWidth: count,
    dinoWidth: count,
    entries: count,
    epochs: count,
    backend: z.string(),
    instructionSet: z.string(),
    threads: count,
  }),
  z.object({
    type: z.literal('codebookProgress'),
    stage: z.enum(codebookStages),
    /** of the whole job */
    done: share,
    epoch: z.number().min(0),
    epochs: count,
    /** null while maps are made */
    loss: z.number().nullable(),
    cosineClip: z.number().nullable(),
    cosineDino: z.number().nullable(),
    /** entries that a cell chose in the running epoch */
    used: count.nullable(),
    photos: count,
    photosTotal: count,
    etaSeconds: seconds,
    cpuSeconds: seconds,
    memoryBytes: count,
  }),
  /**
   * How the codebook looks while it is learned, and every map as it is made; only where `looks` asked for it. Before that, first maps of a
   * job of features (`firstMaps`), whose entries are others than those that the codebook will have.
   */
  z.object({
    type: z.literal('codebookForming'),
    photo: z.string(),
    /** of the photo's map, until the job ends; of a first map, until whoever asked for it removes it */
    file: z.string(),
    /** cells that chose each entry */
    counts: z.array(z.number().min(0)).max(255),
    /** empty without words */
    names: z.array(entryName).max(255),
  }),
  z.object({
    type: z.literal('codebookFinished'),
    /** false when it was cancelled: the codebook from before, if any, is still there */
    complete: z.boolean(),
    /** null when it was cancelled */
    summary: codebookSummary.nullable(),
    wallSeconds: seconds,
    cpuSeconds: seconds,
    peakMemoryBytes: count,
  }),
] as const;
