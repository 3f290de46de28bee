/**
 * `legato query`: what a project answers to words, as pictures at the poses of photos and as scores of splats.
 *
 *   NAME.relevancy.png   score of the best question through viridis, black 0 … yellow 1 whatever the scores; black without an answer
 *   NAME.mask.png        one question: 255 where its score reaches the threshold
 *   NAME.labels.png      several: 8-bit, the number of the best question, 0 = none
 *   NAME.classes.png     several: the same in colours
 *   FILE.ply             x y z red green blue · relevancy (or relevancy_0 …) · class · id, a point a splat
 *   FILE.safetensors     ids [count] U32, relevancies [count, questions] F32, classes [count] U8
 */
import { mkdir } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { safetensorsChunks, writeFileAtomically } from '../base/index';
import { writePly } from '../capture/index';
import type { PlyColumn } from '../capture/index';
import { GEOMETRY } from '../kernels/layout';
import { categoricalPalette } from '../language/codebook/index';
import type { Colour } from '../language/codebook/index';
import { classify, maskOf, readQuestions, textsIn } from '../semantics/index';
import type { QueryOrder } from '../semantics/index';
import { PhotoViews } from '../training/photoViews';
import { viridis } from './channelPicture';
import { chosenPhotos, pictureNames } from './renderProject';
import type { Views } from './renderProject';
import { askPixels, askSplats, blendPixels, likePixel, likeSplat, namesOf } from './sceneAnswers';
import type { Asked, ViewAnswers } from './sceneAnswers';
import { openSemanticScene } from './semanticScene';
import type { SemanticScene } from './semanticScene';
import { StudioError } from './studio';
import type { SceneOptions } from './trainedScene';

/** "More like this": a splat by its id, or a pixel of a photo at its full size. */
export type Like = { kind: 'splat'; id: number } | { kind: 'pixel'; photo: string; x: number; y: number };

export interface QueryRequest extends SceneOptions {
  /** expressions; one is a mask, several are classes */
  readonly queries: readonly string[];
  /** instead of queries */
  readonly like: Like | null;
  readonly negatives: readonly string[];
  readonly threshold: number;
  readonly order: QueryOrder;
  /** null for no pictures */
  readonly views: Views | null;
  /** blend the splats' scores instead of decoding pixels */
  readonly blended: boolean;
  /** also scores of splats */
  readonly splats: boolean;
  /** folder; with `splats` and no views it may be a .ply or .safetensors; null = exports/query of the project */
  readonly out: string | null;
}

interface Answer {
  readonly query: string;
  /** smallest and largest score among what has an answer; [0, 0] if nothing has */
  readonly range: [number, number];
  /** share at or above the threshold; of several questions, share that took this one */
  readonly share: number;
}

export type QueryResult =
  | {
      readonly type: 'words';
      readonly project: string;
      readonly step: number;
      readonly queries: readonly string[];
      readonly texts: readonly string[];
      readonly negatives: readonly string[];
      readonly threshold: number;
      readonly order: QueryOrder;
      /** to load the text encoder and embed the texts */
      readonly milliseconds: number;
    }
  | {
      readonly type: 'view';
      readonly view: string;
      readonly width: number;
      readonly height: number;
      readonly answers: readonly Answer[];
      /** share of pixels without an answer: too little of the scene is seen */
      readonly unanswered: number;
      readonly milliseconds: number;
      readonly files: readonly string[];
    }
  | {
      readonly type: 'splats';
      readonly splats: number;
      readonly answers: readonly Answer[];
      /** from cached codes to scores */
      readonly milliseconds: number;
      /** to decode the codes, once after each snapshot */
      readonly refreshMilliseconds: number;
      readonly file: string;
    };

