/**
 * What Gaussians cost under a budget (Kheradmand et al. 2024), so that those that show nothing fade and shrink until they die:
 *
 *   L_eco = λ_o·mean_i o_i + λ_Σ·mean_{i,k} s_ik / extent
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { GEOMETRY, sigmoid } from '../kernels/layout';

export interface EconomyOptions {
  /** live rows */
  readonly count: number;
  /** λ_o */
  readonly opacityWeight: number;
  /** λ_Σ */
  readonly scaleWeight: number;
  /** of the cameras, world units */
  readonly extent: number;
}

/** @param geometry  [capacity, 11]; rows behind `count` get no gradient */
export function economyLoss(geometry: Tensor, options: EconomyOptions): Scalar {
  const { count, extent } = options;
  const { columns, logScale, opacityLogit } = GEOMETRY;
  const [opacityShare, scaleShare] = [options.opacityWeight / count, options.scaleWeight / (3 * count * extent)];
  const operation = tf.customGrad((input, save) => {
    (save as (tensors: Tensor[]) => void)([input as Tensor]);
    const values = (input as Tensor).dataSync<'float32'>();
    let loss = 0;
    for (let row = 0; row < count; row++) {
      const at = row * columns;
      loss += opacityShare * sigmoid(values[at + opacityLogit]);
      for (let k = 0; k < 3; k++) loss += scaleShare * Math.exp(values[at + logScale + k]);
    }
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [upstream] = dy.dataSync<'float32'>();
      const now = saved[0].dataSync<'float32'>();
      const gradient = new Float32Array(now.length);
      for (let row = 0; row < count; row++) {
        const at = row * columns;
        const opacity = sigmoid(now[at + opacityLogit]);
        gradient[at + opacityLogit] = upstream * opacityShare * opacity * (1 - opacity);
        for (let k = 0; k < 3; k++)
          gradient[at + logScale + k] = upstream * scaleShare * Math.exp(now[at + logScale + k]);
      }
      return tf.tensor(gradient, saved[0].shape);
    };
    return { value: tf.scalar(loss), gradFunc };
  });
  return operation(geometry);
}
