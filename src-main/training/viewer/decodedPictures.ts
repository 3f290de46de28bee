/**
 * What the pixels of a pose mean by the decoder: R_s of a pixel is decoded, and what it decodes to is asked; R_u / α as a live view shows it.
 */
import type { PinholeCamera } from '#contract/camera';
import type { PictureChannel } from '#contract/frame';
import { SEMANTICS } from '../../kernels/layout';
import { CODES, COVERAGE, decodePixels, spread } from '../../semantics/index';
import type { Answering } from '../../semantics/index';
import { answerable, answersOf, bestAnswers, CERTAIN, classesOf, saidOf, scoresOfCodes } from './answers';
import type { OverlayParts } from './frames';
import { certainWhere } from './pixelNames';
import { renderedMeaning, scalarsOf, splatsOf } from './renderedPictures';
import type { Picture } from './renderedPictures';
import type { ViewedScene } from './scene';

function componentsPicture(scene: ViewedScene, camera: PinholeCamera, { axes }: OverlayParts): Picture {
  const { vectors, alpha } = renderedMeaning(scene, camera);
  const values = new Uint32Array(alpha.length);
  axes.colours(vectors, SEMANTICS.dimensions, values);
  return { values: values.map((value, i) => (alpha[i] < COVERAGE ? 0xff00_0000 : value)), alpha };
}

/** Null for what the scene has nothing of yet. */
export function decodedPicture(
  scene: ViewedScene,
  camera: PinholeCamera,
  channel: PictureChannel,
  parts: OverlayParts,
): Picture | null {
  const { antialiased, semantics } = scene;
  if (!semantics) return null;
  const size = camera.width * camera.height;
  if (channel === 'components') return componentsPicture(scene, camera, parts);
  const ask = channel === 'relevancy' || channel === 'class' ? answerable(semantics, parts.ask) : null;
  const view = splatsOf(scene);
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
    certainWhere(said, classesOf(ask), scene, camera, (pixel, name) => {
      [named[pixel], scored[pixel]] = [name, CERTAIN];
    });
  }
  return { values: named, relevancy: scored, ...answer };
}
