import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../src-main/capture/byteSource';
import { readCamerasBinary, readCamerasText } from '../../../src-main/capture/colmapCameras';
import { readImagesBinary, readImagesText } from '../../../src-main/capture/colmapImages';
import { readPointsBinary, readPointsText } from '../../../src-main/capture/colmapPoints';
import { CaptureError } from '../../../src-main/capture/errors';
import { fisheyeLens, perspectiveLens } from '../../../src-main/capture/lens';
import { loadCapture } from '../../../src-main/capture/load';
import * as fixtures from './fixtures';
import { told } from './told';

const { folderWith, Writer } = fixtures;
const source = (content: string | Uint8Array, file = 'model.bin') =>
  bytesSource(typeof content === 'string' ? new TextEncoder().encode(content) : content, file);

describe('COLMAP readers', () => {
  it('read the same cameras from text (comments, blank and Windows lines) and binary', () => {
    const text = readCamerasText(source(fixtures.CAMERAS_TXT));
    expect(text).toEqual(readCamerasBinary(source(fixtures.camerasBin())));
    expect([...text.keys()]).toEqual([900, 17]);
    expect(text.get(17)?.intrinsics).toEqual({
      ...{ width: 8, height: 6, fx: 7, fy: 7.5, cx: 4, cy: 3 },
      distortion: perspectiveLens({ k1: 0.01, k2: -0.02, p1: 0.003, p2: 0.004 }),
    });
    expect(text.get(900)?.intrinsics?.distortion).toBeNull();
  });

  it('read the same images from text (blank observation lines, names with spaces) and binary', () => {
    const text = readImagesText(source(fixtures.IMAGES_TXT));
    expect(text).toEqual(readImagesBinary(source(fixtures.imagesBin())));
    expect(text.map(({ id, name, cameraId }) => [id, name, cameraId])).toEqual([
      [40, 'sub/b photo.png', 17],
      [7, 'a.png', 900],
    ]);
    // (0.8, 0, 0.6, 0) turns about y by 2·acos 0.8: cos = 0.28, sin = 0.96.
    const expected = [0.28, 0, 0.96, 1, 0, 1, 0, 2, -0.96, 0, 0.28, 3, 0, 0, 0, 1];
    text[1].worldToCamera.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 14));
  });

  it('read the same points from text and binary, without their tracks', async () => {
    const text = await readPointsText(source(fixtures.POINTS_TXT));
    expect(text).toEqual(await readPointsBinary(source(fixtures.pointsBin())));
    expect([...text.positions]).toEqual([1, 2, 3, -1, -2, -3.5]);
    expect([...text.colours]).toEqual([10, 20, 30, 255, 0, 1]);
  });

  it('read every supported model, and know the names of the others', () => {
    const text =
      '1 SIMPLE_PINHOLE 8 6 7 4 3\n2 SIMPLE_RADIAL 8 6 7 4 3 0.1\n3 RADIAL 8 6 7 4 3 0.1 0.2\n' +
      '4 OPENCV_FISHEYE 8 6 7 7 4 3 0.1 0 0 0\n5 FULL_OPENCV 8 6 7 7 4 3 0 0 0 0 0 0 0 0\n' +
      '6 EQUIRECTANGULAR 8 6 8 6\n7 EUCM 8 6 7 7 4 3 0.5 1\n';
    const cameras = readCamerasText(source(text));
    expect(cameras.get(1)?.intrinsics).toMatchObject({ fx: 7, fy: 7, cx: 4, cy: 3, distortion: null });
    expect(cameras.get(2)?.intrinsics?.distortion).toEqual(perspectiveLens({ k1: 0.1 }));
    expect(cameras.get(3)?.intrinsics?.distortion).toEqual(perspectiveLens({ k1: 0.1, k2: 0.2 }));
    expect(cameras.get(4)?.intrinsics?.distortion).toEqual(fisheyeLens({ k1: 0.1 }));
    expect(cameras.get(5)?.intrinsics?.distortion).toBeNull();
    expect(cameras.get(6)).toEqual({ model: 'EQUIRECTANGULAR', intrinsics: null });
    expect(cameras.get(7)).toEqual({ model: 'EUCM', intrinsics: null });
  });

  it('pass over long tracks and observation lists that lie beyond the window', async () => {
    const track = 100_000;
    const file = Buffer.concat([
      new Writer().u64(2, 1).f64(1, 2, 3).u8(1, 2, 3).f64(0).u64(track).bytes(),
      Buffer.alloc(8 * track),
      new Writer().u64(2).f64(4, 5, 6).u8(4, 5, 6).f64(0).u64(0).bytes(),
    ]);
    expect([...(await readPointsBinary(source(file))).positions]).toEqual([1, 2, 3, 4, 5, 6]);
    const line = `1 1 0 0 0 0 0 0 1 a.png\n${'1.5 2.5 3 '.repeat(60_000)}\n2 1 0 0 0 0 0 0 1 b.png\n\n`;
    expect(readImagesText(source(line)).map(({ name }) => name)).toEqual(['a.png', 'b.png']);
  });

  it.each([
    ['camera id 1 appears twice', '1 PINHOLE 8 6 7 7 4 3\n1 PINHOLE 8 6 7 7 4 3\n'],
    ['line 1', '1 PINHOLE 8 6 7 7 4\n'],
    ['unknown camera model "LENS"', '1 LENS 8 6 7 7 4\n'],
    ['width 0', '1 PINHOLE 0 6 7 7 4 3\n'],
    ['over 32768', '1 PINHOLE 99999 6 7 7 4 3\n'],
    ['no focal length', '1 PINHOLE 8 6 0 7 4 3\n'],
    ['no focal length', '1 PINHOLE 8 6 -7 7 4 3\n'],
    ['"nan" is not a finite number', '1 PINHOLE 8 6 nan 7 4 3\n'],
    ['far outside', '1 PINHOLE 8 6 7 7 4000 3\n'],
    ['the lens cannot be undone', '1 SIMPLE_RADIAL_FISHEYE 8 6 7 4 3 -999\n'],
    ['no angle below π', '1 FOV 8 6 7 7 4 3 4\n'],
    ['FOV takes 5 parameters, not 4', '1 FOV 8 6 7 7 4 3\n'],
    ['"-8" is not an integer', '1 PINHOLE -8 6 7 7 4 3\n'],
    ['not UTF-8', Buffer.from([0x31, 0x20, 0xff, 0xfe, 10])],
  ])('refuse cameras: %s', (message, text) => {
    expect(() => readCamerasText(source(text, 'cameras.txt'))).toThrow(CaptureError);
    expect(() => readCamerasText(source(text, 'cameras.txt'))).toThrow(message);
  });

  it.each([
    ['the quaternion has length 2.00000, not 1', '1 2 0 0 0 0 0 0 1 a.png\n\n'],
    ['the image id 1 appears twice', '1 1 0 0 0 0 0 0 1 a.png\n\n1 1 0 0 0 0 0 0 1 b.png\n\n'],
    ['the photo "a.png" appears twice', '1 1 0 0 0 0 0 0 1 a.png\n\n2 1 0 0 0 0 0 0 1 a.png\n\n'],
    ['line 1, TY', '1 1 0 0 0 0 inf 0 1 a.png\n\n'],
    ['translation is out of range', '1 1 0 0 0 0 1e30 0 1 a.png\n\n'],
    ['a line of observations', '1 1 0 0 0 0 0 0 1 a.png\n2 1 0 0 0 0 0 0 1 b.png\n'],
    ['an image needs', '1 1 0 0 0 0 0 0 1\n\n'],
  ])('refuse images: %s', (message, text) => {
    expect(() => readImagesText(source(text, 'images.txt'))).toThrow(CaptureError);
    expect(() => readImagesText(source(text, 'images.txt'))).toThrow(message);
  });

  it('name the record and the byte in a binary file', async () => {
    expect(() => readImagesBinary(source(fixtures.imagesBin().subarray(0, 165), 'images.bin'))).toThrow(
      /^images\.bin: truncated at byte 165 \(image 2 of 2\); /,
    );
    expect(() => readCamerasBinary(source(new Writer().u64(-1).bytes(), 'cameras.bin'))).toThrow(
      'the count of cameras is negative at byte 0',
    );
    expect(() => readImagesBinary(source(new Writer().u64(10 ** 12).bytes(), 'images.bin'))).toThrow(
      /1,000,000,000,000 images are announced, but .* at byte 0/,
    );
    const unknown = new Writer().u64(1).u32(3, 77).u64(8, 6).f64(7, 7, 4, 3).bytes();
    expect(() => readCamerasBinary(source(unknown))).toThrow(
      'unknown camera model 77 at byte 12 (camera 1 of 1, id 3)',
    );
    const points = fixtures.pointsBin();
    points.writeDoubleLE(Number.NaN, 16 + 8);
    await expect(readPointsBinary(source(points, 'points3D.bin'))).rejects.toThrow(
      'points3D.bin: a coordinate is NaN at byte 24 (point 1 of 2)',
    );
    const long = Buffer.concat([fixtures.pointsBin(), Buffer.alloc(3)]);
    await expect(readPointsBinary(source(long))).rejects.toThrow('3 bytes are left over');
  });

  const readers: [string, Buffer, (bytes: Uint8Array) => unknown][] = [
    ['cameras.bin', fixtures.camerasBin(), (bytes) => readCamerasBinary(source(bytes))],
    ['images.bin', fixtures.imagesBin(), (bytes) => readImagesBinary(source(bytes))],
    ['points3D.bin', fixtures.pointsBin(), (bytes) => readPointsBinary(source(bytes))],
    ['cameras.txt', Buffer.from(fixtures.CAMERAS_TXT), (bytes) => readCamerasText(source(bytes))],
    ['images.txt', Buffer.from(fixtures.IMAGES_TXT), (bytes) => readImagesText(source(bytes))],
    ['points3D.txt', Buffer.from(fixtures.POINTS_TXT), (bytes) => readPointsText(source(bytes))],
  ];

  it.each(readers.slice(0, 3))('refuse %s cut at every byte', async (_, whole, read) => {
    for (let length = 0; length < whole.length; length++) {
      await expect((async () => read(whole.subarray(0, length)))()).rejects.toBeInstanceOf(CaptureError);
    }
  });

  it.each(readers)('give %s or a CaptureError, and small arrays, whatever bytes change', async (_, whole, read) => {
    const random = fixtures.seeded(5);
    let refused = 0;
    for (let run = 0; run < 4000; run++) {
      const bytes = Uint8Array.from(
        whole.subarray(0, random() < 0.3 ? Math.floor(random() * whole.length) : undefined),
      );
      // Whole bytes and single bits: extreme counts come from the first, near misses from the second.
      for (let k = Math.floor(random() * 4); k >= 0 && bytes.length > 0; k--) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = random() < 0.5 ? Math.floor(random() * 256) : bytes[at] ^ (1 << Math.floor(random() * 8));
      }
      try {
        const result = await read(bytes);
        if (result && typeof result === 'object' && 'positions' in result) {
          expect((result.positions as Float32Array).buffer.byteLength).toBeLessThanOrEqual(bytes.length + 12);
        }
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(400);
  });
});

