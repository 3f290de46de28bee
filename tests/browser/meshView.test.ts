/**
 * What a mesh's picture holds on the graphics card, in a real browser: as much as it shows, nothing once another file or nothing is shown.
 * Counted by three itself (`renderer.info`) and by calls of `dispose`.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OWN_FRAME } from '../../src-main/capture/index';
import { featuresOf, glbBytes } from '../../src-main/export/index';
import { cutAlongLabels, NONE, UNLABELLED } from '../../src-main/mesh/index';
import type { Segment } from '../../src-main/mesh/index';
import type { ExportDescription } from '../../src-main/export/index';
import { ball } from '../src-main/mesh/surfaces';
import { browserWanted, launchDrawingChromium } from './chromium';
import { serveHarness } from './viewport/serveHarness';
import type { HarnessServer } from './viewport/serveHarness';

const classes: Segment[] = ['mug', '桌子/台'].map((name, i) => ({
  ...{ classId: i + 1, instanceId: NONE, className: name, name, colour: [200, 80 * i, 40] },
}));
const segments = [UNLABELLED, ...classes];

/** A ball of so many parts. */
function ballOf(parts: 1 | 3): Promise<Uint8Array> {
  const mesh = cutAlongLabels(ball(5, (x, _, z) => (parts === 1 ? 1 : z > 0.3 ? 0 : x > 0 ? 1 : 2)));
  const description: ExportDescription = {
    ...{ version: 1, generator: 'Legato', project: 'ball', format: 'glb', step: 1, units: 'metre', up: [0, 0, 1] },
    ...{ settings: {}, figures: {}, features: featuresOf(segments) },
    taxonomy: { classes: [], instances: [] },
  };
  return glbBytes('ball', mesh, segments, description, OWN_FRAME);
}

describe.runIf(browserWanted)('the picture of a mesh', { timeout: 120_000 }, () => {
  let browser: Browser;
  let server: HarnessServer;
  let page: Page;
  const memory = () => page.evaluate(() => window.meshHarness.memory());
  const disposed = () => page.evaluate(() => ({ ...window.meshHarness.disposed }));
  const show = (path: string) => page.evaluate((at) => window.meshHarness.show(at), path);

  beforeAll(async () => {
    [server, browser] = await Promise.all([
      serveHarness(new URL('mesh', import.meta.url).pathname),
      launchDrawingChromium(),
    ]);
    server.offer('/one.glb', Uint8Array.from(await ballOf(1)));
    server.offer('/three.glb', Uint8Array.from(await ballOf(3)));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(server.url);
    await page.evaluate(() => window.meshHarness.open());
  });

  it('gives back what the file before it held', async () => {
    expect(await show('/three.glb')).toBe(3);
    // Of each part the material of its class and the photographed one, though one at a time is drawn.
    await page.evaluate(() => window.meshHarness.draw('photo'));
    expect(await memory()).toMatchObject({ geometries: 3, textures: 0, programs: 2 });
    const before = await disposed();
    expect(await show('/one.glb')).toBe(1);
    expect(await memory()).toMatchObject({ geometries: 1, textures: 0, programs: 1 });
    const after = await disposed();
    expect(after.geometries - before.geometries).toBe(3);
    // and the one that the loader made for the new part
    expect(after.materials - before.materials).toBe(2 * 3 + 1);
  });

  it('holds no more after many files than after one', async () => {
    await show('/three.glb');
    const once = await memory();
    for (let round = 0; round < 8; round++) {
      await show('/one.glb');
      await show('/three.glb');
    }
    expect(await memory()).toEqual(once);
  });

  it('shows the file that was asked for last, whichever is read first', async () => {
    const parts = await page.evaluate(() => window.meshHarness.race(['/three.glb', '/one.glb']));
    expect(parts.filter((count) => count !== null)).toEqual([1]);
    expect(await memory()).toMatchObject({ geometries: 1 });
  });

  it('holds nothing once it is closed, not even its context', async () => {
    await show('/three.glb');
    await page.evaluate(() => window.meshHarness.draw('photo'));
    const before = await disposed();
    expect(await page.evaluate(() => window.meshHarness.close())).toBe(true);
    expect(await memory()).toEqual({ geometries: 0, textures: 0, programs: 0 });
    const after = await disposed();
    expect(after.geometries - before.geometries).toBeGreaterThanOrEqual(3);
    expect(after.materials - before.materials).toBeGreaterThanOrEqual(6);
  });

  it('can be opened and closed more often than a browser has contexts', async () => {
    for (let round = 0; round < 20; round++) {
      await show('/one.glb');
      expect(await page.evaluate(() => window.meshHarness.close())).toBe(true);
      await page.evaluate(() => window.meshHarness.open());
    }
    expect(await show('/three.glb')).toBe(3);
  });
});
