/**
 * Names of pixels by the light of their splats, argmax_k Σ w·[name = k] over a pixel's blending weights w: labels, entries and classes that
 * hang on splats and that nothing decodes to.
 */
import type { PinholeCamera } from '#contract/camera';
import { sampleWeights } from '../../kernels/index';
import { blendScores, COVERAGE } from '../../semantics/index';
import type { OverlayParts } from './frames';
import { drawn, splatsOf } from './renderedPictures';
import type { Picture } from './renderedPictures';
import type { ViewedScene } from './scene';

/** Pixels whose splats are listed at once: lists are long. */
const BATCH = 32_768;

/**
 * The name that most of a pixel's weight has.
 *
 * @param names  how many there are
 * @param of     those of splats, below it
 * @param heard  factors of the splats' weights
 */
export function namesByWeight(
  scene: ViewedScene,
  camera: PinholeCamera,
  names: number,
  of: (row: number) => number,
  heard: (row: number) => number = () => 1,
): Picture & { values: Uint16Array } {
  const size = camera.width * camera.height;
  return drawn(scene, camera, ['alpha'], (planes, frame) => {
    const alpha = planes.slice();
    const values = new Uint16Array(size);
    const sums = new Float64Array(names);
    for (let from = 0; from < size; from += BATCH) {
      const pixels = Int32Array.from({ length: Math.min(BATCH, size - from) }, (_, i) => from + i);
      const { offsets, rows, weights } = sampleWeights(frame, pixels);
      pixels.forEach((pixel, p) => {
        if (alpha[pixel] < COVERAGE) return;
        sums.fill(0);
        let best = 0;
        for (let pair = offsets[p]; pair < offsets[p + 1]; pair++) {
          const name = of(rows[pair]);
          sums[name] += weights[pair] * heard(rows[pair]);
          if (sums[name] > sums[best]) best = name;
        }
        values[pixel] = best;
      });
    }
    return { values, alpha };
  });
}

/** The label that most of a pixel's weight has; what has none counts as one more. */
export function labelPicture(scene: ViewedScene, camera: PinholeCamera, { labels }: OverlayParts): Picture | null {
  if (!labels) return null;
  const own = labels.labelsOf(scene.model);
  const present = [...new Set(own)];
  const slots = new Map(present.map((label, slot) => [label, slot]));
  const slotOf = Uint16Array.from(own, (label) => slots.get(label) ?? 0);
  const { values, alpha } = namesByWeight(scene, camera, Math.max(1, present.length), (row) => slotOf[row]);
  return {
    values: values.map((slot, pixel) => (alpha[pixel] < COVERAGE ? 0 : present[slot])),
    alpha,
    labels: labels.revision,
  };
}

/** Calls back with the pixels at least half of whose light a person's own hand has named, and the name of most of that. */
export function certainWhere(
  said: Uint8Array,
  names: number,
  scene: ViewedScene,
  camera: PinholeCamera,
  use: (pixel: number, name: number) => void,
): void {
  const marks = Float32Array.from(said, (question) => (question > 0 ? 1 : 0));
  const { scores, alpha } = blendScores(splatsOf(scene), camera, scene.antialiased, [marks]);
  const { values } = namesByWeight(
    scene,
    camera,
    names + 1,
    (row) => said[row],
    (row) => marks[row],
  );
  for (let pixel = 0; pixel < alpha.length; pixel++)
    if (alpha[pixel] >= COVERAGE && scores[0][pixel] >= 0.5 && values[pixel] > 0) use(pixel, values[pixel]);
}
