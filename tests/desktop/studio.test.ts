/**
 * The studio in its Electron window: the same story as in the browser, on the demo room as everybody gets it, where the Electron
 * binary was fetched (node_modules/electron/path.txt, by `npx install-electron`). DESKTOP=required makes its absence a failure.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { listen } from '../browser/startSpec';
import { describeStudioPage } from '../browser/studioSpec';
import { repositoryPath } from '../shared';

const present = existsSync(repositoryPath('node_modules/electron/path.txt'));
const screen = process.platform !== 'linux' || Boolean(process.env.DISPLAY);
const wanted = process.env.DESKTOP === 'required' || (present && screen);

if (!wanted) {
  const lack = present ? 'there is no display' : 'the Electron binary is not here (npx install-electron)';
  console.warn(`\n  SKIPPED: the studio in an Electron window, since ${lack}; the same story runs in the browser.\n`);
}

describe.runIf(wanted)('the studio in Electron', () => {
  let home: string;

  beforeAll(async () => {
    ensureBuilt(console.warn);
    home = await mkdtemp(join(tmpdir(), 'legato-desktop-'));
  }, 600_000);
  afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  describeStudioPage({
    name: 'desktop',
    async open(scheme) {
      // A container's root has no user namespaces to build the sandbox from; the app itself never asks for this.
      const args = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      const app = await _electron.launch({
        args: [...args, `--user-data-dir=${join(home, 'electron')}`, '--lang=en-GB', repositoryPath(), '--no-demo'],
        colorScheme: scheme,
        env: { ...process.env, LEGATO_HOME: home },
      });
      const page = await app.firstWindow();
      return { page, complaints: listen(page), close: () => app.close() };
    },
  });
});
