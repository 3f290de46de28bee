/** How deep the surface lies in the pixels of a view. */
import type { PinholeCamera } from '#contract/camera';
import { render } from '../kernels/index';
import type { RenderFrame } from '../kernels/index';
import type { SelectableScene } from './selection';

/** Surface where so much of a pixel is covered. */
const COVERED = 0.5;

/**
 * @param work  is given the frame, for the weights of single pixels, as long as it is the last one, and depths along the camera's axis,
 *              world units, 0 where little of a pixel is covered, [height, width]
 */
export function overDepths<T>(
  { model, antialiased }: SelectableScene,
  camera: PinholeCamera,
  work: (frame: RenderFrame, depths: Float32Array) => T,
): T {
  const { geometry, sphericalHarmonics, semantics, count } = model;
  const size = camera.width * camera.height;
  const frame: RenderFrame = { forward: null, view: null };
  const image = render({ geometry, sphericalHarmonics, semantics }, camera, {
    ...{ count, antialiased, frame, channels: ['depth', 'alpha'] as const, shDegree: 0 },
    ...{ background: [0, 0, 0] as const, semanticsMovesGeometry: false },
  });
  try {
    const planes = image.dataSync<'float32'>();
    const depths = Float32Array.from({ length: size }, (_, pixel) =>
      planes[size + pixel] >= COVERED ? planes[pixel] / planes[size + pixel] : 0,
    );
    return work(frame, depths);
  } finally {
    image.dispose();
  }
}
