/**
 * Looks, read-outs and reasons of a real small run: pictures against the renderer and the answers of a checkpoint, a photo with a wrong map named
 * first, photos left out and restored, and a finished project and a splat file opened to be looked at alone.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureChannels } from '#contract/frame';
import type { PictureChannel } from '#contract/frame';
import { splatPlyChunks } from '../../../../src-main/gaussians/ply';
import { render } from '../../../../src-main/kernels/index';
import { decodePixels, mixFeatures, splatScalars } from '../../../../src-main/semantics/index';
import type { TrainingSnapshot } from '../../../../src-main/training/ports';
import { decoderOf } from '../../../../src-main/studio/semanticScene';
import { ringCamera, writeTinyCapture } from '../tinyCapture';
import { CODEBOOK, ENTRIES, mapsOf, native, section, stripes, WatchedTrainer } from './watchedTrainer';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-looking-'));
  await writeTinyCapture(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const camera = ringCamera(0.3, 40, 30);
const size = camera.width * camera.height;
let request = 0;

function look(watched: WatchedTrainer, channel: PictureChannel, way: 'decoded' | 'blended', viewer = 1): number {
  watched.trainer.send({ type: 'look', request: ++request, viewer, camera, channel, way });
  return request;
}

async function picture(watched: WatchedTrainer, channel: PictureChannel, way: 'decoded' | 'blended') {
  const wanted = look(watched, channel, way);
  await watched.until(() => watched.framesOf('picture').some(({ header }) => header.request === wanted));
  return watched.framesOf('picture').at(-1)!;
}

function sceneOf(saved: TrainingSnapshot) {
  const matrix = (name: string) =>
    tf.tensor2d(saved.tensors[name].data as Float32Array, saved.tensors[name].shape as [number, number]);
  const [geometry, sphericalHarmonics, semantics] = ['geometry', 'sphericalHarmonics', 'semantics'].map(matrix);
  return { geometry, sphericalHarmonics, semantics, count: geometry.shape[0] };
}

describe('looking at a finished run', { timeout: 60_000 }, () => {
  it('renders every channel both ways, as the checkpoint does', async () => {
    const watched = new WatchedTrainer();
    watched.start({ capture: folder });
    await watched.trainer.ended;
    const relevancies = Float32Array.from({ length: 2 * ENTRIES }, (_, i) => ((7 * i) % 11) / 11);
    const ask = {
      revision: 4,
      questions: ['lamp', 'table'],
      texts: ['lamp', 'table'],
      relevancies,
      products: null,
      codebook: CODEBOOK,
    };
    watched.trainer.send({ type: 'ask', ask });
    for (const way of ['decoded', 'blended'] as const)
      for (const channel of pictureChannels) {
        const { header } = await picture(watched, channel, way);
        expect(header).toMatchObject({ channel, way, width: 40, height: 30, step: watched.store.saved.at(-1)!.step });
        expect(header.ask).toBe(channel === 'relevancy' || channel === 'class' ? 4 : 0);
      }
    const saved = watched.store.saved.at(-1)!;
    const scene = sceneOf(saved);
    const options = { count: scene.count, shDegree: 0, antialiased: saved.settings.antialiased };
    const rendered = render(scene, camera, {
      ...{ ...options, channels: ['rgb', 'depth', 'alpha'], background: [0, 0, 0], semanticsMovesGeometry: false },
    }).dataSync<'float32'>();
    const decoder = decoderOf(saved, ENTRIES);
    const pixels = decodePixels(scene, camera, options.antialiased, decoder, relevancies);

    const colour = section(await picture(watched, 'colour', 'decoded'), 'values', Uint32Array);
    const depth = await picture(watched, 'depth', 'decoded');
    const depths = section(depth, 'values', Uint16Array);
    const alphas = section(depth, 'alpha', Uint8Array);
    const { near, far } = depth.header;
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 3; c++) {
        const exact = Math.min(1, Math.max(0, rendered[c * size + i]));
        expect(Math.abs(((colour[i] >>> (8 * c)) & 255) / 255 - exact)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
      }
      const alpha = rendered[4 * size + i];
      expect(Math.abs(alphas[i] / 255 - alpha)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
      if (alpha >= 0.5) {
        const shown = near + (depths[i] / 65_535) * (far - near);
        expect(Math.abs(shown - rendered[3 * size + i] / alpha)).toBeLessThan(1e-4 * far);
      } else expect(depths[i]).toBe(0);
    }

    const entries = section(await picture(watched, 'entry', 'decoded'), 'values', Uint8Array);
    const uncertainty = section(await picture(watched, 'uncertainty', 'decoded'), 'values', Uint16Array);
    const classed = await picture(watched, 'class', 'decoded');
    const classes = section(classed, 'values', Uint8Array);
    const relevancy = section(await picture(watched, 'relevancy', 'decoded'), 'values', Uint16Array);
    // A threshold on classes is one on these scores, whichever of the two pictures is shown.
    expect(section(classed, 'relevancy', Uint16Array)).toEqual(relevancy);
    expect(section(await picture(watched, 'class', 'blended'), 'relevancy', Uint16Array)).toEqual(
      section(await picture(watched, 'relevancy', 'blended'), 'values', Uint16Array),
    );
    expect(pixels.pixels.length).toBeGreaterThan(100);
    pixels.pixels.forEach((pixel, p) => {
      expect(entries[pixel]).toBe(pixels.codes.entries[4 * p]);
      expect(uncertainty[pixel] / 65_535).toBeCloseTo(pixels.uncertainty[pixel] / pixels.alpha[pixel], 4);
      const [lamp, table] = [pixels.scores[2 * p], pixels.scores[2 * p + 1]];
      expect(classes[pixel]).toBe(lamp >= table ? 1 : 2);
      expect(relevancy[pixel] / 65_535).toBeCloseTo(Math.max(lamp, table), 4);
    });

    // Features first is another number, of pixels and of splats alike; both ways keep to their own.
    const number = (i: number): number => ((5 * i) % 7) / 7;
    const products = {
      gram: Float32Array.from({ length: ENTRIES ** 2 }, (_, i) => (i % (ENTRIES + 1) === 0 ? 1 : 0.3)),
      toTexts: Float32Array.from({ length: 2 * ENTRIES }, (_, i) => number(i)),
      toNegatives: Float32Array.from({ length: ENTRIES }, (_, i) => number(i + 3)),
    };
    watched.trainer.send({ type: 'ask', ask: { ...ask, revision: 5, products } });
    const mixed = section(await picture(watched, 'relevancy', 'decoded'), 'values', Uint16Array);
    const scores = [0, 1].map((text) => mixFeatures(pixels.codes, text, products));
    pixels.pixels.forEach((pixel, p) =>
      expect(mixed[pixel] / 65_535).toBeCloseTo(Math.max(scores[0][p], scores[1][p]), 4),
    );
    const published = section(await picture(watched, 'relevancy', 'blended'), 'values', Uint16Array);
    expect(published).not.toEqual(relevancy);
    const torn = { ...ask, revision: 6, products: { ...products, gram: new Float32Array(4) } };
    expect(() => watched.trainer.send({ type: 'ask', ask: torn })).toThrow('products of features');
    watched.trainer.send({ type: 'ask', ask });

    // A read-out says what the checkpoint says.
    const row = 3;
    const id = saved.tensors.ids.data[row];
    watched.trainer.send({ type: 'inspect', request: 77, id });
    watched.trainer.send({ type: 'inspect', request: 78, id: 4_000_000_000 });
    const [readout, none] = watched.all('inspected');
    const g = (saved.tensors.geometry.data as Float32Array).subarray(11 * row, 11 * row + 11);
    const s = (saved.tensors.semantics.data as Float32Array).subarray(9 * row, 9 * row + 9);
    const scalars = splatScalars(g, s, 1);
    expect(none).toMatchObject({ request: 78, readout: null });
    expect(readout.readout).toMatchObject({ id, position: [g[0], g[1], g[2]], uncertainty: scalars.uncertainty[0] });
    expect(readout.readout!.opacity).toBeCloseTo(scalars.opacity[0], 6);
    expect(readout.readout!.scale).toBeCloseTo(Math.exp(Math.max(g[3], g[4], g[5])), 6);
    expect(readout.readout!.entries.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(readout.readout!.scores).toHaveLength(2);
    tf.dispose([scene.geometry, scene.sphericalHarmonics, scene.semantics]);
    await watched.trainer.close();
  });

  it('serves the newest look of each viewer, also while it trains', async () => {
    const watched = new WatchedTrainer();
    watched.start({ capture: folder, settings: { steps: 100_000 } });
    await watched.until(() => watched.all('progress').length > 1);
    look(watched, 'colour', 'decoded', 1);
    const other = look(watched, 'opacity', 'decoded', 2);
    const newest = look(watched, 'depth', 'decoded', 1);
    await watched.until(() => watched.framesOf('picture').length === 2);
    expect(watched.framesOf('picture').map(({ header }) => header.request)).toEqual([newest, other]);
    watched.trainer.send({ type: 'stop', evaluate: false });
    await watched.trainer.ended;
    await watched.trainer.close();
  });
});

describe('why a region is uncertain', { timeout: 60_000 }, () => {
  it('names the photo with the wrong map first', async () => {
    const wrong = 'view_05.png';
    const upright = stripes(32, 24);
    const mirrored = { ...upright, indices: upright.indices.map((one) => ENTRIES + 1 - one) };
    // One entry over the whole of all photos but one: views agree, and one does not.
    const same = { ...upright, indices: upright.indices.map(() => 2) };
    const watched = new WatchedTrainer({ maps: mapsOf((photo) => (photo.includes('view_05') ? mirrored : same)) });
    watched.start({ capture: folder });
    await watched.trainer.ended;
    const { ids, geometry } = watched.store.saved.at(-1)!.tensors;
    const middle = [...ids.data].filter((_, row) => Math.hypot(...geometry.data.subarray(11 * row, 11 * row + 3)) < 1);
    watched.trainer.send({ type: 'why', request: 9, ids: middle.slice(0, 200) });
    await watched.until(() => watched.all('explained').length === 1);
    const [{ photos, seenBy, problem }] = watched.all('explained');
    expect(problem).toBeNull();
    expect(seenBy).toBe(7);
    expect(photos).toHaveLength(3);
    expect(photos[0].photo).toContain(wrong);
    expect(photos[0].crossEntropy).toBeGreaterThan(2 * photos[1].crossEntropy);
    expect(photos[0].photoCrossEntropy!).toBeGreaterThan(photos[1].photoCrossEntropy!);
    expect(photos[1]).toMatchObject({ entry: 1, share: 1 });
    for (const { x, y, pixels } of photos) {
      expect(Math.abs(x - 0.5)).toBeLessThan(0.3);
      expect(Math.abs(y - 0.5)).toBeLessThan(0.3);
      expect(pixels).toBeGreaterThan(4);
    }
    watched.trainer.send({ type: 'why', request: 10, ids: [4_000_000_000] });
    expect(watched.all('explained').at(-1)!.problem).toMatch(/gone/);
    await watched.trainer.close();
  });
});

describe('photos that are left out', { timeout: 60_000 }, () => {
  it('are left out from the next step, kept in the checkpoint, and resumed bit for bit', async () => {
    const half = native ? 20 : 6;
    const run = async () => {
      const watched = new WatchedTrainer();
      watched.start({ capture: folder, settings: { steps: 2 * half, evaluationInterval: 15_000 }, paused: true });
      await watched.until(() => watched.trainer.state === 'paused');
      return watched;
    };
    const whole = await run();
    const name = await photoNamed(whole);
    whole.trainer.send({ type: 'disable', photos: [name] });
    expect(whole.all('disabled').at(-1)).toMatchObject({ photos: [name] });
    whole.trainer.send({ type: 'resume' });
    await whole.trainer.ended;
    expect(whole.store.saved.at(-1)!.disabled).toEqual([name]);

    const first = await run();
    first.trainer.send({ type: 'disable', photos: [name] });
    first.trainer.send({ type: 'resume' });
    await first.until(() => first.all('evaluation').length > 0);
    first.trainer.send({ type: 'stop', evaluate: false });
    await first.trainer.ended;
    const cut = first.store.saved.at(-1)!;
    expect(cut.step).toBeLessThan(2 * half);

    const second = new WatchedTrainer({ store: first.store });
    second.start({ capture: folder, resume: true });
    await second.trainer.ended;
    expect(second.all('failed')).toEqual([]);
    expect(second.all('disabled')[0]).toMatchObject({ step: cut.step, photos: [name] });
    const [a, b] = [whole.store.saved.at(-1)!, second.store.saved.at(-1)!];
    expect(b.step).toBe(a.step);
    for (const tensor of ['geometry', 'sphericalHarmonics', 'semantics', 'ids'])
      expect(b.tensors[tensor].data).toEqual(a.tensors[tensor].data);
    for (const one of [whole, first, second]) await one.trainer.close();
  });

  it('are refused when none would be left, or the name is unknown', async () => {
    const watched = new WatchedTrainer();
    expect(() => watched.trainer.send({ type: 'disable', photos: [] })).toThrow(/no run/);
    watched.start({ capture: folder, paused: true });
    await watched.until(() => watched.trainer.state === 'paused');
    await watched.settle();
    const names = watched.store.saved.at(-1)?.cameraOrder ?? [];
    expect(names).toHaveLength(7);
    expect(() => watched.trainer.send({ type: 'disable', photos: [...names] })).toThrow(/at least one/);
    expect(() => watched.trainer.send({ type: 'disable', photos: ['nowhere.png'] })).toThrow(/nowhere/);
    watched.trainer.send({ type: 'change', settings: { threads: 2 } });
    watched.trainer.send({ type: 'stop', evaluate: false });
    await watched.trainer.ended;
    await watched.trainer.close();
  });
});

describe('opening to look', { timeout: 60_000 }, () => {
  it('shows a complete run as it was, and evaluates nothing anew', async () => {
    const first = new WatchedTrainer();
    first.start({ capture: folder, settings: { steps: 10 } });
    await first.trainer.ended;
    await first.trainer.close();
    const saves = first.store.saved.length;

    const watched = new WatchedTrainer({ store: first.store });
    watched.trainer.send({ type: 'watch', geometry: true, overlays: ['uncertainty'] });
    watched.start({ capture: folder, resume: true, paused: true });
    await watched.trainer.ended;
    await watched.settle();
    expect(watched.all('failed')).toEqual([]);
    expect(watched.all('evaluation')).toEqual([]);
    expect(watched.trainer.state).toBe('idle');
    expect(watched.store.saved).toHaveLength(saves);
    expect(watched.framesOf('snapshot').at(-1)!.header.step).toBe(10);
    expect((await picture(watched, 'colour', 'decoded')).header.step).toBe(10);
    watched.trainer.send({
      type: 'why',
      request: 1,
      ids: [...first.store.saved.at(-1)!.tensors.ids.data].slice(0, 50),
    });
    await watched.until(() => watched.all('explained').length > 0);
    expect(watched.all('explained')[0].problem).toBeNull();
    await watched.trainer.close();
  });

  it('shows a splat file without a capture, and says what is wrong with one', async () => {
    const first = new WatchedTrainer();
    first.start({ capture: folder, settings: { steps: 4 } });
    await first.trainer.ended;
    await first.trainer.close();
    const { geometry, sphericalHarmonics, ids } = first.store.saved.at(-1)!.tensors;
    const source = {
      count: ids.data.length,
      geometry: geometry.data as Float32Array,
      sphericalHarmonics: sphericalHarmonics.data as Float32Array,
    };
    const file = join(folder, 'splats.ply');
    await writeFile(file, Buffer.concat([...splatPlyChunks(source)]));

    const watched = new WatchedTrainer();
    watched.trainer.send({ type: 'watch', geometry: true, overlays: ['entry'] });
    watched.trainer.send({ type: 'show', splats: file });
    await watched.trainer.ended;
    await watched.settle();
    expect(watched.all('state').map(({ state }) => state)).toEqual(['preparing', 'idle']);
    expect(watched.framesOf('snapshot')).toHaveLength(1);
    expect(watched.framesOf('snapshot')[0].header.count).toBe(source.count);
    expect(watched.framesOf('overlay')).toEqual([]);
    for (const channel of ['colour', 'depth', 'opacity', 'entry'] as const) await picture(watched, channel, 'blended');
    watched.trainer.send({ type: 'show', splats: join(folder, 'absent.ply') });
    await watched.trainer.ended;
    expect(watched.all('failed')[0].failure).toMatchObject({ fault: 'input' });
    await watched.trainer.close();
  });
});

/** A photo that is trained on, by its name. */
async function photoNamed(watched: WatchedTrainer): Promise<string> {
  watched.trainer.send({ type: 'checkpoint' });
  await watched.until(() => watched.store.saved.length > 0);
  return watched.store.saved[0].cameraOrder[2];
}
