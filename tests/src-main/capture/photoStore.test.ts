import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Saying } from '#contract/sayings';
import { CaptureError } from '../../../src-main/capture/errors';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import type { Photo } from '../../../src-main/capture/types';
import { folderWith, noise, png } from './fixtures';
import { told } from './told';

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

function photo(path: string, width: number, height: number, more: Partial<Photo> = {}): Photo {
  const camera = { width, height, fx: width, fy: width, cx: width / 2, cy: height / 2, worldToCamera: IDENTITY };
  return { name: path.split('/').at(-1)!, path, camera, distortion: null, maskPath: null, ...more };
}

/** The definition: coverage-weighted means in float64. Rounding may differ from the exact sums only at halves. */
function areaMean(data: ArrayLike<number>, w: number, h: number, c: number, W: number, H: number): Float64Array {
  const out = new Float64Array(W * H * c);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      for (let v = 0; v < h; v++) {
        const dy = Math.min(v + 1, ((y + 1) * h) / H) - Math.max(v, (y * h) / H);
        for (let u = 0; u < w && dy > 0; u++) {
          const dx = Math.min(u + 1, ((x + 1) * w) / W) - Math.max(u, (x * w) / W);
          if (dx > 0)
            for (let k = 0; k < c; k++)
              out[(y * W + x) * c + k] += (data[(v * w + u) * c + k] * dx * dy * W * H) / (w * h);
        }
      }
    }
  }
  return out;
}

function expectMeans(actual: Uint8Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  // Half a level of rounding, and float64 noise on top.
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(0.5 + 1e-9));
}

