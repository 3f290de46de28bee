/**
 * Shapes that a person draws over a picture, as masks of its pixels. A pixel belongs to a shape when its centre does.
 *
 *   rectangle   between two corners
 *   lasso       inside a closed path, even-odd: where it crosses itself, what is enclosed twice is outside
 *   brush       within the radius of a path
 */
import type { PinholeCamera } from '#contract/camera';
import type { LabelRegion } from '#contract/labels';

export type Shape = Extract<LabelRegion, { kind: 'rectangle' | 'lasso' | 'brush' }>;

/** Bounds in pixels of the picture, [left, top, right, bottom]. */
export type Bounds = readonly [number, number, number, number];

type Point = readonly [number, number];

export function isShape(region: LabelRegion): region is Shape {
  return region.kind === 'rectangle' || region.kind === 'lasso' || region.kind === 'brush';
}

export function boundsOf(shape: Shape): Bounds {
  const points = shape.kind === 'rectangle' ? [shape.from, shape.to] : shape.points;
  const reach = shape.kind === 'brush' ? shape.radius : 0;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    [left, top] = [Math.min(left, x - reach), Math.min(top, y - reach)];
    [right, bottom] = [Math.max(right, x + reach), Math.max(bottom, y + reach)];
  }
  return [left, top, right, bottom];
}

/** A window of a camera's picture, enlarged or reduced: what it sees there, it sees as the whole picture does. */
export interface Crop {
  readonly camera: PinholeCamera;
  /** of the whole picture: where the window begins */
  readonly left: number;
  readonly top: number;
  /** pixels of the window for one of the picture */
  readonly scale: number;
}

/**
 * The part of a picture around some bounds.
 *
 * @param margin    pixels around them, at most up to the picture's border
 * @param longSide  of the window, at most
 * @returns null when the bounds lie outside the picture
 */
export function cropAround(
  camera: PinholeCamera,
  [left, top, right, bottom]: Bounds,
  margin: number,
  longSide: number,
): Crop | null {
  const x0 = Math.max(0, Math.floor(left - margin));
  const y0 = Math.max(0, Math.floor(top - margin));
  const x1 = Math.min(camera.width, Math.ceil(right + margin));
  const y1 = Math.min(camera.height, Math.ceil(bottom + margin));
  if (x1 <= x0 || y1 <= y0) return null;
  const scale = Math.min(1, longSide / Math.max(x1 - x0, y1 - y0));
  const [width, height] = [x1 - x0, y1 - y0].map((side) => Math.max(1, Math.round(side * scale)));
  const { fx, fy, cx, cy } = camera;
  return {
    camera: {
      ...camera,
      ...{ width, height, fx: fx * scale, fy: fy * scale, cx: (cx - x0) * scale, cy: (cy - y0) * scale },
    },
    ...{ left: x0, top: y0, scale },
  };
}

/** 1 for pixels of the window whose centre lies in the shape, [height × width]. */
export function maskOf(shape: Shape, { camera: { width, height }, left, top, scale }: Crop): Uint8Array {
  const mask = new Uint8Array(width * height);
  const move = ([x, y]: Point): Point => [(x - left) * scale, (y - top) * scale];
  switch (shape.kind) {
    case 'rectangle': {
      const [[ax, ay], [bx, by]] = [move(shape.from), move(shape.to)];
      const [x0, x1, y0, y1] = [Math.min(ax, bx), Math.max(ax, bx), Math.min(ay, by), Math.max(ay, by)];
      for (let y = firstCentre(y0); y <= lastCentre(y1, height); y++)
        mask.fill(1, y * width + Math.min(width, firstCentre(x0)), y * width + 1 + lastCentre(x1, width));
      return mask;
    }
    case 'lasso':
      fillPath(shape.points.map(move), width, height, mask);
      return mask;
    case 'brush':
      paintPath(shape.points.map(move), shape.radius * scale, width, height, mask);
      return mask;
  }
}

/** The first pixel whose centre is at or behind a coordinate, and the last one whose centre is at or before it. */
const firstCentre = (from: number): number => Math.max(0, Math.ceil(from - 0.5));
const lastCentre = (to: number, size: number): number => Math.min(size - 1, Math.floor(to - 0.5));

/** Even-odd, row by row: between the odd and the even crossings of a pixel row's middle. */
function fillPath(points: readonly Point[], width: number, height: number, mask: Uint8Array): void {
  for (let y = 0; y < height; y++) {
    const middle = y + 0.5;
    const crossings: number[] = [];
    points.forEach(([ax, ay], i) => {
      const [bx, by] = points[(i + 1) % points.length];
      if (ay <= middle !== by <= middle) crossings.push(ax + ((middle - ay) / (by - ay)) * (bx - ax));
    });
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const [from, to] = [firstCentre(crossings[i]), lastCentre(crossings[i + 1], width)];
      if (from <= to) mask.fill(1, y * width + from, y * width + to + 1);
    }
  }
}

/** Discs along a path, as capsules around its pieces. */
function paintPath(points: readonly Point[], radius: number, width: number, height: number, mask: Uint8Array): void {
  points.forEach(([bx, by], i) => {
    const [ax, ay] = points[Math.max(0, i - 1)];
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const [y0, y1] = [firstCentre(Math.min(ay, by) - radius), lastCentre(Math.max(ay, by) + radius, height)];
    const [x0, x1] = [firstCentre(Math.min(ax, bx) - radius), lastCentre(Math.max(ax, bx) + radius, width)];
    for (let y = y0; y <= y1; y++)
      for (let x = x0; x <= x1; x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        const along = length > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
        if ((px - along * dx) ** 2 + (py - along * dy) ** 2 <= radius * radius) mask[y * width + x] = 1;
      }
  });
}
