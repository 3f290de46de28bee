/**
 * What answers in words are worth against the truth of a demo room (METHOD §5). Queries are the names of all classes in truth/, and
 * each pixel or point takes the best of them, or none below the threshold.
 *
 *   2D    held-out views. Per (view, text): IoU, pixel accuracy, precision, AP; mean over the texts that the truth shows in a view,
 *         then over views. A class that is claimed though the view does not show it takes its pixels from one that it does show, so
 *         false claims count there. `everyName` is the mean over all names in every view, where a name that is neither shown nor
 *         claimed scores 1: larger, and comparable only with its like. `pooledIoU`: pixels of all views together, per class.
 *   3D    surface points by their splats (surfaceClasses.ts): IoU per class over all points, mean over the classes that have any.
 *
 * "none" is never right: a pixel or point of a class that is claimed by no text counts as missed. Pixels without truth are left out.
 */
import sharp from 'sharp';
import type { DemoTruth } from '../capture/demo/index';
import { truthMap } from '../capture/demo/index';
import { CaptureError } from '../capture/index';
import { defaultNegatives } from '../language/text/index';
import { classify, DEFAULT_THRESHOLD, SegmentationReport } from '../semantics/index';
import type { Codes, QueryOrder, SegmentationScores, TextScores } from '../semantics/index';
import type { PhotoViews } from '../training/photoViews';
import type { ViewAnswers } from './sceneAnswers';
import type { SurfaceSplats, TruthSurface } from './surfaceClasses';

export interface SemanticEvaluation {
  /** least score of a class; default 0.5 */
  readonly threshold?: number;
  readonly negatives?: readonly string[];
  readonly order?: QueryOrder;
}

export const evaluationDefaults = {
  threshold: DEFAULT_THRESHOLD,
  negatives: defaultNegatives,
  order: 'relevancies',
} as const satisfies Required<SemanticEvaluation>;

type Means = Omit<SegmentationScores, 'byClass'>;

/** 2D, over held-out views. */
export interface PixelScores extends Means {
  readonly views: number;
  /** pixels with a truth */
  readonly pixels: number;
  /** of these: best score below the threshold */
  readonly none: number;
  /** of these: too little of the scene is rendered there to have an answer; in `none` too */
  readonly unanswered: number;
  readonly pooledIoU: number;
  readonly everyName: Means;
}

/** 3D, over surface points. */
export interface SurfaceScores {
  readonly meanIoU: number;
  readonly accuracy: number;
  /** visible points */
  readonly points: number;
  /** points that no photo shows at its size: left out */
  readonly invisible: number;
  /** visible points without a splat: wrong */
  readonly withoutSplat: number;
  /** points whose splat belongs to no class; those without a splat not among them */
  readonly none: number;
}

export interface ClassScores {
  readonly name: string;
  /** 2D: mean over the views that show it; null when none does */
  readonly iou: number | null;
  readonly views: number;
  /** 2D, pixels of all views together */
  readonly pooledIoU: number | null;
  /** 3D; null when it has no visible point */
  readonly surfaceIoU: number | null;
  readonly points: number;
}

export interface SemanticScores {
  readonly pixels: PixelScores;
  readonly surface: SurfaceScores;
  readonly byClass: readonly ClassScores[];
  readonly threshold: number;
  readonly negatives: readonly string[];
  readonly order: QueryOrder;
}

/** Counts of predictions and truths, [classes + 1] each way; 0 = none. */
class Confusion {
  readonly #size: number;
  readonly #counts: Float64Array;

  constructor(classes: number) {
    this.#size = classes + 1;
    this.#counts = new Float64Array(this.#size * this.#size);
  }

  add(predicted: number, truth: number): void {
    this.#counts[truth * this.#size + predicted]++;
  }

  /** of the truth */
  total(truth: number): number {
    return this.#counts.subarray(truth * this.#size, (truth + 1) * this.#size).reduce((sum, n) => sum + n, 0);
  }

  /** Null when the truth has none of the class. */
  iou(label: number): number | null {
    const actual = this.total(label);
    if (actual === 0) return null;
    let predicted = 0;
    for (let truth = 1; truth < this.#size; truth++) predicted += this.#counts[truth * this.#size + label];
    const both = this.#counts[label * this.#size + label];
    return both / (actual + predicted - both);
  }

  get accuracy(): number {
    let [right, all] = [0, 0];
    for (let truth = 1; truth < this.#size; truth++) {
      right += this.#counts[truth * this.#size + truth];
      all += this.total(truth);
    }
    return all === 0 ? 0 : right / all;
  }
}

const mean = (values: readonly (number | null)[]): number => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
};

/** Class of each id of the truth, 1-based in the order of its list; 0 for ids that it does not know. */
function numbersOf({ classes }: Pick<DemoTruth, 'classes'>): Uint8Array {
  const numbers = new Uint8Array(256);
  classes.forEach(({ id }, c) => (numbers[id] = c + 1));
  return numbers;
}

