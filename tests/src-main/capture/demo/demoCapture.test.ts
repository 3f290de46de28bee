/** A small demo on disk, read back by everything that reads captures and truth. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCapture, parsePly, PhotoStore } from '../../../../src-main/capture/index';
import { quaternionOf } from '../../../../src-main/capture/demo/colmapModel';
import { demoCapture, makeDemo, photoCount } from '../../../../src-main/capture/demo/demoCapture';
import {
  DEMO_VERSION,
  readTruth,
  truthFile,
  truthMap,
  truthPoints,
  type DemoTruth,
} from '../../../../src-main/capture/demo/truth';
import { poseFromQuaternion } from '../../../../src-main/capture/pose';
import { seeded } from '../fixtures';

const options = { seed: 11, objects: 12, views: 8, width: 64, height: 48 };

let folder: string;
let demo: string;
let truth: DemoTruth;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-demo-'));
  demo = join(folder, 'room');
  truth = await makeDemo(demo, options, { light: 'quick', threads: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Hash of every file below a folder, by name. */
async function fingerprint(root: string): Promise<Record<string, string>> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const hashes = paths.sort().map(async (path) => {
    const hash = createHash('sha256').update(await readFile(path));
    return [path.slice(root.length), hash.digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

/** A map of truth as numbers. */
async function mapOf(
  kind: 'class' | 'instance' | 'depth',
  photo: string,
): Promise<{ data: ArrayLike<number>; width: number }> {
  const image = sharp(truthMap(demo, kind, photo));
  expect((await image.metadata()).channels).toBe(1);
  const deep = kind === 'depth';
  const { data, info } = await image
    .toColourspace(deep ? 'grey16' : 'b-w')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data: deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data, width: info.width };
}

describe('a demo capture', () => {
  it('opens like any capture, with its own held-out photos', async () => {
    const capture = await loadCapture(demo);
    expect(capture.warnings).toEqual([]);
    expect(capture.photos).toHaveLength(photoCount(8));
    expect(capture.heldOut).toEqual(['002.png', '007.png']);
    expect(capture.points?.count).toBeGreaterThan(500);
    expect(truth).toEqual(await readTruth(demo));
    expect(truth.heldOut).toBe(2);
    const photo = await new PhotoStore(capture.photos, { maxBytes: 2 ** 24 }).load(0);
    expect(photo.camera).toMatchObject({ width: 64, height: 48 });
    expect(new Set(photo.rgb).size).toBeGreaterThan(50);
  });

  it('has maps in which each instance belongs to its class, and depth wherever there is one', async () => {
    const classOf = new Map(truth.instances.map(({ id, classId }) => [id, classId]));
    for (const photo of ['000.png', '007.png']) {
      const [classes, instances, depth] = await Promise.all(
        (['class', 'instance', 'depth'] as const).map((kind) => mapOf(kind, photo)),
      );
      expect(classes.data.length).toBe(64 * 48);
      for (let i = 0; i < classes.data.length; i++) {
        expect(classes.data[i]).toBe(classOf.get(instances.data[i]));
        expect(depth.data[i]).toBeGreaterThan(100);
      }
    }
  });

  it('has surface points that project onto their instance, at their depth', async () => {
    const capture = await loadCapture(demo);
    const [vertices] = parsePly(await readFile(truthPoints(demo)), 'points.ply').elements;
    const column = (name: string) => vertices.columns.get(name) ?? [];
    const [x, y, z, instance] = ['x', 'y', 'z', 'instance'].map(column);
    expect(vertices.count).toBeGreaterThan(5000);
    for (const photo of capture.photos.slice(0, 3)) {
      const { worldToCamera: m, fx, fy, cx, cy } = photo.camera;
      const [instances, depth] = [await mapOf('instance', photo.name), await mapOf('depth', photo.name)];
      let [visible, right] = [0, 0];
      for (let i = 0; i < vertices.count; i++) {
        const [a, b, c] = [0, 4, 8].map((r) => m[r] * x[i] + m[r + 1] * y[i] + m[r + 2] * z[i] + m[r + 3]);
        const [u, v] = [Math.floor((fx * a) / c + cx), Math.floor((fy * b) / c + cy)];
        if (c <= 0 || u < 0 || v < 0 || u >= 64 || v >= 48) continue;
        const pixel = v * 64 + u;
        // Hidden from this photo, beyond the slope of a surface within one of these large pixels.
        if (Math.abs(depth.data[pixel] / 1000 - c) > 0.03) continue;
        visible++;
        if (instances.data[pixel] === instance[i]) right++;
      }
      expect(visible).toBeGreaterThan(300);
      // The rest lie within a pixel of an outline, where a pixel's centre and the point fall on two things.
      expect(right / visible).toBeGreaterThan(0.9);
    }
  });

  it('is the same to the byte on any number of threads', async () => {
    const again = join(folder, 'again');
    await makeDemo(again, options, { light: 'quick', threads: 1 });
    expect(await fingerprint(again)).toEqual(await fingerprint(demo));
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const stopped = new AbortController();
    const path = join(folder, 'stopped');
    const reason = new Error('enough');
    const onProgress = (): void => stopped.abort(reason);
    await expect(makeDemo(path, options, { light: 'quick', signal: stopped.signal, onProgress })).rejects.toBe(reason);
    expect(existsSync(path)).toBe(false);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('ends at the first photo that cannot be written, and says which file it was', async () => {
    const path = join(folder, 'removed');
    let photos = 0;
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'photos') photos++;
      const unfinished = readdirSync(folder).filter((name) => name.startsWith('.removed'));
      for (const name of unfinished) rmSync(join(folder, name, 'truth'), { recursive: true, force: true });
    };
    const making = makeDemo(path, { ...options, views: 40 }, { light: 'quick', threads: 1, onProgress });
    await expect(making).rejects.toThrow(/removed.*truth/);
    expect(photos).toBeLessThan(photoCount(40));
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a folder that holds something, and options out of range', async () => {
    await expect(makeDemo(demo, options)).rejects.toThrow(/exists already; choose a new folder/);
    const path = join(folder, 'never');
    for (const wrong of [{ seed: -1 }, { seed: 1.5 }, { objects: 11 }, { views: 3 }, { width: 31 }, { height: 4096 }]) {
      await expect(makeDemo(path, wrong)).rejects.toThrow(RangeError);
    }
    expect(existsSync(path)).toBe(false);
  });

  it('comes from the cache when it is there, and is made again when its truth is damaged', async () => {
    const cache = join(folder, 'cache');
    const path = join(cache, `demo-v${DEMO_VERSION}-11-12-8-64x48-quick`);
    await mkdir(cache);
    await rename(demo, path);
    const before = (await stat(path)).ctimeMs;
    expect(await demoCapture(cache, options, { light: 'quick' })).toBe(path);
    expect((await stat(path)).ctimeMs).toBe(before);
    await writeFile(truthFile(path), '{}');
    await expect(readTruth(path)).rejects.toThrow(/truth\/demo.json: .*make the demo again/);
    expect(await demoCapture(cache, options, { light: 'quick' })).toBe(path);
    expect(await readTruth(path)).toEqual(truth);
  });

  it('reads the truth of a room of an earlier version, and refuses that of a later one', async () => {
    const capture = join(folder, 'versions');
    await mkdir(join(capture, 'truth'), { recursive: true });
    await writeFile(truthFile(capture), JSON.stringify({ ...truth, version: DEMO_VERSION - 1 }));
    expect((await readTruth(capture)).classes).toEqual(truth.classes);
    await writeFile(truthFile(capture), JSON.stringify({ ...truth, version: DEMO_VERSION + 1 }));
    await expect(readTruth(capture)).rejects.toThrow(/made by a later version of Legato \(version\)/);
  });
});

describe('quaternionOf', () => {
  it('gives back any rotation through the reader of COLMAP poses', () => {
    const random = seeded(3);
    for (let n = 0; n < 200; n++) {
      const q = Array.from({ length: 4 }, () => random() - 0.5);
      const length = Math.hypot(...q);
      const pose = poseFromQuaternion(
        q.map((value) => value / length),
        [1, 2, 3],
      );
      if (!('worldToCamera' in pose)) throw new Error(pose.problem);
      const back = poseFromQuaternion(quaternionOf(pose.worldToCamera), [1, 2, 3]);
      if (!('worldToCamera' in back)) throw new Error(back.problem);
      // Float64 throughout.
      back.worldToCamera.forEach((value, i) => expect(Math.abs(value - pose.worldToCamera[i])).toBeLessThan(1e-14));
    }
  });
});