describe('PhotoStore', () => {
  it.each([
    [99, 74, 25],
    [31, 40, 39],
    [40, 31, 7],
    [23, 17, 1],
    [64, 48, 32],
    [20, 3, 19],
  ])('averages %i×%i exactly to a long side of %i, intrinsics per axis', async (w, h, longSide) => {
    const data = noise(w * h * 3, w);
    const root = folderWith({ 'a.png': await png(w, h, 3, data) });
    const { camera, rgb, alpha, mask } = await new PhotoStore([photo(join(root, 'a.png'), w, h)], {
      longSide,
      maxBytes: 1e6,
    }).load(0);
    const scale = longSide / Math.max(w, h);
    const [W, H] = [Math.round(w * scale), Math.max(1, Math.round(h * scale))];
    expect(camera).toMatchObject({ width: W, height: H, fx: w * (W / w), fy: w * (H / h), cx: W / 2, cy: H / 2 });
    expectMeans(rgb, areaMean(data, w, h, 3, W, H));
    expect([alpha, mask]).toEqual([null, null]);
  });

  it('never enlarges: at its own size or above, a photo comes as it is', async () => {
    const data = noise(9 * 7 * 3);
    const root = folderWith({ 'a.png': await png(9, 7, 3, data) });
    for (const longSide of [undefined, 9, 500]) {
      const { rgb, camera } = await new PhotoStore([photo(join(root, 'a.png'), 9, 7)], { longSide, maxBytes: 0 }).load(
        0,
      );
      expect(camera.width).toBe(9);
      expect(Buffer.compare(rgb, data)).toBe(0);
    }
  });

  it('averages colour by α, so that transparent pixels do not bleed', async () => {
    const [w, h, W, H] = [12, 8, 3, 2];
    const data = noise(w * h * 4, 9);
    for (let i = 3; i < data.length; i += 8) data[i] = 0;
    const root = folderWith({ 'a.png': await png(w, h, 4, data) });
    const { rgb, alpha } = await new PhotoStore([photo(join(root, 'a.png'), w, h)], {
      longSide: 3,
      maxBytes: 1e6,
    }).load(0);
    const weighted = areaMean(
      data.map((v) => v),
      w,
      h,
      4,
      W,
      H,
    );
    const products = areaMean(
      Float64Array.from(data, (v, i) => v * data[i - (i % 4) + 3]),
      w,
      h,
      4,
      W,
      H,
    );
    expectMeans(
      alpha!,
      weighted.filter((_, i) => i % 4 === 3),
    );
    expectMeans(
      rgb,
      products.filter((_, i) => i % 4 < 3).map((v, i) => v / weighted[4 * Math.floor(i / 3) + 3]),
    );
  });

  it('takes grey, grey with alpha, opaque alpha and 16 bits', async () => {
    const grey = noise(24);
    const files = {
      'g.png': await png(6, 4, 1, grey),
      'ga.png': await png(
        6,
        4,
        2,
        Uint8Array.from({ length: 48 }, (_, i) => (i % 2 ? 128 : 200)),
      ),
      'opaque.png': await png(
        6,
        4,
        4,
        noise(96).map((v, i) => (i % 4 === 3 ? 255 : v)),
      ),
      'deep.png': await sharp(
        Uint16Array.from(noise(72), (v) => v * 257),
        { raw: { width: 6, height: 4, channels: 3 } },
      )
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
    };
    const root = folderWith(files);
    const store = new PhotoStore(
      Object.keys(files).map((name) => photo(join(root, name), 6, 4)),
      { maxBytes: 1e6 },
    );
    const [g, ga, opaque, deep] = await Promise.all([0, 1, 2, 3].map((i) => store.load(i)));
    expect([...g.rgb]).toEqual([...grey].flatMap((v) => [v, v, v]));
    expect(ga.alpha).toEqual(new Uint8Array(24).fill(128));
    expect(ga.rgb).toEqual(new Uint8Array(72).fill(200));
    expect(opaque.alpha).toBeNull();
    expect(Buffer.compare(deep.rgb, noise(72))).toBe(0);
  });

  it('applies a mask file: kept where at least half of a pixel is kept; 0/1 files and other sizes too', async () => {
    const mask = Uint8Array.from({ length: 48 }, (_, i) => (i % 8 < 3 ? 0 : 255));
    const files = {
      'a.png': await png(8, 6),
      'm255.png': await png(8, 6, 1, mask),
      'm1.png': await png(
        8,
        6,
        1,
        mask.map((v) => v / 255),
      ),
      'double.png': await sharp(mask, { raw: { width: 8, height: 6, channels: 1 } })
        .resize(16, 12, { kernel: 'nearest' })
        .png()
        .toBuffer(),
      'other.png': await png(6, 8, 1),
    };
    const root = folderWith(files);
    const load = (name: string) =>
      new PhotoStore([photo(join(root, 'a.png'), 8, 6, { maskPath: join(root, name) })], {
        longSide: 4,
        maxBytes: 1e6,
      }).load(0);
    for (const name of ['m255.png', 'm1.png', 'double.png']) {
      // Columns 0–1: ignored; 2–3: half kept; 4–7: kept.
      expect([...(await load(name)).mask!.subarray(0, 4)]).toEqual([0, 255, 255, 255]);
    }
    await expect(load('other.png')).rejects.toThrow('mask other.png of a.png: it is 6×8 but the photo 8×6');
    await expect(load('none.png')).rejects.toThrow('mask none.png of a.png: the photo does not exist');
  });

  it('names a photo that is missing, cut short, or of another size', async () => {
    const jpeg = await sharp(noise(64 * 48 * 3), { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg()
      .toBuffer();
    const whole = await png(64, 48);
    const root = folderWith({
      'cut.jpg': jpeg.subarray(0, jpeg.length / 2),
      'cut.png': whole.subarray(0, 2000),
      'ok.png': whole,
    });
    const names = ['cut.jpg', 'cut.png', 'gone.png'];
    const store = new PhotoStore(
      names.map((name) => photo(join(root, name), 64, 48)),
      { maxBytes: 1e6 },
    );
    for (let i = 0; i < names.length; i++) {
      await expect(store.load(i)).rejects.toBeInstanceOf(CaptureError);
      await expect(store.load(i)).rejects.toThrow(names[i]);
    }
    expect(store.stats).toMatchObject({ cached: 0, decoding: 0 });
    const sizes = new PhotoStore([photo(join(root, 'ok.png'), 60, 60), photo(join(root, 'ok.png'), 128, 96)], {
      maxBytes: 1e6,
    });
    await expect(sizes.load(0)).rejects.toThrow('ok.png: the photo is 64×48 but its camera 60×60');
    expect((await sizes.load(1)).camera).toMatchObject({ width: 64, fx: 64 });
    expect(told(sizes.stats.warnings)).toEqual(['ok.png: the photo changed from 128×96 to 64×48; intrinsics scaled']);
    await expect(sizes.load(2)).rejects.toThrow(RangeError);
  });

  it('tells of photos that became smaller once for each change, not for each photo', async () => {
    const [small, smaller] = [await png(32, 24), await png(16, 12)];
    const root = folderWith({ 'a.png': small, 'b.png': small, 'c.png': smaller });
    const heard: Saying[] = [];
    const photos = ['a.png', 'b.png', 'c.png'].map((name) => photo(join(root, name), 64, 48));
    const store = new PhotoStore(photos, { maxBytes: 0, threads: 1, warn: (saying) => heard.push(saying) });
    for (const index of [0, 1, 0, 2]) await store.load(index);
    expect(told(heard)).toEqual([
      'a.png: the photo changed from 64×48 to 32×24; intrinsics scaled',
      'c.png: the photo changed from 64×48 to 16×12; intrinsics scaled',
    ]);
    expect(store.stats.warnings).toEqual(heard);
  });

  it('keeps to its bound, forgets the photo used longest ago, and decodes a photo asked for twice once', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 6; i++) files[`${i}.png`] = await png(10, 10, 3, noise(300, i));
    const root = folderWith(files);
    const store = new PhotoStore(
      Object.keys(files).map((name) => photo(join(root, name), 10, 10)),
      { maxBytes: 1000, threads: 2 },
    );
    const [one, same] = await Promise.all([store.load(0), store.load(0)]);
    expect(same).toBe(one);
    expect(store.stats).toMatchObject({ decoded: 1, bytes: 300, hits: 0 });
    await store.load(1);
    await store.load(2);
    expect(await store.load(0)).toBe(one);
    await store.load(3);
    expect(store.stats).toMatchObject({ bytes: 900, cached: 3, evictions: 1, hits: 1, decoded: 4 });
    expect(await store.load(0)).toBe(one);
    await store.load(1);
    expect(store.stats.decoded).toBe(5);
    store.clear();
    expect(store.stats).toMatchObject({ bytes: 0, cached: 0 });
  });

  it('decodes no more than `threads` photos at a time, and a load overtakes prefetches', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 8; i++) files[`${i}.png`] = await png(200, 200, 3, noise(120_000, i));
    const root = folderWith(files);
    const store = new PhotoStore(
      Object.keys(files).map((name) => photo(join(root, name), 200, 200)),
      { longSide: 20, maxBytes: 1e6, threads: 2 },
    );
    for (let i = 0; i < 8; i++) store.prefetch(i);
    expect(store.stats.decoding).toBe(2);
    await store.load(7);
    expect(store.stats.decoded).toBeLessThan(6);
    expect(store.stats.decoding).toBeLessThanOrEqual(2);
    await Promise.all([0, 1, 2, 3, 4, 5, 6].map((i) => store.load(i)));
    expect(store.stats).toMatchObject({ decoded: 8, decoding: 0, cached: 8 });
  });

  it('tells what went wrong with a prefetched photo to who loads it, and looks again', async () => {
    const root = folderWith({});
    const store = new PhotoStore([photo(join(root, 'late.png'), 8, 6)], { maxBytes: 1e6 });
    store.prefetch(0);
    await expect(store.load(0)).rejects.toThrow('late.png');
    writeFileSync(join(root, 'late.png'), readFileSync(join(folderWith({ 'x.png': await png(8, 6) }), 'x.png')));
    expect((await store.load(0)).rgb.length).toBe(144);
  });
});
