/**
 * The coordinates that a capture is trained and looked at in. Usually its own; a capture whose numbers do not suit 32-bit positions and the
 * near plane at 0.2 (kilometres from the origin, as of surveyed photos; in millimetres, or in kilometres) is moved and scaled:
 *
 *   x = (x_capture − centre)·scale
 *   centre = mean camera centre,   where it is more than 100 extents from the origin, else 0
 *   scale  = 5 / extent,           where the camera extent is not within 0.5 … 500, else 1
 *
 * so that training does not depend on where its origin lies, or on its unit. What is written out is in the capture's own coordinates.
 */
import type { PinholeCamera } from '#contract/camera';
import { captureExtent, meanCamera } from './cameras';
import type { SparsePoints } from './types';

export interface SceneFrame {
  /** the capture's coordinates */
  readonly centre: readonly [number, number, number];
  readonly scale: number;
}

/** The capture's own coordinates. */
export const OWN_FRAME: SceneFrame = { centre: [0, 0, 0], scale: 1 };

const FAR = 100;
const [SMALLEST, LARGEST, NORMAL] = [0.5, 500, 5];

export const isOwnFrame = ({ centre, scale }: SceneFrame): boolean => scale === 1 && centre.every((c) => c === 0);

/** What suits these cameras. */
export function suitableFrame(cameras: readonly PinholeCamera[]): SceneFrame {
  if (cameras.length === 0) return OWN_FRAME;
  const extent = captureExtent(cameras);
  const mean = meanCamera(cameras);
  const far = Math.hypot(...mean) > FAR * extent;
  return { centre: far ? mean : OWN_FRAME.centre, scale: extent < SMALLEST || extent > LARGEST ? NORMAL / extent : 1 };
}

/** A camera of the capture in a frame: R stays, t′ = scale·(R·centre + t). */
export function cameraInFrame(camera: PinholeCamera, { centre: c, scale }: SceneFrame): PinholeCamera {
  const m = [...camera.worldToCamera];
  for (const at of [0, 4, 8]) m[at + 3] = scale * (m[at] * c[0] + m[at + 1] * c[1] + m[at + 2] * c[2] + m[at + 3]);
  return { ...camera, worldToCamera: m };
}

/** Coordinate k of a point of the capture in a frame. */
export const placeInFrame = ({ centre, scale }: SceneFrame, value: number, k: number): number =>
  (value - centre[k]) * scale;

/** Points that were read in 32 bits, in place. */
export function pointsInFrame(points: SparsePoints, frame: SceneFrame): SparsePoints {
  if (isOwnFrame(frame)) return points;
  const { positions } = points;
  for (let i = 0; i < positions.length; i++) positions[i] = placeInFrame(frame, positions[i], i % 3);
  return points;
}

/** Positions in a frame back in the capture's coordinates, in double. */
export function positionsOfCapture(positions: ArrayLike<number>, { centre, scale }: SceneFrame): Float64Array {
  return Float64Array.from(positions, (value, i) => value / scale + centre[i % 3]);
}
