/** The read-out of a pixel: its splats, and what the page knows of the heaviest. */
import type { PinholeCamera } from '#contract/camera';
import type { OverlayName } from '#contract/frame';
import type { Vector } from './cameras';
import type { PickedSplat, SplatValues } from './interface';
import { unpackCentre, unpackOpacity } from './packedSplat';
import { splatsOfPixel } from './picking';
import type { HeldSnapshot } from './snapshotQueue';

/** splats of a pixel that are told of, at most */
const TOLD = 64;

/**
 * @param x,y         pixels of the camera's image
 * @param ask         the question on the page
 * @param unlabelled  looks past splats that have a label
 */
export function lookThrough(
  snapshot: HeldSnapshot,
  camera: PinholeCamera,
  x: number,
  y: number,
  ask: number,
  unlabelled = false,
): Omit<PickedSplat, 'x' | 'y'> | null {
  const { header, sections } = snapshot.frame;
  const words = sections.get('splats') as Uint32Array;
  const ids = sections.get('ids') as Uint32Array;
  const labels = unlabelled ? snapshot.overlays.get('label')?.numbers : undefined;
  const { rows, weights, depths, alpha } = splatsOfPixel(words, header, camera, x, y, labels);
  if (rows.length === 0) return null;
  const order = Array.from(rows.keys())
    .sort((a, b) => weights[b] - weights[a])
    .slice(0, TOLD);
  const [first] = order;
  return {
    splat: valuesOf(snapshot, rows[first], ask),
    weight: weights[first],
    alpha,
    depth: depths[first],
    ids: order.map((i) => ids[rows[i]]),
    weights: order.map((i) => weights[i]),
  };
}

export function valuesOf({ frame, overlays }: HeldSnapshot, row: number, ask: number): SplatValues {
  const { header, sections } = frame;
  const words = sections.get('splats') as Uint32Array;
  const number = (name: OverlayName): number | null => {
    const overlay = overlays.get(name);
    if (!overlay || ((name === 'relevancy' || name === 'class') && overlay.ask !== ask)) return null;
    return overlay.numbers[row];
  };
  const share = (name: OverlayName, whole: number): number | null => {
    const value = number(name);
    return value === null ? null : value / whole;
  };
  const named = number('class');
  return {
    row,
    id: (sections.get('ids') as Uint32Array)[row],
    position: unpackCentre(words, row, header.origin),
    opacity: unpackOpacity(words, row),
    uncertainty: share('uncertainty', 65_535),
    entry: number('entry'),
    share: share('share', 255),
    relevancy: share('relevancy', 65_535),
    class: named === null ? null : named - 1,
    label: number('label'),
  };
}

/** World centres of the splats with these ids. */
export function centresOfIds({ frame }: HeldSnapshot, ids: readonly number[]): Vector[] {
  const wanted = new Set(ids);
  const words = frame.sections.get('splats') as Uint32Array;
  const all = frame.sections.get('ids') as Uint32Array;
  const found: Vector[] = [];
  for (let row = 0; row < all.length && found.length < wanted.size; row++) {
    if (wanted.has(all[row])) found.push(unpackCentre(words, row, frame.header.origin));
  }
  return found;
}
