/** Geometry of the preview's picture: where the scene is, how frustums stand in it, and an orbiting perspective onto a canvas. */
import { cameraCentre } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import type { Preview } from '#contract/studio';

type Vector = readonly [number, number, number];

export interface SceneFrame {
  readonly centre: Vector;
  /** half the size of the scene, world units */
  readonly extent: number;
  /** unit vector that points up for the cameras */
  readonly up: Vector;
}

const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Vector): Vector => scale(a, 1 / Math.max(Math.hypot(...a), 1e-12));

const quantile = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? 0;

/** Robust: a few points at the horizon must not shrink the room to a dot. */
export function sceneFrame({ cloud, cameras }: Pick<Preview, 'cloud' | 'cameras'>): SceneFrame {
  const centres = cameras.map(({ camera }) => cameraCentre(camera));
  const axis = (index: number): number[] => [
    ...cloud.positions.filter((_, i) => i % 3 === index),
    ...centres.map((centre) => centre[index]),
  ];
  const bounds = [0, 1, 2].map((index) => {
    const values = axis(index);
    return [quantile(values, 0.02), quantile(values, 0.98)] as const;
  });
  const [x, y, z] = bounds.map(([low, high]) => (low + high) / 2);
  const extent = Math.max(...bounds.map(([low, high]) => (high - low) / 2), 1e-6);
  // OpenCV's y points down: the second row of each rotation, turned round.
  const ups = cameras.map(({ camera: { worldToCamera: m } }): Vector => [-m[4], -m[5], -m[6]]);
  const sum = ups.reduce(add, [0, 0, 0]);
  return { centre: [x, y, z], extent, up: Math.hypot(...sum) < 1e-6 ? [0, 0, 1] : unit(sum) };
}

/** The eight lines of a camera's frustum, `depth` world units long. */
export function frustumLines(camera: PinholeCamera, depth: number): [Vector, Vector][] {
  const m = camera.worldToCamera;
  const centre = cameraCentre(camera);
  const corner = (u: number, v: number): Vector => {
    const [x, y, z] = [((u - camera.cx) / camera.fx) * depth, ((v - camera.cy) / camera.fy) * depth, depth];
    // The rotation's transpose brings camera axes into the world.
    const turned: Vector = [
      m[0] * x + m[4] * y + m[8] * z,
      m[1] * x + m[5] * y + m[9] * z,
      m[2] * x + m[6] * y + m[10] * z,
    ];
    return add(centre, turned);
  };
  const corners = [
    corner(0, 0),
    corner(camera.width, 0),
    corner(camera.width, camera.height),
    corner(0, camera.height),
  ];
  return corners.flatMap((from, index): [Vector, Vector][] => [
    [centre, from],
    [from, corners[(index + 1) % 4]],
  ]);
}

export type Projection = (x: number, y: number, z: number) => [number, number];

/**
 * A pinhole that orbits the scene's centre, its up being the cameras'.
 *
 * @param azimuth, elevation  radians
 * @param width, height  CSS pixels
 */
export function orbitProjection(
  { centre, extent, up }: SceneFrame,
  azimuth: number,
  elevation: number,
  width: number,
  height: number,
): Projection {
  const side = unit(cross(up, Math.abs(up[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
  const ahead = cross(side, up);
  const around = add(scale(side, Math.cos(azimuth)), scale(ahead, Math.sin(azimuth)));
  const away = add(scale(around, Math.cos(elevation)), scale(up, Math.sin(elevation)));
  const right = unit(cross(up, away));
  const upwards = cross(away, right);
  const distance = extent * 3.6;
  const focal = Math.min(width, height) * 1.2;
  return (x, y, z) => {
    const from: Vector = [x - centre[0], y - centre[1], z - centre[2]];
    const depth = Math.max(distance - dot(from, away), distance * 0.05);
    return [width / 2 + (focal * dot(from, right)) / depth, height / 2 - (focal * dot(from, upwards)) / depth];
  };
}
