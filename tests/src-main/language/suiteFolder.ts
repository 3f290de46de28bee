import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for the whole suite, made when first asked for and removed afterwards. */
export function suiteFolder(): () => string {
  let folder: string | null = null;
  afterAll(() => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  });
  return () => (folder ??= mkdtempSync(join(tmpdir(), 'legato-language-')));
}
