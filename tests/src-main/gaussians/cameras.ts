import type { PinholeCamera } from '#contract/camera';

/** A camera at a point that looks at another, OpenCV axes (x right, y down, z forward). */
export function cameraAt(position: [number, number, number], target: [number, number, number]): PinholeCamera {
  const normalise = (v: number[]) => v.map((value) => value / Math.hypot(...v));
  const cross = (a: number[], b: number[]) => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const z = normalise(target.map((value, axis) => value - position[axis]));
  const x = normalise(cross([0, -1, 0], z));
  const y = cross(z, x);
  const row = (axis: number[]) => [...axis, -axis.reduce((sum, value, i) => sum + value * position[i], 0)];
  const worldToCamera = [...row(x), ...row(y), ...row(z), 0, 0, 0, 1];
  return { width: 100, height: 80, fx: 90, fy: 90, cx: 50, cy: 40, worldToCamera };
}
