/**
 * How well the Gaussians show photos that they were not trained on: render at the photo's pose, clamp to [0, 1], and take per
 * photo PSNR = −10·log₁₀ MSE (over unmasked pixels) and SSIM (METHOD §1), then the mean over photos. Nothing is fitted here.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { PhotoScore } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { photometricLoss, render } from '../kernels/index';
import { psnrOf } from './measure';
import type { View } from './objective';
import { disposeView } from './photoViews';
import type { PhotoViews } from './photoViews';

/** Gaussians to look at; rows ≥ count are not read. */
export interface Scene {
  /** [capacity, 11] */
  readonly geometry: Tensor2D;
  /** [capacity, 48] */
  readonly sphericalHarmonics: Tensor2D;
  /** [capacity, 9] */
  readonly semantics: Tensor2D;
  /** [capacity, 3], zeros */
  readonly probe: Tensor2D;
  readonly count: number;
}

export type Appearance = Pick<TrainingSettings, 'background' | 'antialiased' | 'semanticsMovesGeometry'> & {
  readonly shDegree: number;
};

export interface Scores {
  psnr: number;
  ssim: number;
  photos: PhotoScore[];
}

/** Mean squared error of planes 0–2, over the pixels with mask 1. */
export function meanSquaredError(
  image: ArrayLike<number>,
  target: ArrayLike<number>,
  mask: ArrayLike<number> | null,
): number {
  const pixels = target.length / 3;
  let sum = 0;
  let counted = 0;
  for (let i = 0; i < pixels; i++) {
    if (mask && mask[i] === 0) continue;
    counted++;
    for (let c = 0; c < 3; c++) sum += (image[c * pixels + i] - target[c * pixels + i]) ** 2;
  }
  return counted > 0 ? sum / (3 * counted) : 0;
}

/** The colour picture of a scene from a view's camera, clamped to [0, 1], [3, H, W]; the caller disposes of it. */
export function renderColour(scene: Scene, view: Pick<View, 'camera'>, appearance: Appearance): Tensor3D {
  const { count, ...parameters } = scene;
  const { shDegree, background, antialiased, semanticsMovesGeometry } = appearance;
  return tf.tidy(() => {
    const options = { count, shDegree, antialiased, semanticsMovesGeometry };
    const image = render(parameters, view.camera, { ...options, background: [...background], channels: ['rgb'] });
    return tf.clipByValue(image, 0, 1);
  });
}

/** Scores of one picture against its photo. */
export function scorePicture(picture: Tensor3D, view: View): { psnr: number; ssim: number } {
  const mask = view.mask?.dataSync() ?? null;
  const psnr = psnrOf(meanSquaredError(picture.dataSync(), view.target.dataSync(), mask));
  const loss = tf.tidy(() => photometricLoss(picture, view.target, view.mask, { ssimWeight: 1 }).dataSync()[0]);
  return { psnr, ssim: 1 - loss };
}

/** Scores of all photos, in their order; yields to the event loop between photos. */
export async function evaluate(scene: Scene, photos: PhotoViews, appearance: Appearance): Promise<Scores> {
  const scores: PhotoScore[] = [];
  for (let index = 0; index < photos.count; index++) {
    if (index + 1 < photos.count) photos.prefetch(index + 1);
    const view = await photos.load(index, 1, appearance.background);
    const picture = renderColour(scene, view, appearance);
    scores.push({ photo: photos.names[index], ...scorePicture(picture, view) });
    picture.dispose();
    disposeView(view);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const mean = (name: 'psnr' | 'ssim') =>
    scores.reduce((sum, score) => sum + score[name], 0) / Math.max(1, scores.length);
  return { psnr: mean('psnr'), ssim: mean('ssim'), photos: scores };
}
