/**
 * Files of a folder by name, whatever way their letters are encoded.
 *
 * "é" is one character (NFC, as most programs write it) or "e" and an accent (NFD, as older Macs store it). A model and a disk that
 * come from different systems name the same file in different ways, and most file systems tell the two apart. So a name is looked
 * up as it is, and then, folder by folder, among entries that are equal once composed. Captures know their photos by the
 * composed name alone (`containedPath`), and so do masks, features, index maps and lists of names.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFile } from './photoFiles';

export class NameIndex {
  readonly #root: string;
  /** folder below the root → composed name → names on disk */
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

  /** @param root  absolute */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * @param path  below the root, with forward slashes, known to stay there
   * @returns the absolute path of the plain file; null when there is none, or several that differ in encoding alone
   */
  async find(path: string): Promise<string | null> {
    const exact = join(this.#root, path);
    if (await isFile(exact)) return exact;
    // Letters of ASCII have one encoding, and what is not there as written is not there.
    if (isAscii(path)) return null;
    let folder = '';
    for (const part of path.split('/')) {
      const entries: readonly string[] = (await this.#entries(folder)).get(part.normalize('NFC')) ?? [];
      const entry = entries.includes(part) ? part : entries.length === 1 ? entries[0] : null;
      if (entry === null) return null;
      folder = folder === '' ? entry : `${folder}/${entry}`;
    }
    const found = join(this.#root, folder);
    return (await isFile(found)) ? found : null;
  }

  /** The first of some files that is there. */
  async first(paths: readonly string[]): Promise<string | null> {
    for (const path of paths) {
      const found = await this.find(path);
      if (found !== null) return found;
    }
    return null;
  }

  #entries(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const known = this.#folders.get(folder);
    if (known) return known;
    const listing = readdir(join(this.#root, folder)).then(
      (names) => {
        const byComposed = new Map<string, string[]>();
        for (const name of names) {
          const composed = name.normalize('NFC');
          byComposed.set(composed, [...(byComposed.get(composed) ?? []), name]);
        }
        return byComposed;
      },
      () => new Map<string, readonly string[]>(),
    );
    this.#folders.set(folder, listing);
    return listing;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
