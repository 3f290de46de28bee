/**
 * Reduced photos on disk, for captures that do not fit in memory: each photo is decoded, undistorted and averaged once, and read back
 * afterwards. A cache: it may be deleted at any time, and a file that is damaged or of other photos is as good as none.
 *
 *   KEY.photo = length of the header (uint32, little-endian), header (JSON), rgb, alpha?, mask?
 *
 * KEY is a hash of all that the pixels depend on, the files' sizes and times among it: they tell one file from another, never which
 * is newer.
 *
 * It is bounded by its capture at one size: before the first photo of a run is written, the files go that the run cannot use (of another
 * size, or of photos that are gone or were replaced). A run that writes none leaves them alone. Some room is always left on the disk, for
 * checkpoints.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { FileError, makeFolder, removeLeftovers, writeError, writeFileAtomically } from '../base/index';
import { mapSome } from './photoFiles';
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

const EXTENSION = '.photo';

export class PhotoDisk {
  readonly #folder: string;
  readonly #photos: readonly Photo[];
  readonly #longSide: number;
  #made: Promise<void> | null = null;

  /**
   * @param folder    made with the first photo
   * @param photos    all that the run may ask for
   * @param longSide  pixels that it asks them at; Infinity for their own size
   */
  constructor(folder: string, photos: readonly Photo[], longSide: number) {
    this.#folder = folder;
    this.#photos = photos;
    this.#longSide = longSide;
  }

  /** Removes what writers that were killed left behind. Nothing that fails here is in anybody's way. */
  async sweep(): Promise<void> {
    await removeLeftovers(this.#folder).catch(() => undefined);
  }

  /** Where a photo lies; null when its files cannot be told. */
  async place(photo: Photo): Promise<string | null> {
    try {
      const files = await Promise.all(
        [photo.path, photo.maskPath].map(async (path) => {
          if (path === null) return null;
          const { size, mtimeMs } = await stat(path);
          return [path, size, mtimeMs];
        }),
      );
      const { camera, distortion, turned = false } = photo;
      const content = JSON.stringify([VERSION, files, camera, distortion, turned, String(this.#longSide)]);
      return join(this.#folder, `${createHash('sha256').update(content).digest('hex').slice(0, 32)}${EXTENSION}`);
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

  /** @throws FileError naming the folder, also when too little would be left; nothing half is left then */
  async write(place: string, { camera, rgb, alpha, mask }: LoadedPhoto): Promise<void> {
    const text = Buffer.from(JSON.stringify({ camera, alpha: alpha !== null, mask: mask !== null }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    try {
      await (this.#made ??= this.#make());
      const { bavail, bsize } = await statfs(this.#folder);
      if (bavail * bsize - rgb.length < HEADROOM)
        throw new FileError('no-space', this.#folder, 'less than 2 GB would be left on the disk; free some space');
      await writeFileAtomically(place, [length, text, rgb, ...(alpha ? [alpha] : []), ...(mask ? [mask] : [])], false);
    } catch (error) {
      const own = error instanceof FileError && error.path !== this.#folder;
      throw writeError(this.#folder, own ? error.cause : error);
    }
  }

  /** The folder, without what this run has no use for. */
  async #make(): Promise<void> {
    await makeFolder(this.#folder);
    const there = (await readdir(this.#folder)).filter((name) => name.endsWith(EXTENSION));
    if (there.length === 0) return;
    const places = await mapSome(this.#photos, (photo) => this.place(photo));
    const used = new Set(places.map((place) => place && basename(place)));
    const useless = there.filter((name) => !used.has(name));
    await mapSome(useless, (name) => rm(join(this.#folder, name), { force: true }));
  }
}
