/**
 * One file from the hub to disk, resumable: bytes go to NAME.part, what they belong to is kept in NAME.part.json, and NAME
 * appears only when size and checksum are right.
 *
 *   a .part of the same file      Range: bytes=N-, If-Range: its ETag; 206 continues, 200 starts again from the first byte
 *   dropped, 408, 429, 5xx        tried again after 0.5 s, 1 s, 2 s, … or as Retry-After says; a try that brought bytes resets the
 *                                 count
 *   more bytes than listed        stopped at once
 *   wrong checksum                thrown away and fetched once more from the first byte
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { said } from '#contract/sayings';
import { z } from 'zod';
import { writeError } from '../../base/index';
import { ModelError } from '../errors';
import { connectionFailure, HubFailure, shown } from './hubClient';
import type { HubClient, HubResponse } from './hubClient';
import type { ListedFile } from './hubListing';
import { withRetries } from './retries';
import type { RetryOptions } from './retries';

export interface DownloadOptions extends RetryOptions {
  hub: HubClient;
  url: URL;
  /** where the file goes; its folder is made */
  target: string;
  expected: ListedFile;
  /** bytes of the file that are on disk; falls back when the server starts again */
  onBytes?: (bytes: number) => void;
}

const partState = z.object({ checksum: z.string(), size: z.number(), etag: z.string().nullable() });

/** SHA-256 and git blob id (SHA-1 of `blob LENGTH\0` and the bytes) of a file, hex. */
export async function checksumsOf(
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; git: string; size: number }> {
  const { size } = await stat(path);
  const sha256 = createHash('sha256');
  const git = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    sha256.update(chunk as Buffer);
    git.update(chunk as Buffer);
  }
  return { sha256: sha256.digest('hex'), git: git.digest('hex'), size };
}

/** Whether a file is there and is what was listed; its SHA-256 if so. */
export async function matches(path: string, expected: ListedFile, signal?: AbortSignal): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || found.size !== expected.size) return null;
  const sums = await checksumsOf(path, signal);
  return sums[expected.checksum.kind] === expected.checksum.value ? sums.sha256 : null;
}

/** @returns the file's SHA-256. @throws HubFailure, ModelError, FileError; an AbortError when cancelled: the part is kept */
export async function downloadFile(options: DownloadOptions): Promise<string> {
  const { target, expected, signal } = options;
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  for (let mismatches = 0; ; mismatches++) {
    await fill(options, part);
    const sum = await matches(part, expected, signal);
    if (sum !== null) {
      await rename(part, target);
      await rm(`${part}.json`, { force: true });
      options.onBytes?.(expected.size);
      return sum;
    }
    await discard(part);
    options.onBytes?.(0);
    if (mismatches > 0) {
      throw new ModelError(null, said('hubAltered', { address: shown(options.url) }));
    }
  }
}

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

/** Brings the part to its full size, in as many requests as it takes. */
async function fill(options: DownloadOptions, part: string): Promise<void> {
  const { expected } = options;
  await withRetries(options, async () => {
    const before = await present(part, expected);
    options.onBytes?.(before.bytes);
    if (before.bytes === expected.size && before.bytes > 0) return { done: true };
    try {
      await fetchInto(options, part, before);
      return { done: true };
    } catch (error) {
      return { done: false, error, progressed: (await present(part, expected)).bytes > before.bytes };
    }
  });
}

interface Present {
  bytes: number;
  etag: string | null;
}

/** What an earlier try left, when it is of the same file. */
async function present(part: string, expected: ListedFile): Promise<Present> {
  const nothing = { bytes: 0, etag: null };
  const found = await stat(part).catch(() => null);
  if (found === null || found.size > expected.size) return nothing;
  const text = await readFile(`${part}.json`, 'utf8').catch(() => '');
  try {
    const state = partState.parse(JSON.parse(text));
    const same = state.checksum === expected.checksum.value && state.size === expected.size;
    return same ? { bytes: found.size, etag: state.etag } : nothing;
  } catch {
    return nothing;
  }
}

async function fetchInto(options: DownloadOptions, part: string, before: Present): Promise<void> {
  const { hub, url, expected, signal } = options;
  const resume = before.bytes > 0;
  const headers: Record<string, string> = resume
    ? { range: `bytes=${before.bytes}-`, ...(before.etag ? { 'if-range': before.etag } : {}) }
    : {};
  const response = await hub.get(url, { headers, accept: [206, 416], signal });
  if (response.status === 416) {
    await response.body.dump().catch(() => undefined);
    await discard(part);
    throw new HubFailure(`${shown(url)} cannot continue the download`, { status: 416, transient: true });
  }
  const start = response.status === 206 ? before.bytes : 0;
  checkLength(response, url, start, expected);
  const etag = response.header('etag');
  // A weak ETag may not be used with If-Range (RFC 9110, 13.1.5); the checksum at the end decides in any case.
  const state = { checksum: expected.checksum.value, size: expected.size, etag: etag?.startsWith('"') ? etag : null };
  const handle = await open(part, start > 0 ? 'r+' : 'w');
  try {
    await writeFile(`${part}.json`, JSON.stringify(state));
    await writeBody(options, response, handle, start);
    await handle.sync();
  } catch (error) {
    if (signal?.aborted || error instanceof ModelError) throw error;
    throw writeError(part, error);
  } finally {
    await handle.close();
  }
}

/** The first and the total length that the answer states must be those that were asked for. */
function checkLength(response: HubResponse, url: URL, start: number, { size }: ListedFile): void {
  const refuse = (said: string): never => {
    response.body.destroy();
    throw new HubFailure(`${shown(url)} ${said} where the hub lists ${size} bytes; try another --mirror`, {
      transient: true,
    });
  };
  if (response.status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.header('content-range') ?? '');
    if (range === null || Number(range[1]) !== start) refuse(`continues at another place than byte ${start}`);
    if (range![3] !== '*' && Number(range![3]) !== size) refuse(`is a file of ${range![3]} bytes`);
  }
  const length = response.header('content-length');
  if (length !== null && start + Number(length) > size) refuse(`announces ${start + Number(length)} bytes`);
  if (length !== null && response.status === 200 && Number(length) !== size) refuse(`announces ${length} bytes`);
}

async function writeBody(
  options: DownloadOptions,
  response: HubResponse,
  handle: FileHandle,
  start: number,
): Promise<void> {
  const { url, expected, signal } = options;
  let at = start;
  const chunks = response.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    // Only what the connection does is a reason to try again; writing is not.
    const next = await chunks.next().catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : connectionFailure(url, error);
    });
    if (next.done) break;
    if (at + next.value.length > expected.size) {
      response.body.destroy();
      await handle.truncate(start);
      throw new HubFailure(`${shown(url)} sends more than the ${expected.size} bytes that the hub lists`, {
        transient: true,
      });
    }
    for (let offset = 0; offset < next.value.length;) {
      const { bytesWritten } = await handle.write(next.value, offset, next.value.length - offset, at);
      offset += bytesWritten;
      at += bytesWritten;
    }
    options.onBytes?.(at);
  }
  if (at < expected.size)
    throw new HubFailure(`${shown(url)} ends after ${at} of ${expected.size} bytes`, { transient: true });
}
