/**
 * The start page in its Electron window: the same spec as in the browser, where the Electron binary was fetched
 * (node_modules/electron/path.txt, by `npx install-electron`). DESKTOP=required makes its absence a failure.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import type { ElectronApplication } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { rememberProject } from '../../src-main/studio/recent';
import { describeStartPage, listen } from '../browser/startSpec';
import { repositoryPath } from '../shared';

const present = existsSync(repositoryPath('node_modules/electron/path.txt'));
const screen = process.platform !== 'linux' || Boolean(process.env.DISPLAY);
const wanted = process.env.DESKTOP === 'required' || (present && screen);

if (!wanted) {
  const lack = present ? 'there is no display' : 'the Electron binary is not here (npx install-electron)';
  console.warn(`\n  SKIPPED: Electron window, since ${lack}; the same spec runs in the browser.\n`);
}

describe.runIf(wanted)('the start page in Electron', () => {
  let home: string;

  beforeAll(() => ensureBuilt(console.warn));
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'legato-desktop-'));
    process.env.LEGATO_HOME = home;
    return () => rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  afterAll(() => {
    delete process.env.LEGATO_HOME;
  });

  function launch(scheme: 'light' | 'dark'): Promise<ElectronApplication> {
    // A container's root has no user namespaces to build the sandbox from; the app itself never asks for this.
    const args = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return _electron.launch({
      args: [...args, `--user-data-dir=${join(home, 'electron')}`, '--lang=en-GB', repositoryPath(), '--no-demo'],
      colorScheme: scheme,
      env: { ...process.env, LEGATO_HOME: home },
    });
  }

  describeStartPage({
    name: 'desktop',
    async open(scheme) {
      const app = await launch(scheme);
      const page = await app.firstWindow();
      const complaints = listen(page);
      return { page, complaints, close: () => app.close() };
    },
    async remember(name) {
      const path = join(home, `${name}.legato`);
      await mkdir(path);
      await rememberProject({ path, splats: 24_296, steps: 1000, psnr: 26.9 });
    },
  });

  it('lives on its own origin, isolated, without Node', async () => {
    const app = await launch('dark');
    const page = await app.firstWindow();
    await page.getByTestId('kernels').waitFor();
    expect(page.url()).toBe('legato://app/');
    const globals = await page.evaluate(() => ({
      bridge: Object.keys(window.legato ?? {}).sort(),
      node: 'require' in window || 'process' in window || 'Buffer' in window,
    }));
    const functions = [
      'command',
      'demo',
      'offer',
      'onAction',
      'onEvent',
      'onFrame',
      'onSession',
      'pathOf',
      'pick',
      'session',
    ];
    expect(globals).toEqual({ bridge: functions, node: false });
    await app.close();
  });

  it('neither leaves the page nor opens another window', async () => {
    const app = await launch('dark');
    const page = await app.firstWindow();
    await page.getByTestId('kernels').waitFor();
    expect(await page.evaluate(() => window.open('https://example.org') === null)).toBe(true);
    await page.evaluate(() => {
      location.href = 'https://example.org';
    });
    await page.waitForTimeout(300);
    expect(page.url()).toBe('legato://app/');
    expect(app.windows()).toHaveLength(1);
    await app.close();
  });

  it('serves nothing from outside of the built page', async () => {
    const app = await launch('dark');
    const page = await app.firstWindow();
    await page.getByTestId('kernels').waitFor();
    const status = (path: string) => page.evaluate(async (url) => (await fetch(url)).status, path);
    expect(await status('./index.html')).toBe(200);
    for (const path of ['./%2e%2e/main/desktop.js', './..%2fmain/desktop.js', './..%5cmain%5cdesktop.js']) {
      expect(await status(path)).toBe(404);
    }
    await app.close();
  });
});
