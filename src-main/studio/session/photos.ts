/**
 * The photos of what is open: what pages are told of each, and small pictures of photos and index maps. By the names of the capture
 * only, never by a path.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { reduceCamera } from '#contract/camera';
import type { MediaKind, PhotoState } from '#contract/studio';
import { ByteLru } from '../../capture/byteLru';
import { loadCapture, PhotoStore, splitHoldout } from '../../capture/index';
import type { Capture, Photo, SceneFrame } from '../../capture/index';
import { mapName } from '../../language/codebook/index';
import { exists } from '../sceneLanguage';

const KEPT_BYTES = 64 * 2 ** 20;
const QUALITY = 82;
/** A photo larger than this is not worth sending to a page. */
const LARGEST_SIDE = 2048;
/** Sides come in steps, so that a window that is dragged does not decode a photo for each pixel. */
const sideOf = (asked: number): number => Math.min(LARGEST_SIDE, Math.max(64, 2 ** Math.ceil(Math.log2(asked || 1))));

export interface Picture {
  readonly type: string;
  readonly bytes: Buffer;
}

export class ScenePhotos {
  readonly capture: Capture;
  readonly #byName: ReadonlyMap<string, Photo>;
  readonly #maps: string;
  readonly #kept = new ByteLru<string, Picture>(KEPT_BYTES);
  /** photo → file of its map in a codebook that is being made */
  readonly #forming = new Map<string, string>();

  private constructor(capture: Capture, maps: string) {
    this.capture = capture;
    this.#byName = new Map(capture.photos.map((photo) => [photo.name, photo]));
    this.#maps = maps;
  }

  /**
   * @param maps   folder of the index maps
   * @param frame  coordinates of what was trained; absent: nothing was
   * @throws CaptureError
   */
  static async open(capturePath: string, maps: string, frame?: SceneFrame): Promise<ScenePhotos> {
    return new ScenePhotos(await loadCapture(capturePath, { frame }), maps);
  }

  /** @param psnr  of the last evaluation, by photo */
  async states(
    settings: { resolution: number; holdout: number },
    disabled: readonly string[],
    psnr: ReadonlyMap<string, number>,
  ): Promise<PhotoState[]> {
    const { photos, heldOut } = this.capture;
    const split = splitHoldout(photos, settings.holdout, heldOut);
    const kept = new Set(split.heldOut);
    const not = new Set(disabled);
    return Promise.all(
      photos.map(async ({ name, camera }, index) => ({
        name,
        heldOut: kept.has(index),
        disabled: not.has(name),
        camera: reduceCamera(camera, settings.resolution),
        hasMap: this.#forming.has(name) || (await exists(join(this.#maps, mapName(name)))),
        psnr: psnr.get(name) ?? null,
      })),
    );
  }

  /** A map that lies elsewhere while its codebook is made. */
  formed(name: string, file: string): void {
    this.#forming.set(name, file);
  }

  /** The maps in the folder are the ones that count again. */
  settled(): void {
    this.#forming.clear();
  }

  /** A picture of a photo, as it is trained on (undistorted), or its index map; null for what is not there. */
  async picture(kind: Exclude<MediaKind, 'mesh'>, name: string, side: number): Promise<Picture | null> {
    const photo = this.#byName.get(name);
    if (!photo) return null;
    if (kind === 'map') {
      const [forming, made] = [this.#forming.get(name), join(this.#maps, mapName(name))];
      const read = (file: string): Promise<Buffer | null> => readFile(file).catch(() => null);
      const bytes = (forming !== undefined && (await read(forming))) || (await read(made));
      return bytes && { type: 'image/png', bytes };
    }
    const longSide = sideOf(side);
    const key = `${longSide} ${name}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const made = { type: 'image/jpeg', bytes: await reduced(photo, longSide) };
    this.#kept.set(key, made, made.bytes.length);
    return made;
  }
}

/** Undistortion runs in this process, so only photos with a lens pay for it. */
async function reduced(photo: Photo, longSide: number): Promise<Buffer> {
  if (photo.distortion === null)
    return sharp(photo.path, { limitInputPixels: 2 ** 28, autoOrient: photo.turned ?? false })
      .flatten({ background: '#000000' })
      .resize(longSide, longSide, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: QUALITY })
      .toBuffer();
  const { camera, rgb } = await new PhotoStore([photo], { longSide, maxBytes: 1, threads: 1 }).load(0);
  const { width, height } = camera;
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}
