/** Median depth, labels and uncertainty of the whole of a picture that `render` has just drawn (surface.reference.ts). */
import * as tf from '@tensorflow/tfjs';
import { checkInteger } from './checks';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import { GEOMETRY } from './layout';
import type { RenderFrame } from './render';
import type { SurfacePicture, SurfaceSplats } from './surface.reference';

const OP = 'surfacePicture';
const MOST_LABELS = 2 ** 16;

/** Empty planes for a picture of this size, to be filled again and again. */
export function surfacePlanes(width: number, height: number): SurfacePicture {
  const size = width * height;
  const [depth, alpha, confidence, uncertainty] = [0, 1, 2, 3].map(() => new Float32Array(size));
  return { depth, alpha, confidence, uncertainty, labels: new Uint16Array(size) };
}

/**
 * @param frame  of the last `render`; another one on the same backend makes it stale
 * @param out    planes of the picture's size, filled
 * @throws KernelArgumentError
 */
export function surfacePicture(frame: RenderFrame, splats: SurfaceSplats, out: SurfacePicture): void {
  if (!frame.forward || !frame.view)
    throw new KernelArgumentError(OP, 'frame', 'no picture was rendered into it; pass it to render() first');
  const { count, camera } = frame.view;
  checkInteger(OP, 'labelCount', splats.labelCount, 1, MOST_LABELS);
  const lengths = { geometry: count * GEOMETRY.columns, uncertainty: count, labels: count };
  for (const name of ['geometry', 'uncertainty', 'labels'] as const)
    if (splats[name].length < lengths[name])
      throw new KernelArgumentError(OP, name, `${splats[name].length} values, ${lengths[name]} are needed`);
  const high = splats.labels.subarray(0, count).findIndex((label) => label >= splats.labelCount);
  if (high >= 0) throw new KernelArgumentError(OP, 'labels', `that of Gaussian ${high} is not below labelCount`);
  const size = camera.width * camera.height;
  for (const name of ['depth', 'alpha', 'confidence', 'uncertainty', 'labels'] as const)
    if (out[name].length !== size)
      throw new KernelArgumentError(OP, name, `${out[name].length} values for ${size} pixels`);
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${OP}: call initKernels first`);
  backend.kernels.surface(frame, splats, out);
}
