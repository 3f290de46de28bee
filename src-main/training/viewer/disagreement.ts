/**
 * Why a region is uncertain: the photos that disagree most about its splats. One photo after another, one between two steps:
 *
 *   CE(photo) = Σ_(p,i) w_pi·(−ln M̂_i[label_p]) / Σ_(p,i) w_pi,   over its pixels p and the region's splats i with w_pi ≥ gate
 *
 * M̂_i is what splat i decodes to, w_pi its blending weight; the gate is that of lifting (semantics/lifting.ts): what shines through
 * from behind says nothing. Beside it stands the cross-entropy of the whole photo, of its pixels as training decodes them: a whole bad
 * photo shows there, not in u, which belongs to the splat.
 */
import * as tf from '@tensorflow/tfjs';
import { resizeCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import type { PhotoOpinion } from '#contract/viewerMessages';
import { decodeTop, render, sampleSemantics, sampleWeights } from '../../kernels/index';
import type { LayerArrays, RenderFrame } from '../../kernels/index';
import { SAMPLE, SEMANTICS } from '../../kernels/layout';
import { COVERAGE, samplePixels, VISIBILITY_GATE } from '../../semantics/index';
import type { IndexMap } from '../../semantics/index';
import type { ViewedScene } from './scene';

/** Long side of the pictures that are looked at. */
const LONG_SIDE = 480;
/** Pixels that a whole photo is judged by, and of the region at most. */
const [PHOTO_PIXELS, REGION_PIXELS] = [1024, 4096];
/** A photo that sees less of the region than this share of the one that sees most has no say. */
const LEAST_SIGHT = 0.02;
const SHOWN = 3;
const LEAST_PROBABILITY = 1e-6;
/** σ of it is 0 or 1 in float32 */
const SURE = 16;

export interface PhotoWithMap {
  readonly name: string;
  /** as trained on */
  readonly camera: PinholeCamera;
  readonly map: IndexMap;
}

/** M̂ of features, [rows, N]. @param features  [rows, 8] */
function distributions(features: Float32Array, layers: readonly LayerArrays[], entries: number): Float32Array {
  const identity = new Float32Array(entries * entries);
  for (let entry = 0; entry < entries; entry++) identity[entry * (entries + 1)] = 1;
  return decodeTop(features, layers, 1, identity).scores;
}

const surprise = (probability: number): number => -Math.log(Math.max(LEAST_PROBABILITY, probability));

/** Opinions about some splats, gathered photo by photo. */
export class Disagreement {
  readonly #ids: readonly number[];
  readonly #opinions: PhotoOpinion[] = [];
  #seenBy = 0;

  constructor(ids: readonly number[]) {
    this.#ids = ids;
  }

  /** Hears one photo. Synchronous: between two steps. */
  hear(scene: ViewedScene, photo: PhotoWithMap): void {
    const { semantics, model } = scene;
    if (!semantics) return;
    const wanted = new Set(this.#ids);
    const { ids, count } = model;
    const rows: number[] = [];
    for (let row = 0; row < count; row++) if (wanted.has(ids[row])) rows.push(row);
    if (rows.length === 0) return;
    const { width, height } = photo.camera;
    const factor = Math.max(1, Math.max(width, height) / LONG_SIDE);
    const camera = resizeCamera(photo.camera, Math.round(width / factor), Math.round(height / factor));
    const opinion = opinionOf(scene, semantics.layers, semantics.entries, rows, camera, photo);
    if (!opinion) return;
    this.#seenBy++;
    this.#opinions.push({ ...opinion, pixels: Math.round(opinion.pixels * factor * factor) });
  }

  get result(): { photos: PhotoOpinion[]; seenBy: number } {
    const most = Math.max(0, ...this.#opinions.map(({ pixels }) => pixels));
    const photos = this.#opinions
      .filter(({ pixels }) => pixels >= LEAST_SIGHT * most)
      .sort((a, b) => b.crossEntropy - a.crossEntropy)
      .slice(0, SHOWN);
    return { photos, seenBy: this.#seenBy };
  }
}

/** Disposes of the tensors that work makes; not through the result of tf.tidy, which walks through all that it is given back. */
function withoutTensors<T>(work: () => T): T {
  const results: T[] = [];
  tf.tidy(() => {
    results.push(work());
  });
  return results[0];
}

function opinionOf(
  { model, antialiased }: ViewedScene,
  layers: readonly LayerArrays[],
  entries: number,
  region: readonly number[],
  camera: PinholeCamera,
  { name, map }: PhotoWithMap,
): PhotoOpinion | null {
  const { width, height } = camera;
  const { semantics, count } = model.arrays();
  const place = new Map(region.map((row, i) => [row, i]));
  const features = new Float32Array(region.length * SEMANTICS.dimensions);
  region.forEach((row, i) => {
    const from = row * SEMANTICS.columns;
    features.set(semantics.subarray(from, from + SEMANTICS.dimensions), i * SEMANTICS.dimensions);
  });
  const meanings = distributions(features, layers, entries);
  return withoutTensors((): PhotoOpinion | null => {
    // The region as an uncertainty of 1 amid 0: its plane is how much of each pixel the region is.
    const marks = new Float32Array(semantics.length);
    for (let row = 0; row < count; row++)
      marks[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit] = place.has(row) ? SURE : -SURE;
    const frame: RenderFrame = { forward: null, view: null };
    const { geometry, sphericalHarmonics } = model;
    const marked = tf.tensor2d(marks, [marks.length / SEMANTICS.columns, SEMANTICS.columns]);
    const seen = render({ geometry, sphericalHarmonics, semantics: marked }, camera, {
      ...{ count, antialiased, frame, channels: ['uncertainty'] as const, shDegree: 0 },
      ...{ background: [0, 0, 0] as const, semanticsMovesGeometry: false },
    }).dataSync<'float32'>();

    const all = samplePixels(width, height, 0, map, 0, 0);
    const inRegion = all.pixels.filter((pixel, i) => seen[pixel] >= VISIBILITY_GATE && all.labels[i] > 0);
    const stride = Math.max(1, Math.ceil(inRegion.length / REGION_PIXELS));
    const pixels = inRegion.filter((_, i) => i % stride === 0);
    if (pixels.length === 0) return null;
    const { offsets, rows, weights } = sampleWeights(frame, pixels, VISIBILITY_GATE);
    const votes = new Float64Array(entries);
    let [sum, weight, x, y, heard] = [0, 0, 0, 0, 0];
    pixels.forEach((pixel, p) => {
      const label = all.labels[pixel] - 1;
      let pixelWeight = 0;
      for (let pair = offsets[p]; pair < offsets[p + 1]; pair++) {
        const i = place.get(rows[pair]);
        if (i === undefined) continue;
        sum += weights[pair] * surprise(meanings[i * entries + label]);
        pixelWeight += weights[pair];
      }
      if (pixelWeight === 0) return;
      heard++;
      weight += pixelWeight;
      votes[label]++;
      x += ((pixel % width) + 0.5) / width;
      y += (Math.floor(pixel / width) + 0.5) / height;
    });
    if (heard === 0) return null;
    const entry = votes.indexOf(Math.max(...votes));
    return {
      photo: name,
      entry,
      share: votes[entry] / heard,
      crossEntropy: sum / weight,
      photoCrossEntropy: photoCrossEntropy(model.semantics, frame, layers, entries, camera, map),
      x: x / heard,
      y: y / heard,
      pixels: heard * stride,
    };
  });
}

/** Mean cross-entropy of a photo's pixels; null where none is labelled and covered. Inside a tidy. */
function photoCrossEntropy(
  semantics: tf.Tensor,
  frame: RenderFrame,
  layers: readonly LayerArrays[],
  entries: number,
  { width, height }: PinholeCamera,
  map: IndexMap,
): number | null {
  const { pixels, labels } = samplePixels(width, height, PHOTO_PIXELS, map, 0, 0);
  const samples = sampleSemantics(semantics, frame, pixels).dataSync<'float32'>();
  const kept = Array.from(pixels.keys()).filter(
    (i) => labels[i] > 0 && samples[i * SAMPLE.columns + SAMPLE.alpha] >= COVERAGE,
  );
  if (kept.length === 0) return null;
  const features = new Float32Array(kept.length * SEMANTICS.dimensions);
  kept.forEach((i, at) => {
    const from = i * SAMPLE.columns;
    features.set(samples.subarray(from, from + SEMANTICS.dimensions), at * SEMANTICS.dimensions);
  });
  const meanings = distributions(features, layers, entries);
  return kept.reduce((sum, i, at) => sum + surprise(meanings[at * entries + labels[i] - 1]), 0) / kept.length;
}
