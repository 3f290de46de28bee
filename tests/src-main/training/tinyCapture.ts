/**
 * A capture small enough for seconds-long tests, with known truth: coloured Gaussians in a unit ball, drawn by the reference
 * renderer from cameras on a ring, written as PNG photos with transforms.json and noisy sparse points. Seeded.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { CounterRandom } from '../../../src-main/base/random';
import { renderReference } from '../../../src-main/kernels/render.reference';

export interface TinyOptions {
  cameras?: number;
  width?: number;
  height?: number;
  gaussians?: number;
  /** points in points.ply */
  points?: number;
}

/** A camera on a ring of radius 4 around the origin, looking at it; OpenCV axes. */
export function ringCamera(angle: number, width: number, height: number): PinholeCamera {
  const centre = [4 * Math.cos(angle), 0.8 * Math.sin(3 * angle), 4 * Math.sin(angle)];
  const distance = Math.hypot(...centre);
  const forward = centre.map((value) => -value / distance);
  const flat = Math.hypot(forward[0], forward[2]);
  const right = [-forward[2] / flat, 0, forward[0] / flat];
  const down = [
    forward[1] * right[2] - forward[2] * right[1],
    forward[2] * right[0] - forward[0] * right[2],
    forward[0] * right[1] - forward[1] * right[0],
  ];
  const rows = [right, down, forward].map((axis) => [...axis, -axis.reduce((sum, v, i) => sum + v * centre[i], 0)]);
  const focal = 1.2 * width;
  const worldToCamera = [...rows.flat(), 0, 0, 0, 1];
  return { width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2, worldToCamera };
}

/** nerfstudio's camera-to-world: OpenGL axes (y up, z backward). */
function toTransform({ worldToCamera: m }: PinholeCamera): number[][] {
  const centre = [0, 1, 2].map((i) => -(m[i] * m[3] + m[4 + i] * m[7] + m[8 + i] * m[11]));
  return [...[0, 1, 2].map((i) => [m[i], -m[4 + i], -m[8 + i], centre[i]]), [0, 0, 0, 1]];
}

function truth(count: number): { geometry: Float32Array; sphericalHarmonics: Float32Array } {
  const random = new CounterRandom(7, 'tiny capture');
  const geometry = new Float32Array(11 * count);
  const sphericalHarmonics = new Float32Array(48 * count);
  for (let row = 0; row < count; row++) {
    const g = 11 * row;
    for (let i = 0; i < 3; i++) geometry[g + i] = 1.6 * random.uniform(20 * row + i) - 0.8;
    for (let i = 0; i < 3; i++) geometry[g + 3 + i] = Math.log(0.12 + 0.2 * random.uniform(20 * row + 3 + i));
    for (let i = 0; i < 4; i++) geometry[g + 6 + i] = random.normal(20 * row + 6 + i);
    geometry[g + 10] = 2.5;
    for (let i = 0; i < 3; i++)
      sphericalHarmonics[48 * row + i] = (random.uniform(20 * row + 12 + i) - 0.5) / 0.2820948;
  }
  return { geometry, sphericalHarmonics };
}

function pointsPly(geometry: Float32Array, harmonics: Float32Array, points: number, gaussians: number): string {
  const random = new CounterRandom(8, 'tiny points');
  const lines = Array.from({ length: points }, (_, i) => {
    const row = i % gaussians;
    const at = [0, 1, 2].map((axis) => geometry[11 * row + axis] + 0.15 * random.normal(4 * i + axis));
    const rgb = [0, 1, 2].map((c) =>
      Math.round(255 * Math.min(1, Math.max(0, 0.2820948 * harmonics[48 * row + c] + 0.5))),
    );
    return [...at.map((value) => value.toFixed(5)), ...rgb].join(' ');
  });
  const properties = ['float x', 'float y', 'float z', 'uchar red', 'uchar green', 'uchar blue'];
  const header = [
    'ply',
    'format ascii 1.0',
    `element vertex ${points}`,
    ...properties.map((one) => `property ${one}`),
    'end_header',
  ];
  return `${[...header, ...lines].join('\n')}\n`;
}

/** Writes the capture into a folder, which is made, and returns that folder. */
export async function writeTinyCapture(folder: string, options: TinyOptions = {}): Promise<string> {
  const { cameras = 8, width = 32, height = 24, gaussians = 24, points = 120 } = options;
  await mkdir(join(folder, 'images'), { recursive: true });
  const parameters = { ...truth(gaussians), semantics: null };
  const frames: object[] = [];
  for (let i = 0; i < cameras; i++) {
    const camera = ringCamera((2 * Math.PI * i) / cameras, width, height);
    const view = {
      camera,
      count: gaussians,
      channels: 1,
      shDegree: 0,
      background: [0, 0, 0] as const,
      antialiased: false,
    };
    const { image } = renderReference(parameters, view);
    const pixels = width * height;
    const rgb = Uint8Array.from({ length: 3 * pixels }, (_, k) =>
      Math.round(255 * Math.min(1, Math.max(0, image[(k % 3) * pixels + Math.floor(k / 3)]))),
    );
    const file = `images/view_${String(i).padStart(2, '0')}.png`;
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, file));
    frames.push({ file_path: file, transform_matrix: toTransform(camera) });
  }
  const focal = 1.2 * width;
  const intrinsics = { w: width, h: height, fl_x: focal, fl_y: focal, cx: width / 2, cy: height / 2 };
  const transforms = { camera_model: 'PINHOLE', ...intrinsics, ply_file_path: 'points.ply', frames };
  await writeFile(join(folder, 'transforms.json'), JSON.stringify(transforms));
  await writeFile(
    join(folder, 'points.ply'),
    pointsPly(parameters.geometry, parameters.sphericalHarmonics, points, gaussians),
  );
  return folder;
}

/** Settings that suit the tiny capture: short, few Gaussians, no pause for checkpoints. */
export const tinySettings = {
  steps: 300,
  resolution: 0,
  holdout: 8,
  shDegree: 0,
  meansRateStart: 1.6e-3,
  meansRateEnd: 1.6e-5,
  checkpointInterval: 3600,
  densityShortestInterval: 20,
  opacityResetInterval: 0,
  maxSplats: 400,
  threads: 1,
} as const;
