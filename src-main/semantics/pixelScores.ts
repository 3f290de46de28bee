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
 * Pixels with accumulated α < 0.5 have no answer, as in the loss: score 0.
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
  /** R_s of these pixels, [covered, 8] */
  readonly features: Float32Array;
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
  const options = { count, antialiased, channels, shDegree: 0, semanticsMovesGeometry: false };
  // Not through tf.tidy, which walks through everything that it is given back: a second for ten planes.
  const image = render(inputs, camera, { ...options, background: [0, 0, 0] });
  try {
    return image.dataSync<'float32'>();
  } finally {
    image.dispose();
  }
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
  return { width, height, alpha, uncertainty, pixels, features, ...decodeWithScores(features, layers, values) };
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

/** One scalar a splat as the logit that the rasteriser's sigmoid turns back into it. */
function logitOf(score: number): number {
  const clamped = Math.min(1, Math.max(0, score));
  return Math.min(LARGEST_LOGIT, Math.max(-LARGEST_LOGIT, Math.log(clamped / (1 - clamped))));
}

/**
 * A single score travels in the column of the uncertainty, as its logit, and S_G is not rendered; several go eight at a time in
 * the columns of S_G.
 *
 * @param scores  of the live splats, 0…1, [count] each, at least one
 * @returns the same as pictures, [height, width] each
 */
export function blendScores(
  view: SplatView,
  camera: PinholeCamera,
  antialiased: boolean,
  scores: readonly ArrayLike<number>[],
): Drawn & { readonly scores: Float32Array[] } {
  const { width, height } = camera;
  const size = width * height;
  const { columns, dimensions, uncertaintyLogit } = SEMANTICS;
  const rows = view.semantics.shape[0];
  let alpha = new Float32Array(0);
  const pictures: Float32Array[] = [];
  for (let from = 0; from < scores.length; from += dimensions) {
    const group = scores.slice(from, from + dimensions);
    const values = new Float32Array(rows * columns);
    if (scores.length === 1)
      for (let row = 0; row < view.count; row++) values[row * columns + uncertaintyLogit] = logitOf(group[0][row]);
    else
      group.forEach((score, k) => {
        for (let row = 0; row < view.count; row++) values[row * columns + k] = score[row];
      });
    const semantics = tf.tensor2d(values, [rows, columns]);
    try {
      const channel = scores.length === 1 ? 'uncertainty' : 'semantics';
      const planes = planesOf({ ...view, semantics }, camera, antialiased, [channel, 'alpha']);
      alpha = planes.slice(planes.length - size);
      group.forEach((_, k) => {
        const picture = planes.slice(k * size, (k + 1) * size);
        for (let i = 0; i < size; i++) picture[i] = alpha[i] >= COVERAGE ? picture[i] / alpha[i] : 0;
        pictures.push(picture);
      });
    } finally {
      semantics.dispose();
    }
  }
  return { width, height, alpha, scores: pictures };
}