describe('loadCapture on COLMAP', () => {
  it.each(['sparse/0', 'sparse', 'colmap/sparse/0'])('finds a model in %s, and photos by name', async (folder) => {
    const root = folderWith(await fixtures.colmapFiles(folder));
    const capture = await loadCapture(root);
    expect(capture).toMatchObject({ root, format: 'colmap', warnings: [] });
    expect(capture.photos.map(({ name, path }) => [name, path])).toEqual([
      ['a.png', join(root, 'images', 'a.png')],
      ['sub/b photo.png', join(root, 'images', 'sub', 'b photo.png')],
    ]);
    expect(capture.photos[1].camera.worldToCamera.slice(0, 12)).toEqual([1, 0, 0, 0.5, 0, 1, 0, -0.25, 0, 0, 1, 2]);
    expect(capture.points?.count).toBe(2);
    expect((await loadCapture(join(root, folder))).root).toBe(root);
  });

  it('takes photos from another folder, and masks in both spellings', async () => {
    const files = await fixtures.colmapFiles('sparse/0', 'photos');
    const mask = await fixtures.png(8, 6, 1);
    const root = folderWith({ ...files, 'masks/a.png.png': mask, 'masks/sub/b photo.png': mask });
    const capture = await loadCapture(root, { imagePath: 'photos' });
    expect(capture.photos.map(({ maskPath }) => maskPath)).toEqual([
      join(root, 'masks', 'a.png.png'),
      join(root, 'masks', 'sub', 'b photo.png'),
    ]);
    await expect(loadCapture(root)).rejects.toThrow('none of its 2 photos');
  });

  it('skips photos that are missing, and says so', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    rmSync(join(root, 'images', 'a.png'));
    rmSync(join(root, 'sparse', '0', 'points3D.bin'));
    const capture = await loadCapture(root);
    expect(capture.photos.map(({ name }) => name)).toEqual(['sub/b photo.png']);
    expect(capture.points).toBeNull();
    expect(told(capture.warnings)).toEqual([
      'photos not found, skipped: 1 (a.png)',
      'no sparse points: Gaussians start at random',
    ]);
  });

  it('scales intrinsics to reduced photos, and refuses photos of another shape', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    for (const name of ['a.png', 'sub/b photo.png'])
      writeFileSync(join(root, 'images', name), await fixtures.png(4, 3));
    const capture = await loadCapture(root);
    expect(capture.photos[0].camera).toMatchObject({ width: 4, height: 3, fx: 3.5, fy: 3.75, cx: 2, cy: 1.5 });
    expect(told(capture.warnings)[0]).toBe(
      'photos of 4×3 while calibrated at 8×6, intrinsics scaled: 2 (a.png, sub/b photo.png)',
    );
    writeFileSync(join(root, 'images', 'a.png'), await fixtures.png(6, 8));
    await expect(loadCapture(root)).rejects.toThrow(
      'a.png: the photo is 6×8 but its camera 8×6 (the photo seems turned, but has no EXIF orientation',
    );
  });

  it('says what a wide fisheye loses', async () => {
    // f·θ: 8 px of f = 3.2 px/rad are 143°; a pinhole of that focal length shows 2·atan(4/3.2) = 102.7°.
    const files = await fixtures.colmapFiles();
    const cameras = new Writer().u64(2).u32(900, 14).u64(8, 6).f64(3.2, 4, 3).u32(17, 1).u64(8, 6).f64(7, 7.5, 4, 3);
    const root = folderWith({ ...files, 'sparse/0/cameras.bin': cameras.bytes() });
    const { photos, warnings } = await loadCapture(root);
    expect(photos[0].distortion).toEqual(fisheyeLens({}));
    expect(told(warnings)).toEqual(['photos of a fisheye of 143° across, the middle 103° are used: 1 (a.png)']);
  });

  it('names the camera and the model that it cannot undistort, and what to do', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    const cameras = new Writer()
      .u64(2)
      .u32(900, 1)
      .u64(8, 6)
      .f64(7, 7.5, 4, 3)
      .u32(17, 16)
      .u64(8, 6)
      .f64(7, 7.5, 4, 3, 0.5, 1);
    writeFileSync(join(root, 'sparse/0/cameras.bin'), cameras.bytes());
    await expect(loadCapture(root)).rejects.toThrow(
      /^sparse\/0\/cameras\.bin: the camera model EUCM is not supported \(camera id 17\); .*image_undistorter/,
    );
  });

  it.each([
    '../secret.png',
    '/etc/secret.png',
    'a/../../secret.png',
    'C:\\secret.png',
    '..\\secret.png',
    'a\u0001.png',
    '.',
  ])('refuses the name %j', async (name) => {
    const root = folderWith(await fixtures.colmapFiles());
    const images = new Writer().u64(1).u32(40).f64(1, 0, 0, 0, 0, 0, 0).u32(17).text(name).u64(0);
    writeFileSync(join(root, 'sparse/0/images.bin'), images.bytes());
    await expect(loadCapture(root)).rejects.toThrow(/leads out of the capture's folder \(image id 40\)/);
  });

  it('refuses two spellings of one photo, unknown cameras and empty models', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    const image = (id: number, camera: number, name: string) =>
      new Writer().u32(id).f64(1, 0, 0, 0, 0, 0, 0).u32(camera).text(name).u64(0).bytes();
    const write = (...images: Buffer[]) =>
      writeFileSync(
        join(root, 'sparse/0/images.bin'),
        Buffer.concat([new Writer().u64(images.length).bytes(), ...images]),
      );
    write(image(1, 17, 'a.png'), image(2, 17, './a.png'));
    await expect(loadCapture(root)).rejects.toThrow('the photo "a.png" appears twice');
    write(image(1, 18, 'a.png'));
    await expect(loadCapture(root)).rejects.toThrow('the camera id 18 is not in cameras.bin (image id 1)');
    write();
    await expect(loadCapture(root)).rejects.toThrow('no photo has a pose');
  });

  it('prefers COLMAP over transforms.json unless told otherwise', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    writeFileSync(join(root, 'transforms.json'), '{');
    expect(told((await loadCapture(root)).warnings)).toEqual([
      'transforms.json is there too; the COLMAP model was read',
    ]);
    await expect(loadCapture(root, { format: 'transforms' })).rejects.toThrow(
      'transforms.json: the JSON ends too early',
    );
    await expect(loadCapture(join(root, 'transforms.json'))).rejects.toThrow(CaptureError);
    await expect(loadCapture(join(root, 'images', 'a.png'))).rejects.toThrow('not a capture');
    await expect(loadCapture(join(root, 'images'))).rejects.toThrow('no capture here');
    await expect(loadCapture(join(root, 'nowhere'))).rejects.toThrow('does not exist');
  });

  it('names a photo that is no photo', async () => {
    const root = folderWith(await fixtures.colmapFiles());
    writeFileSync(join(root, 'images', 'a.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"/>');
    await expect(loadCapture(root)).rejects.toThrow(/^a\.png: the photo cannot be decoded/);
    copyFileSync(join(root, 'sparse/0/cameras.bin'), join(root, 'images', 'a.png'));
    await expect(loadCapture(root)).rejects.toBeInstanceOf(CaptureError);
  });
});
