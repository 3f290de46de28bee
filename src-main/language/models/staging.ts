/**
 * A model comes into being in a hidden folder beside its final name, which only a rename makes visible: whatever breaks off, a
 * half model is never found.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, writeError } from '../../base/index';

export const stagingFolder = (models: string, name: string): string => join(models, `.${name}.pull`);
export const lockFile = (models: string, name: string): string => join(models, `.${name}.lock`);

/** Room that is left to others. */
const MARGIN = 64 * 1024 * 1024;

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw writeError(path, error);
  });
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

/** @param free  bytes that are free there; asked from the system by default. @throws FileError 'no-space' */
export async function checkSpace(folder: string, needed: number, free?: () => Promise<number>): Promise<void> {
  const available = await (free?.() ??
    statfs(folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => Infinity,
    ));
  if (needed + MARGIN <= available) return;
  const words = `${megabytes(needed)} are needed and ${megabytes(available)} are free`;
  throw new FileError('no-space', folder, `${words}; free some space, or set LEGATO_MODELS to another disk`);
}

/** Puts a finished staging folder in the place of a model that may exist. */
export async function activate(staging: string, target: string): Promise<void> {
  const old = `${staging}.${randomBytes(4).toString('hex')}.old`;
  try {
    const exists = (await stat(target).catch(() => null)) !== null;
    if (exists) await rename(target, old);
    try {
      await rename(staging, target);
    } catch (error) {
      if (exists) await rename(old, target);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    throw writeError(target, error);
  }
}

/** Bytes below a folder, what is unfinished included; 0 when it is not there. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let total = 0;
  for (const entry of entries) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  }
  return total;
}
