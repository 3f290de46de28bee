import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fisheyeLens, fovLens, perspectiveLens, type Distortion } from '../../../src-main/capture/lens';
import { rayOf } from '../../../src-main/capture/lensInverse';
import { LensMap } from '../../../src-main/capture/lensMap';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import { folderWith, png } from './fixtures';

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const camera = (width: number, height: number, focal: number) => ({
  ...{ width, height, fx: focal, fy: focal * 1.01, cx: width / 2 + 1.3, cy: height / 2 - 0.7 },
  worldToCamera: IDENTITY,
});
const lensOf = (terms: Parameters<typeof perspectiveLens>[0]) => perspectiveLens(terms)!;
const BARREL = lensOf({ k1: -0.12, k2: 0.02, p1: 0.002, p2: -0.001 });

describe('LensMap', () => {
  it('interpolates the exact map within a hundredth of a pixel, from a small grid', () => {
    const wide = fisheyeLens({ k1: -0.02, k2: 0.003 });
    for (const [width, height, focal, lens] of [
      [4000, 3000, 3000, BARREL],
      [990, 742, 820, BARREL],
      [97, 61, 70, BARREL],
      [990, 742, 360, wide],
      [990, 742, 400, fovLens(1.3)!],
    ] as const) {
      const map = new LensMap(camera(width, height, focal), lens);
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
    const barrel = new LensMap(camera(90, 60, 80), lensOf({ k1: -0.1 }));
    expect([...barrel.row(0).covered].includes(0)).toBe(false);
    const pincushion = new LensMap(camera(90, 60, 80), lensOf({ k1: 0.3 }));
    expect(pincushion.row(0).covered[0]).toBe(0);
    expect(pincushion.row(30).covered[45]).toBe(255);
    // r·(1 − r²) falls again beyond r² = 1/3: corners at r ≈ 0.95 would show the middle a second time.
    const folded = new LensMap(camera(90, 60, 57), lensOf({ k1: -1 }));
    expect(folded.row(0).covered[0]).toBe(0);
    expect(folded.row(30).covered[45]).toBe(255);
  });
});

describe('LensMap of wide lenses', () => {
  // A circular fisheye of 190°: f·θ reaches the border of 600 px at 95°. The pinhole of that focal length shows 2·atan(300/181) = 118°.
  const focal = 300 / ((95 * Math.PI) / 180);
  const view = { width: 600, height: 600, fx: focal, fy: focal, cx: 300, cy: 300, worldToCamera: IDENTITY };

  it('show the middle of the field, finite everywhere', () => {
    const map = new LensMap(view, fisheyeLens({}));
    for (let y = 0; y < 600; y += 3) {
      const { coordinates, covered } = map.row(y);
      expect(covered.every((value) => value === 255)).toBe(true);
      expect(coordinates.subarray(0, 1200).every(Number.isFinite)).toBe(true);
    }
    // The left border looks 58.9° to the side: f·θ = 186 px from the middle.
    expect(map.source(-0.5, 299.5)[0]).toBeCloseTo(299.5 - focal * Math.atan(300 / focal), 10);
  });

  it('cut off what lies beyond the fold', () => {
    // θ·(1 − 0.5·θ²) turns at 46.8°: covered is a disc of tan(46.8°)·f = 192.6 px.
    const lens = fisheyeLens({ k1: -0.5 });
    const map = new LensMap(view, lens);
    const radius = focal * Math.tan(Math.sqrt(2 / 3));
    for (let y = 0; y < 600; y += 7) {
      const { covered } = map.row(y);
      const inside = Array.from(covered, (_, x) => Math.hypot(x + 0.5 - 300, y + 0.5 - 300) < radius);
      expect(Array.from(covered, (value) => value === 255)).toEqual(inside);
    }
  });
});

describe('PhotoStore with a lens', () => {
  /** A smooth scene, so that resampling it twice bilinearly costs less than the tolerance. */
  const scene = (x: number, y: number): number => 128 + 60 * Math.sin(3 * x) + 50 * Math.cos(4 * y + x);

  const LENSES: [string, Distortion, number][] = [
    ['OPENCV', lensOf({ k1: 0.15, k2: -0.03, p1: 0.004, p2: -0.003 }), 130],
    ['FULL_OPENCV', lensOf({ k1: 0.2, k2: -0.02, k3: 0.01, k4: 0.03, k6: 0.01, p1: 0.002, p2: 0.001 }), 130],
    // θ·(1 + 0.4·θ²) grows faster than tan θ = θ·(1 + θ²/3 + …) up to 40°: the corners lie outside the photo.
    ['THIN_PRISM_FISHEYE', fisheyeLens({ k1: 0.45, k2: 0.1, p1: 0.002, p2: -0.001, sx1: 0.002, sy1: -0.003 }), 130],
  ];
  it.each(LENSES)(
    'gives the pinhole view of a scene seen through %s, and masks what the lens did not see',
    async (_, lens, focal) => {
      const [width, height] = [160, 120];

      const view = camera(width, height, focal);
      // Seen through the lens: pixel values at distorted places, whose rays are found backwards.
      const data = new Uint8Array(width * height * 3);
      for (let y = 0, i = 0; y < height; y++) {
        for (let x = 0; x < width; x++, i += 3) {
          const [u, v] = [(x + 0.5 - view.cx) / view.fx, (y + 0.5 - view.cy) / view.fy];
          const ray = rayOf(lens, u, v)!;
          const [a, b] = [ray[0] / ray[2], ray[1] / ray[2]];
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
        for (let v = 0; v < 4; v++)
          for (let u = 0; u < 4; u++) if (!mask![(4 * y + v) * width + 4 * x + u]) return false;
        return true;
      };
      small.mask!.forEach((value, i) => expect(value).toBe(coveredFully(i % 40, Math.floor(i / 40)) ? 255 : 0));
    },
  );

  it('carries a mask through the lens', async () => {
    const [width, height] = [80, 60];
    const lens = lensOf({ k1: 0.2 });
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
