/**
 * Reduced photos on disk, for captures that do not fit in memory: each photo is decoded, undistorted and averaged once, and read back
 * afterwards. A cache: it may be deleted at any time, and a file that is damaged or of other photos is as good as none.
 *
 *   KEY.photo = length of the header (uint32, little-endian), header (JSON), rgb, alpha?, mask?
 *
 * KEY is a hash of all that the pixels depend on, the files' sizes and times among it: they tell one file from another, never which
 * is newer. Some room is always left on the disk, for checkpoints.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { temporaryName } from '../base/index';
import type { LoadedPhoto } from './photoStore';
import type { Photo } from './types';

const VERSION = 1;
/** bytes that stay free */
const HEADROOM = 2 * 2 ** 30;

const header = z.object({
  camera: z.object({
    width: z.int().min(1),
    height: z.int().min(1),
    ...{ fx: z.number(), fy: z.number(), cx: z.number(), cy: z.number() },
    worldToCamera: z.array(z.number()).length(16),
  }),
  alpha: z.boolean(),
  mask: z.boolean(),
});

export class PhotoDisk {
  readonly #folder: string;
  #made: Promise<unknown> | null = null;

  /** @param folder  made with the first photo */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where a photo of this size lies; null when its files cannot be told. */
  async place(photo: Photo, longSide: number): Promise<string | null> {
    try {
      const files = await Promise.all(
        [photo.path, photo.maskPath].map(async (path) => {
          if (path === null) return null;
          const { size, mtimeMs } = await stat(path);
          return [path, size, mtimeMs];
        }),
      );
      const { camera, distortion, turned = false } = photo;
      const content = JSON.stringify([VERSION, files, camera, distortion, turned, String(longSide)]);
      return join(this.#folder, `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.photo`);
    } catch {
      // A photo that is gone: who decodes it says so.
      return null;
    }
  }

  /** null where there is none that is whole */
  async read(place: string): Promise<LoadedPhoto | null> {
    let bytes: Buffer;
    try {
      bytes = await readFile(place);
    } catch {
      return null;
    }
    try {
      const start = 4 + bytes.readUInt32LE();
      const { camera, alpha, mask } = header.parse(JSON.parse(bytes.toString('utf8', 4, start)));
      const pixels = camera.width * camera.height;
      if (bytes.length !== start + pixels * (3 + Number(alpha) + Number(mask))) return null;
      let at = start;
      const take = (length: number): Uint8Array => {
        at += length;
        return new Uint8Array(bytes.buffer, bytes.byteOffset + at - length, length);
      };
      return { camera, rgb: take(3 * pixels), alpha: alpha ? take(pixels) : null, mask: mask ? take(pixels) : null };
    } catch {
      return null;
    }
  }

  /** @throws what the disk says, and an error when too little would be left; nothing half is left then */
  async write(place: string, { camera, rgb, alpha, mask }: LoadedPhoto): Promise<void> {
    await (this.#made ??= mkdir(this.#folder, { recursive: true }));
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize - rgb.length < HEADROOM) throw new Error('less than 2 GB would be left on the disk');
    const text = Buffer.from(JSON.stringify({ camera, alpha: alpha !== null, mask: mask !== null }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const temporary = temporaryName(place);
    try {
      // Not synced: what a power cut takes is decoded again.
      const file = await open(temporary, 'wx');
      try {
        await file.writev([length, text, rgb, ...(alpha ? [alpha] : []), ...(mask ? [mask] : [])]);
      } finally {
        await file.close();
      }
      await rename(temporary, place);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}
