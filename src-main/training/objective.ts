/**
 * What training minimises, on one screen (METHOD §1, §4):
 *
 *   L = λ_RGB · L_RGB,   L_RGB = (1 − w)·L1 + w·(1 − SSIM),   w = ssimWeight
 *
 * over one photo a step. The language terms λ_s·L_s and λ_smo·L_smo join here as further summands once supervision for them
 * exists; they render in the same pass through `channels`.
 *
 * Shapes: image [C, H, W] with planes in the order of kernels/layout.ts, target [3, H, W] in 0…1, mask [H, W] of 0 or 1.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { photometricLoss, render } from '../kernels/index';
import type { Channel } from '../kernels/index';

/** What is learned, and the probe whose gradient slot reports screen gradients and radii to density control. */
export interface Learnables {
  /** [capacity, 11] */
  readonly geometry: Variable;
  /** [capacity, 48] */
  readonly sphericalHarmonics: Variable;
  /** [capacity, 9] */
  readonly semantics: Variable;
  /** [capacity, 3], zeros */
  readonly probe: Variable;
}

/** One photo as supervision. */
export interface View {
  readonly camera: PinholeCamera;
  /** [3, H, W] */
  readonly target: Tensor3D;
  /** [H, W], 0 = ignore; null = all of it */
  readonly mask: Tensor2D | null;
}

export interface ObjectiveOptions {
  /** live rows */
  readonly count: number;
  readonly shDegree: number;
  readonly background: readonly [number, number, number];
  readonly antialiased: boolean;
  readonly semanticsMovesGeometry: boolean;
  readonly ssimWeight: number;
  /** sees the rendered image while it exists; must not keep it */
  readonly observe?: (image: Tensor3D) => void;
}

const CHANNELS: Channel[] = ['rgb'];

/** The loss of one view, a scalar on the tape. */
export function objective(learnables: Learnables, view: View, options: ObjectiveOptions): Scalar {
  const { ssimWeight, observe, background, ...rendering } = options;
  const image = render(learnables, view.camera, { ...rendering, background: [...background], channels: CHANNELS });
  observe?.(image);
  return photometricLoss(image, view.target, view.mask, { ssimWeight });
}

export interface ObjectiveGradients {
  readonly loss: number;
  /** [capacity, 11] */
  readonly geometry: tf.Tensor2D;
  /** [capacity, 48] */
  readonly sphericalHarmonics: tf.Tensor2D;
  /** [capacity, 3]: ∂L/∂x_ndc, ∂L/∂y_ndc, radius in px */
  readonly probe: tf.Tensor2D;
}

/** Loss and gradients of one view; the caller disposes of the three tensors. The tape is closed when this returns. */
export function objectiveGradients(learnables: Learnables, view: View, options: ObjectiveOptions): ObjectiveGradients {
  const { geometry, sphericalHarmonics, probe } = learnables;
  const { value, grads } = tf
    .engine()
    .gradients(() => objective(learnables, view, options), [geometry, sphericalHarmonics, probe]);
  const loss = value.dataSync()[0];
  value.dispose();
  const [dGeometry, dHarmonics, dProbe] = grads as tf.Tensor2D[];
  return { loss, geometry: dGeometry, sphericalHarmonics: dHarmonics, probe: dProbe };
}
