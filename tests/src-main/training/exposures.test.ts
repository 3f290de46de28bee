/** Exposures of photos: what they are on average, what a snapshot keeps, and what they are worth where photos differ. */
import { readdir, rename, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '#contract/presets';
import { CounterRandom } from '../../../src-main/base/random';
import { initKernels } from '../../../src-main/kernels/index';
import { Exposures } from '../../../src-main/training/exposures';
import { writeTinyCapture } from './tinyCapture';
import { trainWhole } from './wholeRun';

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const settings = resolveSettings({ exposureRate: 0.02 });

beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

function learn(exposures: Exposures, photo: number, value: number, step: number): void {
  tf.tidy(() => exposures.learn(photo, tf.fill([3, 4], value), step, settings));
}
const values = (exposures: Exposures, photo: number) => [...tf.tidy(() => exposures.of(photo).dataSync())];

describe('exposures', () => {
  it('begin as the identity, follow their gradients, and stay the identity on average', () => {
    const exposures = new Exposures(4);
    expect(values(exposures, 3)).toEqual(IDENTITY);
    learn(exposures, 1, 0.5, 1);
    // Adam's first step is the rate, against the gradient; a quarter of it is taken from all.
    values(exposures, 1).forEach((value, k) => expect(value).toBeCloseTo(IDENTITY[k] - 0.02 * (3 / 4), 6));
    values(exposures, 0).forEach((value, k) => expect(value).toBeCloseTo(IDENTITY[k] + 0.02 / 4, 6));
    for (let step = 2; step < 200; step++) learn(exposures, step % 3, Math.sin(step), step);
    const all = [0, 1, 2, 3].map((photo) => values(exposures, photo));
    IDENTITY.forEach((value, k) => expect(all.reduce((sum, one) => sum + one[k], 0) / 4).toBeCloseTo(value, 5));
  });

  it('go on from a snapshot as if nothing had been', () => {
    const exposures = new Exposures(3);
    for (let step = 1; step < 10; step++) learn(exposures, step % 3, Math.cos(step), step);
    const again = Exposures.restore(structuredClone(exposures.snapshot()), 3)!;
    for (const one of [exposures, again]) for (let step = 10; step < 20; step++) learn(one, step % 2, 0.1 * step, step);
    expect(again.snapshot()).toEqual(exposures.snapshot());
    expect(Exposures.restore(exposures.snapshot(), 2)).toBeNull();
    expect(Exposures.restore({}, 3)).toBeNull();
  });
});

describe('photos of different exposure', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'legato-exposures-'));
    await writeTinyCapture(folder, { cameras: 16 });
    const random = new CounterRandom(5, 'gains');
    const images = join(folder, 'images');
    for (const [photo, name] of (await readdir(images)).sort().entries()) {
      // Those that are held out are as the scene is.
      if (photo % 8 === 0) continue;
      const gains = [0, 1, 2].map((channel) => 0.6 + 0.8 * random.uniform(3 * photo + channel));
      const changed = join(folder, name);
      await sharp(join(images, name)).linear(gains, [0, 0, 0]).toFile(changed);
      await rename(changed, join(images, name));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function heldOut(exposure: boolean): Promise<number> {
    const { psnr, snapshot } = await trainWhole(folder, { steps: 600, exposure, exposureRate: 0.02 });
    expect(Object.keys(snapshot.tensors).includes('exposure')).toBe(exposure);
    return psnr;
  }

  it('are explained by their exposures, so that the scene is the better for it', async () => {
    const [without, withThem] = [await heldOut(false), await heldOut(true)];
    console.warn(`  held-out photos: ${without.toFixed(2)} dB, with exposures ${withThem.toFixed(2)} dB`);
    expect(withThem).toBeGreaterThan(without + 1);
  });
});
