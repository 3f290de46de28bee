/** Photos whose EXIF orientation is not 1: as stored where their camera has that shape, turned where it has the other. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src-main/capture/errors';
import { loadCapture } from '../../../src-main/capture/load';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import { colmapFiles, folderWith, noise, png } from './fixtures';
import { told } from './told';

const pixels = noise(8 * 6 * 3);
/** Stored with `width` columns, and an orientation. */
const tagged = (orientation: number, width = 8, height = 6) =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .png()
    .toBuffer();
/** Both cameras of the model are 8×6. */
const capture = async (photo: Uint8Array, more: Record<string, Uint8Array> = {}) =>
  folderWith({ ...(await colmapFiles()), 'images/a.png': photo, ...more });
const open = async (root: string) => {
  const { photos, warnings } = await loadCapture(root);
  const { rgb, mask } = await new PhotoStore(photos, { maxBytes: 1e6 }).load(0);
  return { photo: photos[0], rgb: [...rgb], mask: mask && [...mask], warnings };
};
const pixel = (rgb: readonly number[], width: number, x: number, y: number) => {
  const at = 3 * (y * width + x);
  return rgb.slice(at, at + 3);
};

describe('EXIF orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%i is left alone where the stored pixels fit the camera, as in COLMAP',
    async (o) => {
      const { photo, rgb, warnings } = await open(await capture(await tagged(o)));
      expect(photo.turned).toBeUndefined();
      expect(photo.camera).toMatchObject({ width: 8, height: 6 });
      expect(rgb).toEqual([...pixels]);
      expect(warnings).toEqual([]);
    },
  );

  // Where the top left pixel of the turned photo is stored, in 6 columns and 8 rows: EXIF 2.32, 0th row and 0th column.
  it.each([
    [5, [0, 0], [0, 7]],
    [6, [0, 7], [0, 0]],
    [7, [5, 7], [5, 0]],
    [8, [5, 0], [5, 7]],
  ])('%i is applied where only the turned pixels fit', async (orientation, topLeft, topRight) => {
    const { photo, rgb, warnings } = await open(await capture(await tagged(orientation, 6, 8)));
    expect(photo.turned).toBe(true);
    expect(photo.camera).toMatchObject({ width: 8, height: 6, fx: 7, cx: 4 });
    expect(pixel(rgb, 8, 0, 0)).toEqual(pixel([...pixels], 6, topLeft[0], topLeft[1]));
    expect(pixel(rgb, 8, 7, 0)).toEqual(pixel([...pixels], 6, topRight[0], topRight[1]));
    expect(told(warnings)).toEqual([
      'photos turned as their EXIF orientation says, since their cameras have that shape: 1 (a.png)',
    ]);
  });

  it('goes with reduction and with a mask of the turned shape', async () => {
    const large = await sharp(noise(12 * 16 * 3), { raw: { width: 12, height: 16, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const left = Uint8Array.from({ length: 16 * 12 }, (_, i) => (i % 16 < 8 ? 0 : 255));
    const root = await capture(large, {
      'masks/a.png': await png(16, 12, 1, left),
      'masks/sub/b photo.png': await png(8, 6, 1, new Uint8Array(48).fill(255)),
    });
    const { photo, mask } = await open(root);
    expect(photo.camera).toMatchObject({ width: 16, height: 12, fx: 14, cx: 8 });
    expect(mask).toEqual([...left]);
  });

  it('refuses a photo that fits neither way, or that seems turned without saying how', async () => {
    const both = await capture(await tagged(6, 4, 12));
    await expect(loadCapture(both)).rejects.toThrow(CaptureError);
    await expect(loadCapture(both)).rejects.toThrow(
      'a.png: the photo is 4×12, or 12×4 as its EXIF orientation turns it, but its camera 8×6; use the photos',
    );
    await expect(loadCapture(await capture(await png(6, 8)))).rejects.toThrow(
      'a.png: the photo is 6×8 but its camera 8×6 (the photo seems turned, but has no EXIF orientation that says how)',
    );
    // The photo changes after the capture was opened.
    const root = await capture(await tagged(6, 6, 8));
    const { photos } = await loadCapture(root);
    writeFileSync(join(root, 'images', 'a.png'), await png(6, 8));
    await expect(new PhotoStore(photos, { maxBytes: 1e6 }).load(0)).rejects.toThrow('the photo is 6×8');
  });
});
