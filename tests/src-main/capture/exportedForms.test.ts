/**
 * Folders of the shape that other programs write: Polycam's keyframes with the transforms.json of its own converter or of
 * nerfstudio's, RealityCapture by way of nerfstudio and in its COLMAP form.
 */
import { describe, expect, it } from 'vitest';
import { perspectiveLens } from '../../../src-main/capture/lens';
import { loadCapture } from '../../../src-main/capture/load';
import { writePly } from '../../../src-main/capture/ply';
import { folderWith, png } from './fixtures';
import { told } from './told';

const POSE = [
  [1, 0, 0, 1],
  [0, 0, -1, 2],
  [0, 1, 0, 3],
  [0, 0, 0, 1],
];

describe('Polycam', () => {
  it('with the transforms.json of its own converter: everything in each frame, photos named by time stamps', async () => {
    const frame = (stamp: string, fl: number) => ({
      file_path: `./keyframes/corrected_images/${stamp}.jpg`,
      transform_matrix: POSE,
      ...{ w: 8, h: 6, fl_x: fl, fl_y: fl, cx: 4, cy: 3, k1: 0, k2: 0, p1: 0, p2: 0, is_fisheye: false },
      ...{ camera_angle_x: 1.04, camera_angle_y: 0.81, sharpness: 312.5, centre_depth: 1.2 },
    });
    const json = { aabb_scale: 2, offset: [0.5, 0.5, 0.5], frames: [frame('1667321', 7), frame('1667322', 7.25)] };
    const root = folderWith({
      'transforms.json': JSON.stringify(json),
      'mesh_info.json': '{}',
      'keyframes/corrected_images/1667321.jpg': await png(8, 6),
      'keyframes/corrected_images/1667322.jpg': await png(8, 6),
      'keyframes/corrected_cameras/1667321.json': '{}',
      'keyframes/depth/1667321.png': await png(4, 3, 1),
    });
    const { photos, format, warnings } = await loadCapture(root);
    expect(format).toBe('transforms');
    expect(photos.map(({ name, camera, distortion }) => [name, camera.fx, distortion])).toEqual([
      ['keyframes/corrected_images/1667321.jpg', 7, null],
      ['keyframes/corrected_images/1667322.jpg', 7.25, null],
    ]);
    expect(told(warnings)).toEqual(['no sparse points: Gaussians start at random']);
  });

  it('by way of nerfstudio: renumbered photos, depth beside, points in a PLY', async () => {
    const frame = (i: number) => ({
      ...{ fl_x: 7 + i / 10, fl_y: 7, cx: 4, cy: 3, w: 8, h: 6 },
      file_path: `./images/frame_0000${i}.png`,
      depth_file_path: `./depth/frame_0000${i}.png`,
      transform_matrix: POSE,
    });
    const json = {
      ...{ camera_model: 'OPENCV', orientation_override: 'none', ply_file_path: 'sparse_pc.ply' },
      frames: [1, 2].map(frame),
    };
    const columns = new Map(Object.entries({ x: [1], y: [2], z: [3] }).map(([k, v]) => [k, Float32Array.from(v)]));
    const root = folderWith({
      'transforms.json': JSON.stringify(json),
      'images/frame_00001.png': await png(8, 6),
      'images/frame_00002.png': await png(8, 6),
      'sparse_pc.ply': writePly({ elements: [{ name: 'vertex', count: 1, columns }] }),
    });
    const { photos, points } = await loadCapture(root);
    expect(photos.map(({ name, camera }) => [name, camera.fx])).toEqual([
      ['frame_00001.png', 7.1],
      ['frame_00002.png', 7.2],
    ]);
    expect(points?.count).toBe(1);
  });
});

describe('RealityCapture', () => {
  it("by way of nerfstudio: Brown's four terms and decentring, its own for each photo", async () => {
    const frame = (name: string, k4: number) => ({
      ...{ w: 8, h: 6, fl_x: 7, fl_y: 7, cx: 4.1, cy: 2.9, k1: 0.05, k2: -0.02, k3: 0.003, k4, p1: 0.001, p2: -0.002 },
      file_path: `images\\${name}`,
      transform_matrix: POSE,
    });
    const json = {
      camera_model: 'OPENCV',
      orientation_override: 'none',
      frames: [frame('IMG 1.JPG', 0.0004), frame('b.png', 0)],
    };
    const root = folderWith({
      'transforms.json': JSON.stringify(json),
      'images/IMG 1.JPG': await png(8, 6),
      'images/b.png': await png(8, 6),
    });
    const { photos } = await loadCapture(root);
    const terms = { k1: 0.05, k2: -0.02, k3: 0.003, p1: 0.001, p2: -0.002 };
    expect(photos.map(({ name, distortion }) => [name, distortion])).toEqual([
      ['IMG 1.JPG', perspectiveLens({ ...terms, b4: 0.0004 })],
      ['b.png', perspectiveLens(terms)],
    ]);
  });

  it('in its COLMAP form: a camera for each undistorted photo, no observations, Windows lines', async () => {
    const text = (...lines: string[]) => `${lines.join('\r\n')}\r\n`;
    const root = folderWith({
      'sparse/0/cameras.txt': text('# Camera list', '1 PINHOLE 8 6 7 7 4 3', '2 PINHOLE 6 8 7.5 7.5 3 4'),
      'sparse/0/images.txt': text('# Image list', '1 1 0 0 0 0 0 0 1 IMG_1.png', '', '2 1 0 0 0 1 0 0 2 IMG_2.png', ''),
      'sparse/0/points3D.txt': text('1 0 0 5 10 20 30 0'),
      'images/IMG_1.png': await png(8, 6),
      'images/IMG_2.png': await png(6, 8),
    });
    const { photos, points, warnings } = await loadCapture(root);
    expect(photos.map(({ name, camera }) => [name, camera.width, camera.height, camera.fx])).toEqual([
      ['IMG_1.png', 8, 6, 7],
      ['IMG_2.png', 6, 8, 7.5],
    ]);
    expect(points?.count).toBe(1);
    expect(warnings).toEqual([]);
  });
});
