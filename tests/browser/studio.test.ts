/** The studio as `legato serve` serves it: real server, session, trainer and encoders, a small room, a real browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { demoCapture } from '../../src-main/capture/demo/index';
import { serve } from '../../src-main/server';
import type { Serving } from '../../src-main/server';
import { DemoRoom } from '../../src-main/studio/demoRoom';
import { browserWanted, chromiumPath, launchDrawingChromium } from './chromium';
// Behind it, not beside it: two rooms that train and are drawn in software at once starve each other on two cores.
import './labelStory';
import { listen, photograph } from './startSpec';
import { describeStudioPage, faults, violations } from './studioSpec';

/** small, yet trained for long enough that a question is answered while it runs */
const room = { objects: 12, views: 8, width: 128, height: 96 };
/** no end of its own, however fast the machine; few splats and a core to spare, since here a processor draws, too */
const settings = { semanticSteps: 1_000_000, maxSplats: 5000, threads: 1 };

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
    serving = await serve({ demo: new DemoRoom({ wanted: room, making: { light: 'quick' }, settings }) });
    return async () => {
      await serving.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    };
  });
  afterAll(async () => {
    delete process.env.LEGATO_HOME;
    await browser?.close();
  });

  async function open(colorScheme: 'light' | 'dark') {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      // Colours that fade are photographed halfway.
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints = listen(page);
    await page.goto(serving.url);
    await page.waitForURL((url) => url.search === '');
    return { page, complaints, close: () => context.close() };
  }

  describeStudioPage({ name: 'browser', open });

  it(
    'shows a capture before it is trained, with its settings, and trains it as set',
    { timeout: 300_000 },
    async () => {
      const capture = await demoCapture(home, { ...room, width: 48, height: 36 }, { light: 'quick' });
      const { page, complaints, close } = await open('dark');
      page.setDefaultTimeout(60_000);
      await page.getByLabel('Path').fill(join(home, 'nothing'));
      await page.keyboard.press('Enter');
      expect(await page.getByRole('alert').innerText()).toContain(join(home, 'nothing'));
      await page.getByLabel('Path').fill(capture);
      await page.keyboard.press('Enter');
      const preview = page.getByTestId('preview');
      await preview.getByText('8 to train on, 2 held out').waitFor();
      await page.getByRole('searchbox', { name: 'Search settings' }).fill('length of the run');
      await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('-3');
      await page.keyboard.press('Enter');
      expect(await page.getByRole('alert').innerText()).toContain('1 … 10,000,000');
      await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('40');
      await page.keyboard.press('Enter');
      await preview.getByText('The same from the terminal').click();
      await page.getByTestId('command').getByText('--steps 40').waitFor();
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await photograph(page, `studio-browser-preview-${scheme}`);
        expect(await violations(page), scheme).toEqual([]);
      }
      await page.getByTestId('create').click();
      await page.getByTestId('life').getByText('finished', { exact: true }).waitFor();
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(basename(capture));

      await page.keyboard.press('ControlOrMeta+k');
      await page.keyboard.type('models');
      await page.keyboard.press('Enter');
      await page.getByTestId('models').getByText('built in').first().waitFor();
      await photograph(page, 'studio-browser-models-dark');
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'More', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Close the scene' }).click();
      await page.getByTestId('recent').getByText(basename(capture), { exact: true }).waitFor();
      expect(faults(complaints)).toEqual([]);
      await close();
    },
  );
});
