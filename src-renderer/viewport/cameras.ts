/**
 * Between the pinhole of the contract (OpenCV axes: x right, y down, z forward; pixels) and what WebGL wants (x right, y up, z back).
 *
 * The viewer's camera is a *lens* — intrinsics with the size of the image they belong to, e.g. a photo's — and a pose. On a canvas of
 * another shape, the lens's image lies centred and whole: scale s = min(W/w, H/h), fx' = s·fx, cx' = s·cx + (W − s·w)/2.
 *
 *   clip = P·(x, −y, −z):  P₀₀ = 2fx/W, P₁₁ = 2fy/H, P₀₂ = 1 − 2cx/W, P₁₂ = 2cy/H − 1, clip_w = depth
 */
import type { PinholeCamera } from '#contract/camera';

export type Vector = readonly [number, number, number];

/** Intrinsics with their image's size, pixels. */
export type Lens = Omit<PinholeCamera, 'worldToCamera'>;

/** Where a lens's image lies on a canvas, pixels of the canvas. */
export interface Placement {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

export function placement(lens: Lens, width: number, height: number): Placement {
  const scale = Math.min(width / lens.width, height / lens.height);
  return { scale, left: (width - scale * lens.width) / 2, top: (height - scale * lens.height) / 2 };
}

/** The lens on a canvas of `width` × `height` pixels. */
export function fitLens(lens: Lens, width: number, height: number): Lens {
  const { scale, left, top } = placement(lens, width, height);
  return {
    width,
    height,
    fx: scale * lens.fx,
    fy: scale * lens.fy,
    cx: scale * lens.cx + left,
    cy: scale * lens.cy + top,
  };
}

export const lensOf = ({ width, height, fx, fy, cx, cy }: PinholeCamera): Lens => ({ width, height, fx, fy, cx, cy });

/** A lens for scenes without photos: 50° of height. */
export const plainLens: Lens = {
  width: 1024,
  height: 768,
  fx: 768 / 2 / Math.tan((25 * Math.PI) / 180),
  fy: 768 / 2 / Math.tan((25 * Math.PI) / 180),
  cx: 512,
  cy: 384,
};

/** Column-major 4×4, as WebGL takes it. @param near,far of what is drawn with depth, world units */
export function projectionOf({ width, height, fx, fy, cx, cy }: Lens, near: number, far: number): number[] {
  const projection = new Array<number>(16).fill(0);
  projection[0] = (2 * fx) / width;
  projection[5] = (2 * fy) / height;
  projection[8] = 1 - (2 * cx) / width;
  projection[9] = (2 * cy) / height - 1;
  projection[10] = -(far + near) / (far - near);
  projection[11] = -1;
  projection[14] = (-2 * far * near) / (far - near);
  return projection;
}

/**
 * Column-major camera-to-world in WebGL's axes, relative to `base`, which keeps float32 precise far from the world's origin.
 */
export function cameraToWorld(worldToCamera: readonly number[], base: Vector): number[] {
  const m = worldToCamera;
  const centre = [0, 1, 2].map((k) => -(m[k] * m[3] + m[4 + k] * m[7] + m[8 + k] * m[11]) - base[k]);
  const column = (row: number, sign: number): number[] => [sign * m[row], sign * m[row + 1], sign * m[row + 2], 0];
  return [...column(0, 1), ...column(4, -1), ...column(8, -1), ...centre, 1];
}

/** A pose as navigation handles it. */
export interface Pose {
  /** world units */
  readonly centre: Vector;
  /** unit, where the optical axis points */
  readonly forward: Vector;
  /** unit, the image's down */
  readonly down: Vector;
}

export function poseOf({ worldToCamera: m }: Pick<PinholeCamera, 'worldToCamera'>): Pose {
  return {
    centre: [0, 1, 2].map((k) => -(m[k] * m[3] + m[4 + k] * m[7] + m[8 + k] * m[11])) as unknown as Vector,
    forward: [m[8], m[9], m[10]],
    down: [m[4], m[5], m[6]],
  };
}

/** Row-major world-to-camera of a pose; its axes need not be exactly orthogonal. */
export function worldToCameraOf({ centre, forward, down }: Pose): number[] {
  const z = normalise(forward);
  const x = normalise(cross(down, z));
  const y = cross(z, x);
  const row = (axis: Vector): number[] => [...axis, -dot(axis, centre)];
  return [...row(x), ...row(y), ...row(z), 0, 0, 0, 1];
}

/** The way up, as the people who took the photos held their cameras: against their mean down. */
export function upOf(cameras: readonly PinholeCamera[]): Vector {
  const sum = cameras.reduce<Vector>((total, { worldToCamera: m }) => add(total, [-m[4], -m[5], -m[6]]), [0, 0, 0]);
  return length(sum) > 1e-6 * Math.max(1, cameras.length) ? normalise(sum) : [0, -1, 0];
}

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const times = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
export const length = (a: Vector): number => Math.hypot(a[0], a[1], a[2]);
export const normalise = (a: Vector): Vector => times(a, 1 / (length(a) || 1));

/** Turns a vector about a unit axis by an angle in radians (Rodrigues). */
export function rotateAbout(vector: Vector, axis: Vector, angle: number): Vector {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return add(add(times(vector, c), times(cross(axis, vector), s)), times(axis, dot(axis, vector) * (1 - c)));
}
