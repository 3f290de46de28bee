/** Photos that do not fit in memory are decoded once; what comes back from the disk is what was decoded, to the byte. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PhotoDisk } from '../../../src-main/capture/photoDisk';
import { PhotoStore, type PhotoStoreStats } from '../../../src-main/capture/photoStore';
import type { Photo } from '../../../src-main/capture/types';
import { CounterRandom } from '../../../src-main/base/random';
import { smallDisk } from '../../smallDisk';
import { temporaryFolder } from '../base/temporaryFolder';
import { told } from './told';

const [WIDTH, HEIGHT, COUNT] = [40, 30, 6];
const camera = {
  width: WIDTH,
  height: HEIGHT,
  fx: 50,
  fy: 50,
  cx: 20,
  cy: 15,
  worldToCamera: Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
};

async function writePhoto(path: string, seed: number): Promise<void> {
  const random = new CounterRandom(seed, 'photo');
  const rgba = Uint8Array.from({ length: 4 * WIDTH * HEIGHT }, (_, i) => 256 * random.uniform(i));
  await sharp(rgba, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
    .png()
    .toFile(path);
}

async function photos(): Promise<{ folder: string; photos: Photo[] }> {
  const folder = await temporaryFolder();
  const mask = join(folder, 'mask.png');
  await sharp({ create: { width: WIDTH, height: HEIGHT / 2, channels: 3, background: '#fff' } })
    .extend({ top: HEIGHT / 2, background: '#000' })
    .png()
    .toFile(mask);
  const made: Photo[] = [];
  for (let i = 0; i < COUNT; i++) {
    const path = join(folder, `${i}.png`);
    await writePhoto(path, i);
    made.push({ name: `${i}.png`, path, camera, distortion: null, maskPath: i % 2 ? mask : null });
  }
  return { folder, photos: made };
}

/** Loads every photo, and waits until what is written has been. */
async function loadAll(store: PhotoStore): Promise<PhotoStoreStats> {
  for (let i = 0; i < COUNT; i++) await store.load(i);
  await vi.waitFor(() => expect(store.stats.decoding).toBe(0), 10_000);
  return store.stats;
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one: unknown) => (ArrayBuffer.isView(one) ? [...(one as Uint8Array)] : one)));

describe('reduced photos on disk', () => {
  it('are decoded once, by this store and the next, and are the same to the byte', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const decodedAnew = new PhotoStore(all, { longSide: 20, maxBytes: 0, threads: 1 });
    // Room for one photo.
    const store = new PhotoStore(all, { longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk, all, 20) });
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < COUNT; i++) expect(plain(await store.load(i))).toEqual(plain(await decodedAnew.load(i)));
    expect(store.stats).toMatchObject({ decoded: COUNT, read: 2 * COUNT, warnings: [] });
    expect(store.stats.bytes).toBeLessThanOrEqual(2000);
    expect(await readdir(disk)).toHaveLength(COUNT);
    const next = new PhotoStore(all, { longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk, all, 20) });
    expect(await loadAll(next)).toMatchObject({ decoded: 0, read: COUNT });
  });

  it('are not written where all fit in memory', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const store = new PhotoStore(all, { longSide: 20, maxBytes: 1e6, threads: 1, disk: new PhotoDisk(disk, all, 20) });
    await loadAll(store);
    await expect(readdir(disk)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are of the photo as it is: not of one that was replaced, of another size, or damaged', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const store = (longSide: number) =>
      new PhotoStore(all, { longSide, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk, all, longSide) });
    await loadAll(store(20));
    const before = plain(await store(20).load(0));
    await writePhoto(all[0].path, 99);
    // However old it says it is.
    await utimes(all[0].path, 1, 1);
    const replaced = store(20);
    expect(plain(await replaced.load(0))).not.toEqual(before);
    expect((await loadAll(replaced)).decoded).toBe(1);
    const smaller = store(10);
    expect((await smaller.load(1)).camera.width).toBe(10);
    await loadAll(smaller);
    for (const name of await readdir(disk)) await truncate(join(disk, name), 100);
    const mended = store(10);
    expect((await mended.load(1)).rgb.length).toBe(3 * 10 * 8);
    expect((await loadAll(mended)).decoded).toBe(COUNT);
  });

  it('are done without where the disk takes none, with one line', async () => {
    const { folder, photos: all } = await photos();
    const blocked = join(folder, 'reduced');
    await writeFile(blocked, '');
    const store = new PhotoStore(all, {
      longSide: 20,
      maxBytes: 2000,
      threads: 1,
      disk: new PhotoDisk(blocked, all, 20),
    });
    const { warnings } = await loadAll(store);
    expect(warnings).toHaveLength(1);
    expect(told(warnings)[0]).toMatch(/kept on disk no more \(.*reduced: cannot be written \(ENOTDIR.*decoded again/);
  });

  it('are swept of what a killed writer left, and not of what another one is writing', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    await mkdir(disk);
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const [left, busy] = [`.ab.photo.${gone}-3.tmp`, `.cd.photo.${process.ppid}-0.tmp`];
    for (const name of [left, busy]) await writeFile(join(disk, name), 'half');
    await new PhotoDisk(disk, all, 20).sweep();
    expect(await readdir(disk)).toEqual([busy]);
    await new PhotoDisk(join(folder, 'nowhere'), all, 20).sweep();
  });

  it('are of one size and of the photos that there are: the others go when the first one is written', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const store = (longSide: number, maxBytes = 100) =>
      new PhotoStore(all, { longSide, maxBytes, threads: 1, disk: new PhotoDisk(disk, all, longSide) });
    await loadAll(store(20));
    await writeFile(join(disk, 'notes.txt'), "a person's own");
    const first = (await readdir(disk)).sort();
    expect(first).toHaveLength(COUNT + 1);
    // A look at another size that fits in memory costs nothing.
    await loadAll(store(10, 1e6));
    expect((await readdir(disk)).sort()).toEqual(first);
    // A photo is replaced: its old reduction goes with the first new one, the others stay.
    await writePhoto(all[0].path, 99);
    expect(await loadAll(store(20))).toMatchObject({ decoded: 1, read: COUNT - 1 });
    const second = await readdir(disk);
    expect(second).toHaveLength(COUNT + 1);
    expect(second.filter((name) => !first.includes(name))).toHaveLength(1);
    expect(await loadAll(store(10))).toMatchObject({ decoded: COUNT, read: 0 });
    const third = await readdir(disk);
    expect(third.filter((name) => second.includes(name))).toEqual(['notes.txt']);
    expect(third).toHaveLength(COUNT + 1);
    expect(await loadAll(store(10))).toMatchObject({ decoded: 0, read: COUNT });
  });

  it('leave 2 GB of the disk to others', async () => {
    const { folder, photos: all } = await photos();
    const small = await smallDisk(join(folder, 'small'), 16);
    if (!small) return;
    onTestFinished(() => small.close());
    const disk = join(small.path, 'reduced');
    const store = new PhotoStore(all, {
      ...{ longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk, all, 20) },
    });
    expect(told((await loadAll(store)).warnings)).toEqual([
      `reduced photos are kept on disk no more (${disk}: less than 2 GB would be left on the disk; free some space); ` +
        'they are decoded again each time',
    ]);
    expect(await readdir(disk)).toEqual([]);
  });
});
