/** Labelling as `legato serve` serves it: a server of its own process that can be killed, the demo room, a real browser. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { demoCapture } from '../../src-main/capture/demo/index';
import { repositoryPath } from '../shared';
import { browserWanted, launchDrawingChromium } from './chromium';
import { describeLabelPath } from './labelSpec';
import { listen } from './startSpec';

/** small, yet with things to ask for */
const room = { objects: 12, views: 8, width: 128, height: 96 };

describe.runIf(browserWanted && process.platform !== 'win32')('labelling in Chromium', () => {
  let browser: Browser;
  let home: string;
  let capture: string;
  let server: ChildProcess | null = null;

  beforeAll(async () => {
    ensureBuilt(console.warn);
    home = await mkdtemp(join(tmpdir(), 'legato-label-'));
    capture = await demoCapture(home, room, { light: 'quick' });
    browser = await launchDrawingChromium();
  }, 600_000);
  afterAll(async () => {
    server?.kill('SIGKILL');
    await browser?.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  /** @returns the link that it prints */
  async function serve(): Promise<string> {
    const program = repositoryPath('resources', 'bin', 'legato.mjs');
    const child = spawn(process.execPath, [program, 'serve', '--port', '0'], {
      env: { ...process.env, LEGATO_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const link = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/;
    for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
      const found = link.exec(said);
      if (found) return found[0];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the server said no link: ${said}`);
  }

  describeLabelPath({
    capture: () => capture,
    open: async () => {
      const url = await serve();
      const context = await browser.newContext({
        ...{ colorScheme: 'dark', viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' },
      });
      const page = await context.newPage();
      const complaints = listen(page);
      await page.goto(url);
      await page.waitForURL((at) => at.search === '');
      return { page, complaints };
    },
    killAndReopen: async (page) => {
      const gone = once(server!, 'exit');
      server!.kill('SIGKILL');
      await gone;
      await page.goto(await serve());
      await page.waitForURL((at) => at.search === '');
      await page.getByTestId('recent').getByText(basename(capture), { exact: true }).click();
      await page.getByTestId('life').waitFor();
    },
  });
});
