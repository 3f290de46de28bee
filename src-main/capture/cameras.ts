/** What training needs to know about all cameras at once. */
import { cameraCentre, type PinholeCamera } from '#contract/camera';

/** Mean of the camera centres, world units. @throws RangeError without cameras */
export function meanCamera(cameras: readonly PinholeCamera[]): [number, number, number] {
  if (cameras.length === 0) throw new RangeError('no cameras');
  const centres = cameras.map(cameraCentre);
  const mean = (k: 0 | 1 | 2): number => centres.reduce((sum, centre) => sum + centre[k], 0) / centres.length;
  return [mean(0), mean(1), mean(2)];
}

/**
 * The size of a scene as its cameras see it (METHOD §1): 1.1 × the largest distance of a camera from the mean camera,
 * in world units. Where all cameras stand at one point it is 1, so that rates scaled by it never vanish.
 *
 * @throws RangeError without cameras
 */
export function captureExtent(cameras: readonly PinholeCamera[]): number {
  const mean = meanCamera(cameras);
  const farthest = cameras
    .map(cameraCentre)
    .reduce((most, c) => Math.max(most, Math.hypot(c[0] - mean[0], c[1] - mean[1], c[2] - mean[2])), 0);
  return farthest > 0 ? 1.1 * farthest : 1;
}

export interface HoldoutSplit {
  /** indices into the photos, in order of name */
  readonly training: number[];
  readonly heldOut: number[];
}

/**
 * Holds out every `every`th photo by name, starting with the first (13 of 97 at 8); 0 holds out none. A capture that names its
 * held-out photos itself is believed instead, unless none are to be held out.
 *
 * @param named  `Capture.heldOut`
 * @throws RangeError when `every` is 1, which would leave nothing to train on, or not a whole number
 */
export function splitHoldout(
  photos: readonly { readonly name: string }[],
  every: number,
  named: readonly string[] | null = null,
): HoldoutSplit {
  if (!Number.isInteger(every) || every < 0 || every === 1)
    throw new RangeError(`cannot hold out every ${every}th photo`);
  const order = photos.map((_, i) => i).sort((a, b) => (photos[a].name < photos[b].name ? -1 : 1));
  const chosen = named && new Set(named);
  const isHeldOut = (index: number, rank: number): boolean =>
    every !== 0 && (chosen ? chosen.has(photos[index].name) : rank % every === 0);
  return {
    training: order.filter((index, rank) => !isHeldOut(index, rank)),
    heldOut: order.filter((index, rank) => isHeldOut(index, rank)),
  };
}
