/**
 * Where the tests find captures that are too large for the repository: `../shared`, next to the checkout
 * (or the folder that LEGATO_SHARED names). Tests that need it use `describe.runIf(sharedPath(...) !== null)`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const shared = resolve(root, process.env.LEGATO_SHARED ?? '../shared');

/** The repository's own root, absolute. */
export function repositoryPath(...parts: string[]): string {
  return join(root, ...parts);
}

/** An absolute path below `../shared`, or null with a visible notice when it is not there. */
export function sharedPath(...parts: string[]): string | null {
  const path = join(shared, ...parts);
  if (existsSync(path)) return path;
  console.warn(`\n  SKIPPED: ${path} does not exist; the tests that need it do not run here.\n`);
  return null;
}
