/**
 * `test.txt` in a capture's folder: names of the photos that are kept from training, one a line, as the photos are called
 * below the photo folder. Blank lines are skipped.
 */
import { join } from 'node:path';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { nameList } from '../base/index';
import { openSource } from './byteSource';
import { CaptureError } from './errors';
import { MAX_NAME_BYTES, MAX_PHOTOS } from './limits';
import { isFile } from './photoFiles';

export const HELD_OUT_FILE = 'test.txt';
/** Names that a warning lists. */
const LISTED = 5;
/** a list of every photo that a capture may have, with names of a few dozen letters */
const MAX_BYTES = MAX_PHOTOS * 64;

/**
 * @param root      the capture's folder
 * @param photos    of the capture
 * @param warnings  receives what a person should know
 * @returns the names that are photos of the capture, in the file's order, each once; null without such a file or such a name
 * @throws CaptureError when the file is unreadable or too long
 */
export async function readHeldOut(
  root: string,
  photos: readonly { readonly name: string }[],
  warnings: Saying[],
): Promise<string[] | null> {
  const path = join(root, HELD_OUT_FILE);
  if (!(await isFile(path))) return null;
  const source = openSource(path, HELD_OUT_FILE);
  const bytes = new Uint8Array(Math.min(source.size, MAX_BYTES));
  try {
    if (source.size > MAX_BYTES) {
      const problem = `${source.size.toLocaleString('en-US')} bytes are too many for a list of photos`;
      throw new CaptureError({ file: HELD_OUT_FILE, problem, remedy: 'put one name of a photo on each line' });
    }
    source.read(bytes, 0);
  } finally {
    source.close();
  }
  const known = new Set(photos.map(({ name }) => name));
  const names = new Set<string>();
  const unknown: string[] = [];
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const name = line.trim().replaceAll('\\', '/').normalize('NFC');
    if (name === '') continue;
    if (known.has(name)) names.add(name);
    else unknown.push(name.slice(0, MAX_NAME_BYTES));
  }
  if (unknown.length > 0) {
    const parts = { file: HELD_OUT_FILE, count: unknown.length, names: nameList(unknown, LISTED) };
    warnings.push(said('heldOutUnknown', parts));
  }
  return names.size > 0 ? [...names] : null;
}
