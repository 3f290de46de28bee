/**
 * What the trainer itself sees at a viewer's pose, as a frame: colour, depth and opacity as they are rendered, on black, and what pixels mean in
 * two ways (semantics/pixelScores.ts):
 *
 *   decoded   R_s of a pixel through the decoder, R_u / α as a live view shows it
 *   blended   as a live view does: numbers of splats blended, Σ w·s / Σ w; names by the weight of the splats that have them,
 *             argmax_k Σ w·[name = k], classes with w·‖S_G‖; but what the tables of cells say of R_s (answerTables.ts) where that is
 *             all that is asked of; labels come this way alone, since nothing decodes to them
 *
 * A look at what has no label sees the scene as if nothing else were there.
 *
 * Among classes, what a person's own hand said stands above answers wherever it has at least half of a pixel's light, both ways.
 *
 * Numbers are 0 where the accumulated α is below COVERAGE; `alpha` tells. Channels that a scene has no semantics for are 0 everywhere.
 */
import type * as tf from '@tensorflow/tfjs';
import type { AnswerTables } from '#contract/answerTables';
import type { PinholeCamera } from '#contract/camera';
import { encodeFrame } from '#contract/frame';
import type { PictureChannel, SectionArray } from '#contract/frame';
import type { TrainerCommand } from '#contract/messages';
import { render, sampleWeights } from '../../kernels/index';
import type { Channel, RenderFrame } from '../../kernels/index';
import { SEMANTICS } from '../../kernels/layout';
import { blendScores, CODES, COVERAGE, decodePixels, splatScalars, spread } from '../../semantics/index';
import type { Answering, SplatView } from '../../semantics/index';
import { answerable, answersOf, bestAnswers, bestOfCodes, CERTAIN, overrule, saidOf, scoresOfCodes } from './answers';
import type { Ask } from './answers';
import { answerByTables } from './answerTables';
import { tablesOf } from './frames';
import type { OverlayParts } from './frames';
import type { ViewedScene } from './scene';

export type Look = Extract<TrainerCommand, { type: 'look' }>;

interface Picture {
  readonly values: SectionArray;
  /** accumulated α, [pixels] */
  readonly alpha: Float32Array;
  /** beside classes: the score of the best one, 0 … 65535 */
  readonly relevancy?: Uint16Array;
  readonly near?: number;
  readonly far?: number;
  /** revision of the ask that is answered */
  readonly ask?: number;
  /** revision of the labels that are shown */
  readonly labels?: number;
}

interface Scored {
  readonly score: Float32Array;
  /** accumulated α */
  readonly alpha: Float32Array;
}

/** Pixels whose splats are listed at once: lists are long. */
const BATCH = 32_768;

/** Renders and hands the planes over before they are given back. */
function drawn<T>(
  { model, antialiased, shDegree }: ViewedScene,
  camera: PinholeCamera,
  channels: Channel[],
  use: (planes: Float32Array, frame: RenderFrame) => T,
): T {
  const { geometry, sphericalHarmonics, semantics, count } = model;
  const frame: RenderFrame = { forward: null, view: null };
  const image = render({ geometry, sphericalHarmonics, semantics }, camera, {
    ...{ count, channels, shDegree, antialiased, frame },
    ...{ background: [0, 0, 0] as const, semanticsMovesGeometry: false },
  });
  try {
    return use(image.dataSync<'float32'>(), frame);
  } finally {
    image.dispose();
  }
}

const share16 = (value: number): number => Math.round(65_535 * Math.min(1, Math.max(0, value)));
const byteOf = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));

function scalarsOf(values: Float32Array, alpha: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value, i) => (alpha[i] >= COVERAGE ? share16(value) : 0));
}

function colourPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  const size = camera.width * camera.height;
  return drawn(scene, camera, ['rgb', 'alpha'], (planes) => {
    const values = new Uint32Array(size);
    for (let i = 0; i < size; i++)
      values[i] =
        byteOf(planes[i]) | (byteOf(planes[size + i]) << 8) | (byteOf(planes[2 * size + i]) << 16) | 0xff00_0000;
    return { values, alpha: planes.slice(3 * size) };
  });
}

function depthPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  const size = camera.width * camera.height;
  return drawn(scene, camera, ['depth', 'alpha'], (planes) => {
    const alpha = planes.slice(size);
    let [near, far] = [Infinity, -Infinity];
    const depth = (i: number): number => planes[i] / alpha[i];
    for (let i = 0; i < size; i++) {
      if (alpha[i] < COVERAGE) continue;
      near = Math.min(near, depth(i));
      far = Math.max(far, depth(i));
    }
    if (near > far) [near, far] = [0, 1];
    const span = Math.max(far - near, 1e-9);
    const values = Uint16Array.from(alpha, (a, i) => (a < COVERAGE ? 0 : share16((depth(i) - near) / span)));
    return { values, alpha, near, far };
  });
}

function opacityPicture(scene: ViewedScene, camera: PinholeCamera): Picture {
  return drawn(scene, camera, ['alpha'], (planes) => ({
    values: Uint16Array.from(planes, share16),
    alpha: planes.slice(),
  }));
}

/**
 * The name that most of a pixel's weight has.
 *
 * @param names  how many there are
 * @param of     those of splats, below it
 * @param heard  factors of the splats' weights
 */
function namesByWeight(
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

/** R_s of every pixel, [size, 8]. */
function renderedMeaning(scene: ViewedScene, camera: PinholeCamera): { vectors: Float32Array; alpha: Float32Array } {
  const size = camera.width * camera.height;
  const { dimensions } = SEMANTICS;
  return drawn(scene, camera, ['semantics', 'alpha'], (planes) => {
    const vectors = new Float32Array(size * dimensions);
    for (let k = 0; k < dimensions; k++)
      for (let i = 0; i < size; i++) vectors[i * dimensions + k] = planes[k * size + i];
    return { vectors, alpha: planes.slice(dimensions * size) };
  });
}

function componentsPicture(scene: ViewedScene, camera: PinholeCamera, { axes }: OverlayParts): Picture {
  const { vectors, alpha } = renderedMeaning(scene, camera);
  const values = new Uint32Array(alpha.length);
  axes.colours(vectors, SEMANTICS.dimensions, values);
  return { values: values.map((value, i) => (alpha[i] < COVERAGE ? 0xff00_0000 : value)), alpha };
}

function decodedPicture(
  scene: ViewedScene,
  camera: PinholeCamera,
  channel: PictureChannel,
  parts: OverlayParts,
): Picture | null {
  const { model, antialiased, semantics } = scene;
  if (!semantics) return null;
  const size = camera.width * camera.height;
  if (channel === 'components') return componentsPicture(scene, camera, parts);
  const ask = channel === 'relevancy' || channel === 'class' ? answerable(semantics, parts.ask) : null;
  const view = { ...modelTensors(scene), count: model.count };
  const pixels = decodePixels(view, camera, antialiased, semantics.layers, ask?.relevancies ?? new Float32Array(0));
  const { alpha, uncertainty, codes } = pixels;
  parts.cells.see(pixels.features);
  if (channel === 'uncertainty')
    return {
      values: scalarsOf(
        uncertainty.map((sum, i) => sum / alpha[i]),
        alpha,
      ),
      alpha,
    };
  const covered = pixels.pixels.length;
  if (channel === 'entry') {
    const values = new Uint8Array(size);
    for (let p = 0; p < covered; p++) values[pixels.pixels[p]] = codes.entries[p * CODES];
    return { values, alpha };
  }
  if (!ask) return null;
  const rows = ask.relevancies.length / semantics.entries;
  // Relevancies are summed over the whole of M̂; features are mixed from the entries that a pixel keeps.
  const scoresOf = (row: number): Float32Array =>
    ask.products
      ? scoresOfCodes(ask, row, semantics.entries, codes)
      : Float32Array.from({ length: covered }, (_, p) => pixels.scores[p * rows + row]);
  const at = (from: Float32Array): Float32Array => Float32Array.from(pixels.pixels, (pixel) => from[pixel]);
  const scalars: Answering['scalars'] = { uncertainty: at(uncertainty), opacity: at(alpha) };
  const relevancy = new Uint16Array(covered);
  const classes = new Uint8Array(covered);
  bestAnswers(answersOf(ask, covered, scoresOf, scalars), covered, relevancy, classes);
  const scored = Uint16Array.from(spread(pixels, relevancy));
  const answer = { alpha, ask: ask.revision };
  if (channel === 'relevancy') return { values: scored, ...answer };
  const named = Uint8Array.from(spread(pixels, classes));
  const said = saidOf(parts.labels, scene, ask);
  if (said) {
    certainWhere(said, rowsOf(ask), scene, camera, (pixel, name) => {
      [named[pixel], scored[pixel]] = [name, CERTAIN];
    });
  }
  return { values: named, relevancy: scored, ...answer };
}

const bytes = <T extends Picture>(picture: T): T & { values: Uint8Array } => ({
  ...picture,
  values: Uint8Array.from(picture.values),
});

/** Classes that an ask tells apart. */
const rowsOf = ({ questions }: Ask): number => Math.max(1, questions.length);

/** The label that most of a pixel's weight has; what has none counts as one more. */
function labelPicture(scene: ViewedScene, camera: PinholeCamera, { labels }: OverlayParts): Picture | null {
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

function blendedPicture(
  scene: ViewedScene,
  camera: PinholeCamera,
  channel: PictureChannel,
  parts: OverlayParts,
): Picture | null {
  const { model, antialiased, semantics } = scene;
  if (!semantics) return null;
  const { geometry, semantics: vectors, count } = model.arrays();
  const { codes } = parts.codes;
  if (channel === 'entry')
    return bytes(namesByWeight(scene, camera, semantics.entries, (row) => codes.entries[row * CODES]));
  const view = { ...modelTensors(scene), count };
  const scalars = splatScalars(geometry, vectors, count);
  if (channel === 'uncertainty') {
    const { scores, alpha } = blendScores(view, camera, antialiased, [scalars.uncertainty]);
    return { values: scalarsOf(scores[0], alpha), alpha };
  }
  if (channel === 'components') {
    const colours = new Uint32Array(count);
    parts.axes.colours(vectors, SEMANTICS.columns, colours);
    const shares = [0, 8, 16].map((shift) => Float32Array.from(colours, (colour) => ((colour >>> shift) & 255) / 255));
    const { scores, alpha } = blendScores(view, camera, antialiased, shares);
    const values = Uint32Array.from(
      alpha,
      (_, i) => byteOf(scores[0][i]) | (byteOf(scores[1][i]) << 8) | (byteOf(scores[2][i]) << 16) | 0xff00_0000,
    );
    return { values, alpha };
  }
  const ask = answerable(semantics, parts.ask);
  if (!ask) return null;
  const relevancy = new Uint16Array(count);
  const classes = new Uint8Array(count);
  bestOfCodes(ask, semantics.entries, codes, scalars, relevancy, classes);
  const said = saidOf(parts.labels, scene, ask);
  overrule(said, relevancy, classes);
  // R_s hears a splat by the length of its S_G.
  const lengths = Float32Array.from({ length: count }, (_, row) => {
    const from = row * SEMANTICS.columns;
    return Math.hypot(...vectors.subarray(from, from + SEMANTICS.dimensions));
  });
  const tables = tablesOf(scene, parts);
  const answers = tables && answersByTables(scene, camera, tables);
  const { score, alpha } = answers ?? blendedScore(view, camera, antialiased, relevancy);
  const scored = scalarsOf(score, alpha);
  if (channel === 'relevancy') return { values: scored, alpha, ask: ask.revision };
  const own = (row: number): number => classes[row];
  const named = bytes(namesByWeight(scene, camera, rowsOf(ask) + 1, own, (row) => lengths[row]));
  const values = answers ? answers.classes.map((one, pixel) => (alpha[pixel] < COVERAGE ? 0 : one)) : named.values;
  if (said)
    certainWhere(said, rowsOf(ask), scene, camera, (pixel, name) => {
      [values[pixel], scored[pixel]] = [name, CERTAIN];
    });
  return { values, alpha, relevancy: scored, ask: ask.revision };
}

/** Calls back with the pixels at least half of whose light a person's own hand has named, and the name of most of that. */
function certainWhere(
  said: Uint8Array,
  names: number,
  scene: ViewedScene,
  camera: PinholeCamera,
  use: (pixel: number, name: number) => void,
): void {
  const { model, antialiased } = scene;
  const marks = Float32Array.from(said, (question) => (question > 0 ? 1 : 0));
  const { scores, alpha } = blendScores({ ...modelTensors(scene), count: model.count }, camera, antialiased, [marks]);
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

function blendedScore(view: SplatView, camera: PinholeCamera, antialiased: boolean, relevancy: Uint16Array): Scored {
  const { scores, alpha } = blendScores(view, camera, antialiased, [Float32Array.from(relevancy, (v) => v / 65_535)]);
  return { score: scores[0], alpha };
}

function answersByTables(
  scene: ViewedScene,
  camera: PinholeCamera,
  tables: AnswerTables,
): Scored & { readonly classes: Uint8Array } {
  const { alpha, vectors } = renderedMeaning(scene, camera);
  const { scores, classes } = answerByTables(tables, vectors);
  return { score: scores, classes, alpha };
}

function modelTensors({ model }: ViewedScene): {
  geometry: tf.Tensor;
  sphericalHarmonics: tf.Tensor;
  semantics: tf.Tensor;
} {
  const { geometry, sphericalHarmonics, semantics } = model;
  return { geometry, sphericalHarmonics, semantics };
}

/** Zeros, for what a scene does not have yet. */
function emptyPicture(scene: ViewedScene, camera: PinholeCamera, channel: PictureChannel): Picture {
  const { alpha } = opacityPicture(scene, camera);
  const [none, scalars] = [new Uint8Array(alpha.length), new Uint16Array(alpha.length)];
  if (channel === 'components') return { values: new Uint32Array(alpha.length).fill(0xff00_0000), alpha };
  if (channel === 'class') return { values: none, relevancy: scalars, alpha };
  return { values: channel === 'entry' ? none : scalars, alpha };
}

function pictureOf(scene: ViewedScene, { camera, channel, way }: Look, parts: OverlayParts): Picture {
  switch (channel) {
    case 'colour':
      return colourPicture(scene, camera);
    case 'depth':
      return depthPicture(scene, camera);
    case 'opacity':
      return opacityPicture(scene, camera);
    case 'label':
      return labelPicture(scene, camera, parts) ?? emptyPicture(scene, camera, channel);
    default: {
      const made = way === 'decoded' ? decodedPicture : blendedPicture;
      return made(scene, camera, channel, parts) ?? emptyPicture(scene, camera, channel);
    }
  }
}

/** Whether a look needs the codes of splats. */
export function needsCodes({ channel, way }: Look): boolean {
  return way === 'blended' && (channel === 'entry' || channel === 'relevancy' || channel === 'class');
}

export function pictureFrame(
  scene: ViewedScene,
  look: Look,
  parts: OverlayParts,
  sequence: number,
): Uint8Array<ArrayBuffer> {
  const begun = performance.now();
  const make = (): Picture => pictureOf(scene, look, parts);
  const { model } = scene;
  const picture = look.unlabelled && parts.labels ? model.hiding(parts.labels.labelsOf(model), make) : make();
  const { values, alpha, relevancy, near = 0, far = 1, ask = 0, labels = 0 } = picture;
  const { request, channel, way, camera } = look;
  const { width, height } = camera;
  return encodeFrame(
    {
      ...{ kind: 'picture', sequence, step: scene.step, request, channel, way, ask, labels, width, height, near, far },
      cost: performance.now() - begun,
    },
    { alpha: Uint8Array.from(alpha, byteOf), values, ...(relevancy && { relevancy }) },
  );
}
