/** What is refused for its cost, and how large a batch may be: arithmetic on tiny encoders and made-up speeds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presets } from '#contract/presets';
import { ClipEncoder } from '../../../../src-main/language/features/clipEncoder';
import {
  batchSize,
  makePlan,
  measureSpeed,
  memoryBound,
  photoCacheBytes,
  type PlanInput,
} from '../../../../src-main/language/features/costPlan';
import { DinoEncoder } from '../../../../src-main/language/features/dinoEncoder';
import { openModelFolder } from '../../../../src-main/language/models/index';
import { freshFolder, tiny } from './helpers';

const options = { provider: 'cpu', threads: 1 } as const;
const size = { width: 300, height: 200 };
const MEBIBYTE = 2 ** 20;
let clip: ClipEncoder;
let dino: DinoEncoder;
let folder: string;
beforeAll(async () => {
  clip = await ClipEncoder.open(await openModelFolder('tiny-clip', tiny('clip')), options);
  const model = await openModelFolder('tiny-dino', tiny('dino'));
  dino = await DinoEncoder.open(model, size, { ...options, tokenRows: 32, memoryBytes: 2 ** 30 });
  folder = await freshFolder();
});
afterAll(() => Promise.all([clip.release(), dino.release()]));

function plan(photos: number, changes: Partial<PlanInput> = {}) {
  const indices = Array.from({ length: photos }, (_, i) => i);
  return makePlan({
    settings: presets.legato,
    clip,
    dino,
    speed: { crop: 1e-6, preview: 0, batch: 8 },
    folder,
    provider: 'cpu',
    memoryBytes: null,
    sizes: new Array<typeof size>(photos).fill(size),
    previews: indices,
    crops: indices,
    heldOut: 0,
    ...changes,
  });
}

describe('the plan', () => {
  it('multiplies out', async () => {
    const { clip: shown, ...rest } = await plan(10, { speed: { crop: 0.5, preview: 2, batch: 8 } });
    expect(shown.passes * 10).toBe(rest.cropsTotal);
    expect(rest.seconds).toBe(0.5 * rest.cropsTotal + 20);
    expect(rest.flops).toBe(120 * (rest.cropsTotal + 10) + 10 * 24 * 32 * 48);
    // Two bytes a value: embeddings of 4, and 32×48 tokens of 4.
    expect(rest.diskBytes).toBe(10 * (2 * (4 * shown.passes + 4 * 32 * 48) + 4096));
    expect(rest.refusal).toBeNull();
  });

  it('refuses more than a day, with what to do instead', async () => {
    const long = { crop: 5, preview: 0, batch: 1 };
    const { refusal } = await plan(100, { speed: long, settings: { ...presets.legato, featureDetail: 'full' } });
    expect(refusal?.message).toMatch(
      /it would take about \d+ hours \(limit: 24\); take --feature-detail standard, or /,
    );
    expect(refusal?.message).toMatch(/a smaller CLIP model than tiny-clip .*--accept-cost starts it anyway/);
    const fast = await plan(1000, { speed: long, settings: { ...presets.legato, featureDetail: 'fast' } });
    expect(fast.refusal?.message).toMatch(/take a smaller CLIP model/);
    expect((await plan(10, { speed: long })).refusal).toBeNull();
  });

  it('refuses more than the disk', async () => {
    const settings = { ...presets.legato, crops: 'random', featureDetail: 'full', randomCrops: 100_000 } as const;
    // Embeddings of 40,000 values: 8 GB a photo, 8 PB in all.
    const wide = Object.create(clip, { width: { value: 40_000 } }) as ClipEncoder;
    const { refusal } = await plan(1_000_000, { settings, clip: wide, speed: { crop: 0, preview: 0, batch: 1 } });
    expect(refusal?.message).toMatch(
      /it would take \d+ MB of disk and \d+ MB are free at .*; free some, or take --feature-detail/,
    );
  });
});

describe('memory', () => {
  it('decides the batch', async () => {
    const each = 1.5 * clip.cost.activationBytes + clip.cropBytes;
    const fixed = 2 * (clip.cost.weightBytes + dino.cost.weightBytes) + dino.cost.activationBytes;
    expect(batchSize(clip, dino, fixed + 5.5 * each)).toBe(5);
    expect(batchSize(clip, dino, 0)).toBe(1);
    expect(batchSize(clip, dino, 2 ** 40)).toBe(32);
    const speed = await measureSpeed(clip, dino, size, presets.legato, fixed + 3.5 * each);
    expect(speed.batch).toBe(3);
    expect(speed.crop).toBeGreaterThan(0);
    expect(speed.preview).toBeGreaterThan(speed.crop);
  });

  it('is what was asked for, else what is free within bounds; photos get a quarter at most', () => {
    expect(memoryBound(7)).toBe(7);
    expect(memoryBound(null)).toBeGreaterThanOrEqual(256 * MEBIBYTE);
    expect(memoryBound(null)).toBeLessThanOrEqual(4096 * MEBIBYTE);
    expect(photoCacheBytes(100, 1000 * MEBIBYTE)).toBe(100 * MEBIBYTE);
    expect(photoCacheBytes(500, 1000 * MEBIBYTE)).toBe(250 * MEBIBYTE);
  });
});
