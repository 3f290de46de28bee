/** Where Electron itself is, when it was downloaded (`npx install-electron`): the package from npm carries only how to get it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface ElectronBinary {
  readonly path: string;
  readonly version: string;
}

/** The running program when it is Electron, else the one of this checkout; null when there is none. */
export function electronBinary(): ElectronBinary | null {
  const { electron } = process.versions;
  if (electron !== undefined) return { path: process.execPath, version: electron };
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const path = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    const version = readFileSync(join(folder, 'dist', 'version'), 'utf8')
      .trim()
      .replace(/^v/, '');
    return existsSync(path) ? { path, version } : null;
  } catch {
    return null;
  }
}
