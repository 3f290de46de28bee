/**
 * What the trainer's own rasteriser shows of a scene: the measure of the live picture. Numbers of splats are blended by the kernel that
 * trains, from the parameters as they are, not as they were packed.
 */
import * as tf from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { render } from '../../../src-main/kernels/index';

export interface FloatScene {
  /** [count, 11] */
  readonly geometry: Float32Array;
  /** dc of the harmonics, [count, 3] */
  readonly dc: Float32Array;
  readonly count: number;
  readonly antialiased: boolean;
}

/** Planes of a picture, row by row. */
export interface ExactPlanes {
  /** red, green, blue over black, [3][pixels] */
  readonly colour: readonly Float32Array[];
  /** Σ w */
  readonly alpha: Float32Array;
  /** Σ w·z / Σ w */
  readonly depth: Float32Array;
  /** Σ w·n / Σ w of each row of numbers */
  readonly numbers: readonly Float32Array[];
}

/** @param numbers  any count of rows, [count] each */
export function exactPlanes(
  scene: FloatScene,
  camera: PinholeCamera,
  numbers: readonly ArrayLike<number>[],
): ExactPlanes {
  const { count } = scene;
  const harmonics = new Float32Array(48 * count);
  for (let i = 0; i < count; i++) harmonics.set(scene.dc.subarray(3 * i, 3 * i + 3), 48 * i);
  const pixels = camera.width * camera.height;
  const plane = (data: Float32Array, at: number): Float32Array => data.slice(at * pixels, (at + 1) * pixels);
  return tf.tidy(() => {
    const geometry = tf.tensor2d(scene.geometry, [count, 11]);
    const sphericalHarmonics = tf.tensor2d(harmonics, [count, 48]);
    const options = {
      count,
      shDegree: 0,
      background: [0, 0, 0] as const,
      antialiased: scene.antialiased,
      semanticsMovesGeometry: false,
    };
    const base = render({ geometry, sphericalHarmonics }, camera, { ...options, channels: ['rgb', 'depth', 'alpha'] });
    const data = base.dataSync<'float32'>();
    const alpha = plane(data, 4);
    const perAlpha = (values: Float32Array): Float32Array => values.map((value, i) => value / Math.max(alpha[i], 1e-6));
    const blended: Float32Array[] = [];
    for (let first = 0; first < numbers.length; first += 8) {
      const taken = numbers.slice(first, first + 8);
      const semantics = new Float32Array(9 * count);
      for (let i = 0; i < count; i++) taken.forEach((row, k) => (semantics[9 * i + k] = row[i]));
      const image = render({ geometry, sphericalHarmonics, semantics: tf.tensor2d(semantics, [count, 9]) }, camera, {
        ...options,
        channels: ['semantics'],
      });
      const planes = image.dataSync<'float32'>();
      taken.forEach((_, k) => blended.push(perAlpha(plane(planes, k))));
    }
    return {
      colour: [0, 1, 2].map((k) => plane(data, k)),
      alpha,
      depth: perAlpha(plane(data, 3)),
      numbers: blended,
    };
  });
}

/** Where a pixel's greatest number is, and -1 where none is above 0. */
export function greatest(numbers: readonly Float32Array[], pixel: number): number {
  let best = -1;
  let most = 0;
  numbers.forEach((plane, k) => {
    if (plane[pixel] > most) {
      most = plane[pixel];
      best = k;
    }
  });
  return best;
}
