/**
 * The viewport in a real browser, under the policy that the studio's page has: what it draws against what the trainer's rasteriser
 * renders of the same parameters, at the same pose and size.
 *
 * Tolerances. The live picture is drawn from packed splats (16 bytes: 8 bits of opacity, scale and rotation, half floats for
 * positions), blended in half floats, and read back through 256 colours: 0.02 of a scalar for 99 % of the pixels with α > 0.9, the
 * same class for 98 % of them, as the studio promises. What is left lies along edges of splats that rotation and scale moved.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { encodeFrame } from '#contract/frame';
import { initKernels } from '../../src-main/kernels/index';
import { GEOMETRY } from '../../src-main/kernels/layout';
import { colourOf, parseColour } from '../../src-renderer/viewport/colourMaps';
import { LABEL_NUMBERS } from '../../src-renderer/viewport/interface';
import type { Category, Look } from '../../src-renderer/viewport/interface';
import { overlayFrame, packScene, snapshotFrame } from '../src-renderer/viewport/packScene';
import type { PackedScene } from '../src-renderer/viewport/packScene';
import { seededScene, SURFACES } from '../src-renderer/viewport/seededScene';
import { browserWanted, launchDrawingChromium } from './chromium';
import { exactPlanes, greatest } from './viewport/exactPicture';
import type { ExactPlanes } from './viewport/exactPicture';
import type { Harness } from './viewport/page';
import { pixelAt, pixelsOf, shareAt } from './viewport/pixels';
import type { Pixels } from './viewport/pixels';
import { serveHarness } from './viewport/serveHarness';
import type { HarnessServer } from './viewport/serveHarness';

const WIDTH = 240;
const HEIGHT = 180;
const SPLATS = 6000;
/** Far from the world's origin, as captures in real coordinates are. */
const camera: PinholeCamera = {
  width: WIDTH,
  height: HEIGHT,
  fx: 190,
  fy: 190,
  cx: 118,
  cy: 95,
  worldToCamera: [0.995, 0, -0.0998, 0.2, 0, 1, 0, 0.1, 0.0998, 0, 0.995, 0, 0, 0, 0, 1],
};
const BACKGROUND = 0x12;

const room = seededScene(SPLATS, 21);
const uncertainty = Uint16Array.from(room.uncertainty, (u) => Math.round(65_535 * u));
const classes = Uint8Array.from(room.surface, (kind) => kind + 1);
/** Red tells the class, far apart. */
const categories: Category[] = Array.from({ length: SURFACES }, (_, k) => ({
  name: `surface ${k}`,
  colour: `#${(40 + 40 * k).toString(16).padStart(2, '0')}4080`,
  hidden: false,
}));

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];

