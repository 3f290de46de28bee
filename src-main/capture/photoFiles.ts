/**
 * Photos on disk: names that stay inside their folder, which files are there, and how large they are.
 *
 * A name from a file is joined only after it is known to stay below its folder, so that no model can make Legato read
 * elsewhere. Links inside the folder are followed: people keep photos on other disks.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureError } from './errors';

/** Header reads and existence checks that run at once. */
const CONCURRENCY = 8;

/**
 * A relative path with forward slashes, without `.` and `..`, its letters composed (NFC; nameIndex.ts); null when it would leave
 * its folder or cannot be a name. Backslashes count as slashes, whatever the system: captures travel.
 */
export function containedPath(name: string): string | null {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) < 32) return null;
  const path = name.replaceAll('\\', '/').normalize('NFC');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return null;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join('/');
}

/** @throws CaptureError when `name` would leave its folder */
export function requireContained(name: string, file: string, field: string): string {
  const path = containedPath(name);
  if (path !== null) return path;
  throw new CaptureError({
    file,
    field,
    problem: `${JSON.stringify(name.slice(0, 200))} leads out of the capture's folder`,
    remedy: 'use paths below the folder',
  });
}

/** Whether a plain file is there. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** Whether a folder is there. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** The first of some files that is there. */
export async function firstFile(folder: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) if (await isFile(join(folder, name))) return join(folder, name);
  return null;
}

/** `map` over an array, a few at a time, results in order. */
export async function mapSome<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
  return results;
}

/**
 * The mask that belongs to a photo by its name, in COLMAP's way (`masks/a.jpg.png`) or with the photo's own name
 * (`masks/a.png`, `masks/a.jpg`).
 */
export function maskNames(name: string): string[] {
  const stem = name.replace(/\.[^./]*$/, '');
  return [...new Set([`${name}.png`, `${stem}.png`, name])];
}
