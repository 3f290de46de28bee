/** Splat files of every kind that is read, by what they hold: `.ply`, compressed or not, and `.spz`. */
import { readFile, stat } from 'node:fs/promises';
import { CaptureError } from '../capture/errors';
import { parseSplatPly, type SplatFile } from './ply';
import { isSpz, parseSpz } from './spz';

const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Reads splats from disk. @throws CaptureError naming the file and what is wrong in it */
export async function readSplats(path: string): Promise<SplatFile> {
  const problem = (text: string, cause: unknown) =>
    new CaptureError({ file: path, problem: text, remedy: 'check the path and the file' }, { cause });
  const found = await stat(path).catch((error: unknown) => {
    throw problem('cannot be opened', error);
  });
  if (!found.isFile()) throw problem('is not a file', undefined);
  if (found.size > MAX_FILE_BYTES) throw problem(`${found.size} bytes are more than 2 GiB`, undefined);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw problem('cannot be read', error);
  });
  return isSpz(bytes) ? parseSpz(bytes, path) : parseSplatPly(bytes, path);
}
