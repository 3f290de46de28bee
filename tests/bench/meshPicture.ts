/**
 * A mesh drawn as a doll's house, to look at: parallel projection from above a corner, backs hidden, so that one looks in through
 * ceiling and walls. Left in its colours, right in those of its labels, lit by how much a face looks at the viewer.
 */
import sharp from 'sharp';
import type { Segment, SegmentedMesh } from '../../src-main/mesh/index';

type Vector = [number, number, number];
const SIDE = 900;
const WHITE = 255;
const AMBIENT = 0.45;

const unit = (v: Vector): Vector => v.map((x) => x / Math.hypot(...v)) as Vector;
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** @param up  unit; @param from  direction towards the viewer */
export async function drawMesh(
  file: string,
  mesh: SegmentedMesh,
  segments: readonly Segment[],
  up: readonly [number, number, number],
  from: Vector,
): Promise<void> {
  const { positions: p, colours, normals, parts } = mesh;
  const back = unit(from);
  const right = unit(cross([...up], back));
  const above = cross(back, right);
  const along = (axis: Vector, v: number): number =>
    axis[0] * p[3 * v] + axis[1] * p[3 * v + 1] + axis[2] * p[3 * v + 2];
  let [left, top, farRight, bottom] = [Infinity, -Infinity, -Infinity, Infinity];
  for (let v = 0; v < p.length / 3; v++) {
    const [x, y] = [along(right, v), along(above, v)];
    [left, farRight] = [Math.min(left, x), Math.max(farRight, x)];
    [bottom, top] = [Math.min(bottom, y), Math.max(top, y)];
  }
  const scale = (SIDE - 20) / Math.max(farRight - left, top - bottom);
  const near = new Float32Array(SIDE * SIDE).fill(-Infinity);
  const rgb = new Uint8Array(2 * SIDE * SIDE * 3).fill(WHITE);
  for (const [segment, list] of parts)
    for (let t = 0; t < list.length; t += 3) {
      const corners = [0, 1, 2].map((k) => list[t + k]);
      const screen = corners.map((v) => [
        10 + scale * (along(right, v) - left),
        10 + scale * (top - along(above, v)),
        along(back, v),
      ]);
      const [[ax, ay], [bx, by], [cx, cy]] = screen;
      // y points down here, so fronts turn the other way.
      const doubled = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
      if (doubled >= 0) continue;
      const xs = screen.map(([x]) => x);
      const ys = screen.map(([, y]) => y);
      for (let y = Math.ceil(Math.min(...ys)); y <= Math.min(SIDE - 1, Math.max(...ys)); y++)
        for (let x = Math.ceil(Math.min(...xs)); x <= Math.min(SIDE - 1, Math.max(...xs)); x++) {
          const b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / doubled;
          const c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / doubled;
          const share = [1 - b - c, b, c];
          if (share.some((s) => s < 0)) continue;
          const blend = (value: (corner: number) => number): number =>
            share.reduce((sum, s, k) => sum + s * value(k), 0);
          const depth = blend((k) => screen[k][2]);
          if (depth <= near[y * SIDE + x]) continue;
          near[y * SIDE + x] = depth;
          const lit = blend((k) => [0, 1, 2].reduce((sum, j) => sum + normals[3 * corners[k] + j] * back[j], 0));
          const light = AMBIENT + (1 - AMBIENT) * Math.max(0, lit);
          for (let j = 0; j < 3; j++) {
            rgb[3 * (2 * SIDE * y + x) + j] = Math.round(
              255 *
                Math.min(
                  1,
                  Math.max(
                    0,
                    blend((k) => colours[3 * corners[k] + j]),
                  ),
                ),
            );
            rgb[3 * (2 * SIDE * y + SIDE + x) + j] = Math.round(light * segments[segment].colour[j]);
          }
        }
    }
  await sharp(rgb, { raw: { width: 2 * SIDE, height: SIDE, channels: 3 } })
    .png()
    .toFile(file);
}
