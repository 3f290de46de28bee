/**
 * What the pixels of a rendered picture show as a surface, in double.
 *
 *   t*_i = argmin_t (o + t·d − μ_i)ᵀ Σ_i⁻¹ (o + t·d − μ_i) = (dᵀΣ⁻¹(μ − o)) / (dᵀΣ⁻¹d)      where the ray meets splat i best
 *          d with unit length along the camera's axis, so that t is a depth; kept within μ_z ± 3·(largest deviation of i)
 *   α = Σ_i w_i;   uncertainty = Σ_i w_i·u_i / α          over what the pixel blends; w the blending weights of METHOD §1
 *   depth = the weighted median of t*: the least with half of α at or before it; 0 where α < ½
 *   near = { i : |t*_i − depth| ≤ 0.03·depth };   confidence = Σ_near w_i, 0 without a depth;   label = argmax_l Σ_near w_i·[l_i = l],
 *          the smaller on ties
 *
 * A median does not lie between a thing and the wall behind it, as a mean does at every edge. t* instead of μ_z keeps large splats
 * flat, whose middle is not where the ray meets them, and sorting by it undoes that blending sorts by middles. On a demo room after
 * 1,500 steps (opacity ≥ 0.2) 62 % of pixels came within 1 % of the room's side of the true depth, 56 % with the splat at which half of
 * the light is gone; and 87 % of those with a confidence above 0.8, 16 % of those below 0.2.
 */
import { cameraCentre } from '#contract/camera';
import { rotation, type Floats } from './algebra.reference';
import { pixelWeights } from './blend.reference';
import { GEOMETRY } from './layout';
import type { RenderView } from './render.reference';
import type { ReferenceRender } from './render.reference';

/** Planes of a picture, [height, width] each. */
export interface SurfacePicture {
  /** along the camera's axis, world units; 0 = nothing */
  depth: Float32Array;
  alpha: Float32Array;
  /** 0 … α: light that is stopped near the depth */
  confidence: Float32Array;
  /** 0 … 1; 0 where nothing is seen */
  uncertainty: Float32Array;
  labels: Uint16Array;
}

/** What is known of the splats of the picture, by row. */
export interface SurfaceSplats {
  /** [≥ count, 11], as it was rendered */
  geometry: Float32Array;
  /** u, [≥ count] */
  uncertainty: Float32Array;
  /** [≥ count], below labelCount */
  labels: Uint16Array;
  labelCount: number;
}

const NEAR_PLANE = 0.2;
const DEVIATIONS = 3;
const THINNEST = 1e-9;
const HALF = 0.5;
export const SAME_SURFACE = 0.03;

/** Depth at which the ray through (x, y), in pixels, comes nearest to a splat in units of its deviations. */
export function peakDepth({ camera }: Pick<RenderView, 'camera'>, geometry: Floats, row: number, x: number, y: number) {
  const m = camera.worldToCamera;
  const ray = [(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1];
  const centre = cameraCentre(camera);
  const direction = [0, 1, 2].map((j) => m[j] * ray[0] + m[4 + j] * ray[1] + m[8 + j] * ray[2]);
  const at = row * GEOMETRY.columns;
  const mean = [0, 1, 2].map((j) => geometry[at + GEOMETRY.mean + j]);
  const raw = [0, 1, 2, 3].map((j) => geometry[at + GEOMETRY.quaternion + j]);
  const norm = Math.hypot(...raw);
  const Q = rotation(raw.map((v) => v / norm));
  let [along, across, largest] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const scale = Math.exp(geometry[at + GEOMETRY.logScale + k]);
    largest = Math.max(largest, scale);
    const d = [0, 1, 2].reduce((sum, j) => sum + Q[3 * j + k] * direction[j], 0) / Math.max(scale, THINNEST);
    const o = [0, 1, 2].reduce((sum, j) => sum + Q[3 * j + k] * (mean[j] - centre[j]), 0) / Math.max(scale, THINNEST);
    along += d * o;
    across += d * d;
  }
  const z = m[8] * mean[0] + m[9] * mean[1] + m[10] * mean[2] + m[11];
  const reach = DEVIATIONS * largest;
  return Math.min(z + reach, Math.max(z - reach, NEAR_PLANE, along / across));
}

export function surfaceReference(
  forward: ReferenceRender,
  view: RenderView,
  { geometry, uncertainty, labels, labelCount }: SurfaceSplats,
  out: SurfacePicture,
): void {
  const { width, height } = view.camera;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const crossings = pixelWeights(forward.order, x, y)
      .map(({ row, weight }) => ({ row, weight, depth: peakDepth(view, geometry, row, x + 0.5, y + 0.5) }))
      .sort((a, b) => a.depth - b.depth || a.row - b.row);
    const alpha = crossings.reduce((sum, { weight }) => sum + weight, 0);
    const doubt = crossings.reduce((sum, { row, weight }) => sum + weight * uncertainty[row], 0);
    let sum = 0;
    const median = crossings.find(({ weight }) => (sum += weight) >= HALF * alpha)?.depth ?? 0;
    const near = crossings.filter(({ depth }) => Math.abs(depth - median) <= SAME_SURFACE * median);
    const votes = new Float64Array(labelCount);
    for (const { row, weight } of near) votes[labels[row]] += weight;
    const seen = alpha >= HALF;
    out.alpha[pixel] = alpha;
    out.uncertainty[pixel] = alpha > 0 ? doubt / alpha : 0;
    out.depth[pixel] = seen ? median : 0;
    out.confidence[pixel] = seen ? near.reduce((light, { weight }) => light + weight, 0) : 0;
    out.labels[pixel] = votes.reduce((best, vote, label) => (vote > votes[best] ? label : best), 0);
  }
}
