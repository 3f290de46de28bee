/**
 * Packs Gaussians into frames, readable and slow: the known input of the viewport's tests. It is written from the contract's words
 * (#contract/frame), not from the trainer's kernel, so that the two hold each other.
 */
import { encodeFrame } from '#contract/frame';
import type { FrameDescription, FrameOf, SectionArray } from '#contract/frame';

/** Rows as the trainer has them: mean xyz, log-scale, quaternion wxyz, opacity logit. [count, 11] */
export const COLUMNS = 11;
const C0 = 0.28209479177387814;

export interface PackedScene {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly header: Omit<FrameOf<'snapshot'>, 'sections'>;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Nearest half float, ties to even. */
export function toHalf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(float[0]);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (roundEven(size * 2 ** (10 - exponent)) + ((exponent + 14) << 10));
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const byte = (share: number): number => Math.round(255 * Math.min(1, Math.max(0, share)));

/** Axis and angle of a quaternion wxyz in 24 bits: octahedral x, y, then angle. */
export function packRotation(quaternion: ArrayLike<number>): [number, number, number] {
  const norm = Math.hypot(quaternion[0], quaternion[1], quaternion[2], quaternion[3]);
  const sign = quaternion[0] < 0 ? -1 / norm : 1 / norm;
  const w = Math.min(1, sign * quaternion[0]);
  const v = [sign * quaternion[1], sign * quaternion[2], sign * quaternion[3]];
  const s = Math.hypot(...v);
  const axis = s < 1e-6 ? [1, 0, 0] : v.map((x) => x / s);
  const sum = Math.abs(axis[0]) + Math.abs(axis[1]) + Math.abs(axis[2]);
  let [p, q] = [axis[0] / sum, axis[1] / sum];
  if (axis[2] < 0) {
    const before = p;
    p = (1 - Math.abs(q)) * (p >= 0 ? 1 : -1);
    q = (1 - Math.abs(before)) * (q >= 0 ? 1 : -1);
  }
  return [byte(p / 2 + 0.5), byte(q / 2 + 0.5), byte((2 * Math.acos(w)) / Math.PI)];
}

export interface SceneToPack {
  /** [count, 11] */
  readonly geometry: ArrayLike<number>;
  /** dc of the harmonics, [count, 3] */
  readonly dc: ArrayLike<number>;
  readonly count: number;
  readonly antialiased: boolean;
}

const extremes = (values: ArrayLike<number>, start: number, step: number): [number, number] => {
  let low = Infinity;
  let high = -Infinity;
  for (let i = start; i < values.length; i += step) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
};

/** Degree 0: a colour from everywhere the same. @param rows  of its own, unless told */
export function packScene(
  { geometry, dc, count, antialiased }: SceneToPack,
  sequence = 0,
  step = 0,
  rows = sequence,
): PackedScene {
  const words = new Uint32Array(4 * count);
  const bounds = [0, 1, 2].map((k) => extremes(geometry, k, COLUMNS));
  const origin = bounds.map(([low, high]) => (low + high) / 2) as [number, number, number];
  const logScales = [3, 4, 5].map((k) => extremes(geometry, k, COLUMNS));
  const lnScaleMin = Math.min(...logScales.map(([low]) => low));
  const lnScaleMax = Math.max(lnScaleMin + 1e-3, ...logScales.map(([, high]) => high));
  const [dcLow, dcHigh] = extremes(dc, 0, 1);
  const rgbMin = 0.5 + C0 * dcLow;
  const rgbMax = Math.max(rgbMin + 1e-3, 0.5 + C0 * dcHigh);
  for (let i = 0; i < count; i++) {
    const g = Array.from({ length: COLUMNS }, (_, k) => geometry[COLUMNS * i + k]);
    const opacity = 1 / (1 + Math.exp(-g[10]));
    const colour = [0, 1, 2].map((k) => byte((0.5 + C0 * dc[3 * i + k] - rgbMin) / (rgbMax - rgbMin)));
    const half = [0, 1, 2].map((k) => toHalf(g[k] - origin[k]));
    const rotation = packRotation(g.slice(6, 10));
    const scale = [3, 4, 5].map((k) => Math.round(((g[k] - lnScaleMin) / (lnScaleMax - lnScaleMin)) * 254) + 1);
    words[4 * i] = colour[0] | (colour[1] << 8) | (colour[2] << 16) | (byte(opacity) << 24);
    words[4 * i + 1] = half[0] | (half[1] << 16);
    words[4 * i + 2] = half[2] | (rotation[0] << 16) | (rotation[1] << 24);
    words[4 * i + 3] = scale[0] | (scale[1] << 8) | (scale[2] << 16) | (rotation[2] << 24);
  }
  const spans = bounds.map(([low, high]) => high - low);
  return {
    words,
    header: {
      kind: 'snapshot',
      sequence,
      rows,
      step,
      count,
      shDegree: 0,
      origin,
      ...{ rgbMin, rgbMax, lnScaleMin, lnScaleMax, sh1Max: 1, sh2Max: 1, sh3Max: 1 },
      antialiased,
      centre: origin,
      radius: Math.hypot(...spans) / 2,
      extent: Math.hypot(...spans) / 2,
    },
  };
}

/** @param firstId ids are counted from it */
export function snapshotFrame(scene: PackedScene, firstId = 0): Uint8Array<ArrayBuffer> {
  const ids = Uint32Array.from({ length: scene.header.count }, (_, i) => firstId + i);
  return encodeFrame(scene.header, { splats: scene.words, ids });
}

export function overlayFrame(
  scene: PackedScene,
  sequence: number,
  arrays: Readonly<Record<string, SectionArray>>,
  ask = 0,
): Uint8Array<ArrayBuffer> {
  const { count, step } = scene.header;
  const header: FrameDescription = { kind: 'overlay', sequence, step, rows: scene.header.rows, count, ask };
  return encodeFrame(header, arrays);
}
