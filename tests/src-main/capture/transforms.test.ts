import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src-main/capture/errors';
import { firstMistake, parseJson } from '../../../src-main/capture/jsonText';
import { fisheyeLens, perspectiveLens, type Distortion } from '../../../src-main/capture/lens';
import { loadCapture } from '../../../src-main/capture/load';
import { writePly } from '../../../src-main/capture/ply';
import * as fixtures from './fixtures';
import { told } from './told';

const { folderWith, png } = fixtures;

const POSE = [
  [1, 0, 0, 4],
  [0, 0, -1, 5],
  [0, 1, 0, 6],
  [0, 0, 0, 1],
];
const CAMERA = { w: 8, h: 6, fl_x: 7, fl_y: 7.5, cx: 4.5, cy: 3.5 };

function points(...positions: number[]): Uint8Array {
  const column = (k: number) => Float32Array.from(positions.filter((_, i) => i % 3 === k));
  const red = Uint8Array.from(column(0), (_, i) => i + 1);
  const columns = new Map(Object.entries({ x: column(0), y: column(1), z: column(2), red, green: red, blue: red }));
  return writePly({ elements: [{ name: 'vertex', count: red.length, columns }] });
}

async function capture(json: object, files: Record<string, Uint8Array | string> = {}): Promise<string> {
  return folderWith({
    'transforms.json': JSON.stringify(json),
    'images/a.png': await png(8, 6),
    'images/b.png': await png(8, 6),
    ...files,
  });
}