/** Class numbers of a photo at the size of a picture, looked up at its pixels' centres. @throws CaptureError */
async function truthOf(
  capture: string,
  photo: string,
  numbers: Uint8Array,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
  const file = truthMap(capture, 'class', photo);
  const { data, info } = await sharp(file)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      const problem = 'is missing or damaged';
      throw new CaptureError({ file, problem, remedy: 'make the demo again: legato demo' }, { cause });
    });
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const x = Math.floor((((i % width) + 0.5) * info.width) / width);
    const y = Math.floor(((Math.floor(i / width) + 0.5) * info.height) / height);
    return numbers[data[(y * info.width + x) * info.channels]];
  });
}

/** Scores of every class for a view, in the order of the truth's list. */
export type AnswerView = (camera: Awaited<ReturnType<PhotoViews['camera']>>) => ViewAnswers;

/** 2D scores of held-out views, and the pooled confusion. */
export async function evaluatePixels(
  capture: string,
  truth: Pick<DemoTruth, 'classes'>,
  photos: PhotoViews,
  answer: AnswerView,
  threshold: number,
): Promise<{ scores: PixelScores; byClass: { iou: number | null; views: number; pooledIoU: number | null }[] }> {
  const names = truth.classes.map(({ name }) => name);
  const numbers = numbersOf(truth);
  const [shown, every] = [new SegmentationReport(), new SegmentationReport()];
  const pooled = new Confusion(names.length);
  let [pixels, none, unanswered] = [0, 0, 0];
  for (let index = 0; index < photos.count; index++) {
    const camera = await photos.camera(index);
    const { answered, scores } = answer(camera);
    const labels = await truthOf(capture, photos.names[index], numbers, camera);
    const known = Int32Array.from(labels.keys()).filter((i) => labels[i] > 0);
    const truths = Uint8Array.from(known, (i) => labels[i]);
    const kept = scores.map((plane) => Float32Array.from(known, (i) => plane[i]));
    const predicted = classify(kept, threshold);
    known.forEach((i, at) => {
      if (!answered[i]) {
        predicted[at] = 0;
        unanswered++;
      }
      if (predicted[at] === 0) none++;
      pooled.add(predicted[at], truths[at]);
    });
    pixels += known.length;
    const texts = names.map((name, c) => ({
      name,
      predicted: predicted.map((label) => (label === c + 1 ? 1 : 0)),
      scores: kept[c],
      truth: truths.map((label) => (label === c + 1 ? 1 : 0)),
    }));
    every.addView(texts);
    shown.addView(texts.filter((text) => text.truth.includes(1)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { byClass, ...means } = shown.scores;
  const { byClass: _, ...everyName } = every.scores;
  const pooledIoU = names.map((_name, c) => pooled.iou(c + 1));
  const figures = { views: photos.count, pixels, none, unanswered, pooledIoU: mean(pooledIoU), everyName };
  const found = new Map(byClass.map((one) => [one.name, one]));
  return {
    scores: { ...means, ...figures },
    byClass: names.map((name, c) => {
      const one = found.get(name);
      return { iou: one?.iou ?? null, views: one?.views ?? 0, pooledIoU: pooledIoU[c] };
    }),
  };
}

/** 3D scores. @param classes  of the splats, 1-based in the truth's list, 0 = none, [count] */
export function evaluateSurface(
  truth: Pick<DemoTruth, 'classes'>,
  surface: TruthSurface,
  { rows, visible }: SurfaceSplats,
  classes: Uint8Array,
): { scores: SurfaceScores; byClass: { surfaceIoU: number | null; points: number }[] } {
  const numbers = numbersOf(truth);
  const confusion = new Confusion(truth.classes.length);
  let [points, withoutSplat, none] = [0, 0, 0];
  for (let point = 0; point < surface.count; point++) {
    const label = numbers[surface.classes[point]];
    if (!visible[point] || label === 0) continue;
    points++;
    const predicted = rows[point] < 0 ? 0 : classes[rows[point]];
    if (rows[point] < 0) withoutSplat++;
    else if (predicted === 0) none++;
    confusion.add(predicted, label);
  }
  const byClass = truth.classes.map((_, c) => ({ surfaceIoU: confusion.iou(c + 1), points: confusion.total(c + 1) }));
  const invisible = visible.reduce((sum, value) => sum + (value ? 0 : 1), 0);
  const meanIoU = mean(byClass.map(({ surfaceIoU }) => surfaceIoU));
  return { scores: { meanIoU, accuracy: confusion.accuracy, points, invisible, withoutSplat, none }, byClass };
}

/** Lifted labels as codes: one entry with all of the share; none where no view had a say, which scores 0. */
export function codesOfLabels(labels: Uint8Array): Codes {
  const entries = new Uint8Array(4 * labels.length);
  const shares = new Uint8Array(4 * labels.length);
  labels.forEach((label, row) => {
    if (label === 0) return;
    entries[4 * row] = label - 1;
    shares[4 * row] = 255;
  });
  return { count: labels.length, entries, shares };
}

/** Scores of all classes for splats, [count] each. */
export function scoresOfSplats(codes: Codes, words: TextScores, names: readonly string[]): Float32Array[] {
  return names.map((name) => words.ofCodes(codes, name));
}
