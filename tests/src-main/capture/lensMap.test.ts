import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { distort, foldRadius2, LensMap } from '../../../src-main/capture/lensMap';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import { folderWith, png } from './fixtures';

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const camera = (width: number, height: number, focal: number) => ({
  ...{ width, height, fx: focal, fy: focal * 1.01, cx: width / 2 + 1.3, cy: height / 2 - 0.7 },
  worldToCamera: IDENTITY,
});
const BARREL = { k1: -0.12, k2: 0.02, p1: 0.002, p2: -0.001 };

describe('LensMap', () => {
  it('interpolates the exact map within a hundredth of a pixel, from a small grid', () => {
    for (const [width, height, focal] of [
      [4000, 3000, 3000],
      [990, 742, 820],
      [97, 61, 70],
    ]) {
      const map = new LensMap(camera(width, height, focal), BARREL);
      // Nodes are float32 and cells bend both ways, hence twice the tolerance of their middles and more.
      let worst = 0;
      for (let y = 0; y < height; y += 7) {
        const { coordinates } = map.row(y);
        for (let x = 0; x < width; x += 5) {
          const [u, v] = map.source(x, y);
          worst = Math.max(worst, Math.abs(coordinates[2 * x] - u), Math.abs(coordinates[2 * x + 1] - v));
        }
      }
      expect(worst).toBeLessThan(0.01);
      expect(map.bytes).toBeLessThan(width * height * 8 + 8 * (width + height) + 100);
    }
    expect(new LensMap(camera(4000, 3000, 3000), BARREL).bytes).toBeLessThan(2e6);
  });

  it('covers what the photo shows and nothing beyond the fold of the polynomial', () => {
    // A barrel lens squeezes the photo inwards: undistorted pixels come from inside, all are covered.
    const barrel = new LensMap(camera(90, 60, 80), { k1: -0.1, k2: 0, p1: 0, p2: 0 });
    expect([...barrel.row(0).covered].includes(0)).toBe(false);
    const pincushion = new LensMap(camera(90, 60, 80), { k1: 0.3, k2: 0, p1: 0, p2: 0 });
    expect(pincushion.row(0).covered[0]).toBe(0);
    expect(pincushion.row(30).covered[45]).toBe(255);
    // r·(1 − r²) falls again beyond r² = 1/3: corners at r ≈ 0.95 would show the middle a second time.
    const folding = { k1: -1, k2: 0, p1: 0, p2: 0 };
    expect(foldRadius2(folding)).toBeCloseTo(1 / 3, 12);
    const folded = new LensMap(camera(90, 60, 57), folding);
    expect(folded.row(0).covered[0]).toBe(0);
    expect(folded.row(30).covered[45]).toBe(255);
  });

  it('knows the fold of both terms', () => {
    expect(foldRadius2({ k1: 0.1, k2: 0.1 })).toBe(Infinity);
    expect(foldRadius2({ k1: 0.5, k2: 0 })).toBe(Infinity);
    const r2 = foldRadius2({ k1: 0.1, k2: -0.3 });
    expect(1 + 3 * 0.1 * r2 + 5 * -0.3 * r2 * r2).toBeCloseTo(0, 12);
  });
});

describe('PhotoStore with a lens', () => {
  /** A smooth scene, so that resampling it twice bilinearly costs less than the tolerance. */
  const scene = (x: number, y: number): number => 128 + 60 * Math.sin(3 * x) + 50 * Math.cos(4 * y + x);

  it('gives the pinhole view of a scene that was seen through the lens, and masks what the lens did not see', async () => {
    const [width, height] = [160, 120];
    const lens = { k1: 0.15, k2: -0.03, p1: 0.004, p2: -0.003 };
    const view = camera(width, height, 130);
    // Seen through the lens: pixel values at distorted places, found by Newton-free fixed-point inversion.
    const data = new Uint8Array(width * height * 3);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i += 3) {
        const [u, v] = [(x + 0.5 - view.cx) / view.fx, (y + 0.5 - view.cy) / view.fy];
        let [a, b] = [u, v];
        for (let step = 0; step < 100; step++) {
          const [da, db] = distort(lens, a, b);
          [a, b] = [a + u - da, b + v - db];
        }
        data.fill(Math.round(scene(a, b)), i, i + 3);
      }
    }
    const root = folderWith({ 'a.png': await png(width, height, 3, data) });
    const photo = { name: 'a.png', path: join(root, 'a.png'), camera: view, distortion: lens, maskPath: null };
    const { rgb, mask } = await new PhotoStore([photo], { maxBytes: 1e6 }).load(0);
    let [kept, worst] = [0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (!mask![i]) continue;
        kept++;
        const expected = scene((x + 0.5 - view.cx) / view.fx, (y + 0.5 - view.cy) / view.fy);
        worst = Math.max(worst, Math.abs(rgb[3 * i] - expected));
      }
    }
    // Two roundings to whole levels and a bilinear error of at most f″/8 ≈ 0.15 levels (edges repeat the border).
    expect(worst).toBeLessThan(2);
    expect(kept).toBeLessThan(width * height);
    expect(kept).toBeGreaterThan(0.8 * width * height);
    expect(mask![0]).toBe(0);

    const store = new PhotoStore([photo, photo], { longSide: 40, maxBytes: 1e6 });
    const [small] = await Promise.all([store.load(0), store.load(1)]);
    expect(store.stats.mapBytes).toBeGreaterThan(0);
    const coveredFully = (x: number, y: number): boolean => {
      for (let v = 0; v < 4; v++) for (let u = 0; u < 4; u++) if (!mask![(4 * y + v) * width + 4 * x + u]) return false;
      return true;
    };
    small.mask!.forEach((value, i) => expect(value).toBe(coveredFully(i % 40, Math.floor(i / 40)) ? 255 : 0));
  });

  it('carries a mask through the lens', async () => {
    const [width, height] = [80, 60];
    const lens = { k1: 0.2, k2: 0, p1: 0, p2: 0 };
    const view = { ...camera(width, height, 60), cx: 40, cy: 30 };
    const left = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 40 ? 0 : 255));
    const root = folderWith({ 'a.png': await png(width, height), 'm.png': await png(width, height, 1, left) });
    const photo = {
      name: 'a.png',
      path: join(root, 'a.png'),
      camera: view,
      distortion: lens,
      maskPath: join(root, 'm.png'),
    };
    const { mask } = await new PhotoStore([photo], { maxBytes: 1e6 }).load(0);
    // A radial lens moves nothing across the line through its centre.
    const middle = mask!.subarray(30 * width + 10, 30 * width + 70);
    expect([...middle]).toEqual(Array.from(middle, (_, i) => (i < 30 ? 0 : 255)));
  });
});
