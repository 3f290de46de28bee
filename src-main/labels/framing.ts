/**
 * Where to look at an uncertain region from: as the photo that sees most of it does, nearer and turned to it.
 *
 *   X   the point of the region that the photo sees nearest to the middle of what it sees of it
 *   c   the photo's centre; on the way from c to X there is nothing, since the photo sees X
 *   d = ρ·f / (FILL · half the short side),   between LEAST·extent and |X − c|;   centre c' = X − d·(X − c)/|X − c|
 *
 * with ρ the radius of what is seen of it. A picture from there must show a larger share of itself as the region than the photo does, and
 * little that is right before the camera; else d grows by half, and at |X − c| the photo's own pose is as good.
 */
import { cameraCentre, reduceCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import { dot, lookAt, minus, scaled } from '../gaussians/index';
import type { Vector } from '../gaussians/index';
import { worldPoint } from './points';
import { LONG_SIDE, surfaceView } from './seenSurface';
import type { SeenSurface, SurfaceView } from './seenSurface';
import type { SelectableScene } from './selection';

/** How much of half the picture's short side a region's radius takes. */
const FILL = 0.6;
/** Never nearer, as a share of the cameras' extent: what is nearer is cut away or blurred. */
const LEAST = 0.15;
const FARTHER = 1.5;
/** Long side of the pictures that a pose is tried with, px. */
const TRIED_SIDE = 120;
/** A pixel shows the region where so much of it does. */
const MOSTLY = 0.5;
/** What lies nearer than this share of d stands before the region; as much of a picture may. */
const [BEFORE, MAY_STAND_BEFORE] = [0.4, 0.1];

export interface Framing {
  /** the photo that sees most of it */
  readonly photo: string;
  readonly camera: PinholeCamera;
  /** what the camera looks at, world units */
  readonly focus: Vector;
}

/** Pixels that mostly show the region. */
function pixelsOf({ camera, offsets, rows, weights }: SurfaceView, member: Uint8Array): number[] {
  const found: number[] = [];
  for (let pixel = 0; pixel < camera.width * camera.height; pixel++) {
    let share = 0;
    for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++) if (member[rows[pair]]) share += weights[pair];
    if (share >= MOSTLY) found.push(pixel);
  }
  return found;
}

const shareOf = (pixels: readonly number[], { camera }: SurfaceView): number =>
  pixels.length / (camera.width * camera.height);

/** Null where no photo shows it. @param rows  of the region; @param extent  world units of one camera distance */
export function frameRegion(
  scene: SelectableScene,
  { views }: Pick<SeenSurface, 'views'>,
  rows: Int32Array,
  extent: number,
): Framing | null {
  const member = new Uint8Array(scene.model.count);
  for (const row of rows) member[row] = 1;
  const sight = views.map((view) => ({ view, area: rows.reduce((sum, row) => sum + view.area[row], 0) }));
  const best = sight.reduce<(typeof sight)[number] | null>((a, b) => (b.area > (a?.area ?? 0) ? b : a), null);
  if (!best) return null;
  const { photo, camera } = best.view;
  const seen = surfaceView(scene, reduceCamera(camera, LONG_SIDE));
  const pixels = pixelsOf(seen, member).filter((pixel) => seen.depths[pixel] > 0);
  if (pixels.length === 0) return null;
  const { width } = seen.camera;
  const [mx, my] = [0, 1].map(
    (k) => pixels.reduce((sum, p) => sum + (k === 0 ? p % width : Math.floor(p / width)), 0) / pixels.length,
  );
  const off = (pixel: number): number => Math.hypot((pixel % width) - mx, Math.floor(pixel / width) - my);
  const middle = pixels.reduce((a, b) => (off(b) < off(a) ? b : a));
  const focus = worldPoint(seen.camera, middle, seen.depths[middle]);
  const spread = pixels.reduce((sum, pixel) => {
    const away = minus(worldPoint(seen.camera, pixel, seen.depths[pixel]), focus);
    return sum + dot(away, away) / pixels.length;
  }, 0);
  const centre = cameraCentre(camera);
  const way = minus(focus, centre);
  const far = Math.hypot(...way);
  const [, , , , x, y, z] = camera.worldToCamera;
  const up = [-x, -y, -z] as const;
  const half = Math.min(camera.width / (2 * camera.fx), camera.height / (2 * camera.fy));
  let distance = Math.max(LEAST * extent, Math.sqrt(2 * spread) / (FILL * half));
  for (; distance < far; distance *= FARTHER) {
    const nearer = lookAt(camera, minus(focus, scaled(way, distance / far)), focus, up);
    if (!nearer) break;
    const view = surfaceView(scene, reduceCamera(nearer, TRIED_SIDE));
    const before = view.depths.filter((depth) => depth > 0 && depth < BEFORE * distance).length;
    if (before > MAY_STAND_BEFORE * view.depths.length) continue;
    if (shareOf(pixelsOf(view, member), view) > shareOf(pixels, seen)) return { photo, camera: nearer, focus };
  }
  return { photo, camera, focus };
}
