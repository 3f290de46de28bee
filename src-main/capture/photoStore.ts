/**
 * Photos on demand: decoded, undistorted, reduced, and kept as long as they fit.
 *
 * Nothing here grows with the capture: finished photos live in a cache bounded by bytes, and at most `threads` photos are
 * being decoded at a time, each held whole only while its rows are averaged. A photo asked for twice is decoded once; where the photos
 * do not fit in memory, what was decoded goes to a disk (photoDisk.ts), and comes back from there.
 * Colour profiles are not applied, and EXIF orientation only to photos that were opened so (decode.ts).
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { resizeCamera, type PinholeCamera } from '#contract/camera';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { ByteLru } from './byteLru';
import { decodePhoto } from './decode';
import { CaptureError } from './errors';
import { LensMap } from './lensMap';
import type { PhotoDisk } from './photoDisk';
import { fitToPhoto, sameAspect } from './photoSize';
import { binaryMask, lensBorder, preparePhoto, resizeNearest, type PreparedLens } from './preparePhoto';
import type { Photo } from './types';

/** Read-only: the cache hands the same arrays to everyone who asks. */
export interface LoadedPhoto {
  /** at the reduced size, scaled per axis */
  readonly camera: PinholeCamera;
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
  /** [height, width]; null when the photo is opaque */
  readonly alpha: Uint8Array | null;
  /** [height, width], 0 = ignore, 255 = use; null when every pixel counts */
  readonly mask: Uint8Array | null;
}

export interface PhotoStoreOptions {
  /** pixels of the longer side; photos are never enlarged. By default the photos' own size */
  readonly longSide?: number;
  /** of finished photos kept in memory */
  readonly maxBytes: number;
  /** photos decoded at a time; by default one for each core */
  readonly threads?: number;
  /** for photos that do not fit in memory, at the same `longSide`; absent: they are decoded again */
  readonly disk?: PhotoDisk;
  /** hears what a person should know, each thing once */
  readonly warn?: (saying: Saying) => void;
}

export interface PhotoStoreStats {
  /** held by the cache, of at most maxBytes */
  readonly bytes: number;
  readonly maxBytes: number;
  readonly cached: number;
  /** being decoded now */
  readonly decoding: number;
  /** bytes of the undistortion maps */
  readonly mapBytes: number;
  readonly hits: number;
  readonly decoded: number;
  /** that came back from the disk */
  readonly read: number;
  readonly evictions: number;
  /** what a person should know */
  readonly warnings: readonly Saying[];
}

/** A map costs a few hundred kilobytes at most sizes: captures with a camera for each photo keep a hundred. */
const MAX_MAP_BYTES = 64 * 2 ** 20;

export class PhotoStore {
  readonly #photos: readonly Photo[];
  readonly #longSide: number;
  readonly #threads: number;
  readonly #cache: ByteLru<number, LoadedPhoto>;
  readonly #maps = new ByteLru<string, PreparedLens>(MAX_MAP_BYTES);
  readonly #pending = new Map<number, Promise<LoadedPhoto>>();
  readonly #waiting: { index: number; start: () => void }[] = [];
  /** by what they are about */
  readonly #warnings = new Map<string, Saying>();
  readonly #warn: (saying: Saying) => void;
  #decoding = 0;
  #hits = 0;
  #decoded = 0;
  #read = 0;
  #disk: PhotoDisk | null;

  constructor(photos: readonly Photo[], { longSide, maxBytes, threads, disk, warn }: PhotoStoreOptions) {
    if (longSide !== undefined && !(longSide >= 1)) throw new RangeError(`longSide ${longSide} is not positive`);
    this.#photos = photos;
    this.#longSide = longSide ?? Infinity;
    this.#threads = Math.max(1, Math.floor(threads ?? availableParallelism()));
    this.#cache = new ByteLru(maxBytes);
    this.#disk = disk ?? null;
    this.#warn = warn ?? (() => undefined);
  }