describe('loadCapture on transforms.json', () => {
  it('turns OpenGL cameraToWorld into OpenCV worldToCamera', async () => {
    const root = await capture({ ...CAMERA, frames: [{ file_path: 'images/a.png', transform_matrix: POSE }] });
    const { photos, format, points: none, warnings } = await loadCapture(root);
    expect(format).toBe('transforms');
    expect(photos[0].name).toBe('a.png');
    expect(photos[0].camera).toMatchObject({ width: 8, height: 6, fx: 7, fy: 7.5, cx: 4.5, cy: 3.5 });
    // The OpenGL camera looks along its −z: (0, 1, 0) in the world here; up is its y: (0, 0, 1).
    const m = photos[0].camera.worldToCamera;
    const project = (p: number[]) =>
      [0, 1, 2].map((i) => m[4 * i] * p[0] + m[4 * i + 1] * p[1] + m[4 * i + 2] * p[2] + m[4 * i + 3] + 0);
    expect(project([4, 5, 6])).toEqual([0, 0, 0]);
    expect(project([4, 7, 6])).toEqual([0, 0, 2]);
    expect(project([4, 5, 9])).toEqual([0, -3, 0]);
    expect(none).toBeNull();
    expect(told(warnings)).toEqual(['no sparse points: Gaussians start at random']);
  });

  it('lets a frame override the shared intrinsics, one field or a whole focal length', async () => {
    const root = await capture({
      ...CAMERA,
      k1: 0.1,
      camera_model: 'OPENCV',
      frames: [
        { file_path: 'images/a.png', transform_matrix: POSE, cx: 4, k1: 0 },
        { file_path: 'images/b.png', transform_matrix: POSE, fl_x: 9, p2: 0.01 },
      ],
    });
    const { photos } = await loadCapture(root);
    expect(photos[0]).toMatchObject({ camera: { fx: 7, fy: 7.5, cx: 4, cy: 3.5 }, distortion: null });
    expect(photos[1]).toMatchObject({
      camera: { fx: 9, fy: 9, cx: 4.5 },
      distortion: perspectiveLens({ k1: 0.1, p2: 0.01 }),
    });
  });

  it.each<[string, object, Distortion | null]>([
    [
      'OPENCV',
      { k1: 0.1, k2: 0.02, k3: 0.003, p1: 0.004 },
      perspectiveLens({ k1: 0.1, k2: 0.02, k3: 0.003, p1: 0.004 }),
    ],
    [
      'OPENCV_FISHEYE',
      { k1: 0.1, k2: 0.02, k3: 0.003, k4: 0.004 },
      fisheyeLens({ k1: 0.1, k2: 0.02, k3: 0.003, k4: 0.004 }),
    ],
    ['OPENCV', { k1: 0.1, k4: 0.02 }, perspectiveLens({ k1: 0.1, b4: 0.02 })],
    ['OPENCV', { is_fisheye: true, k4: 0.004 }, fisheyeLens({ k4: 0.004 })],
    ['FULL_OPENCV', { k4: 0.004, k6: 0.1 }, perspectiveLens({ k4: 0.004, k6: 0.1 })],
    ['PINHOLE', {}, null],
  ])('reads the lens of %s with %j', async (model, terms, distortion) => {
    const frames = [{ file_path: 'images/a.png', transform_matrix: POSE }];
    const { photos } = await loadCapture(await capture({ ...CAMERA, camera_model: model, ...terms, frames }));
    expect(photos[0].distortion).toEqual(distortion);
    const shared = { ...CAMERA, frames: [{ ...frames[0], camera_model: model, ...terms }] };
    expect((await loadCapture(await capture(shared))).photos[0].distortion).toEqual(distortion);
  });

  it('reads instant-ngp: angles, no size, no extension, other folders', async () => {
    const json = {
      camera_angle_x: Math.PI / 2,
      frames: [{ file_path: './train/r_0', transform_matrix: POSE.slice(0, 3) }],
    };
    const root = folderWith({ 'transforms_train.json': JSON.stringify(json), 'train/r_0.png': await png(8, 6, 4) });
    const { photos } = await loadCapture(root);
    expect(photos[0].name).toBe('train/r_0.png');
    expect(photos[0].camera).toMatchObject({ width: 8, height: 6, cx: 4, cy: 3 });
    // w/2 / tan(45°), to rounding
    expect(photos[0].camera.fx).toBeCloseTo(4, 12);
    expect(photos[0].camera.fy).toBe(photos[0].camera.fx);
  });

  it('skips frames without a photo and says so; masks come from mask_path', async () => {
    const frames = ['a', 'b', 'c'].map((name) => ({ file_path: `images/${name}.png`, transform_matrix: POSE }));
    const root = await capture(
      { ...CAMERA, frames: [{ ...frames[0], mask_path: 'm/a.png' }, frames[1], frames[2]] },
      { 'm/a.png': await png(8, 6, 1) },
    );
    const result = await loadCapture(root);
    expect(result.photos.map(({ name, maskPath }) => [name, maskPath])).toEqual([
      ['a.png', join(root, 'm', 'a.png')],
      ['b.png', null],
    ]);
    expect(told(result.warnings)[0]).toBe('photos not found, skipped: 1 (images/c.png)');
    rmSync(join(root, 'm', 'a.png'));
    await expect(loadCapture(root)).rejects.toThrow('(frames[0].mask_path)');
  });

  it('leaves cameras and the points of ply_file_path in the frame of the file, whatever applied_transform says', async () => {
    const applied = {
      applied_transform: [
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, -1, 5],
      ],
      applied_scale: 2,
    };
    const frames = [{ file_path: 'images/a.png', transform_matrix: POSE }];
    const root = await capture({ ...CAMERA, ...applied, ply_file_path: 'p.ply', frames }, { 'p.ply': points(1, 2, 3) });
    const result = await loadCapture(root);
    expect([...result.points!.positions]).toEqual([1, 2, 3]);
    expect([...result.points!.colours]).toEqual([1, 1, 1]);
    expect(result.photos[0].camera.worldToCamera[3]).toBe(-4);
  });

  it('moves the points of a COLMAP model beside the file by applied_transform, to where its frames are', async () => {
    const applied = {
      applied_transform: [
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, -1, 5],
      ],
      applied_scale: 2,
    };
    const frames = [{ file_path: 'images/a.png', transform_matrix: POSE }];
    const files = {
      ...(await fixtures.colmapFiles()),
      'transforms.json': JSON.stringify({ ...CAMERA, ...applied, frames }),
    };
    const { points: moved, warnings } = await loadCapture(join(folderWith(files), 'transforms.json'));
    expect([...moved!.positions]).toEqual([4, 2, 4, -4, -2, 17]);
    expect(told(warnings)[0]).toContain('those of the COLMAP model beside it are used');
  });

  const frame = { file_path: 'images/a.png', transform_matrix: POSE };
  const turned = (change: (rows: number[][]) => void) => {
    const rows = POSE.map((row) => [...row]);
    change(rows);
    return { ...CAMERA, frames: [{ ...frame, transform_matrix: rows }] };
  };
  it.each<[string, object]>([
    ['(frames)', { ...CAMERA }],
    ['no frames', { ...CAMERA, frames: [] }],
    ['(top level)', [1]],
    [
      '(frames[0].transform_matrix[1][2])',
      {
        ...CAMERA,
        frames: [
          {
            ...frame,
            transform_matrix: [
              [1, 0, 0, 0],
              [0, 1, 'x', 0],
              [0, 0, 1, 0],
            ],
          },
        ],
      },
    ],
    ['3 or 4 rows', { ...CAMERA, frames: [{ ...frame, transform_matrix: POSE.slice(0, 2) }] }],
    ['it is not a rotation', turned((rows) => (rows[0][0] = 1.1))],
    ['it mirrors the world', turned((rows) => (rows[0][0] = -1))],
    ['its last row is not 0 0 0 1', turned((rows) => (rows[3][0] = 1))],
    ['translation is out of range', turned((rows) => (rows[0][3] = 1e12))],
    [
      "leads out of the capture's folder (frames[0].file_path)",
      { ...CAMERA, frames: [{ ...frame, file_path: '../a.png' }] },
    ],
    [
      "leads out of the capture's folder (frames[0].file_path)",
      { ...CAMERA, frames: [{ ...frame, file_path: '/tmp/a.png' }] },
    ],
    ["leads out of the capture's folder (ply_file_path)", { ...CAMERA, frames: [frame], ply_file_path: '../p.ply' }],
    ['is frame 0 too', { ...CAMERA, frames: [frame, { ...frame, file_path: './images/a.png' }] }],
    ['no focal length', { frames: [frame] }],
    ['no focal length', { ...CAMERA, fl_x: -3, frames: [frame] }],
    [
      '"EQUIRECTANGULAR" is not supported (frames[0].camera_model)',
      { ...CAMERA, camera_model: 'EQUIRECTANGULAR', frames: [frame] },
    ],
    ['PINHOLE with is_fisheye', { ...CAMERA, camera_model: 'PINHOLE', is_fisheye: true, frames: [frame] }],
    ['the lens cannot be undone', { ...CAMERA, k1: -800, frames: [frame] }],
    ['none of its photos was found', { ...CAMERA, frames: [{ ...frame, file_path: 'images/z.png' }] }],
    ['but its camera 80×6', { ...CAMERA, w: 80, frames: [frame] }],
  ])('refuses: %s', async (message, json) => {
    const root = await capture(json);
    await expect(loadCapture(root)).rejects.toThrow(CaptureError);
    await expect(loadCapture(root)).rejects.toThrow(message);
  });

  it('refuses an infinite number, which JSON can spell', async () => {
    const root = await capture({});
    writeFileSync(
      join(root, 'transforms.json'),
      '{"fl_x": 1e999, "frames": [{"file_path": "a", "transform_matrix": []}]}',
    );
    await expect(loadCapture(root)).rejects.toThrow('(fl_x)');
  });
});

