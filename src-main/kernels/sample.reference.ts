/**
 * Semantics at single pixels of a rendered picture, in double.
 *
 *   out_p = (Σ w·S_G [8], Σ w·σ(u logit), Σ w),   w the blending weights of pixel p     (METHOD §1: composited over 0)
 *   ∂L/∂S_i = Σ_p w_pi·∂L/∂out_p;   the weights are constants, and Σ w passes nothing
 *   label_p = argmax_k Σ_i w_pi·[label_i = k]        the vote of the splats, the lower label of equals
 *
 * Shapes: semantics [capacity, 9], out [pixels, 10].
 */
import { sigmoid, type Floats } from './algebra.reference';
import { pixelWeights, type PixelWeight } from './blend.reference';
import { SAMPLE, SEMANTICS } from './layout';
import type { ReferenceRender } from './render.reference';

/** Blending weights of pixels as a sparse matrix: those of pixel p lie at offsets[p] … offsets[p + 1]. */
export interface SampleWeights {
  /** [pixels + 1] */
  offsets: Uint32Array;
  /** rows of the parameters, nearest first, [pairs] */
  rows: Uint32Array;
  /** α·T, [pairs] */
  weights: Float32Array;
}

/** @param pixels  y·width + x */
export function weightsReference(forward: ReferenceRender, width: number, pixels: Int32Array): PixelWeight[][] {
  return Array.from(pixels, (pixel) => pixelWeights(forward.order, pixel % width, Math.floor(pixel / width)));
}

export function compositeReference(weights: readonly PixelWeight[][], semantics: Floats): Float64Array {
  const out = new Float64Array(weights.length * SAMPLE.columns);
  weights.forEach((pairs, p) => {
    for (const { row, weight } of pairs) {
      const at = row * SEMANTICS.columns;
      for (let k = 0; k < SEMANTICS.dimensions; k++) out[p * SAMPLE.columns + k] += weight * semantics[at + k];
      out[p * SAMPLE.columns + SAMPLE.uncertainty] += weight * sigmoid(semantics[at + SEMANTICS.uncertaintyLogit]);
      out[p * SAMPLE.columns + SAMPLE.alpha] += weight;
    }
  });
  return out;
}

/** ∂L/∂semantics. @param dOut  [pixels, 10] */
export function compositeReferenceBackward(
  weights: readonly PixelWeight[][],
  semantics: Floats,
  dOut: Floats,
): Float64Array {
  const gradient = new Float64Array(semantics.length);
  weights.forEach((pairs, p) => {
    for (const { row, weight } of pairs) {
      const at = row * SEMANTICS.columns;
      for (let k = 0; k < SEMANTICS.dimensions; k++) gradient[at + k] += weight * dOut[p * SAMPLE.columns + k];
      const u = sigmoid(semantics[at + SEMANTICS.uncertaintyLogit]);
      gradient[at + SEMANTICS.uncertaintyLogit] += weight * dOut[p * SAMPLE.columns + SAMPLE.uncertainty] * u * (1 - u);
    }
  });
  return gradient;
}

/**
 * The labels that a pixel's splats vote for.
 *
 * @param splats  [count] 1 … 255, 0 = none and no vote
 * @param own     [pixels]; 0 stays 0, and a pixel whose splats have no vote keeps its own
 */
export function votedLabelsReference(
  weights: readonly PixelWeight[][],
  splats: Uint8Array,
  own: Uint8Array,
): Uint8Array {
  return own.map((label, p) => {
    if (label === 0) return 0;
    const votes = new Float64Array(256);
    for (const { row, weight } of weights[p]) if (splats[row] > 0) votes[splats[row]] += weight;
    const most = votes.indexOf(Math.max(...votes));
    return most > 0 && votes[most] > 0 ? most : label;
  });
}
