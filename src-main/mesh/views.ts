/**
 * Where to look from besides the photos: an orbit that stays where photos were taken from, so that nothing stands in the way.
 *
 *   up       mean of the photos' own up (−y of the camera), unit; turned to an axis of the capture when within 5° of it
 *   orbit    at angle φ around `up` through the focus, the mean position of the cameras within 60° of φ, weighted by cos, and looking
 *            at the focus; angles without a camera nearby are left out. A mean of positions lies in their bounds.
 */
import { cameraCentre, type PinholeCamera } from '#contract/camera';
import { cross, dot, focusPoint, lookAt, minus, unit, type Point } from '../gaussians/index';

const SNAP = Math.cos((5 * Math.PI) / 180);
const NEARBY = Math.cos((60 * Math.PI) / 180);

/** Which way is up, from how photos were held; unit. */
export function upOf(cameras: readonly PinholeCamera[]): Point {
  const sum: Point = [0, 0, 0];
  for (const { worldToCamera: m } of cameras) [4, 5, 6].forEach((at, axis) => (sum[axis] -= m[at]));
  const up = unit(sum) ?? [0, 0, 1];
  const axis = [0, 1, 2].find((k) => Math.abs(up[k]) >= SNAP);
  if (axis === undefined) return up;
  const snapped: Point = [0, 0, 0];
  snapped[axis] = Math.sign(up[axis]);
  return snapped;
}

/** Up to `count` extra cameras. */
export function orbitViews(cameras: readonly PinholeCamera[], count: number): PinholeCamera[] {
  if (cameras.length < 2) return [];
  const up = upOf(cameras);
  const focus = focusPoint(cameras);
  const flat = (v: Point): Point => minus(v, up.map((u) => u * dot(v, up)) as Point);
  const standing = cameras.flatMap((camera) => {
    const centre = cameraCentre(camera);
    const direction = unit(flat(minus(centre, focus)));
    return direction ? [{ centre, direction }] : [];
  });
  const first = standing[0]?.direction;
  if (!first) return [];
  const side = cross(up, first);
  const views: PinholeCamera[] = [];
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count;
    const direction = first.map((v, k) => v * Math.cos(angle) + side[k] * Math.sin(angle)) as Point;
    const from: Point = [0, 0, 0];
    let total = 0;
    for (const one of standing) {
      const near = dot(one.direction, direction);
      if (near < NEARBY) continue;
      total += near;
      one.centre.forEach((v, k) => (from[k] += near * v));
    }
    if (total === 0) continue;
    const view = lookAt(cameras[i % cameras.length], from.map((v) => v / total) as Point, focus, up);
    if (view) views.push(view);
  }
  return views;
}