  get stats(): PhotoStoreStats {
    return {
      bytes: this.#cache.bytes,
      maxBytes: this.#cache.maxBytes,
      cached: this.#cache.size,
      decoding: this.#decoding,
      mapBytes: this.#maps.bytes,
      hits: this.#hits,
      decoded: this.#decoded,
      read: this.#read,
      evictions: this.#cache.evictions,
      warnings: [...this.#warnings.values()],
    };
  }

  /**
   * The photo at an index, from the cache or from disk; it overtakes photos that were only prefetched.
   *
   * @throws CaptureError naming the photo, when it is missing, damaged, or not of its camera's size
   */
  load(index: number): Promise<LoadedPhoto> {
    const cached = this.#cache.get(index);
    if (cached) {
      this.#hits++;
      return Promise.resolve(cached);
    }
    const place = this.#waiting.findIndex((job) => job.index === index);
    if (place > 0) this.#waiting.unshift(...this.#waiting.splice(place, 1));
    return this.#pending.get(index) ?? this.#enqueue(index, true);
  }

  /** Starts loading a photo that will be asked for soon. What goes wrong is told to who loads it. */
  prefetch(index: number): void {
    if (!this.#cache.has(index) && !this.#pending.has(index)) this.#enqueue(index, false).catch(() => undefined);
  }

  /** Forgets every finished photo and map. */
  clear(): void {
    this.#cache.clear();
    this.#maps.clear();
  }

  #enqueue(index: number, urgent: boolean): Promise<LoadedPhoto> {
    const photo = this.#photos[index];
    if (!photo) return Promise.reject(new RangeError(`no photo ${index} of ${this.#photos.length}`));
    const turn = new Promise<void>((start) => {
      if (urgent) this.#waiting.unshift({ index, start });
      else this.#waiting.push({ index, start });
    });
    const loading = turn
      .then(() => this.#fetch(photo))
      .then((fetched) => {
        this.#cache.set(index, fetched.loaded, sizeOf(fetched.loaded));
        return fetched;
      })
      .finally(() => this.#pending.delete(index));
    loading
      // Part of the turn, so that what waits to be written is bounded too.
      .then(({ write }) => write?.())
      .catch(() => undefined)
      .finally(() => {
        this.#decoding--;
        this.#startWaiting();
      });
    const photoAlone = loading.then(({ loaded }) => loaded);
    this.#pending.set(index, photoAlone);
    this.#startWaiting();
    return photoAlone;
  }

  #startWaiting(): void {
    while (this.#decoding < this.#threads) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#decoding++;
      job.start();
    }
  }

  /** From the disk, or decoded; then with what writes it there, where memory will not keep it. */
  async #fetch(photo: Photo): Promise<{ loaded: LoadedPhoto; write?: () => Promise<void> }> {
    const disk = this.#disk;
    const place = disk && (await disk.place(photo));
    const kept = place && (await disk.read(place));
    if (kept) {
      this.#read++;
      return { loaded: kept };
    }
    const loaded = await this.#decode(photo);
    this.#decoded++;
    if (!place || sizeOf(loaded) * this.#photos.length <= this.#cache.maxBytes) return { loaded };
    const write = (): Promise<void> =>
      disk.write(place, loaded).catch((error: unknown) => {
        this.#disk = null;
        const reason = error instanceof Error ? error.message : String(error);
        this.#tell('disk', said('photosKeptNoMore', { reason }));
      });
    return { loaded, write };
  }

  async #decode(photo: Photo): Promise<LoadedPhoto> {
    const pixels = await decodePhoto(photo.path, photo.name, photo.turned);
    const { width, height } = pixels;
    const camera = this.#cameraFor(photo, width, height);
    const scale = Math.min(1, this.#longSide / Math.max(width, height));
    const outWidth = Math.max(1, Math.round(width * scale));
    const outHeight = Math.max(1, Math.round(height * scale));
    const mask = photo.maskPath === null ? null : await readMask(photo, photo.maskPath, width, height);
    const lens = photo.distortion && this.#lensFor(camera, photo.distortion, outWidth, outHeight);
    return {
      camera: resizeCamera(camera, outWidth, outHeight),
      ...preparePhoto(pixels, mask, lens, outWidth, outHeight),
    };
  }

  /** Once for each thing that it can be about. */
  #tell(about: string, saying: Saying): void {
    if (this.#warnings.has(about)) return;
    this.#warnings.set(about, saying);
    this.#warn(saying);
  }

  #cameraFor({ name, camera, distortion }: Photo, width: number, height: number): PinholeCamera {
    const fit = fitToPhoto({ ...camera, distortion }, width, height);
    if (fit.kind === 'same') return camera;
    if (fit.kind === 'mismatch') {
      throw new CaptureError({ file: name, problem: fit.problem, remedy: 'use the photos of this calibration' });
    }
    const [before, after] = [`${camera.width}×${camera.height}`, `${width}×${height}`];
    // Where one photo was made smaller, all were.
    this.#tell(`${before} ${after}`, said('photoChanged', { photo: name, before, after }));
    return resizeCamera(camera, width, height);
  }

  #lensFor(camera: PinholeCamera, distortion: NonNullable<Photo['distortion']>, width: number, height: number) {
    const { fx, fy, cx, cy } = camera;
    const key = JSON.stringify([camera.width, camera.height, fx, fy, cx, cy, distortion, width, height]);
    const known = this.#maps.get(key);
    if (known) return known;
    const map = new LensMap(camera, distortion);
    const lens = { map, border: lensBorder(map, width, height) };
    this.#maps.set(key, lens, map.bytes + (lens.border?.length ?? 0));
    return lens;
  }
}

const sizeOf = ({ rgb, alpha, mask }: LoadedPhoto): number => rgb.length + (alpha?.length ?? 0) + (mask?.length ?? 0);

/** A photo's mask at the photo's size. */
async function readMask(photo: Photo, path: string, width: number, height: number): Promise<Uint8Array> {
  const file = `mask ${basename(path)} of ${photo.name}`;
  const pixels = await decodePhoto(path, file);
  const mask = binaryMask(pixels);
  if (pixels.width === width && pixels.height === height) return mask;
  if (sameAspect(pixels, { width, height })) return resizeNearest(mask, pixels.width, pixels.height, width, height);
  const problem = `it is ${pixels.width}×${pixels.height} but the photo ${width}×${height}`;
  throw new CaptureError({ file, problem, remedy: 'export the mask at the size of the photo' });
}
