/**
 * Size and mask of each photo's index map: those of the photo as training sees it at that resolution. A photo without mask, lens and
 * transparency is not decoded for it; its header says enough.
 */
import sharp from 'sharp';
import { PhotoStore, type Photo } from '../../capture/index';
import type { PhotoFrame } from './encode';
import { superpixels } from './superpixels';

/** Pixels below this opacity have no label. */
const OPAQUE = 128;
/**
 * Superpixels along the long side of a map, and the least px that one is wide: much smaller ones gather too few crops to outvote what
 * blurs over an edge, much larger ones swallow things.
 */
const STEPS = 14;
const SHORTEST_STEP = 4;

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
    const { path, maskPath, distortion, turned } = this.#photos[photo];
    if (maskPath === null && distortion === null && !turned) {
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

  /** The frame with the photo's superpixels. @throws CaptureError */
  async pooled(photo: number): Promise<PhotoFrame> {
    const { camera, rgb, mask, alpha } = await this.#store.load(photo);
    const { width, height } = camera;
    const step = Math.max(SHORTEST_STEP, Math.max(width, height) / STEPS);
    return { width, height, mask: withAlpha(mask, alpha), patches: superpixels(rgb, width, height, { step }) };
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
