/**
 * Op `sampleSemantics`: S_G, uncertainty and coverage at single pixels of a picture that `render` has just drawn, with the gradient
 * to the semantics alone (sample.reference.ts has the formulas).
 *
 * The losses on semantics look at some thousand pixels a step (METHOD §4); rendering nine more channels of the whole picture for
 * them would cost more than the picture itself.
 */
import * as tf from '@tensorflow/tfjs';
import { checkLength, checkTensor } from './checks';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import type { RenderFrame } from './render';
import { SEMANTICS } from './layout';
import { runKernel } from './runKernel';
import type { SampleWeights } from './sample.reference';

export const SAMPLE_KERNEL = 'LegatoSampleSemantics';
export const SAMPLE_GRADIENT_KERNEL = 'LegatoSampleSemanticsGradient';

/** The labels of single pixels by the vote of the splats that they blend. */
export interface LabelVote {
  /** of the live splats, 0 = none, [≥ count] */
  readonly splats: Uint8Array;
  /** [pixels], filled: those that are 0 stay so, and those whose splats have no label keep their own */
  readonly labels: Uint8Array;
}

export interface SampleAttributes {
  frame: RenderFrame;
  pixels: Int32Array;
  vote: LabelVote | null;
  /** what the forward kernel found, for its gradient */
  state: { sample: object | null };
}

const OP = 'sampleSemantics';

function checkPixels(frame: RenderFrame, pixels: Int32Array): void {
  if (!frame.forward || !frame.view)
    throw new KernelArgumentError(OP, 'frame', 'no picture was rendered into it; pass it to render() first');
  const { width, height } = frame.view.camera;
  const outside = pixels.findIndex((pixel) => pixel < 0 || pixel >= width * height);
  if (outside >= 0)
    throw new KernelArgumentError(OP, 'pixels', `${pixels[outside]} at ${outside} lies outside ${width} × ${height}`);
}

/**
 * @param semantics  [capacity, 9], the rows of the picture's geometry
 * @param frame      of the last `render`; another one on the same backend makes it stale
 * @param pixels     y·width + x
 * @param vote       labels to be had by the same walk; null for none
 * @returns [pixels, 10]: S_G (8), R_u, α
 * @throws KernelArgumentError
 */
export function sampleSemantics(
  semantics: tf.Tensor,
  frame: RenderFrame,
  pixels: Int32Array,
  vote: LabelVote | null = null,
): tf.Tensor2D {
  checkTensor(OP, 'semantics', semantics, [null, SEMANTICS.columns]);
  checkPixels(frame, pixels);
  if (vote) {
    checkLength(OP, 'vote.labels', vote.labels.length, pixels.length);
    const count = frame.view?.count ?? 0;
    if (vote.splats.length < count)
      throw new KernelArgumentError(OP, 'vote.splats', `${vote.splats.length} labels for ${count} splats`);
  }
  const attributes: SampleAttributes = { frame, pixels, vote, state: { sample: null } };
  return runKernel<tf.Tensor2D>(SAMPLE_KERNEL, { semantics }, attributes);
}

tf.registerGradient({
  kernelName: SAMPLE_KERNEL,
  inputsToSave: ['semantics'],
  gradFunc: (dy, [semantics], attrs) => ({
    semantics: () => runKernel<tf.Tensor>(SAMPLE_GRADIENT_KERNEL, { dy: dy as tf.Tensor, semantics }, attrs),
  }),
});

/**
 * Which Gaussians each pixel sees, and how much of each: for lifting, picking and direct-3D evaluation.
 *
 * @param least  weights α·T below it are left out, 0…1: most of a pixel's dozens of Gaussians lend it next to nothing
 */
export function sampleWeights(frame: RenderFrame, pixels: Int32Array, least = 0): SampleWeights {
  checkPixels(frame, pixels);
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${OP}: call initKernels first`);
  return backend.kernels.sampleWeights(frame, pixels, least);
}
