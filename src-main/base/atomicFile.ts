/**
 * Files that are either complete or absent: written under a temporary name in the same folder, synced, renamed, and the
 * folder synced so that the rename survives a power cut. A crash leaves at most a temporary name, which the next
 * `removeLeftovers` sweeps away; the temporary name carries the writer's process id, so that a live writer is left alone.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeError } from './errors';
import { isProcessAlive } from './processes';

const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/;
/** Names in use by this process: a leftover may carry our id too, where a container hands out the same one each time. */
const inUse = new Set<string>();
let serial = 0;

/** A hidden sibling of `path` that no other writer uses. */
function temporaryName(path: string): string {
  const name = `.${basename(path)}.${process.pid}-${serial++}.tmp`;
  inUse.add(name);
  return join(dirname(path), name);
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
 */
export async function writeFileDurably(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      for (let offset = 0; offset < chunk.byteLength;) {
        const { bytesWritten } = await handle.write(chunk, offset, chunk.byteLength - offset);
        offset += bytesWritten;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces (or creates) a file in one step: a reader sees the old bytes or all of the new ones.
 *
 * @param content  text, or chunks that are written as they are produced, so that a large file needs no second copy
 * @throws FileError ('no-space', 'read-only', 'io'); the old file is then still there. Errors thrown by the chunks
 *         themselves arrive as the cause
 */
export async function writeFileAtomically(
  path: string,
  content: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = temporaryName(path);
  const chunks = typeof content === 'string' ? [new TextEncoder().encode(content)] : content;
  try {
    await writeFileDurably(temporary, chunks);
    await rename(temporary, path);
    await syncFolder(dirname(path));
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
    await mkdir(temporary, { recursive: true });
    await fill(temporary);
    await syncFolder(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(path, error);
  } finally {
    inUse.delete(basename(temporary));
  }
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
