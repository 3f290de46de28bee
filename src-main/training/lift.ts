/**
 * Labels of Gaussians by blending weight (METHOD §6), from the photos' index maps or from what the Gaussians answer in their place, and
 * the start of S_G from them: the direction of that entry. Geometry is read, never changed.
 */
import * as tf from '@tensorflow/tfjs';
import type { TrainingSettings } from '#contract/settings';
import { resizeCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import { render, sampleWeights } from '../kernels/index';
import type { LayerArrays, RenderFrame } from '../kernels/index';
import { SEMANTICS } from '../kernels/layout';
import type { GaussianModel } from '../gaussians/index';
import { CODES, codeDirections, decodePixels, kinshipOf, LabelLift, samplePixels } from '../semantics/index';
import type { LiftedLabels } from '../semantics/index';
import type { PhotoViews } from './photoViews';
import type { IndexMaps } from './ports';

/** Long side of the pictures that are lifted from: votes are many, and a map has no more detail. */
const LONG_SIDE = 480;
/** Length of S_G where no photo gave a label: what is next to it decides. */
const UNSEEN_LENGTH = 0.05;

/** What labels are lifted from: index maps, or answers in their place. */
export type LabelSource = Pick<IndexMaps, 'entries' | 'vectors' | 'load'>;

type LiftSettings = Pick<TrainingSettings, 'antialiased' | 'liftGate' | 'liftPower' | 'liftKinship'>;

/** A photo's camera at the size that it is lifted from. */
async function liftingCamera(photos: PhotoViews, index: number): Promise<PinholeCamera> {
  const full = await photos.camera(index);
  const factor = Math.max(1, Math.max(full.width, full.height) / LONG_SIDE);
  return resizeCamera(full, Math.round(full.width / factor), Math.round(full.height / factor));
}

async function giveWay(): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  return true;
}

/**
 * Labels by vote of all photos with a map.
 *
 * @param between  called after every photo but the last; whatever it waits for must leave the Gaussians alone. false: give up
 * @returns null when it was given up
 */
export async function liftLabels(
  model: GaussianModel,
  photos: PhotoViews,
  maps: LabelSource,
  settings: LiftSettings,
): Promise<LiftedLabels>;
export async function liftLabels(
  model: GaussianModel,
  photos: PhotoViews,
  maps: LabelSource,
  settings: LiftSettings,
  between: (done: number, photos: number) => Promise<boolean>,
): Promise<LiftedLabels | null>;
export async function liftLabels(
  model: GaussianModel,
  photos: PhotoViews,
  maps: LabelSource,
  settings: LiftSettings,
  between: (done: number, photos: number) => Promise<boolean> = giveWay,
): Promise<LiftedLabels | null> {
  const { liftGate: gate, liftPower: power } = settings;
  const kinship = kinshipOf(maps.vectors, maps.entries, settings.liftKinship);
  const lift = new LabelLift(model.count, maps.entries, { gate, power, kinship });
  for (let index = 0; index < photos.count; index++) {
    if (index > 0 && !(await between(index, photos.count))) return null;
    const map = await maps.load(photos.names[index]);
    if (!map) continue;
    const camera = await liftingCamera(photos, index);
    const { pixels, labels } = samplePixels(camera.width, camera.height, 0, map, 0, 0);
    const frame: RenderFrame = { forward: null, view: null };
    tf.tidy(() => {
      render(model, camera, {
        ...{ count: model.count, shDegree: 0, background: [0, 0, 0], antialiased: settings.antialiased },
        ...{ channels: ['alpha'], semanticsMovesGeometry: false, frame },
      });
      lift.addView(sampleWeights(frame, pixels, gate), labels);
    });
  }
  return lift.result();
}

/** What the Gaussians themselves answer at the poses of the photos: the most probable entry of every pixel. */
export function answersOf(
  model: GaussianModel,
  photos: PhotoViews,
  { entries, vectors }: IndexMaps,
  layers: readonly LayerArrays[],
  { antialiased }: LiftSettings,
): LabelSource {
  const { geometry, sphericalHarmonics, semantics, count } = model;
  const view = { geometry, sphericalHarmonics, semantics, count };
  return {
    ...{ entries, vectors },
    load: async (photo) => {
      const camera = await liftingCamera(photos, photos.names.indexOf(photo));
      const { width, height } = camera;
      const indices = new Uint8Array(width * height);
      const { pixels, codes } = decodePixels(view, camera, antialiased, layers, new Float32Array(0));
      pixels.forEach((pixel, at) => (indices[pixel] = codes.entries[at * CODES] + 1));
      return { width, height, indices };
    },
  };
}

/** Writes S_G from lifted labels; Gaussians that no photo saw keep their direction, short. Outside the tape only. */
export function startFromLabels(model: GaussianModel, { labels }: LiftedLabels, maps: IndexMaps, seed: number): void {
  const directions = codeDirections(maps.vectors, maps.entries, seed);
  const { semantics, count } = model.arrays();
  const size = SEMANTICS.dimensions;
  for (let row = 0; row < count; row++) {
    const own = semantics.subarray(row * SEMANTICS.columns, row * SEMANTICS.columns + size);
    if (labels[row] > 0) own.set(directions.subarray((labels[row] - 1) * size, labels[row] * size));
    else own.forEach((value, k) => (own[k] = value * UNSEEN_LENGTH));
  }
}