function answersOf(
  names: readonly string[],
  scores: readonly ArrayLike<number>[],
  chosen: Uint8Array,
  answered: ArrayLike<number> | null,
): Answer[] {
  const of = chosen.length;
  return names.map((query, q) => {
    let [low, high, taken] = [Infinity, -Infinity, 0];
    for (let i = 0; i < of; i++) {
      if (answered && answered[i] === 0) continue;
      low = Math.min(low, scores[q][i]);
      high = Math.max(high, scores[q][i]);
      if (chosen[i] === q + 1) taken++;
    }
    return { query, range: low <= high ? [low, high] : [0, 0], share: of === 0 ? 0 : taken / of };
  });
}

/** Class numbers; for one question its mask. */
const chosenOf = (scores: readonly Float32Array[], threshold: number): Uint8Array =>
  scores.length === 1 ? maskOf(scores[0], threshold) : classify(scores, threshold);

/** @throws StudioError, TextError, ExpressionError, and what opening the scene throws */
async function ask(scene: SemanticScene, request: QueryRequest): Promise<Asked> {
  const { like, queries, negatives, order } = request;
  if (like?.kind === 'splat') return likeSplat(scene, like.id);
  if (like?.kind === 'pixel') {
    const [photo] = chosenPhotos(scene.trained, { kind: 'photo', name: like.photo });
    const full = photo.camera;
    const { x, y } = like;
    const where = `${photo.name} (${x}, ${y})`;
    if (x >= full.width || y >= full.height)
      throw new StudioError(scene.trained.root, `${where} lies outside ${full.width} × ${full.height}`);
    const camera = await new PhotoViews([photo], scene.trained.settings).camera(0);
    const [sx, sy] = [camera.width / full.width, camera.height / full.height];
    return likePixel(scene, camera, (x + 0.5) * sx, (y + 0.5) * sy, where);
  }
  const questions = readQuestions(queries);
  return { kind: 'words', questions, words: await scene.language.words(textsIn(questions), negatives, order) };
}

/** Answers, writes and yields one result after the other. */
export async function* queryProject(
  path: string,
  request: QueryRequest,
  warn: (message: string) => void,
): AsyncGenerator<QueryResult> {
  // Mistakes in the query itself cost nothing.
  readQuestions(request.queries);
  const scene = await openSemanticScene(path, request, warn);
  try {
    const { trained } = scene;
    const { threshold, views, negatives, order, queries } = request;
    const photos = views ? chosenPhotos(trained, views) : [];
    const begun = performance.now();
    const asked = await ask(scene, request);
    const milliseconds = performance.now() - begun;
    const words = asked.kind === 'words' ? asked.words.texts : [];
    const said = {
      queries: asked.kind === 'words' ? queries : namesOf(asked),
      texts: words,
      negatives,
      threshold,
      order,
    };
    yield { type: 'words', project: trained.root, step: trained.snapshot.step, ...said, milliseconds };

    const { codes: _, refreshMilliseconds } = scene;
    const asking = performance.now();
    const splats = request.splats || request.blended ? askSplats(scene, asked) : [];
    const splatMilliseconds = performance.now() - asking;
    const names = namesOf(asked);
    const palette = categoricalPalette(names.length);
    const out = resolve(request.out ?? join(trained.exports, 'query'));
    const nameOf = pictureNames(trained.photos);
    if (request.splats) {
      const chosen = chosenOf(splats, threshold);
      const file = splatFile(out, views !== null);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFileAtomically(file, splatBytes(file, scene, splats, chosen, palette));
      const answers = answersOf(names, splats, chosen, null);
      const figures = { splats: scene.count, answers, milliseconds: splatMilliseconds, refreshMilliseconds };
      yield { type: 'splats', ...figures, file };
    }
    if (photos.length === 0) return;
    await mkdir(out, { recursive: true });
    const store = new PhotoViews(photos, trained.settings);
    for (let index = 0; index < photos.length; index++) {
      const camera = await store.camera(index);
      const started = performance.now();
      const answers = request.blended
        ? blendPixels(scene.view, trained.settings.antialiased, camera, splats)
        : askPixels(scene, camera, asked);
      const took = performance.now() - started;
      const chosen = chosenOf(answers.scores, threshold).map((label, i) => (answers.answered[i] ? label : 0));
      const named = (kind: string): string => join(out, nameOf(photos[index], kind));
      const files = await writePictures(answers, chosen, palette, named);
      const { width, height, answered } = answers;
      const unanswered = answered.reduce((sum, value) => sum + (value ? 0 : 1), 0) / answered.length;
      const found = answersOf(names, answers.scores, chosen, answered);
      const figures = { width, height, answers: found, unanswered, milliseconds: took, files };
      yield { type: 'view', view: photos[index].name, ...figures };
    }
  } finally {
    await scene.close();
  }
}

