/**
 * Size and mask of each photo's index map: those of the photo as training sees it at that resolution. A photo without mask, lens and
 * transparency is not decoded for it; its header says enough.
 */
import sharp from 'sharp';
import { PhotoStore, type Photo } from '../../capture/index';
import type { PhotoFrame } from './encode';

/** Pixels below this opacity have no label. */
const OPAQUE = 128;

export class PhotoFrames {
  readonly #photos: readonly Photo[];
  readonly #longSide: number;
  readonly #store: PhotoStore;

  /** @param longSide  of the maps, px; 0 keeps the photos' size. Photos are never enlarged */
  constructor(photos: readonly Photo[], longSide: number) {
    this.#photos = photos;
    this.#longSide = longSide > 0 ? longSide : Infinity;
    this.#store = new PhotoStore(photos, { longSide: longSide > 0 ? longSide : undefined, maxBytes: 0, threads: 1 });
  }

  /** @throws CaptureError naming the photo */
  async frame(photo: number): Promise<PhotoFrame> {
    const { path, maskPath, distortion } = this.#photos[photo];
    if (maskPath === null && distortion === null) {
      const header = await sharp(path)
        .metadata()
        .catch(() => null);
      if (header !== null && !header.hasAlpha) {
        const { width, height } = header;
        const scale = Math.min(1, this.#longSide / Math.max(width, height));
        const size = (side: number): number => Math.max(1, Math.round(side * scale));
        return { width: size(width), height: size(height), mask: null };
      }
    }
    const { camera, mask, alpha } = await this.#store.load(photo);
    return { width: camera.width, height: camera.height, mask: withAlpha(mask, alpha) };
  }

  /** The photo's colours at the size of its map, [height, width, 3]. @throws CaptureError */
  async colours(photo: number): Promise<{ width: number; height: number; rgb: Uint8Array }> {
    const { camera, rgb } = await this.#store.load(photo);
    return { width: camera.width, height: camera.height, rgb };
  }
}

function withAlpha(mask: Uint8Array | null, alpha: Uint8Array | null): Uint8Array | null {
  if (alpha === null) return mask;
  return alpha.map((opacity, i) => (opacity < OPAQUE || mask?.[i] === 0 ? 0 : 255));
}
