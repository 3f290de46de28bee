/** What opening a capture gives: posed photos, sparse points, and what a person should know about them. */
import type { PinholeCamera } from '#contract/camera';
import type { Saying } from '#contract/sayings';
import type { Distortion } from './lens';
import type { SceneFrame } from './sceneFrame';

export interface Photo {
  /** unique; the path below the photo folder, with forward slashes and composed letters (NFC); not always as on disk */
  readonly name: string;
  /** absolute */
  readonly path: string;
  /** full size, undistorted: the same intrinsics as the photo's, without the lens */
  readonly camera: PinholeCamera;
  /** the photo's lens, undone when it is loaded; null for a pinhole */
  readonly distortion: Distortion | null;
  /** absolute; its pixels below 128 are ignored */
  readonly maskPath: string | null;
  /** its EXIF orientation is applied when it is decoded, since its camera has that shape (photoSize.ts); absent: it is not */
  readonly turned?: boolean;
}

export interface SparsePoints {
  readonly count: number;
  /** [count, 3], world */
  readonly positions: Float32Array;
  /** [count, 3] */
  readonly colours: Uint8Array;
}

export interface Capture {
  readonly name: string;
  /** absolute */
  readonly root: string;
  readonly format: 'colmap' | 'transforms';
  /** sorted by name, code unit by code unit */
  readonly photos: Photo[];
  readonly points: SparsePoints | null;
  /** the coordinates that cameras and points are in */
  readonly frame: SceneFrame;
  /** names of photos that the capture itself keeps from training (`test.txt`); null when it does not say */
  readonly heldOut: string[] | null;
  /** for a person */
  readonly warnings: Saying[];
}
