/**
 * The one scene generator of the kernel tests: seeded Gaussians in front of a posed camera, random or adversarial.
 * Parameters are float32 values, so that float32 and float64 kernels start from the very same numbers.
 */
import type { PinholeCamera } from '#contract/camera';
import { rotation } from '../../../src-main/kernels/algebra.reference';
import { GEOMETRY, SEMANTICS, SPHERICAL_HARMONICS, channelMask, type Channel } from '../../../src-main/kernels/layout';
import type { RenderView } from '../../../src-main/kernels/render.reference';

export interface Scene {
  name: string;
  parameters: { geometry: Float32Array; sphericalHarmonics: Float32Array; semantics: Float32Array };
  view: RenderView;
}

export const ALL_CHANNELS: readonly Channel[] = ['rgb', 'semantics', 'uncertainty', 'depth', 'alpha'];

/** Uniform numbers in [0, 1) and normal ones, by a seed (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  uniform(low = 0, high = 1): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return low + ((high - low) * ((t ^ (t >>> 14)) >>> 0)) / 4294967296;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** A camera at a random place that looks at the origin's neighbourhood with some roll. */
export function randomCamera(random: Random, width: number, height: number): PinholeCamera {
  const quaternion = Array.from({ length: 4 }, () => random.normal());
  const norm = Math.hypot(...quaternion);
  const R = rotation(quaternion.map((v) => v / norm));
  const focal = Math.max(width, height) * random.uniform(0.8, 1.4);
  return {
    width,
    height,
    fx: focal,
    fy: focal * random.uniform(0.9, 1.1),
    cx: width * random.uniform(0.4, 0.6),
    cy: height * random.uniform(0.4, 0.6),
    worldToCamera: [
      ...R.slice(0, 3),
      random.uniform(-0.2, 0.2),
      ...R.slice(3, 6),
      random.uniform(-0.2, 0.2),
      ...R.slice(6, 9),
      4,
      ...[0, 0, 0, 1],
    ],
  };
}

/** World position of a pixel at a depth. */
export function unproject(camera: PinholeCamera, px: number, py: number, z: number): [number, number, number] {
  const m = camera.worldToCamera;
  const p = [((px - camera.cx) / camera.fx) * z - m[3], ((py - camera.cy) / camera.fy) * z - m[7], z - m[11]];
  return [0, 1, 2].map((i) => m[i] * p[0] + m[4 + i] * p[1] + m[8 + i] * p[2]) as [number, number, number];
}

export interface SceneOptions {
  seed?: number;
  count?: number;
  /** rows beyond count hold NaN: they must never be read */
  spare?: number;
  width?: number;
  height?: number;
  shDegree?: number;
  background?: readonly [number, number, number];
  antialiased?: boolean;
  channels?: readonly Channel[];
  /** standard deviation in pixels */
  pixels?: [number, number];
  opacityLogits?: [number, number];
  /** how far beyond the image means may lie, share of its size */
  outside?: number;
  /** edits a row after it was drawn */
  edit?: (geometry: Float32Array, row: number, random: Random, camera: PinholeCamera) => unknown;
}

export function randomScene(name: string, options: SceneOptions = {}): Scene {
  const { seed = 1, count = 40, spare = 3, width = 33, height = 47, pixels = [1, 6], outside = 0.2 } = options;
  const { opacityLogits = [-3, 3] } = options;
  const random = new Random(seed * 7919 + count);
  const camera = randomCamera(random, width, height);
  const capacity = count + spare;
  const geometry = new Float32Array(capacity * GEOMETRY.columns).fill(NaN);
  const sphericalHarmonics = new Float32Array(capacity * SPHERICAL_HARMONICS.columns).fill(NaN);
  const semantics = new Float32Array(capacity * SEMANTICS.columns).fill(NaN);
  for (let row = 0; row < count; row++) {
    const z = random.uniform(2, 6);
    const px = width * random.uniform(-outside, 1 + outside);
    const py = height * random.uniform(-outside, 1 + outside);
    const at = row * GEOMETRY.columns;
    geometry.set(unproject(camera, px, py, z), at);
    for (let i = 0; i < 3; i++) {
      geometry[at + 3 + i] = Math.log((random.uniform(...pixels) * z) / camera.fx) + random.uniform(-0.5, 0.5);
    }
    for (let i = 0; i < 4; i++) geometry[at + 6 + i] = random.normal();
    geometry[at + 10] = random.uniform(...opacityLogits);
    options.edit?.(geometry, row, random, camera);
    for (let i = 0; i < 48; i++) sphericalHarmonics[row * 48 + i] = random.normal() * (i < 3 ? 0.8 : 0.25);
    for (let i = 0; i < 9; i++) semantics[row * 9 + i] = random.normal();
  }
  return {
    name,
    parameters: { geometry, sphericalHarmonics, semantics },
    view: {
      camera,
      count,
      channels: channelMask(options.channels ?? ALL_CHANNELS),
      shDegree: options.shDegree ?? 3,
      background: options.background ?? [0, 0, 0],
      antialiased: options.antialiased ?? false,
    },
  };
}

