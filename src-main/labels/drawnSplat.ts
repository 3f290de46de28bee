/**
 * A splat as a picture would show it with nothing before it: an ellipse of weights o·G(p), in pixels
 *
 *   G(p) = exp(−½ (p − m)ᵀ Σ'⁻¹ (p − m)),   Σ' = J·R·Σ·Rᵀ·Jᵀ + 0.3·1           EWA projection as in METHOD §1
 *   area        Σ_p o·G(p) ≈ o · 2π·√det Σ'. What a picture shows of it, Σ_p w_p, is at most that; a splat of which next to nothing is
 *               shown shines through from behind
 *   mass        ∫ G over a rectangle, which says how much of it a window cuts off
 */
import type { PinholeCamera } from '#contract/camera';
import { rotation } from '../kernels/index';
import { GEOMETRY, sigmoid } from '../kernels/layout';
import type { Bounds } from './shapes';

const DILATION = 0.3;
/** Beyond so many deviations there is nothing. */
const DEVIATIONS = 3;
/** Places on each side of a rectangle at which G is asked. */
const PLACES = 24;

export interface DrawnSplat {
  /** m, px */
  readonly x: number;
  readonly y: number;
  /** Σ', px² */
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  readonly opacity: number;
}

/** @param geometry  [> row, 11]; the splat must lie before the camera */
export function drawnSplat(
  geometry: Float32Array,
  row: number,
  { fx, fy, cx, cy, worldToCamera: m }: Pick<PinholeCamera, 'fx' | 'fy' | 'cx' | 'cy' | 'worldToCamera'>,
): DrawnSplat {
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
  const opacity = sigmoid(geometry[at + GEOMETRY.opacityLogit]);
  return { x: (fx * x) / z + cx, y: (fy * y) / z + cy, xx, xy, yy, opacity };
}

/** px² */
export function drawnArea({ xx, xy, yy, opacity }: DrawnSplat): number {
  return opacity * 2 * Math.PI * Math.sqrt(Math.max(0, xx * yy - xy * xy));
}

/** How far it reaches, [left, top, right, bottom] */
const boxOf = ({ x, y, xx, yy }: DrawnSplat): Bounds => {
  const [wide, high] = [DEVIATIONS * Math.sqrt(xx), DEVIATIONS * Math.sqrt(yy)];
  return [x - wide, y - high, x + wide, y + high];
};

/** ∫ G over a rectangle, px² */
export function massWithin(splat: DrawnSplat, [left, top, right, bottom]: Bounds): number {
  const { x, y, xx, xy, yy } = splat;
  const determinant = Math.max(1e-9, xx * yy - xy * xy);
  const box = boxOf(splat);
  const [x0, x1] = [Math.max(left, box[0]), Math.min(right, box[2])];
  const [y0, y1] = [Math.max(top, box[1]), Math.min(bottom, box[3])];
  if (x1 <= x0 || y1 <= y0) return 0;
  const [stepX, stepY] = [(x1 - x0) / PLACES, (y1 - y0) / PLACES];
  let sum = 0;
  for (let j = 0; j < PLACES; j++)
    for (let i = 0; i < PLACES; i++) {
      const [dx, dy] = [x0 + (i + 0.5) * stepX - x, y0 + (j + 0.5) * stepY - y];
      sum += Math.exp((-0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy)) / determinant);
    }
  return sum * stepX * stepY;
}

/** The share of what a picture holds of a splat that a window of the picture holds, 0 … 1: for nearly all splats all of it. */
export function shareInWindow(splat: DrawnSplat, window: Bounds, picture: Bounds): number {
  const box = boxOf(splat);
  const cut = (side: number, outwards: 1 | -1): boolean =>
    outwards * (box[side] - window[side]) > 0 && outwards * (picture[side] - window[side]) > 0;
  if (!cut(0, -1) && !cut(1, -1) && !cut(2, 1) && !cut(3, 1)) return 1;
  return Math.min(1, massWithin(splat, window) / Math.max(massWithin(splat, picture), 1e-9));
}
