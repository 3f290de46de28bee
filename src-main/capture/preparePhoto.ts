/**
 * From decoded pixels to what training looks at: undistorted and area-averaged in one pass over the rows, so that a
 * large photo exists once, as it was decoded.
 *
 * Colour under transparency is averaged by α (Σ w·α·c / Σ w·α), or transparent pixels would bleed their arbitrary
 * colour into the edge. Masks follow the nearest source pixel and count where at least half of a reduced pixel is kept;
 * a pixel that the lens leaves even partly uncovered is masked out.
 */
import type { Pixels } from './decode';
import { reduceRows, rowsHeld, type BoxShape, type RowSource, type Samples } from './boxFilter';
import type { LensMap } from './lensMap';

export interface Prepared {
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
  /** [height, width]; null when the photo is opaque */
  readonly alpha: Uint8Array | null;
  /** [height, width] of 0 or 255; null when every pixel counts */
  readonly mask: Uint8Array | null;
}

export interface PreparedLens {
  readonly map: LensMap;
  /** [height, width] at the reduced size, 0 where not wholly covered; null when all of it is */
  readonly border: Uint8Array | null;
}

/**
 * @param mask  [height, width] at the photo's size, 0 or 255; null for none
 * @param lens  null for a pinhole
 */
export function preparePhoto(
  pixels: Pixels,
  mask: Uint8Array | null,
  lens: PreparedLens | null,
  outWidth: number,
  outHeight: number,
): Prepared {
  const { width, height } = pixels;
  const { samples, channels } = colourPlane(pixels);
  const shape = { width, height, channels, outWidth, outHeight };
  const unchanged = !lens && width === outWidth && height === outHeight;
  const kept = reduceMask({ ...shape, channels: 1 }, mask, lens);
  if (unchanged && channels === 3) return { rgb: samples as Uint8Array, alpha: null, mask: kept };

  const rgb = new Uint8Array(3 * outWidth * outHeight);
  const rows = rowsOf(shape, samples, lens?.map ?? null, bilinear);
  const total = width * height;
  if (channels === 3) {
    let out = 0;
    reduceRows(shape, rows, (_, sums) => {
      for (let i = 0; i < sums.length; i++) rgb[out++] = (sums[i] + total / 2) / total;
    });
    return { rgb, alpha: null, mask: kept };
  }
  const alpha = new Uint8Array(outWidth * outHeight);
  let out = 0;
  reduceRows(shape, rows, (_, sums) => {
    for (let i = 0; i < sums.length; i += 4, out++) {
      const opacity = sums[i + 3];
      alpha[out] = opacity / total + 0.5;
      for (let k = 0; k < 3 && opacity > 0; k++) rgb[3 * out + k] = sums[i + k] / opacity + 0.5;
    }
  });
  return { rgb, alpha, mask: kept };
}

/** Which pixels of the reduced photo the lens covers wholly; null when it covers all. */
export function lensBorder(map: LensMap, outWidth: number, outHeight: number): Uint8Array | null {
  const { width, height } = map;
  const shape = { width, height, channels: 1, outWidth, outHeight };
  const rows = ringOf(shape, new Uint8Array(rowsHeld(shape) * width), (y, target, at) => {
    target.set(map.row(y).covered, at);
  });
  const border = new Uint8Array(outWidth * outHeight);
  const full = 255 * width * height;
  let out = 0;
  reduceRows(shape, rows, (_, sums) => {
    for (const sum of sums) border[out++] = sum === full ? 255 : 0;
  });
  return border.includes(0) ? border : null;
}

/** Photo masks are files of any kind: bright keeps, dark and transparent ignore; a file of 0 and 1 means 0 and 255. */
export function binaryMask({ data, channels }: Pixels): Uint8Array {
  const colours = channels < 3 ? 1 : 3;
  const mask = new Uint8Array(data.length / channels);
  let brightest = 0;
  for (let i = 0, p = 0; i < mask.length; i++, p += channels) {
    let value = data[p];
    for (let k = 1; k < colours; k++) value = Math.max(value, data[p + k]);
    if (channels > colours && data[p + colours] < 128) value = 0;
    mask[i] = value;
    brightest = Math.max(brightest, value);
  }
  const threshold = brightest <= 1 ? 1 : 128;
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] >= threshold ? 255 : 0;
  return mask;
}

/** The nearest pixel's value: [height, width] to [outHeight, outWidth]. */
export function resizeNearest(
  plane: Uint8Array,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
): Uint8Array {
  const out = new Uint8Array(outWidth * outHeight);
  for (let y = 0, i = 0; y < outHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / outHeight) * width;
    for (let x = 0; x < outWidth; x++) out[i++] = plane[row + Math.floor(((x + 0.5) * width) / outWidth)];
  }
  return out;
}

