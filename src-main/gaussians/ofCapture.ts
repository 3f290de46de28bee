/** Gaussians in the coordinates of their capture, where they were trained in others (capture/sceneFrame.ts). */
import { isOwnFrame, type SceneFrame } from '../capture/index';
import { GEOMETRY } from '../kernels/layout';

/**
 * μ_capture = μ/scale + centre,   s_capture = s/scale,   in 32 bits, as splat files have them
 *
 * @param geometry  [count, 11]
 * @returns a copy; the array itself where there is nothing to do
 */
export function geometryOfCapture(geometry: Float32Array, frame: SceneFrame): Float32Array {
  if (isOwnFrame(frame)) return geometry;
  const { centre, scale } = frame;
  const own = geometry.slice();
  const logScale = Math.log(scale);
  for (let at = 0; at < own.length; at += GEOMETRY.columns) {
    for (let k = 0; k < 3; k++) {
      own[at + GEOMETRY.mean + k] = geometry[at + GEOMETRY.mean + k] / scale + centre[k];
      own[at + GEOMETRY.logScale + k] = geometry[at + GEOMETRY.logScale + k] - logScale;
    }
  }
  return own;
}
