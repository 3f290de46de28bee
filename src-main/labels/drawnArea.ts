/**
 * How much of a picture a splat would fill if nothing stood before it, in pixels:
 *
 *   Σ_p o·G(p) ≈ o · 2π·√det Σ',   Σ' = J·R·Σ·Rᵀ·Jᵀ + 0.3·1           EWA projection as in METHOD §1
 *
 * What a picture shows of it, Σ_p w_p, is at most that; a splat of which next to nothing is shown shines through from behind.
 */
import type { PinholeCamera } from '#contract/camera';
import { rotation } from '../kernels/index';
import { GEOMETRY, sigmoid } from '../kernels/layout';

const DILATION = 0.3;

/** @param geometry  [> row, 11]; the splat must lie before the camera */
export function drawnArea(
  geometry: Float32Array,
  row: number,
  { fx, fy, worldToCamera: m }: Pick<PinholeCamera, 'fx' | 'fy' | 'worldToCamera'>,
): number {
  const at = row * GEOMETRY.columns;
  const [px, py, pz] = geometry.subarray(at, at + 3);
  const x = m[0] * px + m[1] * py + m[2] * pz + m[3];
  const y = m[4] * px + m[5] * py + m[6] * pz + m[7];
  const z = m[8] * px + m[9] * py + m[10] * pz + m[11];
  const q = at + GEOMETRY.quaternion;
  const norm = Math.hypot(geometry[q], geometry[q + 1], geometry[q + 2], geometry[q + 3]);
  const axes = rotation([0, 1, 2, 3].map((k) => geometry[q + k] / norm));
  let [xx, xy, yy] = [DILATION, 0, DILATION];
  for (let axis = 0; axis < 3; axis++) {
    // The splat's axis in the world, at one deviation, as it moves its middle in the picture.
    const scale = Math.exp(geometry[at + GEOMETRY.logScale + axis]);
    const [dx, dy, dz] = [axes[axis], axes[3 + axis], axes[6 + axis]];
    const away = m[8] * dx + m[9] * dy + m[10] * dz;
    const u = (scale * fx * (m[0] * dx + m[1] * dy + m[2] * dz - (x / z) * away)) / z;
    const v = (scale * fy * (m[4] * dx + m[5] * dy + m[6] * dz - (y / z) * away)) / z;
    xx += u * u;
    xy += u * v;
    yy += v * v;
  }
  return sigmoid(geometry[at + GEOMETRY.opacityLogit]) * 2 * Math.PI * Math.sqrt(Math.max(0, xx * yy - xy * xy));
}
