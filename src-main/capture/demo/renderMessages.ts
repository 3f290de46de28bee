/** What the thread that makes a capture and the threads that render for it say to each other. */
import type { PinholeCamera } from '#contract/camera';
import type { SparsePoints } from '../types';
import type { LightQualityName } from './lighting';
import type { SurfacePoints } from './surfacePoints';

/** Everything that decides a room and its photos; each thread builds the same room from it. */
export interface RenderPlan {
  readonly seed: number;
  readonly objects: number;
  readonly quality: LightQualityName;
  readonly cameras: readonly PinholeCamera[];
  /** [points, 3] float32, shared: light, and what bounced once */
  readonly light: SharedArrayBuffer;
  readonly indirect: SharedArrayBuffer;
}

export type RenderTask =
  | { readonly kind: 'direct' | 'indirect'; readonly from: number; readonly to: number }
  /** sums up; the whole of both buffers, after every other thread is done with them */
  | { readonly kind: 'join' }
  | { readonly kind: 'photo'; readonly index: number };

/** A photo with its truth and the points that it shows. */
export interface RenderedPhoto {
  readonly index: number;
  readonly rgb: Uint8Array;
  readonly instances: Uint8Array;
  readonly classes: Uint8Array;
  /** millimetres */
  readonly depth: Uint16Array;
  readonly surface: SurfacePoints;
  readonly sparse: SparsePoints;
}

export type RenderAnswer = { readonly photo: RenderedPhoto | null };
