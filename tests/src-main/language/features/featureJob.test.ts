/** The job end to end on tiny encoders: what is encoded, what is kept, what is given up, and what is refused. */
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { languageEvent } from '#contract/languageMessages';
import { readIndexMap } from '../../../../src-main/language/codebook/index';
import { ModelError } from '../../../../src-main/language/errors';
import { featurePath } from '../../../../src-main/language/features/featureFile';
import { FeatureSource } from '../../../../src-main/language/features/index';
import { command, freshFolder, halves, paintPhoto, runJob, tiny, writeCapture } from './helpers';

const RED = [255, 51, 0] as const;
const DARK = [100, 51, 0] as const;
const BLUE = [0, 102, 255] as const;
const unit = (vector: readonly number[]): number[] => vector.map((one) => one / Math.hypot(...vector));

let capture: string;
let features: string;
beforeAll(async () => {
  const photos = { 'a.png': halves(DARK, BLUE), 'b.png': halves(BLUE, DARK), 'c.png': halves(BLUE, BLUE) };
  capture = await writeCapture(await freshFolder(), photos);
  features = await freshFolder();
});

describe('features of a capture', () => {
  it('plans, previews, encodes, and gives cells', async () => {
    const events = await runJob(command(capture, features));
    for (const event of events.all) expect(languageEvent.safeParse(event).error).toBeUndefined();
    const order = events.all.map(({ type }) => type).filter((type) => !['progress', 'warning'].includes(type));
    expect(order).toEqual(['plan', ...new Array<string>(6).fill('photoDone'), 'finished']);
    expect(events.of('photoDone').map(({ stage, photo }) => `${stage} ${photo}`)).toEqual([
      ...['a', 'b', 'c'].map((name) => `preview ${name}.png`),
      ...['a', 'b', 'c'].map((name) => `crops ${name}.png`),
    ]);
    // Levels 0.375 and 0.5 of 16 px: edge 6, stride 3 → 9×7 crops; edge 8, stride 4 → 7×5.
    const [plan] = events.of('plan');
    expect(plan).toMatchObject({
      photos: 3,
      cached: 0,
      cropsTotal: 3 * (63 + 35),
      rows: 4,
      columns: 6,
      preview: 'patches',
      provider: 'cpu',
      threads: 1,
      refusal: null,
      clip: { passes: 98, width: 4, inputWidth: 8 },
      dino: { passes: 1, width: 4, inputWidth: 24, inputHeight: 16, flops: 2 * 24 * 4 * 3 },
    });
    // The mean of CLIP's picture and its four patches each go through a 3×4 matrix, whichever output is wanted.
    expect(plan.clip.flops).toBe(5 * 24);
    expect(plan.flops).toBe(120 * (294 + 3) + 576 * 3);
    expect(events.finished).toMatchObject({ complete: true, photos: 3, cached: 0, crops: 294, abandoned: [] });
    const bytes = await Promise.all(
      ['a.png', 'b.png', 'c.png'].map(async (photo) => (await stat(featurePath(features, photo))).size),
    );
    expect(events.finished.diskBytes).toBe(bytes.reduce((sum, one) => sum + one));

    const source = await FeatureSource.open(features);
    expect(source).toMatchObject({ photos: ['a.png', 'b.png', 'c.png'], missing: [], clipWidth: 4, dinoWidth: 4 });
    expect(source.grid(0)).toEqual({ rows: 4, columns: 6 });
    const { cells, valid } = await source.read(0);
    expect(source.stage(0)).toBe('crops');
    expect(valid).toBeNull();
    // The whole photo of c.png is blue: inside, every crop says so. 3e-3: float16, and 8-bit colours.
    const blue = (await source.read(2)).cells.subarray(8 * (6 + 2), 8 * (6 + 2) + 8);
    for (const [i, one] of unit([0, 0.4, 1, 1]).entries()) {
      expect(Math.abs(blue[i] - one)).toBeLessThan(3e-3);
      expect(Math.abs(blue[4 + i] - one)).toBeLessThan(3e-3);
    }
    expect(cells[4]).toBeGreaterThan(cells[8 * 5 + 4]);
  });

  it('does nothing again, and only what is missing', async () => {
    const again = await runJob(command(capture, features));
    expect(again.of('plan')).toEqual([]);
    expect(again.finished).toMatchObject({ complete: true, photos: 3, cached: 3, crops: 0 });
    await rm(featurePath(features, 'b.png'));
    const one = await runJob(command(capture, features));
    expect(one.of('plan')[0]).toMatchObject({ photos: 3, cached: 2, cropsTotal: 98 });
    expect(one.finished).toMatchObject({ photos: 3, cached: 2, crops: 98 });
    expect(one.warnings).toEqual([]);
  });

  it('replaces damaged caches, naming them', async () => {
    await truncate(featurePath(features, 'a.png'), 400);
    const bytes = await readFile(featurePath(features, 'c.png'));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(featurePath(features, 'c.png'), bytes);
    const events = await runJob(command(capture, features));
    expect(events.warnings).toEqual([
      `the cache is damaged; encoded anew: 2 (${featurePath(features, 'a.png')}, ${featurePath(features, 'c.png')})`,
    ]);
    expect(events.finished).toMatchObject({ photos: 3, cached: 1, crops: 196 });
  });

  it('encodes a photo anew that has changed', async () => {
    await paintPhoto(join(capture, 'images', 'c.png'), halves(DARK, DARK));
    const events = await runJob(command(capture, features));
    expect(events.warnings).toEqual([`the photo has changed; encoded anew: 1 (${featurePath(features, 'c.png')})`]);
    expect(events.finished).toMatchObject({ cached: 2, crops: 98 });
  });

  it('keeps the half that other settings leave true', async () => {
    const folder = await freshFolder();
    await runJob(command(capture, folder));
    const dino = await runJob(command(capture, folder, { settings: { dinoModel: tiny('fixed') } }));
    expect(dino.warnings[0]).toMatch(/DINO model or detail has changed; encoded anew/);
    expect(dino.of('plan')[0]).toMatchObject({ cropsTotal: 0, dino: { passes: 2 } });
    expect(dino.of('photoDone').map(({ stage }) => stage)).toEqual(['preview', 'preview', 'preview']);
    const source = await FeatureSource.open(folder);
    await source.read(0);
    expect(source.stage(0)).toBe('crops');
    const crops = await runJob(command(capture, folder, { settings: { dinoModel: tiny('fixed'), cropLevels: 2 } }));
    expect(crops.warnings[0]).toMatch(/CLIP model or crops have changed; encoded anew/);
    expect(crops.finished).toMatchObject({ crops: 3 * 35, cached: 0 });
    // The grid is a matter of reading alone.
    const rows = await runJob(
      command(capture, folder, { settings: { dinoModel: tiny('fixed'), cropLevels: 2, featureRows: 7 } }),
    );
    expect(rows.finished).toMatchObject({ crops: 0, cached: 3 });
    expect((await FeatureSource.open(folder)).grid(0)).toEqual({ rows: 7, columns: 11 });
    expect((await FeatureSource.open(folder, { rows: 2 })).grid(0)).toEqual({ rows: 2, columns: 3 });
  });

  it('random crops are the same each time', async () => {
    const settings = { crops: 'random', featureDetail: 'full', randomCrops: 200, randomScaleMax: 0.5 } as const;
    const [first, second] = [await freshFolder(), await freshFolder()];
    for (const folder of [first, second]) await runJob(command(capture, folder, { settings }));
    const file = (folder: string) => readFile(featurePath(folder, 'a.png'));
    expect((await file(first)).equals(await file(second))).toBe(true);
    const { cells, valid } = await (await FeatureSource.open(first)).read(0);
    expect(valid === null || valid.filter((one) => one === 1).length > 20).toBe(true);
    for (const [i, one] of unit([100 / 255, 0.2, 0, 1]).entries())
      expect(Math.abs(cells[8 * 7 + i] - one)).toBeLessThan(3e-3);
  });
});

