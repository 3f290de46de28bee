/** Scenes as tensors, for tests of the ops under tfjs. */
import * as tf from '@tensorflow/tfjs';
import { GEOMETRY, render, type Channel, type RenderOptions } from '../../../src-main/kernels/index';
import type { Scene } from './scenes';

export type Tensors = {
  geometry: tf.Tensor;
  sphericalHarmonics: tf.Tensor;
  semantics: tf.Tensor;
  probe: tf.Tensor;
};

export function tensors({ parameters }: Scene): Tensors {
  const capacity = parameters.geometry.length / GEOMETRY.columns;
  return {
    geometry: tf.tensor(parameters.geometry.slice(), [capacity, 11]),
    sphericalHarmonics: tf.tensor(parameters.sphericalHarmonics.slice(), [capacity, 48]),
    semantics: tf.tensor(parameters.semantics.slice(), [capacity, 9]),
    probe: tf.zeros([capacity, 3]),
  };
}

export function optionsOf(
  { view }: Scene,
  channels: readonly Channel[],
  semanticsMovesGeometry = false,
): RenderOptions {
  const { count, shDegree, background, antialiased } = view;
  return { count, shDegree, background, antialiased, channels, semanticsMovesGeometry };
}

/** Gradients of Σ g·image to all four inputs. */
export function renderGradients(
  t: Tensors,
  scene: Scene,
  options: RenderOptions,
  dImage: Float32Array,
): Float32Array[] {
  return tf.tidy(() => {
    const f = (...[geometry, sphericalHarmonics, semantics, probe]: tf.Tensor[]): tf.Scalar => {
      const image = render({ geometry, sphericalHarmonics, semantics, probe }, scene.view.camera, options);
      return tf.sum(tf.mul(image, tf.tensor(dImage, image.shape)));
    };
    const g = tf.grads(f)([t.geometry, t.sphericalHarmonics, t.semantics, t.probe]);
    return g.map((tensor) => tensor.dataSync<'float32'>().slice());
  });
}
