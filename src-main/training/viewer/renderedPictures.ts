/**
 * What the rasteriser draws of a scene at a viewer's pose, on black: colour, depth and opacity as pictures, and R_s, the meaning that is
 * blended before anything decodes it.
 */
import type { PinholeCamera } from '#contract/camera';
import type { SectionArray } from '#contract/frame';
import { render } from '../../kernels/index';
import type { Channel, RenderFrame } from '../../kernels/index';
import { SEMANTICS } from '../../kernels/layout';
import { COVERAGE } from '../../semantics/index';
import type { SplatView } from '../../semantics/index';
import type { ViewedScene } from './scene';

/** Of every pixel of a pose, row by row. */
export interface Picture {
  readonly values: SectionArray;
  /** accumulated α, [pixels] */
  readonly alpha: Float32Array;
  /** beside classes: the score of the best one, 0 … 65535 */
  readonly relevancy?: Uint16Array;
  readonly near?: number;
  readonly far?: number;
  /** revision of the ask that is answered */
  readonly ask?: number;
  /** revision of the labels that are shown */
  readonly labels?: number;
}

/** Splats as the rooms below take them. */
export function splatsOf({ model }: ViewedScene): SplatView {
  const { geometry, sphericalHarmonics, semantics, count } = model;
  return { geometry, sphericalHarmonics, semantics, count };
}

/** Renders and hands the planes over before they are given back. */
export function drawn<T>(
  { model, antialiased, shDegree }: ViewedScene,
  camera: PinholeCamera,
  channels: Channel[],
  use: (planes: Float32Array, frame: RenderFrame) => T,
): T {
  const { geometry, sphericalHarmonics, semantics, count } = model;
  const frame: RenderFrame = { forward: null, view: null };
  const image = render({ geometry, sphericalHarmonics, semantics }, camera, {
    ...{ count, channels, shDegree, antialiased, frame },
    ...{ background: [0, 0, 0] as const, semanticsMovesGeometry: false },
  });
  try {
    return use(image.dataSync<'float32'>(), frame);
  } finally {
    image.dispose();
  }
}

/** A number 0 … 1 in 65535ths. */
const share16 = (value: number): number => Math.round(65_535 * Math.min(1, Math.max(0, value)));
/** A number 0 … 1 in 255ths. */
export const byteOf = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));

/** Numbers 0 … 1 of pixels, 0 where a pixel is not covered. */
export function scalarsOf(values: Float32Array, alpha: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value, i) => (alpha[i] >= COVERAGE ? share16(value) : 0));
}

export function colourPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  const size = camera.width * camera.height;
  return drawn(scene, camera, ['rgb', 'alpha'], (planes) => {
    const values = new Uint32Array(size);
    for (let i = 0; i < size; i++)
      values[i] =
        byteOf(planes[i]) | (byteOf(planes[size + i]) << 8) | (byteOf(planes[2 * size + i]) << 16) | 0xff00_0000;
    return { values, alpha: planes.slice(3 * size) };
  });
}

/** Along the optical axis, between the nearest and the farthest pixel. */
export function depthPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  const size = camera.width * camera.height;
  return drawn(scene, camera, ['depth', 'alpha'], (planes) => {
    const alpha = planes.slice(size);
    let [near, far] = [Infinity, -Infinity];
    const depth = (i: number): number => planes[i] / alpha[i];
    for (let i = 0; i < size; i++) {
      if (alpha[i] < COVERAGE) continue;
      near = Math.min(near, depth(i));
      far = Math.max(far, depth(i));
    }
    if (near > far) [near, far] = [0, 1];
    const span = Math.max(far - near, 1e-9);
    const values = Uint16Array.from(alpha, (a, i) => (a < COVERAGE ? 0 : share16((depth(i) - near) / span)));
    return { values, alpha, near, far };
  });
}

export function opacityPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  return drawn(scene, camera, ['alpha'], (planes) => ({
    values: Uint16Array.from(planes, share16),
    alpha: planes.slice(),
  }));
}

/** R_s of every pixel, [size, 8]. */
export function renderedMeaning(
  scene: ViewedScene,
  camera: PinholeCamera,
): { vectors: Float32Array; alpha: Float32Array } {
  const size = camera.width * camera.height;
  const { dimensions } = SEMANTICS;
  return drawn(scene, camera, ['semantics', 'alpha'], (planes) => {
    const vectors = new Float32Array(size * dimensions);
    for (let k = 0; k < dimensions; k++)
      for (let i = 0; i < size; i++) vectors[i * dimensions + k] = planes[k * size + i];
    return { vectors, alpha: planes.slice(dimensions * size) };
  });
}