describe('held-out photos', () => {
  it('are left out unless asked for, and a codebook does not see them', async () => {
    const folder = await freshFolder();
    const settings = { holdout: 3 };
    const training = await runJob(command(capture, folder, { settings }));
    expect(training.of('plan')[0]).toMatchObject({ photos: 2, heldOut: 0 });
    const all = await runJob(command(capture, folder, { settings, all: true }));
    expect(all.of('plan')[0]).toMatchObject({ photos: 3, heldOut: 1, cached: 2 });
    expect((await FeatureSource.open(folder)).photos).toEqual(['b.png', 'c.png']);
    expect((await FeatureSource.open(folder, { heldOut: true })).photos).toEqual(['a.png', 'b.png', 'c.png']);
  });
});

describe('what goes wrong', () => {
  it('a photo whose features are no numbers is given up; the others go on', async () => {
    const photos = { 'bad.png': halves(RED, RED), 'good.png': halves(DARK, BLUE), 'last.png': halves(BLUE, DARK) };
    const other = await writeCapture(await freshFolder(), photos);
    const folder = await freshFolder();
    const events = await runJob(command(other, folder, { settings: { clipModel: tiny('nan') } }));
    const given = events.of('warning').find(({ photo }) => photo === 'bad.png');
    expect(given?.message).toMatch(/^bad\.png: model "nan" answers .* with values that are no numbers/);
    expect(events.finished).toMatchObject({ complete: true, photos: 2, abandoned: [{ photo: 'bad.png' }] });
    const source = await FeatureSource.open(folder);
    expect(source.photos).toEqual(['good.png', 'last.png']);
    expect(source.missing).toEqual(['bad.png']);
  });

  it('when every photo fails, so does the job', async () => {
    const other = await writeCapture(await freshFolder(), { 'bad.png': halves(RED, RED) });
    const job = runJob(command(other, await freshFolder(), { settings: { clipModel: tiny('nan') } }));
    await expect(job).rejects.toThrow(/no numbers/);
  });

  it('a photo that cannot be decoded is given up', async () => {
    const photos = { 'a.png': halves(DARK, BLUE), 'b.png': halves(BLUE, DARK) };
    const other = await writeCapture(await freshFolder(), photos);
    const path = join(other, 'images', 'a.png');
    await truncate(path, 80);
    const events = await runJob(command(other, await freshFolder()));
    expect(events.finished.abandoned).toMatchObject([{ photo: 'a.png' }]);
    expect(events.finished.photos).toBe(1);
  });

  it('a missing model ends the job, with what to run', async () => {
    const job = runJob(command(capture, await freshFolder(), { settings: { clipModel: 'no-such-model' } }));
    await expect(job).rejects.toBeInstanceOf(ModelError);
  });

  it('reading says what to run when there is nothing, or something else', async () => {
    await expect(FeatureSource.open(await freshFolder())).rejects.toThrow(/holds no features; run `legato features`/);
    const folder = await freshFolder();
    await runJob(command(capture, folder));
    const source = await FeatureSource.open(folder);
    const other = await freshFolder();
    await runJob(command(capture, other, { settings: { clipModel: tiny('plain') } }));
    await writeFile(featurePath(folder, 'a.png'), await readFile(featurePath(other, 'a.png')));
    await expect(source.read(0)).rejects.toThrow(/a\.png\.safetensors: is of other models or settings/);
    await rm(featurePath(folder, 'b.png'));
    await expect(source.read(1)).rejects.toThrow(/b\.png\.safetensors: is gone/);
  });
});

