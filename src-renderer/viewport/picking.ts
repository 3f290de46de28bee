/**
 * Looking through one pixel: which splats make it up, by the rasteriser's own weights (METHOD §1), from the packed words.
 *
 *   cov2D = (J·R·V)(J·R·V)ᵀ + 0.3·I,  q = dᵀ·cov2D⁻¹·d,  α = min(0.99, o·exp(−q/2)) ≥ 1/255,  w = α·T, nearest first
 *
 * Two passes over the rows. The first rejects on the centre alone: with σ the longest axis, cov2D ≤ σ²‖J‖² + 0.3, and α ≥ 1/255
 * needs q ≤ 2·ln(255·o). What is left, some hundreds, is projected exactly, sorted by depth and blended.
 */
import type { PinholeCamera } from '#contract/camera';
import type { FrameOf } from '#contract/frame';
import { halfTable, scaleTable, unpackRotation } from './packedSplat';

/** Of the trainer's rasteriser; the drawing shader takes the same (splatShader.ts). */
export const NEAR_PLANE = 0.2;
export const DILATION = 0.3;
export const GUARD_BAND = 0.3;
export const ALPHA_MIN = 1 / 255;
export const ALPHA_MAX = 0.99;
const TRANSMITTANCE_MIN = 1e-4;

/** What picking needs of a snapshot. */
export type PickableHeader = Pick<
  FrameOf<'snapshot'>,
  'count' | 'origin' | 'lnScaleMin' | 'lnScaleMax' | 'antialiased'
>;

/** Splats of a pixel, nearest first. */
export interface PixelSplats {
  readonly rows: Int32Array;
  /** α·T */
  readonly weights: Float64Array;
  /** along the optical axis, world units */
  readonly depths: Float64Array;
  /** accumulated α */
  readonly alpha: number;
}

/** Squared reach in standard deviations by the byte of opacity; negative where nothing draws. */
const REACH = Float64Array.from({ length: 256 }, (_, byte) => (byte === 0 ? -1 : 2 * Math.log(byte)));

/**
 * @param x,y     position in the camera's image, pixels; a pixel's centre is at + 0.5
 * @param hidden  [count], 0 for rows that are there; none given: all are
 */
export function splatsOfPixel(
  words: Uint32Array,
  header: PickableHeader,
  camera: PinholeCamera,
  x: number,
  y: number,
  hidden?: ArrayLike<number>,
): PixelSplats {
  const { fx, fy, cx, cy } = camera;
  const rows = candidates(words, header, camera, x, y);
  const scales = scaleTable(header);
  const half = halfTable();
  const m = camera.worldToCamera;
  const [ox, oy, oz] = header.origin;
  const limit = guardBand(camera);
  const R = new Float64Array(9);
  const found: { row: number; z: number; alpha: number }[] = [];
  for (const row of rows) {
    if (hidden !== undefined && hidden[row] !== 0) continue;
    const xy = words[4 * row + 1];
    const last = words[4 * row + 3];
    const wx = ox + half[xy & 0xffff];
    const wy = oy + half[xy >>> 16];
    const wz = oz + half[words[4 * row + 2] & 0xffff];
    const px = m[0] * wx + m[1] * wy + m[2] * wz + m[3];
    const py = m[4] * wx + m[5] * wy + m[6] * wz + m[7];
    const z = m[8] * wx + m[9] * wy + m[10] * wz + m[11];
    unpackRotation(words, row, R);
    const rx = Math.min(limit.xHigh, Math.max(limit.xLow, px / z));
    const ry = Math.min(limit.yHigh, Math.max(limit.yLow, py / z));
    let a = 0;
    let b = 0;
    let c = 0;
    for (let k = 0; k < 3; k++) {
      const s = scales[(last >>> (8 * k)) & 255];
      // Axis k of the Gaussian in the camera's frame, then through J.
      const ax = s * (m[0] * R[k] + m[1] * R[3 + k] + m[2] * R[6 + k]);
      const ay = s * (m[4] * R[k] + m[5] * R[3 + k] + m[6] * R[6 + k]);
      const az = s * (m[8] * R[k] + m[9] * R[3 + k] + m[10] * R[6 + k]);
      const u = (fx / z) * (ax - rx * az);
      const v = (fy / z) * (ay - ry * az);
      a += u * u;
      b += u * v;
      c += v * v;
    }
    const detPlain = a * c - b * b;
    a += DILATION;
    c += DILATION;
    const det = a * c - b * b;
    if (!(det > 0)) continue;
    const opacity = ((words[4 * row] >>> 24) / 255) * (header.antialiased ? Math.sqrt(Math.max(0, detPlain / det)) : 1);
    const dx = x - ((fx * px) / z + cx);
    const dy = y - ((fy * py) / z + cy);
    const alpha = opacity * Math.exp((-0.5 * (c * dx * dx - 2 * b * dx * dy + a * dy * dy)) / det);
    if (alpha >= ALPHA_MIN) found.push({ row, z, alpha: Math.min(ALPHA_MAX, alpha) });
  }
  return blended(found);
}

