/**
 * Op `render`: Gaussians → image [C, H, W] through a pinhole camera, any subset of the channels in one pass, with the
 * gradient to every parameter (METHOD §1; the formulas are in render.reference.ts).
 *
 * Registered as kernels LegatoRender and LegatoRenderGradient on each backend; the latter computes all gradients in one
 * run. The gradient of `probe` is not a derivative but a report per Gaussian: (∂L/∂x_ndc, ∂L/∂y_ndc, radius in pixels).
 */
import * as tf from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { checkFiniteNumbers, checkInteger, checkLength, checkTensor } from './checks';
import { KernelArgumentError } from './errors';
import {
  CHANNELS,
  GEOMETRY,
  PROBE,
  SEMANTICS,
  SPHERICAL_HARMONICS,
  channelMask,
  planeOffset,
  type Channel,
} from './layout';
import type { RenderView } from './render.reference';
import { runKernel } from './runKernel';
import { isStopped } from './stopGradient';

export const RENDER_KERNEL = 'LegatoRender';
export const RENDER_GRADIENT_KERNEL = 'LegatoRenderGradient';

export interface RenderInputs {
  /** [capacity, 11] */
  geometry: tf.Tensor;
  /** [capacity, 48] */
  sphericalHarmonics: tf.Tensor;
  /** [capacity, 9]; needed for the channels semantics and uncertainty */
  semantics?: tf.Tensor | null;
  /** [capacity, 3], never read; absent where nobody asks for screen statistics */
  probe?: tf.Tensor | null;
}

export interface RenderOptions {
  /** live rows */
  count: number;
  channels: readonly Channel[];
  /** 0…3 */
  shDegree: number;
  background: readonly [number, number, number];
  antialiased: boolean;
  /** off: semantics and uncertainty see the blending weights as constants */
  semanticsMovesGeometry: boolean;
  /** receives the picture's state, for `sampleSemantics` */
  frame?: RenderFrame;
}

/** A picture as its backend remembers it, until the next one. */
export interface RenderFrame {
  forward: object | null;
  view: RenderView | null;
}

type GradientName = 'geometry' | 'sphericalHarmonics' | 'semantics' | 'probe';

export interface RenderAttributes {
  view: RenderView;
  semanticsMovesGeometry: boolean;
  /** gradients to compute, in the order of the gradient kernel's outputs */
  wanted: GradientName[];
  /** where the forward kernel leaves what its gradient needs; null while no tape runs */
  state: { forward: object | null } | null;
}

const OP = 'render';

function checkCamera({ width, height, fx, fy, cx, cy, worldToCamera }: PinholeCamera): void {
  checkInteger(OP, 'camera.width', width, 1, 1 << 15);
  checkInteger(OP, 'camera.height', height, 1, 1 << 15);
  checkFiniteNumbers(OP, 'camera intrinsics', [fx, fy, cx, cy]);
  if (fx <= 0 || fy <= 0) throw new KernelArgumentError(OP, 'camera.fx, fy', `${fx}, ${fy}, expected positive`);
  checkLength(OP, 'camera.worldToCamera', worldToCamera.length, 16);
  checkFiniteNumbers(OP, 'camera.worldToCamera', worldToCamera);
}

/** @throws KernelArgumentError on misfits, NonFiniteParameterError on a NaN or an infinity in a live row */
export function render(inputs: RenderInputs, camera: PinholeCamera, options: RenderOptions): tf.Tensor3D {
  const { geometry, sphericalHarmonics, semantics, probe } = inputs;
  checkTensor(OP, 'geometry', geometry, [null, GEOMETRY.columns]);
  const capacity = geometry.shape[0];
  checkTensor(OP, 'sphericalHarmonics', sphericalHarmonics, [capacity, SPHERICAL_HARMONICS.columns]);
  if (semantics) checkTensor(OP, 'semantics', semantics, [capacity, SEMANTICS.columns]);
  if (probe) checkTensor(OP, 'probe', probe, [capacity, PROBE.columns]);
  checkInteger(OP, 'count', options.count, 0, capacity);
  checkInteger(OP, 'shDegree', options.shDegree, 0, 3);
  checkFiniteNumbers(OP, 'background', options.background);
  checkCamera(camera);
  const { count, shDegree, background, antialiased, semanticsMovesGeometry } = options;
  const unknown = options.channels.find((name) => !CHANNELS.some((channel) => channel.name === name));
  if (unknown) throw new KernelArgumentError(OP, 'channels', `unknown channel ${String(unknown)}`);
  const channels = channelMask(options.channels);
  if (channels === 0) throw new KernelArgumentError(OP, 'channels', 'empty, expected at least one');
  const rendersSemantics = planeOffset(channels, 'semantics') >= 0 || planeOffset(channels, 'uncertainty') >= 0;
  if (rendersSemantics && !semantics) {
    throw new KernelArgumentError(OP, 'semantics', 'missing, though channels ask for semantics or uncertainty');
  }

  const wants: Record<GradientName, boolean> = {
    geometry: !isStopped(geometry),
    sphericalHarmonics: planeOffset(channels, 'rgb') >= 0 && !isStopped(sphericalHarmonics),
    semantics: rendersSemantics && !isStopped(semantics as tf.Tensor),
    probe: !!probe && !isStopped(probe),
  };
  const attributes: RenderAttributes = {
    view: { camera, count, channels, shDegree, background, antialiased },
    semanticsMovesGeometry,
    wanted: (Object.keys(wants) as GradientName[]).filter((name) => wants[name]),
    state: options.frame ?? (tf.engine().isTapeOn() ? { forward: null } : null),
  };
  if (options.frame) options.frame.view = attributes.view;
  return tf.tidy(() => {
    const tensors: tf.NamedTensorMap = {
      geometry,
      sphericalHarmonics,
      // Kernels save their inputs by name, so an absent one is empty rather than missing.
      semantics: semantics ?? tf.zeros([0, SEMANTICS.columns]),
    };
    if (probe) tensors.probe = probe;
    return runKernel<tf.Tensor3D>(RENDER_KERNEL, tensors, attributes);
  });
}

tf.registerGradient({
  kernelName: RENDER_KERNEL,
  inputsToSave: ['geometry', 'sphericalHarmonics', 'semantics'],
  // Runs before tfjs asks for the inputs' gradients one by one: all are computed once, in the scope of the whole backward
  // pass, which disposes of those that nobody took.
  gradFunc: (dy, [geometry, sphericalHarmonics, semantics], attrs) => {
    const attributes = attrs as unknown as RenderAttributes;
    const inputs = { dy: dy as tf.Tensor, geometry, sphericalHarmonics, semantics };
    const computed = attributes.wanted.length ? runKernel<tf.Tensor[]>(RENDER_GRADIENT_KERNEL, inputs, attrs) : [];
    const gradient = (name: GradientName, shape: number[]) => (): tf.Tensor => {
      const at = attributes.wanted.indexOf(name);
      return at < 0 ? tf.zeros(shape) : computed[at];
    };
    return {
      geometry: gradient('geometry', geometry.shape),
      sphericalHarmonics: gradient('sphericalHarmonics', sphericalHarmonics.shape),
      semantics: gradient('semantics', semantics.shape),
      probe: gradient('probe', [geometry.shape[0], PROBE.columns]),
    };
  },
});