async function writePictures(
  { width, height, scores, answered }: ViewAnswers,
  chosen: Uint8Array,
  palette: readonly Colour[],
  named: (kind: string) => string,
): Promise<string[]> {
  const size = width * height;
  const relevancy = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) {
    if (!answered[i]) continue;
    let best = scores[0][i];
    for (let q = 1; q < scores.length; q++) best = Math.max(best, scores[q][i]);
    for (let c = 0; c < 3; c++) relevancy[3 * i + c] = Math.round(viridis(best, c));
  }
  const files: string[] = [];
  const write = async (kind: string, bytes: Uint8Array, channels: 1 | 3): Promise<void> => {
    const file = named(kind);
    const picture = sharp(bytes, { raw: { width, height, channels } });
    await (channels === 1 ? picture.toColourspace('b-w') : picture).png({ compressionLevel: 6 }).toFile(file);
    files.push(file);
  };
  await write('relevancy', relevancy, 3);
  if (scores.length === 1) {
    await write(
      'mask',
      chosen.map((label) => 255 * label),
      1,
    );
    return files;
  }
  await write('labels', chosen, 1);
  await write('classes', coloured(chosen, palette), 3);
  return files;
}

/** [n, 3]; black for none */
function coloured(chosen: Uint8Array, palette: readonly Colour[]): Uint8Array {
  const rgb = new Uint8Array(3 * chosen.length);
  chosen.forEach((label, i) => {
    if (label > 0) rgb.set(palette[label - 1], 3 * i);
  });
  return rgb;
}

function splatFile(out: string, pictures: boolean): string {
  const suffix = extname(out).toLowerCase();
  if (!pictures && (suffix === '.ply' || suffix === '.safetensors')) return out;
  return join(out, 'splats.ply');
}

function splatBytes(
  file: string,
  scene: SemanticScene,
  scores: readonly Float32Array[],
  chosen: Uint8Array,
  palette: readonly Colour[],
): Iterable<Uint8Array> {
  const { count, geometry } = scene;
  const ids = scene.ids.slice(0, count);
  if (file.toLowerCase().endsWith('.safetensors')) {
    const all = new Float32Array(count * scores.length);
    scores.forEach((values, q) => values.forEach((value, i) => (all[i * scores.length + q] = value)));
    return safetensorsChunks([
      ['ids', { shape: [count], data: ids }],
      ['relevancies', { shape: [count, scores.length], data: all }],
      ['classes', { shape: [count], data: chosen }],
    ]);
  }
  const position = (axis: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => geometry[i * GEOMETRY.columns + axis]);
  const rgb =
    scores.length > 1
      ? coloured(chosen, palette)
      : Uint8Array.from({ length: 3 * count }, (_, i) => Math.round(viridis(scores[0][Math.floor(i / 3)], i % 3)));
  const colour = (c: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => rgb[3 * i + c]);
  const columns: [string, PlyColumn][] = [
    ...['x', 'y', 'z'].map((name, axis): [string, PlyColumn] => [name, position(axis)]),
    ...['red', 'green', 'blue'].map((name, c): [string, PlyColumn] => [name, colour(c)]),
    ...scores.map((values, q): [string, PlyColumn] => [scores.length === 1 ? 'relevancy' : `relevancy_${q}`, values]),
    ['class', chosen],
    ['id', ids],
  ];
  return [writePly({ elements: [{ name: 'vertex', count, columns: new Map(columns) }] })];
}