/** Front to back. */
function blended(found: { row: number; z: number; alpha: number }[]): PixelSplats {
  found.sort((p, q) => p.z - q.z);
  const rows: number[] = [];
  const weights: number[] = [];
  const depths: number[] = [];
  let transmittance = 1;
  for (const { row, z, alpha } of found) {
    const left = transmittance * (1 - alpha);
    if (left < TRANSMITTANCE_MIN) break;
    rows.push(row);
    weights.push(alpha * transmittance);
    depths.push(z);
    transmittance = left;
  }
  return {
    rows: Int32Array.from(rows),
    weights: Float64Array.from(weights),
    depths: Float64Array.from(depths),
    alpha: 1 - transmittance,
  };
}

/** Range of x/z and y/z in which J follows the centre; beyond it stays, as in the trainer. */
export function guardBand({ fx, fy, cx, cy, width, height }: PinholeCamera): {
  xLow: number;
  xHigh: number;
  yLow: number;
  yHigh: number;
} {
  const slackX = GUARD_BAND * (width / 2);
  const slackY = GUARD_BAND * (height / 2);
  return {
    xLow: -(cx + slackX) / fx,
    xHigh: (width - cx + slackX) / fx,
    yLow: -(cy + slackY) / fy,
    yHigh: (height - cy + slackY) / fy,
  };
}

/** Rows whose centres are near enough to the ray; the loop that runs over everything. */
function candidates(words: Uint32Array, header: PickableHeader, camera: PinholeCamera, x: number, y: number): number[] {
  const half = halfTable();
  const scales = scaleTable(header);
  const { fx, fy, cx, cy } = camera;
  const m = camera.worldToCamera;
  const [ox, oy, oz] = header.origin;
  // With the origin in the translation, the half floats are used as they are.
  const [m0, m1, m2, m4, m5, m6, m8, m9, m10] = [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];
  const tx = m0 * ox + m1 * oy + m2 * oz + m[3];
  const ty = m4 * ox + m5 * oy + m6 * oz + m[7];
  const tz = m8 * ox + m9 * oy + m10 * oz + m[11];
  const limit = guardBand(camera);
  // ‖J‖²·z² with the clamped slopes at their largest.
  const slope = 1 + Math.max(limit.xLow ** 2, limit.xHigh ** 2) + Math.max(limit.yLow ** 2, limit.yHigh ** 2);
  const gain = Math.max(fx, fy) ** 2 * slope;
  const rows: number[] = [];
  const end = 4 * header.count;
  for (let at = 0; at < end; at += 4) {
    const xy = words[at + 1];
    const hx = half[xy & 0xffff];
    const hy = half[xy >>> 16];
    const hz = half[words[at + 2] & 0xffff];
    const z = m8 * hx + m9 * hy + m10 * hz + tz;
    if (!(z >= NEAR_PLANE)) continue;
    const dx = fx * (m0 * hx + m1 * hy + m2 * hz + tx) + (cx - x) * z;
    const dy = fy * (m4 * hx + m5 * hy + m6 * hz + ty) + (cy - y) * z;
    const last = words[at + 3];
    let byte = last & 255;
    const second = (last >>> 8) & 255;
    const third = (last >>> 16) & 255;
    if (second > byte) byte = second;
    if (third > byte) byte = third;
    const s = scales[byte];
    if (dx * dx + dy * dy <= REACH[words[at] >>> 24] * (s * s * gain + DILATION * z * z)) rows.push(at / 4);
  }
  return rows;
}