describe('cost', () => {
  it('is refused beyond the memory that is allowed, unless accepted', async () => {
    const folder = await freshFolder();
    const limit = { memoryBytes: 2 ** 20 };
    const job = runJob(command(capture, folder, limit));
    await expect(job).rejects.toThrow(/not started: it needs about \d+ MB and --memory allows 1; .*--accept-cost/);
    expect((await runJob(command(capture, folder, { ...limit, acceptCost: true }))).finished.photos).toBe(3);
  });

  it('can be asked for without starting', async () => {
    const folder = await freshFolder();
    const events = await runJob(command(capture, folder, { planOnly: true }));
    expect(events.of('plan')).toHaveLength(1);
    expect(events.finished).toMatchObject({ photos: 0, crops: 0 });
    await expect(stat(featurePath(folder, 'a.png'))).rejects.toThrow();
  });
});

describe('first maps', () => {
  const indices = async (file: string): Promise<Uint8Array> =>
    (await readIndexMap(file, { width: 24, height: 16, entries: 32 })).indices;
  const asked = async () => ({ features: await freshFolder(), maps: await freshFolder() });
  const job = (folder: string, firstMaps: string | null, clip: 'clip' | 'plain' = 'clip') =>
    command(capture, folder, { firstMaps, settings: { codebookSize: 32, clipModel: tiny(clip) } });

  it('come from the preview, between it and the crops, a map a photo that tells its halves apart', async () => {
    const { features: folder, maps } = await asked();
    const events = await runJob(job(folder, maps));
    const order = events.all.flatMap((event) =>
      event.type === 'photoDone' ? [event.stage] : event.type === 'codebookForming' ? ['map'] : [],
    );
    expect(order).toEqual(['preview', 'map', 'crops'].flatMap((kind) => [kind, kind, kind]));
    const told = events.of('codebookForming');
    for (const event of told) expect(languageEvent.safeParse(event).error).toBeUndefined();
    expect(told.map(({ photo }) => photo)).toEqual(['a.png', 'b.png', 'c.png']);
    expect(told[2].file).toBe(join(maps, 'c.png'));
    // Cells of 4 × 6, of every map so far.
    expect(told.map(({ counts }) => counts.reduce((sum, one) => sum + one, 0))).toEqual([24, 48, 72]);
    const [a, b, c] = await Promise.all(told.map(({ file }) => indices(file)));
    const [left, right] = [0, 23];
    expect(a[left]).toBeGreaterThan(0);
    expect(a[left]).not.toBe(a[right]);
    // The same entries for all photos: b.png is a.png turned about, c.png is blue alone.
    expect([b[left], b[right]]).toEqual([a[right], a[left]]);
    expect(c[left]).toBe(c[right]);
    expect(c[left]).not.toBe(a[left]);
  });

  it('go by DINO alone where CLIP has one vector for a whole photo', async () => {
    const { features: folder, maps } = await asked();
    const events = await runJob(job(folder, maps, 'plain'));
    expect(events.of('plan')[0].preview).toBe('photo');
    const [a, b] = await Promise.all(events.of('codebookForming').map(({ file }) => indices(file)));
    expect(a[0]).not.toBe(a[23]);
    expect([b[0], b[23]]).toEqual([a[23], a[0]]);
  });

  it('are not made unasked, nor when no crops are to come', async () => {
    const { features: folder, maps } = await asked();
    expect((await runJob(job(folder, null))).of('codebookForming')).toEqual([]);
    expect((await runJob(job(folder, maps))).of('codebookForming')).toEqual([]);
  });
});

