/** A camera that looks from one point at another, and the vectors that it takes. World units. */
import type { PinholeCamera } from '#contract/camera';

export type Vector = readonly [number, number, number];

export const minus = (a: Vector, b: Vector): [number, number, number] => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scaled = (a: Vector, by: number): [number, number, number] => [a[0] * by, a[1] * by, a[2] * by];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): [number, number, number] => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** At length 1; null for what has none. */
export function unit(a: Vector): [number, number, number] | null {
  const length = Math.hypot(...a);
  return length > 1e-9 ? [a[0] / length, a[1] / length, a[2] / length] : null;
}

/** A camera like `like` at a point that looks at another; null when it cannot tell what is up there. */
export function lookAt(like: PinholeCamera, from: Vector, to: Vector, up: Vector): PinholeCamera | null {
  const forward = unit(minus(to, from));
  const right = forward && unit(cross(forward, up));
  if (!forward || !right) return null;
  const rows = [right, cross(forward, right), forward].flatMap((axis) => [...axis, -dot(axis, from)]);
  return { ...like, worldToCamera: [...rows, 0, 0, 0, 1] };
}
