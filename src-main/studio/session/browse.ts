/** Folders of the studio's machine, for the path field of a page: what can be opened, never what is in a file. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { namesSplats } from '#contract/splatFiles';
import type { FolderListing } from '#contract/studio';
import { readError } from '../../base/index';
import { isProject } from '../../project/index';

const LIMIT = 2000;
/** What makes a folder a capture (capture/load.ts reads the rest). */
const CAPTURE_MARKS = ['sparse', 'transforms.json', 'transforms_train.json', join('colmap', 'sparse')];

type Entry = FolderListing['entries'][number];

/** @throws FileError for a folder that is not there or not readable */
export async function browse(path: string | null): Promise<FolderListing> {
  const folder = resolve(path ?? homedir());
  let found: Dirent[];
  try {
    found = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw readError(folder, error);
  }
  const shown = found
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const entries: Entry[] = [];
  let more = 0;
  for (const entry of shown) {
    const kind = await kindOf(join(folder, entry.name), entry);
    if (kind === null) continue;
    if (entries.length < LIMIT) entries.push({ name: entry.name, path: join(folder, entry.name), kind });
    else more++;
  }
  const parent = dirname(folder);
  return { path: folder, parent: parent === folder ? null : parent, entries, more };
}

async function kindOf(path: string, entry: Dirent): Promise<Entry['kind'] | null> {
  const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolderAt(path)));
  if (!isFolder) return namesSplats(entry.name) ? 'splats' : null;
  if (await isProject(path)) return 'project';
  for (const mark of CAPTURE_MARKS) if (await stat(join(path, mark)).catch(() => null)) return 'capture';
  return 'folder';
}

const isFolderAt = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
