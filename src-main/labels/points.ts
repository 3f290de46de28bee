/** Where pixels lie in the world. */
import type { PinholeCamera } from '#contract/camera';

/** World point in the middle of a pixel (y·width + x) at a depth along the camera's axis, world units. */
export function worldPoint({ width, fx, fy, cx, cy, worldToCamera: m }: PinholeCamera, pixel: number, depth: number) {
  const x = (((pixel % width) + 0.5 - cx) / fx) * depth - m[3];
  const y = ((Math.floor(pixel / width) + 0.5 - cy) / fy) * depth - m[7];
  const z = depth - m[11];
  return [m[0] * x + m[4] * y + m[8] * z, m[1] * x + m[5] * y + m[9] * z, m[2] * x + m[6] * y + m[10] * z] as const;
}
