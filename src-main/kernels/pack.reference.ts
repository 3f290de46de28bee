/**
 * Gaussians as the words that a viewer draws from (the layout is told in #contract/frame).
 *
 *   position   half floats of mean − origin, rounded to the nearest, even on ties
 *   colour     round(255·(0.5 + C0·dc − rgbMin)/(rgbMax − rgbMin)),  C0 = 1/(2√π)
 *   opacity    round(255·σ(logit))
 *   scale      1 + round(254·(s − lnScaleMin)/(lnScaleMax − lnScaleMin)), s the log-scale
 *   rotation   q normalised with w ≥ 0; angle θ = 2·acos w as round(255·θ/π); axis a octahedral: p = (a_x, a_y)/‖a‖₁, folded over
 *              the diagonals where a_z < 0, each round(255·(p + 1)/2)
 *   harmonics  round(63·c/sh1Max) in 7 bits, round(127·c/sh2Max) in 8, round(31·c/sh3Max) in 6: two's complement, lowest bits first,
 *              coefficient after coefficient with red, green, blue inside
 *
 * All are clamped to what they can hold; round is ⌊x + ½⌋. Ranges come from the splats themselves (`packRange`), so that the bits are
 * spent where values are.
 */
import { GEOMETRY, SPHERICAL_HARMONICS } from './layout';

export const HARMONIC_BANDS = [
  { name: 'sh1', from: 3, values: 9, bits: 7, words: 2 },
  { name: 'sh2', from: 12, values: 15, bits: 8, words: 4 },
  { name: 'sh3', from: 27, values: 21, bits: 6, words: 4 },
] as const;

/** What the bytes of a packing stand for. */
export interface PackRange {
  /** world units */
  origin: readonly [number, number, number];
  rgbMin: number;
  rgbMax: number;
  lnScaleMin: number;
  lnScaleMax: number;
  sh1Max: number;
  sh2Max: number;
  sh3Max: number;
}

export interface PackInput {
  /** [≥ count, 11] */
  geometry: Float32Array;
  /** [≥ count, 48] */
  sphericalHarmonics: Float32Array;
  /** live rows */
  count: number;
  /** 0 … 3: bands above it are not packed */
  shDegree: number;
}

/** Words to fill: splats [4·count], sh1 [2·count], sh2 [4·count], sh3 [4·count]; of the bands as many as the degree has. */
export interface PackedWords {
  splats: Uint32Array;
  sh1: Uint32Array | null;
  sh2: Uint32Array | null;
  sh3: Uint32Array | null;
}

/** Sums and extremes over all live rows, from which ranges are made. */
export interface PackExtremes {
  /** of log-scales */
  lnScaleMin: number;
  lnScaleMax: number;
  /** of the harmonics of degree 0, whatever the channel */
  dcMin: number;
  dcMax: number;
  /** largest absolute value and sum of squares of each band above */
  largest: number[];
  squares: number[];
}

const C0 = 0.5 / Math.sqrt(Math.PI);

export function packExtremesReference({ geometry, sphericalHarmonics, count, shDegree }: PackInput): PackExtremes {
  const found: PackExtremes = {
    ...{ lnScaleMin: Infinity, lnScaleMax: -Infinity, dcMin: Infinity, dcMax: -Infinity },
    ...{ largest: [0, 0, 0], squares: [0, 0, 0] },
  };
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < 3; k++) {
      const scale = geometry[row * GEOMETRY.columns + GEOMETRY.logScale + k];
      const dc = sphericalHarmonics[row * SPHERICAL_HARMONICS.columns + k];
      found.lnScaleMin = Math.min(found.lnScaleMin, scale);
      found.lnScaleMax = Math.max(found.lnScaleMax, scale);
      found.dcMin = Math.min(found.dcMin, dc);
      found.dcMax = Math.max(found.dcMax, dc);
    }
    for (let band = 0; band < shDegree; band++) {
      const at = row * SPHERICAL_HARMONICS.columns + HARMONIC_BANDS[band].from;
      for (let i = 0; i < HARMONIC_BANDS[band].values; i++) {
        const value = sphericalHarmonics[at + i];
        found.largest[band] = Math.max(found.largest[band], Math.abs(value));
        found.squares[band] += value * value;
      }
    }
  }
  return found;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const round = (value: number): number => Math.floor(value + 0.5);
