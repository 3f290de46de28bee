/**
 * Photometric loss of an image against a photo, and its gradient (METHOD §1).
 *
 *   L = (1 − w)·mean|x − y| + w·(1 − mean SSIM)
 *   SSIM = (2·μx·μy + C1)(2·σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2))        (Wang et al. 2004)
 *   μ, σ under a Gaussian window 11×11, σ = 1.5, sum 1; pixels outside the image count as 0; C1 = 0.01², C2 = 0.03²
 *
 * Both means run over the pixels that the mask keeps, × 3 channels; windows see every pixel, masked or not.
 * Shapes: image [≥3, H, W] of which planes 0–2 count, target [3, H, W], mask [H, W] of 0 and 1 or null.
 */
import type { Floats } from './algebra.reference';

export const SSIM_WINDOW = 11;
export const SSIM_SIGMA = 1.5;
export const SSIM_C1 = 0.01 ** 2;
export const SSIM_C2 = 0.03 ** 2;

/** One axis of the window, [11]; the window is its outer product with itself. */
export function gaussianWindow(): Float64Array {
  const half = (SSIM_WINDOW - 1) / 2;
  const weights = Float64Array.from({ length: SSIM_WINDOW }, (_, i) =>
    Math.exp(-((i - half) ** 2) / (2 * SSIM_SIGMA ** 2)),
  );
  const sum = weights.reduce((total, v) => total + v, 0);
  return weights.map((v) => v / sum);
}

const WINDOW = gaussianWindow();

/** Window average of a plane [H, W], zeros outside. The window is symmetric: this is its own adjoint. */
function filter(plane: Float64Array, width: number, height: number): Float64Array {
  const half = (SSIM_WINDOW - 1) / 2;
  const rows = new Float64Array(plane.length);
  const out = new Float64Array(plane.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = Math.max(-half, -x); k <= Math.min(half, width - 1 - x); k++) {
        rows[y * width + x] += WINDOW[k + half] * plane[y * width + x + k];
      }
    }
  }
  for (let y = 0; y < height; y++) {
    for (let k = Math.max(-half, -y); k <= Math.min(half, height - 1 - y); k++) {
      for (let x = 0; x < width; x++) out[y * width + x] += WINDOW[k + half] * rows[(y + k) * width + x];
    }
  }
  return out;
}

export interface PhotometricResult {
  loss: number;
  /** mean SSIM over the kept pixels; 1 if none is kept */
  ssim: number;
  /** ∂L/∂planes 0–2, [3, H, W] */
  gradient: Float64Array;
}

export function photometricReference(
  image: Floats,
  target: Floats,
  mask: Floats | null,
  width: number,
  height: number,
  ssimWeight: number,
): PhotometricResult {
  const pixels = width * height;
  const kept = mask ? Float64Array.from(mask) : new Float64Array(pixels).fill(1);
  const terms = 3 * kept.reduce((sum, v) => sum + v, 0);
  const gradient = new Float64Array(3 * pixels);
  if (terms === 0) return { loss: 0, ssim: 1, gradient };

  let absolute = 0;
  let similarity = 0;
  for (let c = 0; c < 3; c++) {
    const x = Float64Array.from(image.subarray(c * pixels, (c + 1) * pixels));
    const y = Float64Array.from(target.subarray(c * pixels, (c + 1) * pixels));
    const average = (value: (p: number) => number): Float64Array =>
      filter(
        x.map((_, p) => value(p)),
        width,
        height,
      );
    const [mx, my] = [average((p) => x[p]), average((p) => y[p])];
    const [xx, yy, xy] = [average((p) => x[p] * x[p]), average((p) => y[p] * y[p]), average((p) => x[p] * y[p])];
    // ∂(Σ kept·SSIM) to the three averages that depend on x
    const [dMean, dSquare, dProduct] = [new Float64Array(pixels), new Float64Array(pixels), new Float64Array(pixels)];
    for (let p = 0; p < pixels; p++) {
      const a = 2 * mx[p] * my[p] + SSIM_C1;
      const b = 2 * (xy[p] - mx[p] * my[p]) + SSIM_C2;
      const e = mx[p] * mx[p] + my[p] * my[p] + SSIM_C1;
      const f = xx[p] - mx[p] * mx[p] + (yy[p] - my[p] * my[p]) + SSIM_C2;
      const s = (a * b) / (e * f);
      absolute += kept[p] * Math.abs(x[p] - y[p]);
      similarity += kept[p] * s;
      dMean[p] = kept[p] * ((2 * my[p] * (b - a)) / (e * f) - 2 * mx[p] * s * (1 / e - 1 / f));
      dSquare[p] = (-kept[p] * s) / f;
      dProduct[p] = (kept[p] * 2 * a) / (e * f);
    }
    const [fMean, fSquare, fProduct] = [dMean, dSquare, dProduct].map((plane) => filter(plane, width, height));
    for (let p = 0; p < pixels; p++) {
      const dSimilarity = fMean[p] + 2 * x[p] * fSquare[p] + y[p] * fProduct[p];
      const dAbsolute = kept[p] * Math.sign(x[p] - y[p]);
      gradient[c * pixels + p] = ((1 - ssimWeight) * dAbsolute - ssimWeight * dSimilarity) / terms;
    }
  }
  const ssim = similarity / terms;
  return { loss: (1 - ssimWeight) * (absolute / terms) + ssimWeight * (1 - ssim), ssim, gradient };
}