function reduceMask(shape: BoxShape, mask: Uint8Array | null, lens: PreparedLens | null): Uint8Array | null {
  const border = lens?.border ?? null;
  if (!mask) return border;
  const { width, height, outWidth, outHeight } = shape;
  const kept = new Uint8Array(outWidth * outHeight);
  const half = (255 * width * height) / 2;
  let out = 0;
  reduceRows(shape, rowsOf(shape, mask, lens?.map ?? null, nearest), (_, sums) => {
    for (const sum of sums) {
      kept[out] = sum >= half && (border === null || border[out] === 255) ? 255 : 0;
      out++;
    }
  });
  return kept;
}

/** Colour as three channels, or α-weighted colour and α as four of 16 bits where anything is transparent. */
function colourPlane({ data, channels }: Pixels): { samples: Samples; channels: 3 | 4 } {
  if (channels === 3) return { samples: data, channels };
  const count = data.length / channels;
  const colours = channels < 3 ? 1 : 3;
  const [green, blue] = colours === 1 ? [0, 0] : [1, 2];
  let opaque = true;
  if (channels > colours) for (let p = colours; p < data.length && opaque; p += channels) opaque = data[p] === 255;
  if (opaque) {
    const samples = new Uint8Array(3 * count);
    for (let i = 0, p = 0; i < samples.length; i += 3, p += channels) {
      samples[i] = data[p];
      samples[i + 1] = data[p + green];
      samples[i + 2] = data[p + blue];
    }
    return { samples, channels: 3 };
  }
  const samples = new Uint16Array(4 * count);
  for (let i = 0, p = 0; i < samples.length; i += 4, p += channels) {
    const alpha = data[p + colours];
    samples[i] = data[p] * alpha;
    samples[i + 1] = data[p + green] * alpha;
    samples[i + 2] = data[p + blue] * alpha;
    samples[i + 3] = alpha;
  }
  return { samples, channels: 4 };
}

/** Fills one row of `target` from index `at` with samples at the coordinates of that row. */
type Resample = (samples: Samples, shape: BoxShape, coordinates: Float32Array, target: Samples, at: number) => void;

/** The rows of a plane as they are, or through the lens. */
function rowsOf(shape: BoxShape, samples: Samples, map: LensMap | null, resample: Resample): RowSource {
  const length = shape.width * shape.channels;
  if (!map) return { samples, offset: (y) => y * length };
  const size = rowsHeld(shape) * length;
  const buffer = samples instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size);
  return ringOf(shape, buffer, (y, target, at) => resample(samples, shape, map.row(y).coordinates, target, at));
}

/** Computed rows, each computed once, in a buffer of as many rows as the box filter holds. */
function ringOf<S extends Samples>(
  shape: BoxShape,
  samples: S,
  fill: (y: number, target: S, at: number) => void,
): RowSource {
  const length = shape.width * shape.channels;
  const held = new Int32Array(samples.length / length).fill(-1);
  const offset = (y: number): number => {
    const slot = y % held.length;
    if (held[slot] !== y) fill(y, samples, slot * length);
    held[slot] = y;
    return slot * length;
  };
  return { samples, offset };
}

// No destructuring and no shared variables in here: this runs once a pixel, at 12 million pixels a photo.
const bilinear: Resample = (samples, { width, height, channels }, coordinates, target, at) => {
  const stride = width * channels;
  for (let x = 0, out = at; x < width; x++) {
    const u = Math.min(Math.max(coordinates[2 * x], 0), width - 1);
    const v = Math.min(Math.max(coordinates[2 * x + 1], 0), height - 1);
    const left = Math.min(u | 0, Math.max(0, width - 2));
    const top = Math.min(v | 0, Math.max(0, height - 2));
    const right = u - left;
    const down = v - top;
    const next = width > 1 ? channels : 0;
    const below = height > 1 ? stride : 0;
    let i = top * stride + left * channels;
    for (let k = 0; k < channels; k++, i++) {
      const a = samples[i];
      const c = samples[i + below];
      const upper = a + (samples[i + next] - a) * right;
      const lower = c + (samples[i + next + below] - c) * right;
      target[out++] = (upper + (lower - upper) * down + 0.5) | 0;
    }
  }
};

const nearest: Resample = (samples, { width, height }, coordinates, target, at) => {
  for (let x = 0; x < width; x++) {
    const u = Math.round(Math.min(Math.max(coordinates[2 * x], 0), width - 1));
    const v = Math.round(Math.min(Math.max(coordinates[2 * x + 1], 0), height - 1));
    target[at + x] = samples[v * width + u];
  }
};
