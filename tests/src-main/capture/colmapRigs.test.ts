/**
 * Rigs and frames of COLMAP 3.12+, hand-written: a rig of two cameras, an IMU and a camera without a pose.
 *
 * The rig stands where image 7 does (camera 900 is its origin). Camera 17 turns back by the same angle, so that image 40 has no
 * rotation: sensorFromRig = pose(40) · pose(7)⁻¹, q = (0.8, 0, −0.6, 0), t = t₄₀ − R·t₇ = (0.5, −0.25, 2) − (−2.6, 2, 1.8).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../src-main/capture/byteSource';
import { readFramesBinary, readFramesText, readRigsBinary, readRigsText } from '../../../src-main/capture/colmapRigs';
import { CaptureError } from '../../../src-main/capture/errors';
import { loadCapture } from '../../../src-main/capture/load';
import * as fixtures from './fixtures';
import { told } from './told';

const { folderWith, Writer } = fixtures;
const source = (content: string | Uint8Array, file = 'rigs.bin') =>
  bytesSource(typeof content === 'string' ? new TextEncoder().encode(content) : content, file);

const RIGS_TXT =
  '# Rig calib list\n5 4 CAMERA 900 CAMERA 17 1 0.8 0 -0.6 0 3.1 -2.25 0.2 IMU 3 1 1 0 0 0 0 0 0 CAMERA 18 0\r\n8 1 CAMERA 19\n';
const FRAMES_TXT = '# Frame list\n2 5 0.8 0 0.6 0 1 2 3 3 CAMERA 900 7 CAMERA 17 40 IMU 3 77\n';

const rigsBin = () =>
  new Writer()
    .u64(2)
    .u32(5, 4, 0, 900, 0, 17)
    .u8(1)
    .f64(0.8, 0, -0.6, 0, 3.1, -2.25, 0.2)
    .u32(1, 3)
    .u8(1)
    .f64(1, 0, 0, 0, 0, 0, 0)
    .u32(0, 18)
    .u8(0)
    .u32(8, 1, 0, 19)
    .bytes();
const framesBin = () =>
  new Writer()
    .u64(1)
    .u32(2, 5)
    .f64(0.8, 0, 0.6, 0, 1, 2, 3)
    .u32(3, 0, 900)
    .u64(7)
    .u32(0, 17)
    .u64(40)
    .u32(1, 3)
    .u64(77)
    .bytes();

describe('rigs and frames', () => {
  it('read the same from text and binary', () => {
    const rigs = readRigsText(source(RIGS_TXT));
    expect(rigs).toEqual(readRigsBinary(source(rigsBin())));
    expect([...rigs.get(5)!.keys()]).toEqual([900, 17, 18]);
    expect(rigs.get(5)!.get(18)).toBeNull();
    expect([...rigs.get(8)!.keys()]).toEqual([19]);
    const frames = readFramesText(source(FRAMES_TXT));
    expect(frames).toEqual(readFramesBinary(source(framesBin())));
    expect(frames[0]).toMatchObject({
      ...{ id: 2, rigId: 5 },
      images: [
        { cameraId: 900, imageId: 7 },
        { cameraId: 17, imageId: 40 },
      ],
    });
  });

  it("read COLMAP's own example, and rigs of hundreds of cameras", () => {
    const example =
      '1 2 CAMERA 1 CAMERA 2 1 -0.9999701516465348 -0.0011120266840749639 -0.0075347911527510894 0.0012985125893421306 ' +
      '-0.19316906391350164 0.00085222218993398979 0.0070758955539026785\n2 1 CAMERA 3\n';
    expect(readRigsText(source(example)).get(1)!.get(2)![3]).toBe(-0.19316906391350164);
    const pose =
      '1 0.70710678118654752 0 0.70710678118654752 0 0.1234567890123456 0.1234567890123456 0.1234567890123456';
    const many = `1 500 CAMERA 0${Array.from({ length: 499 }, (_, k) => ` CAMERA ${k + 1} ${pose}`).join('')}\n`;
    expect(many.length).toBeGreaterThan(8192);
    expect(readRigsText(source(many)).get(1)!.size).toBe(500);
  });

  it.each([
    ['the rig id 5 appears twice', '5 1 CAMERA 1\n5 1 CAMERA 2\n'],
    ['the camera 1 appears twice in one rig', '5 2 CAMERA 1 CAMERA 1 0\n'],
    ['line 1, SENSOR_ID of sensor 2', '5 2 CAMERA 1 CAMERA\n'],
    ['missing value', '5 2 CAMERA 1\n'],
    ['1 words are left over', '5 1 CAMERA 1 9\n'],
    ['"camera" is no sensor type', '5 1 camera 1\n'],
    ['the quaternion has length 2.00000', '5 2 CAMERA 1 CAMERA 2 1 2 0 0 0 0 0 0\n'],
    ['line 1, TZ', '5 2 CAMERA 1 CAMERA 2 1 1 0 0 0 0 0\n'],
    ['"9999999" is not an integer', '5 9999999 CAMERA 1\n'],
  ])('refuse rigs: %s', (message, text) => {
    expect(() => readRigsText(source(text, 'rigs.txt'))).toThrow(CaptureError);
    expect(() => readRigsText(source(text, 'rigs.txt'))).toThrow(message);
  });

  it('name the record and the byte, and believe no count', () => {
    expect(() => readRigsBinary(source(rigsBin().subarray(0, 60)))).toThrow(
      'rigs.bin: truncated at byte 60 (rig 1 of 2, sensor 2 of 4); ',
    );
    const huge = new Writer().u64(1).u32(5, 0xffffffff).bytes();
    expect(() => readRigsBinary(source(huge))).toThrow('4,294,967,295 sensors are announced');
    expect(() => readFramesBinary(source(new Writer().u64(1e9).bytes(), 'frames.bin'))).toThrow('frames are announced');
  });

  const readers: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
    ['rigs.bin', rigsBin(), (bytes) => readRigsBinary(source(bytes))],
    ['frames.bin', framesBin(), (bytes) => readFramesBinary(source(bytes))],
    ['rigs.txt', Buffer.from(RIGS_TXT), (bytes) => readRigsText(source(bytes))],
    ['frames.txt', Buffer.from(FRAMES_TXT), (bytes) => readFramesText(source(bytes))],
  ];
  it.each(readers.slice(0, 2))('refuse %s cut at every byte', (_, whole, read) => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => read(whole.subarray(0, length))).toThrow(CaptureError);
    }
  });

  it.each(readers)('give %s or a CaptureError, whatever bytes change', (_, whole, read) => {
    const random = fixtures.seeded(7);
    let refused = 0;
    for (let run = 0; run < 2000; run++) {
      const bytes = Uint8Array.from(whole);
      for (let k = Math.floor(random() * 3); k >= 0; k--) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = random() < 0.5 ? Math.floor(random() * 256) : bytes[at] ^ (1 << Math.floor(random() * 8));
      }
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });
});

describe('loadCapture on a rig', () => {
  const image = (id: number, q: number[], t: number[], camera: number, name: string) =>
    new Writer()
      .u32(id)
      .f64(...q, ...t)
      .u32(camera)
      .text(name)
      .u64(0)
      .bytes();
  const imagesBin = (...images: Buffer[]) => Buffer.concat([new Writer().u64(images.length).bytes(), ...images]);
  const files = async () => ({
    ...(await fixtures.colmapFiles()),
    'sparse/0/rigs.bin': rigsBin(),
    'sparse/0/frames.bin': framesBin(),
  });
  const expectPoses = (photos: readonly { camera: { worldToCamera: readonly number[] } }[]) => {
    const a = [0.28, 0, 0.96, 1, 0, 1, 0, 2, -0.96, 0, 0.28, 3, 0, 0, 0, 1];
    const b = [1, 0, 0, 0.5, 0, 1, 0, -0.25, 0, 0, 1, 2, 0, 0, 0, 1];
    [a, b].forEach((pose, i) =>
      pose.forEach((value, k) => expect(photos[i].camera.worldToCamera[k]).toBeCloseTo(value, 12)),
    );
  };

  it('poses the images by their frame, binary and text, without a word where both files agree', async () => {
    const binary = await loadCapture(folderWith(await files()));
    expect(binary.warnings).toEqual([]);
    expectPoses(binary.photos);
    const { 'images/a.png': a, 'images/sub/b photo.png': b } = await fixtures.colmapFiles();
    const text = await loadCapture(
      folderWith({
        ...{ 'images/a.png': a, 'images/sub/b photo.png': b },
        'sparse/0/cameras.txt': fixtures.CAMERAS_TXT,
        'sparse/0/images.txt': fixtures.IMAGES_TXT,
        'sparse/0/points3D.txt': fixtures.POINTS_TXT,
        'sparse/0/rigs.txt': RIGS_TXT,
        'sparse/0/frames.txt': FRAMES_TXT,
      }),
    );
    expect(text.warnings).toEqual([]);
    expectPoses(text.photos);
  });

  it('believes the frames where the images say something else, and says so', async () => {
    const moved = imagesBin(
      image(40, [1, 0, 0, 0], [9, 9, 9], 17, 'sub/b photo.png'),
      image(7, [1, 0, 0, 0], [0, 0, 0], 900, 'a.png'),
    );
    const { photos, warnings } = await loadCapture(folderWith({ ...(await files()), 'sparse/0/images.bin': moved }));
    expectPoses(photos);
    expect(told(warnings)).toEqual([
      'photos whose own pose differs from that of their frame, the frame’s is used, as in COLMAP: 2 (a.png, sub/b photo.png)',
    ]);
  });

  it('keeps the own pose of images that no frame or no rig poses', async () => {
    const frames = new Writer().u64(1).u32(2, 5).f64(1, 0, 0, 0, 0, 0, 0).u32(1, 0, 18).u64(40).bytes();
    const images = imagesBin(
      image(40, [1, 0, 0, 0], [0.5, -0.25, 2], 18, 'sub/b photo.png'),
      image(7, [0.8, 0, 0.6, 0], [1, 2, 3], 900, 'a.png'),
    );
    const cameras = new Writer().u64(2);
    for (const id of [900, 18]) cameras.u32(id, 1).u64(8, 6).f64(7, 7.5, 4, 3);
    const root = folderWith({
      ...(await files()),
      'sparse/0/cameras.bin': cameras.bytes(),
      'sparse/0/images.bin': images,
      'sparse/0/frames.bin': frames,
    });
    const { photos, warnings } = await loadCapture(root);
    expectPoses(photos);
    expect(told(warnings)).toEqual([
      'photos whose camera has no pose in the rig, their own pose is used: 1 (sub/b photo.png)',
      'photos in no frame, their own pose is used: 1 (a.png)',
    ]);
    writeFileSync(join(root, 'sparse/0/rigs.bin'), new Writer().u64(0).bytes());
    writeFileSync(join(root, 'sparse/0/frames.bin'), new Writer().u64(0).bytes());
    expect((await loadCapture(root)).warnings).toEqual([]);
  });

  it.each([
    ['the rig id 6 is not among the rigs (frame id 2)', [2, 6], [0, 900], 7],
    ['the camera id 20 is not in its rig 5 (frame id 2)', [2, 5], [0, 20], 7],
    ['the image id 7 has camera 17 here, but 900 among the images', [2, 5], [0, 17], 7],
  ])('refuses: %s', async (message, ids, sensor, imageId) => {
    const frames = new Writer()
      .u64(1)
      .u32(...ids)
      .f64(1, 0, 0, 0, 0, 0, 0)
      .u32(1, ...sensor)
      .u64(imageId)
      .bytes();
    const root = folderWith({ ...(await files()), 'sparse/0/frames.bin': frames });
    await expect(loadCapture(root)).rejects.toThrow(`sparse/0/frames.bin: ${message}`);
  });
});
