/**
 * What the pixels of a rendered picture show as a surface, in double.
 *
 *   α = Σ_i w_i                    over what the pixel blends, nearest first; w the blending weights of METHOD §1
 *   m = the first i with 1 − Σ_{j≤i} w_j < ½       half of the light is gone: the median of where it is stopped
 *   depth = t*,  t* = argmin_t (o + t·d − μ_m)ᵀ Σ_m⁻¹ (o + t·d − μ_m) = (dᵀΣ⁻¹(μ − o)) / (dᵀΣ⁻¹d)
 *           d the ray with unit length along the camera's axis, so that t is a depth; within μ_z ± 3·(largest deviation of m)
 *   label = argmax_l Σ_i w_i·[l_i = l], the smaller on ties;  share = its sum over α;  uncertainty = Σ_i w_i·u_i / α
 *
 * Depth is 0 where less than half of the light is stopped. The median does not lie between a thing and the wall behind it, as the
 * mean does at every edge; t* instead of μ_z keeps large splats flat, whose middle is not where the ray meets them.
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
  /** 0 … 1; 0 where nothing is seen */
  uncertainty: Float32Array;
  /** of the label in α, 0 … 1 */
  share: Float32Array;
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
  const votes = new Float64Array(labelCount);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    let [alpha, doubt, median] = [0, 0, -1];
    votes.fill(0);
    for (const { row, weight } of pixelWeights(forward.order, x, y)) {
      alpha += weight;
      doubt += weight * uncertainty[row];
      votes[labels[row]] += weight;
      if (median < 0 && 1 - alpha < HALF) median = row;
    }
    let label = 0;
    for (let l = 1; l < labelCount; l++) if (votes[l] > votes[label]) label = l;
    out.depth[pixel] = median < 0 ? 0 : peakDepth(view, geometry, median, x + 0.5, y + 0.5);
    out.alpha[pixel] = alpha;
    out.uncertainty[pixel] = alpha > 0 ? doubt / alpha : 0;
    out.share[pixel] = alpha > 0 ? votes[label] / alpha : 0;
    out.labels[pixel] = label;
  }
}
