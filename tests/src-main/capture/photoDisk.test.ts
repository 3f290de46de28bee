/** Photos that do not fit in memory are decoded once; what comes back from the disk is what was decoded, to the byte. */
import { readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { PhotoDisk } from '../../../src-main/capture/photoDisk';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import type { Photo } from '../../../src-main/capture/types';
import { CounterRandom } from '../../../src-main/base/random';
import { temporaryFolder } from '../base/temporaryFolder';

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

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one: unknown) => (ArrayBuffer.isView(one) ? [...(one as Uint8Array)] : one)));

describe('reduced photos on disk', () => {
  it('are decoded once, by this store and the next, and are the same to the byte', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const decodedAnew = new PhotoStore(all, { longSide: 20, maxBytes: 0, threads: 1 });
    // Room for one photo.
    const store = new PhotoStore(all, { longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk) });
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < COUNT; i++) expect(plain(await store.load(i))).toEqual(plain(await decodedAnew.load(i)));
    expect(store.stats).toMatchObject({ decoded: COUNT, read: 2 * COUNT, warnings: [] });
    expect(store.stats.bytes).toBeLessThanOrEqual(2000);
    expect(await readdir(disk)).toHaveLength(COUNT);
    const next = new PhotoStore(all, { longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk) });
    for (let i = 0; i < COUNT; i++) await next.load(i);
    expect(next.stats).toMatchObject({ decoded: 0, read: COUNT });
  });

  it('are not written where all fit in memory', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const store = new PhotoStore(all, { longSide: 20, maxBytes: 1e6, threads: 1, disk: new PhotoDisk(disk) });
    for (let i = 0; i < COUNT; i++) await store.load(i);
    await expect(readdir(disk)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are of the photo as it is: not of one that was replaced, of another size, or damaged', async () => {
    const { folder, photos: all } = await photos();
    const disk = join(folder, 'reduced');
    const store = (longSide: number) =>
      new PhotoStore(all, { longSide, maxBytes: 2000, threads: 1, disk: new PhotoDisk(disk) });
    for (let i = 0; i < COUNT; i++) await store(20).load(i);
    const before = plain(await store(20).load(0));
    await writePhoto(all[0].path, 99);
    // However old it says it is.
    await utimes(all[0].path, 1, 1);
    const replaced = store(20);
    expect(plain(await replaced.load(0))).not.toEqual(before);
    expect(replaced.stats.decoded).toBe(1);
    const smaller = store(10);
    expect((await smaller.load(1)).camera.width).toBe(10);
    for (const name of await readdir(disk)) await truncate(join(disk, name), 100);
    const mended = store(20);
    expect((await mended.load(1)).rgb.length).toBe(3 * 20 * 15);
    expect(mended.stats.decoded).toBe(1);
  });

  it('are done without where the disk takes none, with one line', async () => {
    const { folder, photos: all } = await photos();
    const blocked = join(folder, 'reduced');
    await writeFile(blocked, '');
    const store = new PhotoStore(all, { longSide: 20, maxBytes: 2000, threads: 1, disk: new PhotoDisk(blocked) });
    for (let i = 0; i < COUNT; i++) await store.load(i);
    expect(store.stats.warnings).toHaveLength(1);
    expect(store.stats.warnings[0]).toMatch(/kept on disk no more/);
  });
});
