/**
 * `npm run bench -- viewport`: what the viewport costs the page's main thread at the size of a real scene, on a canvas of 64 × 64 so
 * that drawing is not what is measured. Script alone: the graphics card works beside it, or the software renderer in its process.
 *
 *   snapshot   decode, copy to Spark with its overlay, and the costliest draw after it, which uploads and asks for the sort
 *   recolour   an overlay of the shown snapshot: decode and copy
 *   draw       one frame's calls to the graphics card
 *   pick       looking through one pixel
 *
 * Then a thousand snapshots with an overlay each, of a small scene, and what the page and its graphics memory hold between them.
 */
import type { Page } from 'playwright-core';
import { launchDrawingChromium } from '../browser/chromium';
import { serveHarness } from '../browser/viewport/serveHarness';
import type { HarnessServer } from '../browser/viewport/serveHarness';
import { overlayFrame, packScene, snapshotFrame } from '../src-renderer/viewport/packScene';
import { seededScene } from '../src-renderer/viewport/seededScene';

const SPLATS = 300_000;
const ROUNDS = 6;
/** the first rounds make textures and compile */
const WARM = 1;
const MANY = { splats: 5000, snapshots: 1000, told: [20, 100, 250, 500, 750, 1000] } as const;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export async function printViewportCost(): Promise<void> {
  const [server, browser] = await Promise.all([serveHarness(), launchDrawingChromium()]);
  try {
    const page = await browser.newPage({ viewport: { width: 64, height: 64 } });
    await page.goto(server.url);
    await page.waitForFunction(() => window.harness.handle().session !== undefined);
    const scene = packScene(seededScene(SPLATS, 3));
    const uncertainty = Uint16Array.from({ length: SPLATS }, (_, i) => i % 65_536);
    await page.evaluate(() => window.harness.look({ channel: 'uncertainty' }));
    const takes: { snapshot: number[]; overlay: number[] } = { snapshot: [], overlay: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const header = { ...scene.header, sequence: round };
      server.offer('/frame/snapshot', snapshotFrame({ ...scene, header }));
      server.offer('/frame/overlay', overlayFrame({ ...scene, header }, 1000 + round, { uncertainty }));
      const [first, second] = await page.evaluate(async () => {
        const { harness } = window;
        await harness.fetchFrame('/frame/snapshot');
        const before = harness.takes.length;
        await harness.fetchFrame('/frame/overlay');
        await harness.settled();
        const snapshot = harness.takes[before - 1];
        const overlay = harness.takes[before];
        const swap = Math.max(...(harness.handle().session?.draws.slice(-8) ?? [NaN]));
        await harness.fetchFrame('/frame/overlay');
        await harness.settled();
        return [snapshot + overlay + swap, harness.takes.at(-1) ?? NaN];
      });
      if (round < WARM) continue;
      takes.snapshot.push(first);
      takes.overlay.push(second);
    }
    const draws = await page.evaluate(() => {
      const { draws } = window.harness.handle().session ?? { draws: [] };
      return draws.slice(-20);
    });
    const picks = await page.evaluate(() =>
      Array.from({ length: 30 }, (_, i) => {
        const start = performance.now();
        window.harness.handle().pickAt(2 * i, 32);
        return performance.now() - start;
      }).slice(10),
    );
    const row = (name: string, values: readonly number[]): void =>
      console.log(
        `${name.padEnd(10)} ${median(values).toFixed(2).padStart(8)} ms  (most ${Math.max(...values).toFixed(2)} ms)`,
      );
    console.log(`viewport, ${SPLATS} splats, script of the main thread, median of ${ROUNDS - WARM}:`);
    row('snapshot', takes.snapshot);
    row('recolour', takes.overlay);
    row('draw', draws);
    row('pick', picks);
    await printMemory(page, server);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Garbage is collected before each look. */
async function printMemory(page: Page, server: HarnessServer): Promise<void> {
  const scene = packScene(seededScene(MANY.splats, 3));
  const uncertainty = Uint16Array.from({ length: MANY.splats }, (_, i) => i % 65_536);
  console.log(`\n${MANY.snapshots} snapshots of ${MANY.splats} splats, each with an overlay:`);
  for (let taken = 1; taken <= MANY.snapshots; taken++) {
    const header = { ...scene.header, sequence: 100 * taken };
    server.offer('/frame/snapshot', snapshotFrame({ ...scene, header }));
    server.offer('/frame/overlay', overlayFrame({ ...scene, header }, 100 * taken + 1, { uncertainty }));
    await page.evaluate(async () => {
      await window.harness.fetchFrame('/frame/snapshot');
      await window.harness.fetchFrame('/frame/overlay');
      await window.harness.settled();
    });
    if (!MANY.told.some((count) => count === taken)) continue;
    const { heap, textures, geometries } = await page.evaluate(() => {
      (window as unknown as { gc?: () => void }).gc?.();
      const { memory } = performance as unknown as { memory: { usedJSHeapSize: number } };
      const held = window.harness.handle().session?.memory;
      return { heap: memory.usedJSHeapSize, textures: held?.textures, geometries: held?.geometries };
    });
    console.log(
      `after ${String(taken).padStart(4)}: heap ${(heap / 1e6).toFixed(1)} MB, ${textures} textures, ${geometries} geometries`,
    );
  }
}
