/** Depth pictures of surfaces that are known in closed form, and the cameras that see them. */
import type { PinholeCamera } from '#contract/camera';
import type { Observation } from '../../../src-main/kernels/index';

export type Vector = readonly [number, number, number];

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Vector): Vector => {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
};

/** A camera at a point that looks at another. */
export function lookAt(from: Vector, to: Vector, size = 64, focal = 80): PinholeCamera {
  const forward = unit(minus(to, from));
  const right = unit(cross(forward, Math.abs(forward[2]) > 0.9 ? [0, 1, 0] : [0, 0, 1]));
  const down = cross(forward, right);
  const rows = [right, down, forward].flatMap((axis) => [...axis, -dot(axis, from)]);
  return {
    width: size,
    height: size,
    fx: focal,
    fy: focal,
    cx: size / 2,
    cy: size / 2,
    worldToCamera: [...rows, 0, 0, 0, 1],
  };
}

/** Where a ray meets a surface first, as a multiple of its direction; Infinity if never. */
export type Surface = (from: Vector, direction: Vector) => number;

export const plane =
  (normal: Vector, offset: number): Surface =>
  (from, direction) => {
    const t = (offset - dot(normal, from)) / dot(normal, direction);
    return t > 0 ? t : Infinity;
  };

export const sphere =
  (centre: Vector, radius: number): Surface =>
  (from, direction) => {
    const o = minus(from, centre);
    const [a, b, c] = [dot(direction, direction), dot(o, direction), dot(o, o) - radius * radius];
    const root = b * b - a * c;
    return root < 0 ? Infinity : (-b - Math.sqrt(root)) / a;
  };

/** @param label  of a point, and its colour in the red plane: label / 10 */
export function observe(
  camera: PinholeCamera,
  surface: Surface,
  label: (point: Vector) => number = () => 0,
  uncertainty = 0.25,
): Observation {
  const { width, height, fx, fy, cx, cy, worldToCamera: m } = camera;
  const size = width * height;
  const from = [0, 1, 2].map((j) => -(m[j] * m[3] + m[4 + j] * m[7] + m[8 + j] * m[11])) as unknown as Vector;
  const view: Observation = {
    ...{ camera, weight: 1, depth: new Float32Array(size), confidence: new Float32Array(size).fill(1) },
    ...{ rgb: new Float32Array(3 * size), labels: new Uint16Array(size) },
    uncertainty: new Float32Array(size).fill(uncertainty),
  };
  for (let i = 0; i < size; i++) {
    const ray = [((i % width) + 0.5 - cx) / fx, (Math.floor(i / width) + 0.5 - cy) / fy, 1];
    const direction = [0, 1, 2].map((j) => m[j] * ray[0] + m[4 + j] * ray[1] + m[8 + j] * ray[2]) as unknown as Vector;
    const t = surface(from, direction);
    if (!Number.isFinite(t)) continue;
    view.depth[i] = t;
    const point: Vector = [from[0] + t * direction[0], from[1] + t * direction[1], from[2] + t * direction[2]];
    view.labels[i] = label(point);
    view.rgb[i] = view.labels[i] / 10;
  }
  return view;
}

/** Cameras around a point: `count` on a ring at each height. */
export function ring(
  centre: Vector,
  radius: number,
  heights: readonly number[],
  count: number,
  size = 64,
): PinholeCamera[] {
  return heights.flatMap((height) =>
    Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * (i + 0.3)) / count;
      const from: Vector = [
        centre[0] + radius * Math.cos(angle),
        centre[1] + radius * Math.sin(angle),
        centre[2] + height,
      ];
      return lookAt(from, centre, size, 1.25 * size);
    }),
  );
}
