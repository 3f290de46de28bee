/**
 * Photos as supervision: which photo a step looks at, and the photo as tensors at the size of that step.
 *
 * Order: each epoch is a permutation of the photos drawn by (seed, epoch), so that step s alone decides its photo and a resumed
 * run continues the epoch that it was in. Transparent photos are laid over the step's background: α·rgb + (1 − α)·background.
 */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { resizeCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import type { TrainingSettings } from '#contract/settings';
import { PhotoStore } from '../capture/index';
import { reduceRows } from '../capture/boxFilter';
import type { LoadedPhoto, Photo, PhotoStoreOptions } from '../capture/index';
import { CounterRandom } from '../base/index';
import { photoToTensor } from '../kernels/index';
import type { View } from './objective';
import { photoMemory } from './photoMemory';

/** Index of the photo at a 1-based step. Keeps the permutation of the last epoch asked for. */
export class ViewOrder {
  readonly #count: number;
  readonly #seed: number;
  readonly #shuffled: boolean;
  #epoch = -1;
  #order: ArrayLike<number> = [];

  constructor(count: number, settings: Pick<TrainingSettings, 'seed' | 'viewOrder'>) {
    this.#count = count;
    this.#seed = settings.seed;
    this.#shuffled = settings.viewOrder === 'shuffled';
  }

  at(step: number): number {
    const index = (step - 1) % this.#count;
    if (!this.#shuffled) return index;
    const epoch = Math.floor((step - 1) / this.#count);
    if (epoch !== this.#epoch) {
      this.#order = new CounterRandom(this.#seed, 'views', epoch).permutation(this.#count);
      this.#epoch = epoch;
    }
    return this.#order[index];
  }
}

export type Background = readonly [number, number, number];

/** The background of a step: the chosen colour, or a random one drawn by (seed, step). */
export function backgroundAt(step: number, settings: TrainingSettings): Background {
  if (!settings.randomBackground) return settings.background;
  const random = new CounterRandom(settings.seed, 'background', step);
  return [random.uniform(0), random.uniform(1), random.uniform(2)];
}

/** Loads photos through the bounded cache and makes tensors of them; the caller disposes of a view by `disposeView`. */
export class PhotoViews {
  readonly names: string[];
  readonly #store: PhotoStore;

  /**
   * @param disk  for reduced photos that do not fit in memory; absent: they are decoded again
   * @param warn  hears what a person should know of the photos
   */
  constructor(
    photos: readonly Photo[],
    settings: TrainingSettings,
    { disk, warn }: Pick<PhotoStoreOptions, 'disk' | 'warn'> = {},
  ) {
    this.names = photos.map((photo) => photo.name);
    this.#store = new PhotoStore([...photos], {
      longSide: settings.resolution || undefined,
      maxBytes: photoMemory(settings, settings.threads || availableParallelism()),
      threads: settings.threads || undefined,
      ...{ disk, warn },
    });
  }

  get count(): number {
    return this.names.length;
  }

  prefetch(index: number): void {
    this.#store.prefetch(index);
  }

  /** Pixels of a photo as it is trained on, coarse steps aside. */
  async size(index: number): Promise<{ width: number; height: number }> {
    const { width, height } = await this.camera(index);
    return { width, height };
  }

  /** The camera of a photo as it is trained on, coarse steps aside. */
  async camera(index: number): Promise<PinholeCamera> {
    return (await this.#store.load(index)).camera;
  }

  /** @param factor  how many times smaller than the resolution in the settings, ≥ 1 */
  async load(index: number, factor: number, background: Background): Promise<View> {
    return toView(await this.#store.load(index), factor, background);
  }
}

/** A decoded photo as tensors. */
export function toView(photo: LoadedPhoto, factor: number, background: Background): View {
  const { width, height } = photo.camera;
  const w = Math.max(1, Math.round(width / factor));
  const h = Math.max(1, Math.round(height / factor));
  const camera = w === width && h === height ? photo.camera : resizeCamera(photo.camera, w, h);
  const sized = (bytes: Uint8Array, channels: number) =>
    w === width && h === height ? bytes : reduce(bytes, width, height, channels, w, h);
  const rgb = sized(photo.rgb, 3);
  const target = photo.alpha ? overBackground(rgb, sized(photo.alpha, 1), w, h, background) : photoToTensor(rgb, w, h);
  return { camera, target, mask: photo.mask ? maskTensor(sized(photo.mask, 1), w, h) : null };
}

export function disposeView(view: View): void {
  view.target.dispose();
  view.mask?.dispose();
}

/** Area averages of an interleaved picture, rounded to 8 bits. */
function reduce(bytes: Uint8Array, width: number, height: number, channels: number, w: number, h: number): Uint8Array {
  const out = new Uint8Array(w * h * channels);
  const line = width * channels;
  reduceRows(
    { width, height, channels, outWidth: w, outHeight: h },
    { samples: bytes, offset: (y) => y * line },
    (y, sums) => {
      for (let i = 0; i < sums.length; i++) out[y * sums.length + i] = Math.round(sums[i] / (width * height));
    },
  );
  return out;
}

function overBackground(
  rgb: Uint8Array,
  alpha: Uint8Array,
  width: number,
  height: number,
  background: Background,
): Tensor3D {
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const a = alpha[i] / 255;
    for (let c = 0; c < 3; c++) planes[c * pixels + i] = (a * rgb[3 * i + c]) / 255 + (1 - a) * background[c];
  }
  return tf.tensor3d(planes, [3, height, width]);
}

/** A reduced mask keeps only the pixels that are at least half inside. */
function maskTensor(mask: Uint8Array, width: number, height: number): Tensor2D {
  return tf.tensor2d(
    Float32Array.from(mask, (value) => (value >= 128 ? 1 : 0)),
    [height, width],
  );
}
