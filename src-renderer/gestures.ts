/** Shapes that a hand draws over the picture, and the camera that they are drawn for. */
import type { LabelMode, LabelRegion } from '#contract/labels';
import type { PinholeCamera } from '#contract/camera';

export const labelTools = ['rectangle', 'lasso', 'brush'] as const;
export type LabelTool = (typeof labelTools)[number];

/** Long side of a gesture's camera, px: finer than splats are, and no more than a trainer renders between two steps. */
const LARGEST = 1280;
/** CSS pixels between points of a path; a hand draws no finer. */
const STEP = 2;
/** CSS pixels that make a rectangle or a lasso more than a click */
const LEAST = 3;
/** of the contract, with room to close a path */
const POINTS_LIMIT = 9_999;

export type Point = readonly [number, number];

/** What the keys held during a gesture mean: none or Shift add, Ctrl (⌘) removes, both keep what is inside. */
export function modeOf(keys: Pick<PointerEvent, 'shiftKey' | 'ctrlKey' | 'metaKey'>): LabelMode {
  if (!keys.ctrlKey && !keys.metaKey) return 'add';
  return keys.shiftKey ? 'intersect' : 'remove';
}

/** Appends a point unless it lies on the last one. */
export function extend(path: Point[], point: Point): void {
  const last = path.at(-1);
  if (path.length >= POINTS_LIMIT) return;
  if (last === undefined || Math.hypot(point[0] - last[0], point[1] - last[1]) >= STEP) path.push(point);
}

/** @param path CSS pixels @param radius of the brush @returns null when it is no more than a click */
export function regionOf(tool: LabelTool, path: readonly Point[], end: Point, radius: number): LabelRegion | null {
  const [start = end] = path;
  const pair = ([x, y]: Point): [number, number] => [x, y];
  if (tool === 'brush') return { kind: 'brush', points: [...path.map(pair), pair(end)], radius };
  const all = [...path, end];
  const span = (axis: 0 | 1): number =>
    Math.max(...all.map((point) => point[axis])) - Math.min(...all.map((point) => point[axis]));
  if (Math.hypot(span(0), span(1)) < LEAST) return null;
  if (tool === 'rectangle') return { kind: 'rectangle', from: pair(start), to: pair(end) };
  return path.length < 3 ? null : { kind: 'lasso', points: path.map(pair) };
}

/**
 * The viewport's camera, no larger than a trainer should render for a gesture.
 *
 * @param camera  of the whole canvas, in its pixels
 * @param width  of the canvas, CSS pixels
 * @returns `scale`: pixels of that camera in a CSS pixel
 */
export function gestureCamera(camera: PinholeCamera, width: number): { camera: PinholeCamera; scale: number } {
  const shrink = Math.min(1, LARGEST / Math.max(camera.width, camera.height));
  const [w, h] = [camera.width, camera.height].map((side) => Math.max(1, Math.round(side * shrink)));
  const [sx, sy] = [w / camera.width, h / camera.height];
  const { fx, fy, cx, cy, worldToCamera } = camera;
  return {
    camera: { width: w, height: h, fx: fx * sx, fy: fy * sy, cx: cx * sx, cy: cy * sy, worldToCamera },
    scale: w / width,
  };
}

/** CSS pixels to those of a camera. */
export function scaleRegion(region: LabelRegion, scale: number): LabelRegion {
  const scaled = ([x, y]: Point): [number, number] => [x * scale, y * scale];
  if (region.kind === 'rectangle') return { ...region, from: scaled(region.from), to: scaled(region.to) };
  if (region.kind === 'lasso') return { ...region, points: region.points.map(scaled) };
  if (region.kind === 'brush')
    return { ...region, points: region.points.map(scaled), radius: Math.max(0.5, region.radius * scale) };
  return region;
}