const byte = (share: number): number => clamp(round(255 * share), 0, 255);

/** Bits of a number as a half float, to the nearest, even on ties; beyond the largest it is that. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.min(65_504, Math.abs(value));
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const scaled = size * 2 ** (10 - exponent);
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const fraction = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  // A fraction of 1024 and more carries into the exponent, which is where it belongs; below it the number has no leading one.
  return sign | (fraction < 1024 ? fraction : ((exponent + 14) << 10) + fraction);
}

/** Octahedral axis in the low 16 bits, angle in the 8 above. */
function rotationBits(quaternion: ArrayLike<number>): number {
  const length = Math.hypot(quaternion[0], quaternion[1], quaternion[2], quaternion[3]);
  const turn = (quaternion[0] < 0 ? -1 : 1) / (length > 0 ? length : 1);
  const w = length > 0 ? Math.min(1, quaternion[0] * turn) : 1;
  let [x, y, z] = [quaternion[1] * turn, quaternion[2] * turn, quaternion[3] * turn];
  const along = Math.hypot(x, y, z);
  if (along < 1e-6) [x, y, z] = [1, 0, 0];
  const sum = Math.abs(x) + Math.abs(y) + Math.abs(z);
  let [u, v] = [x / sum, y / sum];
  if (z < 0) [u, v] = [(1 - Math.abs(v)) * (u >= 0 ? 1 : -1), (1 - Math.abs(u)) * (v >= 0 ? 1 : -1)];
  const angle = byte((2 * Math.acos(w)) / Math.PI);
  return byte((u + 1) / 2) | (byte((v + 1) / 2) << 8) | (angle << 16);
}

/** `values` numbers of `bits` bits each in ±max, into words that start at `at`. */
function packBand(
  harmonics: Float32Array,
  from: number,
  { values, bits, words }: (typeof HARMONIC_BANDS)[number],
  max: number,
  out: Uint32Array,
  at: number,
): void {
  const limit = 2 ** (bits - 1) - 1;
  const scale = limit / max;
  out.fill(0, at, at + words);
  for (let i = 0; i < values; i++) {
    const value = clamp(round(harmonics[from + i] * scale), -limit, limit) & (2 ** bits - 1);
    const word = at + Math.floor((i * bits) / 32);
    const shift = (i * bits) % 32;
    out[word] |= value << shift;
    if (shift + bits > 32) out[word + 1] |= value >>> (32 - shift);
  }
}

export function packSplatsReference(input: PackInput, range: PackRange, out: PackedWords): void {
  const { geometry, sphericalHarmonics, count, shDegree } = input;
  const { origin, rgbMin, rgbMax, lnScaleMin, lnScaleMax } = range;
  for (let row = 0; row < count; row++) {
    const g = row * GEOMETRY.columns;
    const h = row * SPHERICAL_HARMONICS.columns;
    const colour = (k: number): number => byte((0.5 + C0 * sphericalHarmonics[h + k] - rgbMin) / (rgbMax - rgbMin));
    const half = (axis: number): number => halfBits(geometry[g + axis] - origin[axis]);
    const scale = (axis: number): number => {
      const share = (geometry[g + GEOMETRY.logScale + axis] - lnScaleMin) / (lnScaleMax - lnScaleMin);
      return clamp(1 + round(254 * share), 1, 255);
    };
    const opacity = byte(1 / (1 + Math.exp(-geometry[g + GEOMETRY.opacityLogit])));
    const rotation = rotationBits(geometry.subarray(g + GEOMETRY.quaternion, g + GEOMETRY.quaternion + 4));
    out.splats[4 * row] = colour(0) | (colour(1) << 8) | (colour(2) << 16) | (opacity << 24);
    out.splats[4 * row + 1] = half(0) | (half(1) << 16);
    out.splats[4 * row + 2] = half(2) | ((rotation & 0xffff) << 16);
    out.splats[4 * row + 3] = scale(0) | (scale(1) << 8) | (scale(2) << 16) | ((rotation >>> 16) << 24);
    for (let band = 0; band < shDegree; band++) {
      const one = HARMONIC_BANDS[band];
      const words = out[one.name];
      if (words) packBand(sphericalHarmonics, h + one.from, one, range[`${one.name}Max`], words, row * one.words);
    }
  }
}