describe('parseJson', () => {
  const parse = (text: string) => parseJson(new TextEncoder().encode(text), 't.json');

  it('names line, column and byte of a mistake', () => {
    expect(() => parse('{\n  "é": 1,\n  "b": tru\n}')).toThrow('t.json: not valid JSON at byte 20 (line 3, column 8)');
    expect(() => parse('{"a": [1, 2')).toThrow('the JSON ends too early at byte 11');
    expect(parse('\ufeff{"a": [1e2, {}]}')).toEqual({ a: [100, {}] });
  });

  it('finds no mistake in what the engine accepts, and otherwise one near the character that made it', () => {
    const random = fixtures.seeded(3);
    const whole = '{"a":[1,-2.5e3,true,null,"x\\n\\u00e9"],"b":{},"c":[{"d":""}]}';
    const alphabet = '{}[],:"\\0129.eE-+ntfu \n';
    for (let run = 0; run < 20_000; run++) {
      const at = Math.floor(random() * whole.length);
      const character = alphabet[Math.floor(random() * alphabet.length)];
      const text = whole.slice(0, at) + character + whole.slice(at + (random() < 0.5 ? 1 : 0));
      try {
        JSON.parse(text);
        expect(firstMistake(text)).toBe(text.length);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const mistake = firstMistake(text);
        // Everything before the changed character was valid; the mistake shows there or later, or in the token it ended.
        expect(mistake).toBeGreaterThanOrEqual(Math.max(0, at - 8));
        expect(mistake).toBeLessThanOrEqual(text.length);
      }
    }
  });
});
