/**
 * Which splats a region means.
 *
 * A shape over a picture means, of what the picture shows there, the surface: splat i when its centre lies in the shape, at most a
 * little behind the surface that is seen there,
 *
 *   z_i ≤ depth(pixel) · (1 + 0.02) + 2·max σ_i,
 *
 * and at least half of what is seen of it lies in the shape, Σ_(p in shape) w_pi ≥ ½ Σ_p w_pi: a large splat that merely reaches into it
 * is not meant, and one whose centre lies outside but that is mostly seen inside is. One that merely shines through from behind is not
 * meant either: at least a fiftieth must be seen of what it would fill with nothing before it (drawnArea.ts). With `through`, every splat whose centre projects
 * into the shape, whatever is before it.
 */
import type { PinholeCamera } from '#contract/camera';
import type { LabelRegion } from '#contract/labels';
import { said } from '#contract/sayings';
import { sampleWeights } from '../kernels/index';
import { GEOMETRY } from '../kernels/layout';
import type { GaussianModel } from '../gaussians/index';
import { CODES } from '../semantics/index';
import type { Codes } from '../semantics/index';
import { overDepths } from './depths';
import { drawnArea } from './drawnArea';
import { LabelError } from './errors';
import { boundsOf, cropAround, isShape, maskOf } from './shapes';
import type { Crop, Shape } from './shapes';

export interface SelectableScene {
  readonly model: GaussianModel;
  readonly antialiased: boolean;
}

/** What splats are, as pages see it; null while it is not known. */
export interface SplatAnswers {
  /** best question (1-based, 0 none) and its score in 65535ths, of rows; null when nothing is asked */
  best(): { classes: Uint8Array; relevancy: Uint16Array } | null;
  /** of rows, as they decode now; null until semantics have joined */
  codes(): Codes | null;
}

/** Long side of the window that is rendered for a shape, px. */
const LONG_SIDE = 480;
/** Around the shape, as a share of its size and at least so many px: to see what reaches out of it. */
const [MARGIN, LEAST_MARGIN] = [0.25, 16];
/** Behind the seen surface a splat may lie: share of the depth, and of its own longest standard deviation. */
const [DEPTH_SLACK, SCALE_SLACK] = [0.02, 2];
/** Seen at all: blending weights that count, and how much of a pixel they must fill together to say where a splat is. */
const [LEAST_WEIGHT, LEAST_SEEN] = [0.01, 0.25];
/** Of what a splat would fill with nothing before it, so much is seen of those that are part of the surface. */
const LEAST_SHOWN = 0.02;
const NEAR = 0.2;
/** Pixels whose splats are listed at once. */
const BATCH = 16_384;

/**
 * Rows of the splats that a region means, 1 or 0, [count].
 *
 * @throws LabelError where it cannot be told what is meant
 */
export function selectRows(
  scene: SelectableScene,
  region: LabelRegion,
  camera: PinholeCamera | null,
  through: boolean,
  answers: SplatAnswers,
): Uint8Array {
  const { ids, count } = scene.model;
  const marks = new Uint8Array(count);
  if (isShape(region)) {
    if (!camera) throw new LabelError(said('shapeWithoutCamera'));
    const [left, top, right, bottom] = boundsOf(region);
    const margin = Math.max(LEAST_MARGIN, MARGIN * Math.max(right - left, bottom - top));
    const crop = cropAround(camera, [left, top, right, bottom], margin, LONG_SIDE);
    if (!crop) return marks;
    if (through) markThrough(scene, region, crop, marks);
    else markSurface(scene, region, crop, marks);
    return marks;
  }
  switch (region.kind) {
    case 'splats': {
      const wanted = new Set(region.ids);
      for (let row = 0; row < count; row++) if (wanted.has(ids[row])) marks[row] = 1;
      return marks;
    }
    case 'answer': {
      const best = answers.best();
      if (!best) throw new LabelError(said('nothingAsked'));
      const least = Math.round(65_535 * region.threshold);
      for (let row = 0; row < count; row++) {
        const meant = region.question === null ? best.classes[row] > 0 : best.classes[row] === region.question + 1;
        if (meant && best.relevancy[row] >= least) marks[row] = 1;
      }
      return marks;
    }
    case 'entry': {
      const codes = answers.codes();
      if (!codes) throw new LabelError(said('entriesNotJoined'));
      for (let row = 0; row < count; row++) if (codes.entries[row * CODES] === region.entry) marks[row] = 1;
      return marks;
    }
  }
}

/** Calls back with pixel and depth of every splat whose centre the camera sees in its picture. */
function eachCentre(
  geometry: Float32Array,
  count: number,
  { width, height, fx, fy, cx, cy, worldToCamera: m }: PinholeCamera,
  use: (row: number, pixel: number, z: number) => void,
): void {
  for (let row = 0; row < count; row++) {
    const at = row * GEOMETRY.columns;
    const [px, py, pz] = [geometry[at], geometry[at + 1], geometry[at + 2]];
    const z = m[8] * px + m[9] * py + m[10] * pz + m[11];
    if (z < NEAR) continue;
    const x = Math.floor((fx * (m[0] * px + m[1] * py + m[2] * pz + m[3])) / z + cx);
    const y = Math.floor((fy * (m[4] * px + m[5] * py + m[6] * pz + m[7])) / z + cy);
    if (x >= 0 && y >= 0 && x < width && y < height) use(row, y * width + x, z);
  }
}

function markThrough({ model }: SelectableScene, shape: Shape, crop: Crop, marks: Uint8Array): void {
  const mask = maskOf(shape, crop);
  const { geometry, count } = model.arrays();
  eachCentre(geometry, count, crop.camera, (row, pixel) => {
    if (mask[pixel]) marks[row] = 1;
  });
}

function markSurface(scene: SelectableScene, shape: Shape, crop: Crop, marks: Uint8Array): void {
  const mask = maskOf(shape, crop);
  const { camera } = crop;
  const { geometry, count } = scene.model.arrays();
  overDepths(scene, camera, (frame, depths) => {
    const size = depths.length;
    const [inside, seen] = [new Float32Array(count), new Float32Array(count)];
    for (let from = 0; from < size; from += BATCH) {
      const pixels = Int32Array.from({ length: Math.min(BATCH, size - from) }, (_, i) => from + i);
      const { offsets, rows, weights } = sampleWeights(frame, pixels, LEAST_WEIGHT);
      for (let p = 0; p < pixels.length; p++)
        for (let pair = offsets[p]; pair < offsets[p + 1]; pair++) {
          seen[rows[pair]] += weights[pair];
          if (mask[from + p]) inside[rows[pair]] += weights[pair];
        }
    }
    eachCentre(geometry, count, camera, (row, pixel, z) => {
      if (!mask[pixel]) return;
      const at = row * GEOMETRY.columns + GEOMETRY.logScale;
      const reach = SCALE_SLACK * Math.exp(Math.max(geometry[at], geometry[at + 1], geometry[at + 2]));
      // Where nothing covers a pixel nothing hides what lies there.
      if (depths[pixel] === 0 || z <= depths[pixel] * (1 + DEPTH_SLACK) + reach) marks[row] = 1;
    });
    for (let row = 0; row < count; row++) {
      if (seen[row] < LEAST_SEEN) continue;
      const meant = inside[row] >= seen[row] / 2 && seen[row] >= LEAST_SHOWN * drawnArea(geometry, row, camera);
      marks[row] = meant ? 1 : 0;
    }
  });
}
