import { describe, expect, it } from 'vitest';
import { captureExtent, loadCapture, PhotoStore, splitHoldout } from '../../../src-main/capture/index';
import { decodePhoto } from '../../../src-main/capture/decode';
import { sharedPath } from '../../shared';

const plush = sharedPath('scenes', 'plush');

describe.runIf(plush !== null)('the plush capture', () => {
  const open = (format: 'colmap' | 'transforms') => loadCapture(plush!, { format });

  it('has the same cameras and points in both descriptions', async () => {
    const [colmap, transforms] = await Promise.all([open('colmap'), open('transforms')]);
    expect(colmap.photos.length).toBe(97);
    expect(transforms.photos.map(({ name, path }) => [name, path])).toEqual(
      colmap.photos.map(({ name, path }) => [name, path]),
    );
    let worst = 0;
    colmap.photos.forEach(({ camera }, i) => {
      const other = transforms.photos[i].camera;
      expect([other.width, other.height]).toEqual([camera.width, camera.height]);
      for (const field of ['fx', 'fy', 'cx', 'cy'] as const)
        worst = Math.max(worst, Math.abs(camera[field] - other[field]));
      camera.worldToCamera.forEach((value, k) => (worst = Math.max(worst, Math.abs(value - other.worldToCamera[k]))));
    });
    // Both files carry float64; only the order of operations differs.
    expect(worst).toBeLessThan(1e-5);

    const sorted = ({ points }: typeof colmap) =>
      Array.from({ length: points!.count }, (_, i) => [
        ...points!.positions.subarray(3 * i, 3 * i + 3),
        ...points!.colours.subarray(3 * i, 3 * i + 3),
      ]).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    expect(colmap.points?.count).toBe(25_784);
    // Doubles in one, floats in the other: equal once both are float32.
    expect(sorted(transforms)).toEqual(sorted(colmap));
  });

  it('holds out 13 photos, the first by name among them, and spans a finite extent', async () => {
    const { photos } = await open('colmap');
    const { training, heldOut } = splitHoldout(photos, 8);
    expect([training.length, heldOut.length]).toEqual([84, 13]);
    expect(photos[heldOut[0]].name).toBe('20240212_003919.jpg');
    expect(heldOut.map((i) => i % 8)).toEqual(new Array(13).fill(0));
    const extent = captureExtent(photos.map(({ camera }) => camera));
    expect(extent).toBeGreaterThan(1);
    expect(extent).toBeLessThan(20);
  });

  it('projects its sparse points into its photos', async () => {
    const { photos, points } = await open('transforms');
    const { positions, count } = points!;
    let [inFront, inside] = [0, 0];
    const { camera } = photos[40];
    const m = camera.worldToCamera;
    for (let i = 0; i < count; i++) {
      const p = positions.subarray(3 * i, 3 * i + 3);
      const [x, y, z] = [0, 1, 2].map(
        (k) => m[4 * k] * p[0] + m[4 * k + 1] * p[1] + m[4 * k + 2] * p[2] + m[4 * k + 3],
      );
      if (z <= 0) continue;
      inFront++;
      const [u, v] = [(camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy];
      if (u >= 0 && u < camera.width && v >= 0 && v < camera.height) inside++;
    }
    expect(inFront).toBeGreaterThan(0.8 * count);
    expect(inside).toBeGreaterThan(0.1 * count);
  });

  it('is reduced to 248×186 exactly, at a cost in CPU time that leaves training its budget', async () => {
    const { photos } = await open('colmap');
    const store = new PhotoStore(photos, { longSide: 248, maxBytes: 64 * 2 ** 20, threads: 1 });
    const before = process.cpuUsage();
    for (let i = 0; i < photos.length; i++) await store.load(i);
    const { user, system } = process.cpuUsage(before);
    console.log(`plush, 97 photos to 248×186: ${((user + system) / 1e6).toFixed(2)} CPU-seconds`);
    // About 1.2 on an idle core; the rest is room for a busy machine.
    expect((user + system) / 1e6).toBeLessThan(5);
    expect(store.stats.bytes).toBe(97 * 248 * 186 * 3);

    const { camera, rgb } = await store.load(0);
    expect([camera.width, camera.height]).toEqual([248, 186]);
    expect(camera.fx).toBeCloseTo(819.2289282442601 * (248 / 990), 10);
    expect(camera.fy).toBeCloseTo(819.2289282442601 * (186 / 742), 10);
    const { data } = await decodePhoto(photos[0].path, photos[0].name);
    const total = (bytes: Uint8Array) => bytes.reduce((sum, value) => sum + value, 0) / bytes.length;
    // Averaging keeps the mean; rounding 46,128 pixels moves it far less than this.
    expect(total(rgb)).toBeCloseTo(total(data), 1);
  });
});
