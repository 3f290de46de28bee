/**
 * How much is seen of every splat: Σ_p w_pi over pixels of some photos, spread evenly over the capture, in pixels of pictures with a long
 * side of 240. What is uncertain inside a wall is nobody's worry.
 */
import { reduceCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import { render, sampleWeights } from '../kernels/index';
import type { RenderFrame } from '../kernels/index';
import type { SelectableScene } from './selection';

const LONG_SIDE = 240;
const PHOTOS = 12;
const LEAST_WEIGHT = 0.01;

export interface SeenArea {
  /** over all photos that were looked from, [count] */
  readonly area: Float32Array;
  /** by photo, [count] */
  readonly views: readonly { readonly photo: string; readonly area: Float32Array }[];
}

/** @param cameras  of the photos, as trained on */
export function seenArea(
  { model, antialiased }: SelectableScene,
  cameras: readonly { readonly photo: string; readonly camera: PinholeCamera }[],
): SeenArea {
  const { count } = model;
  const area = new Float32Array(count);
  const chosen = Math.min(PHOTOS, cameras.length);
  const views = Array.from({ length: chosen }, (_, i) => cameras[Math.floor(((i + 0.5) * cameras.length) / chosen)]);
  return {
    area,
    views: views.map(({ photo, camera: full }) => {
      const camera = reduceCamera(full, LONG_SIDE);
      const own = new Float32Array(count);
      const frame: RenderFrame = { forward: null, view: null };
      const { geometry, sphericalHarmonics, semantics } = model;
      render({ geometry, sphericalHarmonics, semantics }, camera, {
        ...{ count, antialiased, frame, channels: ['alpha'] as const, shDegree: 0 },
        ...{ background: [0, 0, 0] as const, semanticsMovesGeometry: false },
      }).dispose();
      const pixels = Int32Array.from({ length: camera.width * camera.height }, (_, i) => i);
      const { rows, weights } = sampleWeights(frame, pixels, LEAST_WEIGHT);
      for (let pair = 0; pair < rows.length; pair++) own[rows[pair]] += weights[pair];
      for (let row = 0; row < count; row++) area[row] += own[row];
      return { photo, area: own };
    }),
  };
}
