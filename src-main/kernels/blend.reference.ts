/**
 * Front-to-back blending of projected Gaussians, and its gradient. Nothing knows of tiles.
 *
 *   α = min(0.99, o·exp(−q/2)),  q = dᵀ·conic·d,  d = pixel centre − mean2D;   α < 1/255 is skipped
 *   T·(1 − α) < 1e-4 ends the pixel before this Gaussian;   w = α·T;   plane_c = Σ w·value_c + T_end·background_c
 *   ∂L/∂α_i = T_i·⟨g, value_i⟩ − (Σ_{j>i} w_j·⟨g, value_j⟩ + T_end·⟨g, background⟩) / (1 − α_i)
 *
 * Every plane is treated alike: depth is the value z, alpha the value 1. In ⟨g, ·⟩ only those planes count that
 * move geometry. Images are planar [C, H, W].
 */
import { ALPHA_MIN, type Projected, type ProjectedGradient } from './projection.reference';

export const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;
/** Depths this close (relative) may sort the other way in float32. */
const DEPTH_TIE = 1e-6;

/** A Gaussian in blending order. */
export interface Splat extends Projected {
  row: number;
  /** what it adds to each plane, [C] */
  values: Float64Array;
}

export interface BlendResult {
  /** [C, H, W] */
  image: Float64Array;
  /** transmittance left, [H, W] */
  transmittance: Float64Array;
  /** index into the order where the pixel ended, [H, W]; beyond the last if it never did */
  end: Int32Array;
  /** 1 where a cut-off, a clamp or a tie was within the margin, [H, W] */
  near: Uint8Array;
}

const isNear = (value: number, cutOff: number, margin: number): boolean => Math.abs(value - cutOff) < margin * cutOff;

/** o·exp(−q/2) at a pixel, with its factors. */
function evaluate(splat: Splat, px: number, py: number) {
  const dx = px + 0.5 - splat.mean[0];
  const dy = py + 0.5 - splat.mean[1];
  const [A, B, C] = splat.conic;
  const falloff = Math.exp(-0.5 * (A * dx * dx + 2 * B * dx * dy + C * dy * dy));
  return { dx, dy, falloff, raw: splat.opacity * falloff };
}

function forEachPixel({ box }: Splat, visit: (x: number, y: number) => void): void {
  for (let y = box[1]; y <= box[3]; y++) for (let x = box[0]; x <= box[2]; x++) visit(x, y);
}

/** @param order nearest first  @param background value behind everything per plane, [C] */
export function blend(
  order: readonly Splat[],
  width: number,
  height: number,
  background: Float64Array,
  margin: number,
): BlendResult {
  const pixels = width * height;
  const image = new Float64Array(background.length * pixels);
  const transmittance = new Float64Array(pixels).fill(1);
  const end = new Int32Array(pixels).fill(order.length);
  const near = new Uint8Array(pixels);
  const lastDepth = new Float64Array(pixels).fill(-Infinity);

  order.forEach((splat, index) => {
    forEachPixel(splat, (x, y) => {
      const p = y * width + x;
      if (end[p] < index) return;
      const { raw } = evaluate(splat, x, y);
      if (isNear(raw, ALPHA_MIN, margin) || isNear(raw, ALPHA_MAX, margin)) near[p] = 1;
      if (raw < ALPHA_MIN) return;
      if (splat.nearCutOff || splat.z - lastDepth[p] < DEPTH_TIE * splat.z) near[p] = 1;
      if (splat.culled) return;
      lastDepth[p] = splat.z;
      const alpha = Math.min(ALPHA_MAX, raw);
      const left = transmittance[p] * (1 - alpha);
      if (isNear(left, TRANSMITTANCE_MIN, margin)) near[p] = 1;
      if (left < TRANSMITTANCE_MIN) {
        end[p] = index;
        return;
      }
      const w = alpha * transmittance[p];
      for (let c = 0; c < background.length; c++) image[c * pixels + p] += w * splat.values[c];
      transmittance[p] = left;
    });
  });
  for (let c = 0; c < background.length; c++) {
    for (let p = 0; p < pixels; p++) image[c * pixels + p] += transmittance[p] * background[c];
  }
  return { image, transmittance, end, near };
}

export interface PixelWeight {
  /** of the parameters */
  row: number;
  /** α·T */
  weight: number;
}

/** What one pixel blends, nearest first. */
export function pixelWeights(order: readonly Splat[], x: number, y: number): PixelWeight[] {
  const weights: PixelWeight[] = [];
  let transmittance = 1;
  for (const splat of order) {
    const { box, culled, row } = splat;
    if (culled || x < box[0] || y < box[1] || x > box[2] || y > box[3]) continue;
    const { raw } = evaluate(splat, x, y);
    if (raw < ALPHA_MIN) continue;
    const alpha = Math.min(ALPHA_MAX, raw);
    const left = transmittance * (1 - alpha);
    if (left < TRANSMITTANCE_MIN) break;
    weights.push({ row, weight: alpha * transmittance });
    transmittance = left;
  }
  return weights;
}

export interface SplatGradient extends ProjectedGradient {
  /** ∂L/∂values, [C] */
  values: Float64Array;
}

/**
 * Gradients per splat of `order`, summed over pixels.
 *
 * @param dImage ∂L/∂image, [C, H, W]
 * @param moves  per plane: does its gradient reach the weights?
 */
export function blendBackward(
  order: readonly Splat[],
  width: number,
  height: number,
  background: Float64Array,
  result: BlendResult,
  dImage: ArrayLike<number>,
  moves: readonly boolean[],
): SplatGradient[] {
  const pixels = width * height;
  const planes = background.length;
  const transmittance = result.transmittance.slice();
  const behind = new Float64Array(pixels);
  for (let c = 0; c < planes; c++) {
    if (!moves[c]) continue;
    for (let p = 0; p < pixels; p++) behind[p] += transmittance[p] * background[c] * dImage[c * pixels + p];
  }
  const gradients: SplatGradient[] = [];
  for (let index = order.length - 1; index >= 0; index--) {
    const splat = order[index];
    const [A, B, C] = splat.conic;
    const g: SplatGradient = { z: 0, mean: [0, 0], conic: [0, 0, 0], opacity: 0, values: new Float64Array(planes) };
    gradients[index] = g;
    if (splat.culled) continue;
    forEachPixel(splat, (x, y) => {
      const p = y * width + x;
      if (index >= result.end[p]) return;
      const { dx, dy, falloff, raw } = evaluate(splat, x, y);
      if (raw < ALPHA_MIN) return;
      const alpha = Math.min(ALPHA_MAX, raw);
      transmittance[p] /= 1 - alpha;
      const w = alpha * transmittance[p];
      let product = 0;
      for (let c = 0; c < planes; c++) {
        const d = dImage[c * pixels + p];
        g.values[c] += w * d;
        if (moves[c]) product += d * splat.values[c];
      }
      const dAlpha = transmittance[p] * product - behind[p] / (1 - alpha);
      behind[p] += w * product;
      if (raw > ALPHA_MAX) return;
      g.opacity += dAlpha * falloff;
      const dq = -0.5 * alpha * dAlpha;
      g.conic[0] += dq * dx * dx;
      g.conic[1] += dq * 2 * dx * dy;
      g.conic[2] += dq * dy * dy;
      g.mean[0] -= dq * 2 * (A * dx + B * dy);
      g.mean[1] -= dq * 2 * (B * dx + C * dy);
    });
  }
  return gradients;
}