const setScales = (geometry: Float32Array, row: number, ...logScales: number[]): void =>
  geometry.set(logScales, row * GEOMETRY.columns + GEOMETRY.logScale);

/** Random and adversarial scenes that every renderer must get right. */
export function scenes(seed = 1): Scene[] {
  const white = [1, 1, 1] as const;
  const coloured = [0.2, 0.7, 0.4] as const;
  return [
    randomScene('random, black background', { seed }),
    randomScene('random, white background, antialiased', { seed: seed + 1, background: white, antialiased: true }),
    randomScene('many small, coloured background', {
      seed: seed + 2,
      count: 200,
      pixels: [0.3, 2],
      background: coloured,
    }),
    randomScene('no Gaussians', { seed, count: 0, background: coloured }),
    randomScene('one pixel', { seed: seed + 3, width: 1, height: 1, pixels: [0.3, 2], background: coloured }),
    randomScene('odd size 17×5', { seed: seed + 4, width: 17, height: 5, background: white }),
    randomScene('behind the camera', {
      seed: seed + 5,
      edit: (g, row, random, camera) =>
        row % 2 === 0 && g.set(unproject(camera, 10, 10, random.uniform(-3, 0.15)), row * GEOMETRY.columns),
    }),
    randomScene('close to the near plane', {
      seed: seed + 6,
      count: 12,
      edit: (g, row, random, camera) => {
        g.set(unproject(camera, 30 * random.uniform(), 40 * random.uniform(), random.uniform(0.21, 0.5)), row * 11);
        setScales(g, row, -3.5, -4, -4.5);
      },
    }),
    randomScene('huge', { seed: seed + 7, count: 12, pixels: [60, 400], opacityLogits: [-3, 0] }),
    randomScene('tiny', { seed: seed + 8, count: 60, pixels: [0.001, 0.05] }),
    randomScene('tiny, antialiased', { seed: seed + 9, count: 60, pixels: [0.05, 0.5], antialiased: true }),
    randomScene('mostly off the screen', { seed: seed + 10, outside: 1.5, pixels: [3, 25], count: 60 }),
    randomScene('needles', {
      seed: seed + 11,
      edit: (g, row, random) => setScales(g, row, random.uniform(-1.5, 0), -5, -5),
    }),
    randomScene('opaque stack that stops', {
      seed: seed + 12,
      count: 40,
      opacityLogits: [2, 6],
      pixels: [8, 20],
      background: coloured,
    }),
    ...[0, 1, 2].map((shDegree) => randomScene(`degree ${shDegree}`, { seed: seed + 13 + shDegree, shDegree })),
    randomScene('rgb alone', { seed: seed + 16, channels: ['rgb'], background: coloured }),
    randomScene('semantics alone', { seed: seed + 17, channels: ['semantics'], background: white }),
    randomScene('depth and alpha', { seed: seed + 18, channels: ['alpha', 'depth'] }),
    randomScene('rgb and uncertainty', { seed: seed + 19, channels: ['uncertainty', 'rgb'], background: white }),
  ];
}

/** Parameters at the ends of float32, for comparisons between renderers. */
export function extremeScenes(seed = 1): Scene[] {
  return [
    randomScene('saturated opacity', { seed, opacityLogits: [5, 20], count: 30, pixels: [3, 8] }),
    randomScene('opacity below 1/255', { seed, opacityLogits: [-8, -4], count: 200 }),
    randomScene('needles a thousandth of a pixel thin', {
      seed: seed + 40,
      count: 60,
      edit: (g, row, random) => setScales(g, row, random.uniform(-1.5, 0), -10, -10),
    }),
    randomScene('covariance beyond float32', {
      seed,
      count: 20,
      edit: (g, row) => row % 3 === 0 && setScales(g, row, 45, 1, 1),
    }),
    randomScene('a thousand times the picture', {
      seed,
      count: 20,
      opacityLogits: [-4, -1],
      edit: (g, row) => row % 3 === 0 && setScales(g, row, 6, 5, 4),
    }),
    randomScene('quaternions without direction', {
      seed,
      count: 20,
      edit: (g, row) => row % 3 === 0 && g.fill(0, row * 11 + GEOMETRY.quaternion, row * 11 + GEOMETRY.opacityLogit),
    }),
    randomScene('whole tiles', { seed, width: 64, height: 32, count: 400, pixels: [0.5, 3] }),
  ];
}
