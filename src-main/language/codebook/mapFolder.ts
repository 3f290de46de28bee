/**
 * The folder of index maps, maps/PHOTO.png: matched to photos by name, never by position. A new set takes the place of the old one
 * as a whole: it is written beside it and renamed, so that a reader finds the one or the other.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FileError, systemErrorCode, writeError, writeFileAtomically, writeFileDurably } from '../../base/index';
import { LanguageError } from '../errors';

/** `sub/DSC_1.JPG` → `sub/DSC_1.png` */
export function mapName(photo: string): string {
  return `${photo.replace(/\.[^./]+$/, '')}.png`;
}

/**
 * The map of every photo, by photo.
 *
 * @throws LanguageError when two photos would share a map (`a.jpg` and `a.png`), or when a name leads out of the folder
 */
export function mapNames(photos: readonly string[]): Map<string, string> {
  const taken = new Map<string, string>();
  const names = new Map<string, string>();
  for (const photo of photos) {
    const name = mapName(photo);
    if (photo === '' || name.startsWith('/') || name.split(/[/\\]/).includes('..') || /^[A-Za-z]:/.test(name))
      throw new LanguageError(
        null,
        `photo ${JSON.stringify(photo)}: the name leads out of the folder of maps; rename it`,
      );
    // Folders of some systems do not tell cases apart.
    const key = name.toLowerCase();
    const other = taken.get(key);
    if (other !== undefined)
      throw new LanguageError(
        null,
        `photos ${other} and ${photo} would share the index map ${name}: they differ in extension or case only; rename one`,
      );
    taken.set(key, photo);
    names.set(photo, name);
  }
  return names;
}

let serial = 0;
/** No photo's map has such a name: they end in `.png`. */
const SKETCH = '.sketch';

/** A set of maps in the making. `commit` makes it the folder's content; without it, `discard` leaves the old one. */
export class MapFolderWriter {
  readonly #folder: string;
  readonly #temporary: string;
  bytes = 0;

  /** @param folder  the folder of maps, which may exist */
  constructor(folder: string) {
    this.#folder = folder;
    // The form of base's temporary names: what a crash leaves is swept away when the project is opened.
    this.#temporary = join(dirname(folder), `.maps.${process.pid}-${serial++}.tmp`);
  }

  /** @throws FileError */
  async write(name: string, png: Uint8Array): Promise<void> {
    const path = join(this.#temporary, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFileDurably(path, [png]);
    } catch (error) {
      throw writeError(path, error);
    }
    this.bytes += png.byteLength;
  }

  /** Keeps what is only looked at, beside the maps that are to stay. @returns its path @throws FileError */
  async sketch(png: Uint8Array): Promise<string> {
    const path = join(this.#temporary, SKETCH);
    try {
      await mkdir(this.#temporary, { recursive: true });
    } catch (error) {
      throw writeError(path, error);
    }
    await writeFileAtomically(path, [png]);
    return path;
  }

  /** Where a map lies that was written, until the commit. */
  path(name: string): string {
    return join(this.#temporary, name);
  }

  /** @throws FileError; the old maps are then still there */
  async commit(): Promise<void> {
    const old = `${this.#temporary.slice(0, -'.tmp'.length)}0.tmp`;
    try {
      await mkdir(this.#temporary, { recursive: true });
      await rm(join(this.#temporary, SKETCH), { force: true });
      await rename(this.#folder, old).catch((error: unknown) => {
        if (systemErrorCode(error) !== 'ENOENT') throw error;
      });
      await rename(this.#temporary, this.#folder);
    } catch (error) {
      throw error instanceof FileError ? error : writeError(this.#folder, error);
    }
    await rm(old, { recursive: true, force: true });
  }

  async discard(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
  }
}
