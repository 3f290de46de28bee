/** A splat file to look at: colour, depth and opacity, without photos, decoder or steps. */
import { modelFromSplats, readSplats } from '../../gaussians/index';
import { initKernels, middleOf } from '../../kernels/index';
import type { ViewedScene } from './scene';

/** @throws CaptureError, errors of the file system and of the kernels */
export async function openSplats(path: string): Promise<{ viewed: ViewedScene; dispose: () => void }> {
  const [splats] = await Promise.all([readSplats(path), initKernels({ backend: 'auto' })]);
  const model = modelFromSplats(splats, 0);
  const { radius } = middleOf(splats.geometry, splats.count);
  const viewed = { step: 0, model, shDegree: splats.shDegree, antialiased: false, extent: radius, semantics: null };
  return { viewed, dispose: () => model.dispose() };
}
