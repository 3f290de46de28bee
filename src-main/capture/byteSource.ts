/**
 * Bytes that are read piece by piece: a file, or an array that stands for one. Reading is synchronous, since every piece
 * is small; who reads long files yields to the event loop between pieces.
 */
import { said } from '#contract/sayings';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { CaptureError } from './errors';

export interface ByteSource {
  /** name for messages */
  readonly file: string;
  /** bytes */
  readonly size: number;
  /** Fills `target` from `position`; the caller asks for no byte beyond `size`. */
  read(target: Uint8Array, position: number): void;
  close(): void;
}

/**
 * Opens a regular file. @param file name for messages
 * @throws CaptureError when it is missing, unreadable, or not a plain file (a pipe or device would block or never end)
 */
export function openSource(path: string, file: string): ByteSource {
  let descriptor: number;
  let size: number;
  try {
    if (!statSync(path).isFile())
      throw new CaptureError({ file, problem: 'not a plain file', remedy: 'choose another' });
    descriptor = openSync(path, 'r');
    size = fstatSync(descriptor).size;
  } catch (cause) {
    throw cause instanceof CaptureError ? cause : unreadable(file, cause);
  }
  return {
    file,
    size,
    read(target, position) {
      let done = 0;
      try {
        while (done < target.length) {
          const count = readSync(descriptor, target, done, target.length - done, position + done);
          if (count === 0) break;
          done += count;
        }
      } catch (cause) {
        throw unreadable(file, cause);
      }
      if (done < target.length) {
        const remedy = 'wait until it is fully written, then open it again';
        throw new CaptureError({ file, offset: position + done, problem: 'the file shrank while it was read', remedy });
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** An array that stands for a file. */
export function bytesSource(bytes: Uint8Array, file: string): ByteSource {
  return {
    file,
    size: bytes.length,
    read: (target, position) => target.set(bytes.subarray(position, position + target.length)),
    close: () => undefined,
  };
}

/** Reads a whole file of bounded size. @throws CaptureError */
export function readWhole(path: string, file: string, maxBytes: number): Buffer {
  const source = openSource(path, file);
  try {
    if (source.size > maxBytes) {
      const problem = `${source.size.toLocaleString('en-US')} bytes, more than the ${maxBytes.toLocaleString('en-US')} that Legato reads`;
      throw new CaptureError({ file, problem, remedy: 'check that this is the right file' });
    }
    const bytes = Buffer.alloc(source.size);
    source.read(bytes, 0);
    return bytes;
  } finally {
    source.close();
  }
}

function unreadable(file: string, cause: unknown): CaptureError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  const why = missing ? said('captureFileMissing', { file }) : said('captureFileUnreadable', { file, reason: code });
  return new CaptureError({ file, said: why }, { cause });
}