describe.runIf(browserWanted)('the viewport', { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: HarnessServer;
  let page: Page;
  let exact: ExactPlanes;
  const complaints: string[] = [];
  const solid: number[] = [];

  const packed = (sequence: number): PackedScene => packScene(room, sequence, 10 * sequence);
  const offer = (sequence: number): void => {
    server.offer(`/frame/snapshot/${sequence}`, snapshotFrame(packed(sequence)));
    const relevancy = new Uint16Array(SPLATS).fill(60_000);
    server.offer(
      `/frame/overlay/${sequence}`,
      overlayFrame(packed(sequence), 10_000 + sequence, { uncertainty, relevancy, class: classes }, 1),
    );
  };
  const look = async (next: Partial<Look>): Promise<Pixels> => {
    await page.evaluate(async (settings) => {
      window.harness.look(settings);
      await window.harness.settled();
    }, next);
    return pixelsOf(await page.screenshot());
  };
  const take = (path: string): Promise<void> =>
    page.evaluate(async (at) => {
      await window.harness.fetchFrame(at);
      await window.harness.settled();
    }, path);
  const told = <K extends keyof Harness['told']>(name: K): Promise<Harness['told'][K]> =>
    page.evaluate((event) => window.harness.told[event], name) as Promise<Harness['told'][K]>;

  beforeAll(async () => {
    [server, browser] = await Promise.all([serveHarness(), launchDrawingChromium()]);
    await initKernels({ backend: 'native', threads: 1 });
    const classRows = Array.from({ length: SURFACES }, (_, k) =>
      Float32Array.from(classes, (c) => Number(c === k + 1)),
    );
    exact = exactPlanes(room, camera, [room.uncertainty, ...classRows]);
    for (let p = 0; p < WIDTH * HEIGHT; p++) if (exact.alpha[p] > 0.9) solid.push(p);
    page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(server.url);
    await page.waitForFunction(() => window.harness.handle().session !== undefined);
    offer(0);
    await page.evaluate((pose) => {
      window.harness.set({ ask: 1 });
      window.harness.handle().moveTo(pose);
    }, camera);
    await take('/frame/snapshot/0');
    await take('/frame/overlay/0');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('shows the colours of the trainer, and runs under the page’s policy without a complaint', async () => {
    const seen = await look({ channel: 'colour' });
    const off: number[] = [];
    for (let p = 0; p < WIDTH * HEIGHT; p++) {
      for (let k = 0; k < 3; k++) {
        const expected = 255 * exact.colour[k][p] + (1 - exact.alpha[p]) * BACKGROUND;
        off.push(Math.abs(seen.rgb[3 * p + k] - Math.min(255, expected)));
      }
    }
    expect(solid.length).toBeGreaterThan(0.5 * WIDTH * HEIGHT);
    // Levels of 255: 8 bits of colour and of opacity each cost up to half a level a splat.
    expect(quantile(off, 0.5)).toBeLessThan(2);
    expect(quantile(off, 0.99)).toBeLessThan(6);
    expect(complaints).toEqual([]);
  });

  it('blends scalars as scalars: within 0.02 of the trainer’s', async () => {
    const opacity = await look({ channel: 'opacity' });
    const off = solid.map((p) => Math.abs(shareAt(opacity, p, 'viridis', 1, BACKGROUND) - exact.alpha[p]));
    expect(quantile(off, 0.99)).toBeLessThan(0.02);
    const shown = await look({ channel: 'uncertainty' });
    const scalar = solid.map((p) =>
      Math.abs(shareAt(shown, p, 'viridis', exact.alpha[p], BACKGROUND) - exact.numbers[0][p]),
    );
    expect(quantile(scalar, 0.99)).toBeLessThan(0.02);
    console.warn(
      `\n  live against exact, ${solid.length} pixels: uncertainty off by ${quantile(scalar, 0.5).toFixed(4)} (median), ` +
        `${quantile(scalar, 0.99).toFixed(4)} (99 %); α by ${quantile(off, 0.99).toFixed(4)} (99 %)\n`,
    );
  });

  it('gives a pixel the class of most weight', async () => {
    const seen = await look({ channel: 'class', classes: categories, threshold: 0.5 });
    const same = solid.filter((p) => {
      // Undo the background before the palette is asked.
      const red = (seen.rgb[3 * p] - (1 - exact.alpha[p]) * BACKGROUND) / exact.alpha[p];
      const nearest = categories.reduce((best, { colour }, k) => {
        const distance = (index: number): number => Math.abs(parseColour(categories[index].colour)[0] - red);
        return colour && distance(k) < distance(best) ? k : best;
      }, 0);
      return nearest === greatest(exact.numbers.slice(1), p);
    });
    console.warn(`\n  same class for ${((100 * same.length) / solid.length).toFixed(2)} % of ${solid.length} pixels\n`);
    expect(same.length / solid.length).toBeGreaterThan(0.98);
  });

  it('greys what is below the threshold, without a new frame', async () => {
    const above = await look({ channel: 'class', classes: categories, threshold: 0.9 });
    const below = await look({ channel: 'class', classes: categories, threshold: 0.93 });
    const grey = (pixels: Pixels): number =>
      solid.filter((p) => Math.abs(pixels.rgb[3 * p] - pixels.rgb[3 * p + 2]) < 3).length / solid.length;
    // Every score is 60000/65535 = 0.916.
    expect(grey(above)).toBeLessThan(0.1);
    expect(grey(below)).toBeGreaterThan(0.9);
  });

  it('names a pixel by a label that most of its light has, and by none where most has none', async () => {
    // Sprinkled over everything: nearly every pixel has some light of labelled splats.
    const label = Uint16Array.from(room.surface, (_, row) => (row % 3 === 0 ? 7 : 0));
    const own = Float32Array.from(label, Number);
    const planes = exactPlanes(room, camera, [own.map((l) => Number(l > 0)), own.map((l) => Number(l === 0))]);
    server.offer('/frame/sprinkled', overlayFrame(packed(0), 10_300, { label }));
    await take('/frame/sprinkled');
    const labels: Category[] = [{ name: 'seven', colour: '#00ff00', hidden: false }];
    const labelSlots = Uint8Array.from({ length: LABEL_NUMBERS }, (_, number) => Number(number === 7));
    const seen = await look({ channel: 'label', labels, labelSlots });
    const [some, same] = [solid.filter((p) => greatest(planes.numbers, p) === 0), { named: 0, not: 0 }];
    const named = new Set(some);
    for (const p of solid) {
      const green = seen.rgb[3 * p] < 8 && seen.rgb[3 * p + 1] > 247 && seen.rgb[3 * p + 2] < 8;
      if (green === named.has(p)) same[green ? 'named' : 'not']++;
    }
    expect(some.length).toBeGreaterThan(200);
    expect(solid.length - some.length).toBeGreaterThan(200);
    console.warn(
      `\n  ${some.length} of ${solid.length} pixels labelled: live agrees on ${same.named} and ${same.not}\n`,
    );
    expect(same.named + same.not).toBeGreaterThan(0.98 * solid.length);
    await look({ labels: [], labelSlots: null });
  });

  it('leaves out what has a label: as the trainer renders the rest alone, and looks past it', async () => {
    const unlabelled = packed(0);
    const label = Uint16Array.from(room.surface, (kind) => (kind >= 3 ? 7 : 0));
    server.offer('/frame/labels', overlayFrame(unlabelled, 10_400, { label }));
    const whole = await look({ channel: 'colour' });
    await take('/frame/labels');
    expect((await look({ channel: 'colour' })).rgb.equals(whole.rgb)).toBe(true);
    const seen = await look({ channel: 'opacity', unlabelled: true });
    const rest = Float32Array.from(room.geometry, (value, at) =>
      at % GEOMETRY.columns === GEOMETRY.opacityLogit && label[Math.floor(at / GEOMETRY.columns)] > 0 ? -30 : value,
    );
    const alone = exactPlanes({ ...room, geometry: rest }, camera, []);
    const off = Array.from(alone.alpha, (alpha, p) => Math.abs(shareAt(seen, p, 'viridis', 1, BACKGROUND) - alpha));
    expect(quantile(off, 0.99)).toBeLessThan(0.02);
    // Balls hide what is behind them, or leave a hole.
    const balls = solid.filter((p) => [3, 4, 5].includes(greatest(exact.numbers.slice(1), p)));
    expect(balls.length).toBeGreaterThan(500);
    const [p] = balls.slice(Math.floor(balls.length / 2));
    const under = [(p % WIDTH) + 0.5, Math.floor(p / WIDTH) + 0.5];
    const pick = () => page.evaluate(([x, y]) => window.harness.handle().pickAt(x, y), under);
    const past = await pick();
    expect(past === null || past.splat.label === 0).toBe(true);
    expect((await told('watch'))?.at(-1)).toEqual([true, ['label']]);
    await look({ channel: 'opacity', unlabelled: false });
    expect((await pick())?.splat.label).toBe(7);
  });

  it('colours a picked splat’s pixel by the value that was published', async () => {
    // One splat so large and opaque that its pixel is its own: α = 0.99.
    const one = packScene(
      {
        geometry: [0, 0, 3, -0.7, -0.7, -0.7, 1, 0, 0, 0, 9],
        dc: [1, 0, -1],
        count: 1,
        antialiased: false,
      },
      500,
    );
    const published = 40_000;
    server.offer('/frame/one', snapshotFrame(one, 77));
    server.offer('/frame/one/overlay', overlayFrame(one, 10_500, { uncertainty: Uint16Array.of(published) }));
    await page.evaluate(() => window.harness.look({ channel: 'uncertainty', mix: 1 }));
    // The room's overlays do not come for it: the viewport waits for its patience to end.
    await take('/frame/one');
    await take('/frame/one/overlay');
    await page.waitForFunction(() => window.harness.told.state?.at(-1)?.[0].splats === 1);
    await page.evaluate(() => window.harness.settled());
    const centre = [
      camera.cx + (camera.fx * (3 * -0.0998 + 0.2)) / (3 * 0.995),
      camera.cy + (camera.fy * 0.1) / (3 * 0.995),
    ];
    const [x, y] = centre.map(Math.floor);
    const picked = await page.evaluate(([px, py]) => window.harness.handle().pickAt(px + 0.5, py + 0.5), [x, y]);
    expect(picked).toMatchObject({ splat: { row: 0, id: 77, uncertainty: published / 65_535 } });
    expect(picked?.alpha).toBeCloseTo(0.99, 2);
    const alpha = picked?.alpha ?? 0;
    const expected = colourOf('viridis', published / 65_535).map((c) => alpha * c + (1 - alpha) * BACKGROUND);
    const seen = pixelAt(await pixelsOf(await page.screenshot()), x, y);
    // One level of the map, and rounding.
    seen.forEach((value, k) => expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(2));
  });

  it('shows the trainer’s picture once the camera rests, and lets go of it when it moves', async () => {
    await page.evaluate(() => window.harness.set({ exact: 'blended' }));
    await page.waitForFunction(() => window.harness.told.look !== undefined);
    const asked = (await told('look'))?.at(-1)?.[0];
    expect(asked).toMatchObject({ channel: 'uncertainty', way: 'blended', camera: { width: WIDTH, height: HEIGHT } });
    expect((await told('state'))?.at(-1)?.[0].picture).toBe('waiting');
    const values = new Uint16Array(WIDTH * HEIGHT).fill(10_000);
    const header = {
      ...({ kind: 'picture', channel: 'uncertainty', way: 'blended' } as const),
      ...{ sequence: 20_000, step: 5, request: asked?.request ?? 0, ask: 0 },
      ...{ width: WIDTH, height: HEIGHT, cost: 12.5, near: 0, far: 1 },
    };
    server.offer('/frame/picture', encodeFrame(header, { values, alpha: new Uint8Array(WIDTH * HEIGHT).fill(255) }));
    await take('/frame/picture');
    expect((await told('state'))?.at(-1)?.[0]).toMatchObject({ picture: 'exact', exactCost: 12.5, step: 5 });
    const shown = await pixelsOf(await page.screenshot());
    expect(pixelAt(shown, 3, 3)).toEqual(colourOf('viridis', 10_000 / 65_535));
    await page.mouse.move(100, 90);
    await page.mouse.down();
    await page.mouse.move(130, 95, { steps: 3 });
    await page.mouse.up();
    expect((await told('state'))?.at(-1)?.[0].picture).not.toBe('exact');
    await page.evaluate(() => window.harness.set({ exact: null }));
  });

  it('says that a frame is not one, and goes on', async () => {
    server.offer('/frame/bad', new Uint8Array(64));
    const before = (await told('taken'))?.length;
    await page.evaluate(() => window.harness.fetchFrame('/frame/bad'));
    expect((await told('problem'))?.at(-1)).toEqual([{ kind: 'frame', message: 'not a frame of Legato' }]);
    expect((await told('taken'))?.length).toBe(before);
  });

  it('holds no more after 200 snapshots than after 20', async () => {
    const memory = async (): Promise<{ gpu: unknown; heap: number }> =>
      page.evaluate(() => {
        (window as unknown as { gc?: () => void }).gc?.();
        const { memory: heap } = performance as unknown as { memory: { usedJSHeapSize: number } };
        return { gpu: window.harness.handle().session?.memory, heap: heap.usedJSHeapSize };
      });
    const many = async (from: number, to: number): Promise<void> => {
      for (let sequence = from; sequence < to; sequence++) {
        offer(sequence);
        await page.evaluate(async (s) => {
          await window.harness.fetchFrame(`/frame/snapshot/${s}`);
          await window.harness.fetchFrame(`/frame/overlay/${s}`);
          await window.harness.settled();
        }, sequence);
      }
    };
    await many(1000, 1020);
    const early = await memory();
    await many(1020, 1200);
    expect((await memory()).gpu).toEqual(early.gpu);
    // A snapshot and its overlays are 130 kB here: 180 of them would be 23 MB. What is let go of may be swept a little later.
    await expect.poll(async () => (await memory()).heap - early.heap, { timeout: 30_000 }).toBeLessThan(4e6);
    expect((await told('state'))?.at(-1)?.[0]).toMatchObject({ step: 11_990, splats: SPLATS });
  });

  it('draws the scene again after the graphics card let go of it', async () => {
    await page.evaluate((pose) => window.harness.handle().moveTo(pose), camera);
    const before = await look({ channel: 'uncertainty' });
    await page.evaluate(async () => {
      const gl = document.querySelector('canvas')?.getContext('webgl2');
      const extension = gl?.getExtension('WEBGL_lose_context');
      extension?.loseContext();
      await new Promise((done) => setTimeout(done, 300));
      extension?.restoreContext();
    });
    await page.waitForFunction(() => window.harness.told.problem?.at(-1)?.[0].kind === 'contextRestored');
    const kinds = (await told('problem'))?.map(([{ kind }]) => kind);
    expect(kinds?.slice(-2)).toEqual(['contextLost', 'contextRestored']);
    await page.waitForFunction(() => window.harness.handle().session?.settled);
    const after = await look({ channel: 'uncertainty' });
    expect(after.rgb.equals(before.rgb)).toBe(true);
  });
});
