/** The studio as `legato serve` serves it: real server, session, trainer and encoders, a small room, a real browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { serve } from '../../src-main/server';
import type { Serving } from '../../src-main/server';
import { DemoRoom } from '../../src-main/studio/demoRoom';
import { browserWanted, chromiumPath, launchDrawingChromium } from './chromium';
import { listen } from './startSpec';
import { describeStudioPage } from './studioSpec';

/** small, yet trained for long enough that a question is answered while it runs */
const room = { objects: 12, views: 8, width: 128, height: 96 };

describe.runIf(browserWanted)('the studio in Chromium', () => {
  let browser: Browser;
  let home: string;
  let serving: Serving;

  beforeAll(async () => {
    ensureBuilt(console.warn);
    browser = await launchDrawingChromium();
    console.warn(`\n  Studio: server door in ${chromiumPath} ${browser.version()}\n`);
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'legato-studio-'));
    process.env.LEGATO_HOME = home;
    serving = await serve({ demo: new DemoRoom({ wanted: room, making: { light: 'quick' } }) });
    return async () => {
      await serving.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    };
  });
  afterAll(async () => {
    delete process.env.LEGATO_HOME;
    await browser?.close();
  });

  describeStudioPage({
    name: 'browser',
    async open(colorScheme) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 1440, height: 900 },
        locale: 'en-GB',
      });
      const page = await context.newPage();
      const complaints = listen(page);
      await page.goto(serving.url);
      await page.waitForURL((url) => url.search === '');
      return { page, complaints, close: () => context.close() };
    },
  });
});
