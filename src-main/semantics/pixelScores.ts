/**
 * What the pixels of a view mean, two ways:
 *
 *   decodePixels   R_s of every pixel through the decoder: M̂ = softmax(decoder(R̂)), METHOD §4. What training optimises, and what
 *                  evaluation looks at.
 *   blendScores    scores of splats blended like a colour: R = Σ_i w_i·s_i / Σ_i w_i. What a moving view can afford.
 *
 * Blending is right because the score is linear in M̂: Σ_i w_i·(Σ_k M̂_ik·rel_k) = Σ_k (Σ_i w_i·M̂_ik)·rel_k, the score of the blended
 * mixture, and a colour map or a threshold comes after it, never before. It is not the same as decoding the blended vector, since
 * the decoder is not linear: they differ where a pixel sees splats of different meaning. With the published order of features
 * first, and for AND, OR and NOT, the blend is of answers, not of evidence.
 *
 * The splats' scalar travels in the column of the uncertainty, as its logit; S_G is not rendered. Pixels with accumulated
 * α < 0.5 have no answer, as in the loss: score 0.
 */
import * as tf from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { render } from '../kernels/index';
import type { LayerArrays, RenderInputs } from '../kernels/index';
import { SEMANTICS } from '../kernels/layout';
import { decodeWithScores } from './splatCodes';
import type { Codes } from './splatCodes';

/** Pixels with less accumulated α have no answer (METHOD §4). */
export const COVERAGE = 0.5;
/** Beyond it the sigmoid is 0 or 1 in float32. */
const LARGEST_LOGIT = 16;

/** Splats to look at. */
export interface SplatView extends RenderInputs {
  semantics: tf.Tensor;
  count: number;
}

interface Drawn {
  readonly width: number;
  readonly height: number;
  /** accumulated α, [height, width] */
  readonly alpha: Float32Array;
}

export interface DecodedPixels extends Drawn {
  /** y·width + x of the pixels with enough α, ascending, [covered] */
  readonly pixels: Int32Array;
  /** of these pixels */
  readonly codes: Codes;
  /** Σ_i M̂_i·value_i of these pixels over the whole of M̂, [covered, sets] */
  readonly scores: Float32Array;
  /** R_u, [height, width] */
  readonly uncertainty: Float32Array;
}

function planesOf(
  { count, ...inputs }: SplatView,
  camera: PinholeCamera,
  antialiased: boolean,
  channels: ('semantics' | 'uncertainty' | 'alpha')[],
): Float32Array {
  return tf.tidy(() => {
    const options = { count, antialiased, channels, shDegree: 0, semanticsMovesGeometry: false };
    return render(inputs, camera, { ...options, background: [0, 0, 0] }).dataSync<'float32'>();
  });
}

/** @param values  per entry, [sets, N]; empty for codes alone */
export function decodePixels(
  view: SplatView,
  camera: PinholeCamera,
  antialiased: boolean,
  layers: readonly LayerArrays[],
  values: Float32Array,
): DecodedPixels {
  const { width, height } = camera;
  const size = width * height;
  const { dimensions } = SEMANTICS;
  const planes = planesOf(view, camera, antialiased, ['semantics', 'uncertainty', 'alpha']);
  const uncertainty = planes.slice(dimensions * size, (dimensions + 1) * size);
  const alpha = planes.slice((dimensions + 1) * size, (dimensions + 2) * size);
  let covered = 0;
  for (let i = 0; i < size; i++) if (alpha[i] >= COVERAGE) covered++;
  const pixels = new Int32Array(covered);
  const features = new Float32Array(covered * dimensions);
  for (let i = 0, row = 0; i < size; i++) {
    if (alpha[i] < COVERAGE) continue;
    pixels[row] = i;
    for (let k = 0; k < dimensions; k++) features[row * dimensions + k] = planes[k * size + i];
    row++;
  }
  return { width, height, alpha, uncertainty, pixels, ...decodeWithScores(features, layers, values) };
}

/** Values of covered pixels as a picture, 0 elsewhere. @param from, step  value of pixel p is at from + p·step */
export function spread(
  { width, height, pixels }: Pick<DecodedPixels, 'width' | 'height' | 'pixels'>,
  values: ArrayLike<number>,
  from = 0,
  step = 1,
): Float32Array {
  const picture = new Float32Array(width * height);
  for (let p = 0; p < pixels.length; p++) picture[pixels[p]] = values[from + p * step];
  return picture;
}

/** @param scores  of the live splats, 0…1, [count]; @returns score [height, width] */
export function blendScores(
  view: SplatView,
  camera: PinholeCamera,
  antialiased: boolean,
  scores: ArrayLike<number>,
): Drawn & { readonly score: Float32Array } {
  const { width, height } = camera;
  const size = width * height;
  const column = new Float32Array(view.semantics.shape[0] * SEMANTICS.columns);
  for (let row = 0; row < view.count; row++) {
    const score = Math.min(1, Math.max(0, scores[row]));
    const logit = Math.log(score / (1 - score));
    column[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit] = Math.min(
      LARGEST_LOGIT,
      Math.max(-LARGEST_LOGIT, logit),
    );
  }
  const semantics = tf.tensor2d(column, [view.semantics.shape[0], SEMANTICS.columns]);
  try {
    const planes = planesOf({ ...view, semantics }, camera, antialiased, ['uncertainty', 'alpha']);
    const alpha = planes.slice(size, 2 * size);
    const score = planes.slice(0, size);
    for (let i = 0; i < size; i++) score[i] = alpha[i] >= COVERAGE ? score[i] / alpha[i] : 0;
    return { width, height, alpha, score };
  } finally {
    semantics.dispose();
  }
}
