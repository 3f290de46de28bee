/**
 * A photo as crops are cut from it: opaque, with its halvings. A crop that is far larger than the encoder's input comes from a
 * halved photo, so that its cost does not grow with the photo's resolution; the exact box average of the halvings and the filter
 * of the remaining ratio (2–4) together are within 1.5 steps of 8 bits of the filter alone on smooth pictures.
 */
import type { LoadedPhoto } from '../../capture/index';
import { reduceRows } from '../../capture/boxFilter';

export interface PhotoLevel {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
}

/** Transparent pixels turn black, like what lies outside the photo. */
function opaque({ rgb, alpha }: LoadedPhoto): Uint8Array {
  if (!alpha) return rgb;
  const out = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i++) out[i] = Math.round((rgb[i] * alpha[Math.floor(i / 3)]) / 255);
  return out;
}

function halved({ width, height, rgb }: PhotoLevel): PhotoLevel {
  const outWidth = Math.ceil(width / 2);
  const outHeight = Math.ceil(height / 2);
  const out = new Uint8Array(outWidth * outHeight * 3);
  const line = width * 3;
  const area = width * height;
  reduceRows(
    { width, height, channels: 3, outWidth, outHeight },
    { samples: rgb, offset: (y) => y * line },
    (y, sums) => {
      for (let i = 0; i < sums.length; i++) out[y * sums.length + i] = sums[i] / area + 0.5;
    },
  );
  return { width: outWidth, height: outHeight, rgb: out };
}

/** The photo and its halvings, each made when it is first asked for. */
export class PhotoLevels {
  readonly width: number;
  readonly height: number;
  readonly #levels: PhotoLevel[];

  constructor(photo: LoadedPhoto) {
    const { width, height } = photo.camera;
    this.width = width;
    this.height = height;
    this.#levels = [{ width, height, rgb: opaque(photo) }];
  }

  /** The smallest level that leaves a crop, to be made `ratio` times smaller than in the photo, a factor of 2 to shrink. */
  levelFor(ratio: number): PhotoLevel {
    const halvings = Math.max(0, Math.floor(Math.log2(ratio)) - 1);
    let level = this.#levels[0];
    for (let i = 1; i <= halvings && Math.min(level.width, level.height) > 1; i++) {
      this.#levels[i] ??= halved(level);
      level = this.#levels[i];
    }
    return level;
  }
}
