/**
 * A trained demo room whose truth is known: what its photos show of which class, which splat stands for each point of its surface, and
 * how well labels of splats fit both.
 *
 *   3D mIoU   as direct 3D is scored (METHOD §5): visible points of the surface take the label of their heaviest splat; mean IoU over the
 *             classes that have points, a point without splat or label is wrong
 *   seen      what a person sees: the same over the weight that splats have in the pixels of some photos
 */
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { readTruth, truthMap } from '../../../src-main/capture/demo/index';
import { freeLooks } from './freeLooks';
import { render, sampleWeights } from '../../../src-main/kernels/index';
import type { RenderFrame } from '../../../src-main/kernels/index';
import { PhotoViews } from '../../../src-main/training/photoViews';
import { readTruthSurface, SurfaceSearch } from '../../../src-main/studio/surfaceClasses';
import { openTrainedScene, type TrainedScene } from '../../../src-main/studio/trainedScene';

/** Photos whose poses a person goes to, beside other places (freeLooks.ts). */
const LOOKS = 20;
const LEAST_WEIGHT = 0.03;
const BATCH = 16_384;
const COVERED = 0.5;

/** A pose with what is there, pixels row by row. */
export interface Look {
  /** of the photo that was taken from there, or what one went up to */
  readonly name: string;
  readonly camera: PinholeCamera;
  /** class numbers 1 … (0 none) of the truth, [pixels] */
  readonly truth: Uint8Array;
  /** pairs of pixel p: offsets[p] … offsets[p + 1] */
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

export class Room {
  /** names by class number, [0] is none; those that have points on the surface */
  readonly names: readonly string[];
  readonly looks: readonly Look[];
  readonly ids: Uint32Array;
  /** weight of splats in pixels of each class, [splats, classes] */
  readonly seen: Float32Array;
  /** class numbers and rows of the visible points */
  readonly #points: { readonly classes: Uint8Array; readonly rows: Int32Array };

  private constructor(parts: {
    names: string[];
    looks: Look[];
    ids: Uint32Array;
    points: { classes: Uint8Array; rows: Int32Array };
  }) {
    this.names = parts.names;
    this.looks = parts.looks;
    this.ids = parts.ids;
    this.#points = parts.points;
    this.seen = new Float32Array(parts.ids.length * parts.names.length);
    for (const { truth, offsets, rows, weights } of parts.looks)
      truth.forEach((is, pixel) => {
        for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++)
          this.seen[rows[pair] * parts.names.length + is] += weights[pair];
      });
  }

  static async open(project: string): Promise<Room> {
    const trained = await openTrainedScene(project, { backend: 'auto', threads: 2, resolution: null }, () => undefined);
    const truth = await readTruth(trained.capture);
    const surface = await readTruthSurface(trained.capture);
    const search = new SurfaceSearch(
      surface,
      trained.scene,
      trained.snapshot.tensors.geometry.data as Float32Array,
      truth,
      trained.settings.antialiased,
    );
    const views = new PhotoViews(trained.photos, trained.settings);
    for (let index = 0; index < views.count; index++)
      await search.addPhoto(trained.capture, views.names[index], await views.camera(index));
    const { rows, visible } = search.result();
    const kept = Array.from(visible.keys()).filter((point) => visible[point]);
    const present = truth.classes.filter(({ id }) => kept.some((point) => surface.classes[point] === id));
    const number = new Map(present.map(({ id }, i) => [id, i + 1]));
    const points = {
      classes: Uint8Array.from(kept, (point) => number.get(surface.classes[point]) ?? 0),
      rows: Int32Array.from(kept, (point) => rows[point]),
    };
    const held = new Set(trained.heldOut.map(({ name }) => name));
    const own = views.names.flatMap((name, index) => (held.has(name) ? [] : [index]));
    const ofTruth = (id: number): number => number.get(id) ?? 0;
    const looks: Look[] = [];
    for (let i = 0; i < Math.min(LOOKS, own.length); i++) {
      const index = own[Math.floor(((i + 0.5) * own.length) / LOOKS)];
      const camera = await views.camera(index);
      const map = await photoTruth(trained, views.names[index], camera);
      looks.push(lookFrom(trained, views.names[index], camera, map.map(ofTruth)));
    }
    for (const { name, camera, map } of freeLooks(truth, await views.camera(0)))
      looks.push(lookFrom(trained, name, camera, map.map(ofTruth)));
    const ids = trained.snapshot.tensors.ids.data as Uint32Array;
    return new Room({ names: ['', ...present.map(({ name }) => name)], looks, ids, points });
  }

