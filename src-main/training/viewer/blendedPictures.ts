/**
 * What the pixels of a pose mean as a live view shows it: numbers of splats blended, Σ w·s / Σ w, and names by the weight of the splats that
 * have them, classes with w·‖S_G‖; but what the tables of cells say of R_s (answerTables.ts) where that is all that is asked of.
 */
import type { AnswerTables } from '#contract/answerTables';
import type { PinholeCamera } from '#contract/camera';
import type { PictureChannel } from '#contract/frame';
import { SEMANTICS } from '../../kernels/layout';
import { blendScores, CODES, COVERAGE, splatScalars } from '../../semantics/index';
import type { SplatView } from '../../semantics/index';
import { answerable, bestOfCodes, CERTAIN, classesOf, overrule, saidOf } from './answers';
import { answerByTables } from './answerTables';
import { tablesOf } from './frames';
import type { OverlayParts } from './frames';
import { certainWhere, namesByWeight } from './pixelNames';
import { byteOf, renderedMeaning, scalarsOf, splatsOf } from './renderedPictures';
import type { Picture } from './renderedPictures';
import type { ViewedScene } from './scene';

interface Scored {
  readonly score: Float32Array;
  /** accumulated α */
  readonly alpha: Float32Array;
}

const bytes = <T extends Picture>(picture: T): T & { values: Uint8Array } => ({
  ...picture,
  values: Uint8Array.from(picture.values),
});

/** Null for what the scene has nothing of yet. */
export function blendedPicture(
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
  const view = splatsOf(scene);
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
  const named = bytes(namesByWeight(scene, camera, classesOf(ask) + 1, own, (row) => lengths[row]));
  const values = answers ? answers.classes.map((one, pixel) => (alpha[pixel] < COVERAGE ? 0 : one)) : named.values;
  if (said)
    certainWhere(said, classesOf(ask), scene, camera, (pixel, name) => {
      [values[pixel], scored[pixel]] = [name, CERTAIN];
    });
  return { values, alpha, relevancy: scored, ask: ask.revision };
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
