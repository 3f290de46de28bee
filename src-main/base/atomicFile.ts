/**
 * Files that are either complete or absent: written under a temporary name in the same folder, synced, renamed, and the
 * folder synced so that the rename survives a power cut. A crash leaves at most a temporary name, which the next
 * `removeLeftovers` sweeps away; the temporary name carries the writer's process id, so that a live writer is left alone.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileError, systemErrorCode, writeError } from './errors';
import { isProcessAlive } from './processes';

const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/;
/** Names in use by this process: a leftover may carry our id too, where a container hands out the same one each time. */
const inUse = new Set<string>();
let serial = 0;

/** A hidden sibling of `path` that no other writer uses. */
export function temporaryName(path: string): string {
  const name = `.${basename(path)}.${process.pid}-${serial++}.tmp`;
  inUse.add(name);
  return join(dirname(path), name);
}

/**
 * Makes a folder and those above it; one that is there is left alone. Node's own recursive mkdir says ENOENT where a disk is full.
 *
 * @throws FileError
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw writeError(path, error);
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
}

/** An error of a temporary name, told of the name that a person knows. */
function named(path: string, temporary: string, error: unknown): FileError {
  if (!(error instanceof FileError && error.path.startsWith(temporary))) return writeError(path, error);
  return new FileError(error.code, path, error.problem, error);
}

/** Makes the entries of a folder durable; Windows cannot open folders and needs no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes chunks to a new file and syncs it, without renaming: for files inside a folder that is itself renamed into place
 * (`createFolderAtomically`), which also cleans up and translates errors.
 *
 * @param durable  false: not synced, for what may as well be lost
 */
export async function writeFileDurably(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  durable = true,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      for (let offset = 0; offset < chunk.byteLength;) {
        const { bytesWritten } = await handle.write(chunk, offset, chunk.byteLength - offset);
        offset += bytesWritten;
      }
    }
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces (or creates) a file in one step: a reader sees the old bytes or all of the new ones.
 *
 * @param content  text, or chunks that are written as they are produced, so that a large file needs no second copy
 * @param durable  false: a power cut may take it, as a cache can bear
 * @throws FileError ('no-space', 'read-only', 'io'); the old file is then still there. Errors thrown by the chunks
 *         themselves arrive as the cause
 */
export async function writeFileAtomically(
  path: string,
  content: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  durable = true,
): Promise<void> {
  const temporary = temporaryName(path);
  const chunks = typeof content === 'string' ? [new TextEncoder().encode(content)] : content;
  try {
    await writeFileDurably(temporary, chunks, durable);
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  } finally {
    inUse.delete(basename(temporary));
  }
}

/**
 * Creates a folder in one step: `fill` writes into a temporary folder, which then takes the final name.
 *
 * @param path  must not exist
 * @throws FileError, and whatever `fill` throws; nothing remains under the final name
 */
export async function createFolderAtomically(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    await fill(temporary);
    await syncFolder(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw named(path, temporary, error);
  } finally {
    inUse.delete(basename(temporary));
  }
}

/**
 * As `createFolderAtomically`, for a file whose writer needs names of its own beside it, as SQLite does.
 *
 * @param make  writes the file at the path that it is given, in a folder that holds nothing else
 */
export async function createFileAtomically(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    const inside = join(temporary, basename(path));
    await make(inside);
    await rename(inside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw named(path, temporary, error);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    inUse.delete(basename(temporary));
  }
}

/** Whether a name is one that `removeLeftovers` may remove. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what crashed writers left in a folder; returns the removed names. */
export async function removeLeftovers(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(folder)) {
    const match = TEMPORARY.exec(name);
    if (match === null) continue;
    const writer = Number(match[1]);
    if (writer === process.pid ? inUse.has(name) : isProcessAlive(writer)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}