  /** 3D mIoU. @param numbers  class numbers of the splats, 0 none, [splats] */
  score(numbers: Uint8Array): number {
    return meanIou(this.#tallies(numbers));
  }

  /** [classes, 3]: points of the class, found as it, and others found as it. */
  #tallies(numbers: Uint8Array): Float64Array {
    const { classes, rows } = this.#points;
    const tallies = new Float64Array(3 * this.names.length);
    classes.forEach((is, point) => {
      const found = rows[point] < 0 ? 0 : numbers[rows[point]];
      tallies[3 * is]++;
      if (found === is) tallies[3 * is + 1]++;
      else tallies[3 * found + 2]++;
    });
    return tallies;
  }

  /** The score when every splat has the label that most of its points have: what labels on these splats can reach. */
  get ceiling(): number {
    const { classes, rows } = this.#points;
    const votes = new Uint32Array(this.ids.length * this.names.length);
    classes.forEach((is, point) => rows[point] >= 0 && votes[rows[point] * this.names.length + is]++);
    return this.score(this.#largest(votes));
  }

  /** The score when every splat has the label that most of its light has in the pictures: what a person who sees only these can reach. */
  get byLight(): number {
    return this.score(this.#largest(this.seen));
  }

  /** IoU by class number as direct 3D is scored, [0] unused. */
  scores(numbers: Uint8Array): number[] {
    const tallies = this.#tallies(numbers);
    return this.names.map((_, is) => tallies[3 * is + 1] / (tallies[3 * is] + tallies[3 * is + 2]));
  }

  /** Mean IoU by what is seen. */
  seenScore(numbers: Uint8Array): number {
    const width = this.names.length;
    const tallies = new Float64Array(3 * width);
    numbers.forEach((number, row) => {
      for (let is = 1; is < width; is++) {
        const mass = this.seen[row * width + is];
        tallies[3 * is] += mass;
        if (number === is) tallies[3 * is + 1] += mass;
        else tallies[3 * number + 2] += mass;
      }
    });
    return meanIou(tallies);
  }

  #largest(votes: ArrayLike<number>): Uint8Array {
    const width = this.names.length;
    return Uint8Array.from({ length: this.ids.length }, (_, row) => {
      let best = 0;
      for (let is = 1; is < width; is++)
        if (votes[row * width + is] > (best ? votes[row * width + best] : 0)) best = is;
      return best;
    });
  }
}

/** @param tallies  [classes, 3]: all of the class, found as it, and others found as it; the first row is none */
export function meanIou(tallies: Float64Array): number {
  let [sum, count] = [0, 0];
  for (let at = 3; at < tallies.length; at += 3) {
    if (tallies[at] === 0) continue;
    sum += tallies[at + 1] / (tallies[at] + tallies[at + 2]);
    count++;
  }
  return sum / count;
}

/** Class ids of a photo's pixels. */
async function photoTruth(
  { capture }: TrainedScene,
  photo: string,
  { width, height }: PinholeCamera,
): Promise<Uint8Array> {
  const shrunk = sharp(truthMap(capture, 'class', photo)).resize(width, height, { kernel: 'nearest', fit: 'fill' });
  const map = await shrunk.toColourspace('b-w').raw().toBuffer();
  return Uint8Array.from(map.subarray(0, width * height));
}

/** @param truth  class numbers, [pixels]; changed in place: none where nothing covers a pixel */
function lookFrom({ scene, settings }: TrainedScene, name: string, camera: PinholeCamera, truth: Uint8Array): Look {
  const size = truth.length;
  const offsets = new Uint32Array(size + 1);
  const parts: { rows: Uint32Array; weights: Float32Array }[] = [];
  const frame: RenderFrame = { forward: null, view: null };
  const { count, ...inputs } = scene;
  tf.tidy(() => {
    render(inputs, camera, {
      ...{ count, shDegree: 0, background: [0, 0, 0], antialiased: settings.antialiased, frame },
      ...{ channels: ['alpha'], semanticsMovesGeometry: false },
    });
    for (let from = 0; from < size; from += BATCH) {
      const pixels = Int32Array.from({ length: Math.min(BATCH, size - from) }, (_, i) => from + i);
      const found = sampleWeights(frame, pixels, LEAST_WEIGHT);
      for (let p = 0; p < pixels.length; p++) {
        const own = found.weights.subarray(found.offsets[p], found.offsets[p + 1]);
        // What is not covered shows nothing that could be painted.
        if (own.reduce((sum, weight) => sum + weight, 0) < COVERED) truth[from + p] = 0;
        offsets[from + p + 1] = offsets[from + p] + own.length;
      }
      parts.push({ rows: Uint32Array.from(found.rows), weights: found.weights.slice() });
    }
  });
  const rows = new Uint32Array(offsets[size]);
  const weights = new Float32Array(offsets[size]);
  let at = 0;
  for (const part of parts) {
    rows.set(part.rows, at);
    weights.set(part.weights, at);
    at += part.rows.length;
  }
  return { name, camera, truth, offsets, rows, weights };
}