describe('cancelling', () => {
  it('stops within a batch; previews stand, and the next run goes on there', async () => {
    const folder = await freshFolder();
    const stopped = await runJob(command(capture, folder), (event, cancel) => {
      if (event.type === 'photoDone' && event.stage === 'crops') cancel();
    });
    expect(stopped.finished).toMatchObject({ complete: false, photos: 1, crops: 98 });
    const source = await FeatureSource.open(folder);
    for (let photo = 0; photo < 3; photo++) await source.read(photo);
    expect([0, 1, 2].map((photo) => source.stage(photo))).toEqual(['crops', 'preview', 'preview']);
    // The preview's CLIP half comes from four patches: left and right differ.
    const { cells } = await source.read(1);
    expect(cells[8 * 0 + 2]).toBeGreaterThan(cells[8 * 5 + 2]);

    const resumed = await runJob(command(capture, folder));
    expect(resumed.of('photoDone').map(({ stage, photo }) => `${stage} ${photo}`)).toEqual([
      'crops b.png',
      'crops c.png',
    ]);
    expect(resumed.finished).toMatchObject({ complete: true, photos: 3, cached: 1, crops: 196 });
  });
});

describe('pictures', () => {
  it('show the principal components, a pixel a cell', async () => {
    const pictures = await freshFolder();
    const events = await runJob(command(capture, features, { pictures }));
    expect(events.of('picture').map(({ photo }) => photo)).toEqual(['a.png', 'b.png', 'c.png']);
    const file = join(pictures, 'a.png.png');
    expect(events.of('picture')[0].file).toBe(file);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 6, height: 4, channels: 4 });
    const pixel = (column: number) => Array.from(data.subarray(4 * (6 + column), 4 * (6 + column) + 3));
    const distance = Math.hypot(...pixel(1).map((value, i) => value - pixel(4)[i]));
    expect(distance).toBeGreaterThan(100);
  });
});
