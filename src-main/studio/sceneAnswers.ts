/** Questions put to a semantic scene: of its splats, and of the pixels of a view, by decoding them or by blending the splats' answers. */
import type { PinholeCamera } from '#contract/camera';
import {
  blendScores,
  COVERAGE,
  decodePixels,
  likeness,
  scoreCodes,
  scoreQuestions,
  splatScalars,
  spread,
} from '../semantics/index';
import type { Question, SplatView, TextScores } from '../semantics/index';
import type { SemanticScene } from './semanticScene';
import { StudioError } from './studio';

/** What is asked, with everything that depends on words worked out. */
export type Asked =
  | { readonly kind: 'words'; readonly questions: readonly Question[]; readonly words: TextScores }
  /** "more like this": the likeness of every entry, [N] */
  | { readonly kind: 'likeness'; readonly name: string; readonly values: Float32Array };

export const namesOf = (asked: Asked): string[] =>
  asked.kind === 'words' ? asked.questions.map(({ name }) => name) : [asked.name];

/** Scores of all splats, [count] per question. */
export function askSplats(scene: SemanticScene, asked: Asked): Float32Array[] {
  const { codes, count } = scene;
  if (asked.kind === 'likeness') return [scoreCodes(codes, asked.values)];
  const { questions, words } = asked;
  const scalars = splatScalars(scene.geometry, scene.semantics, count);
  return scoreQuestions(questions, { n: count, text: (text) => words.ofCodes(codes, text), scalars });
}

export interface ViewAnswers {
  readonly width: number;
  readonly height: number;
  /** 1 where enough of the scene is seen to have an answer, [height, width] */
  readonly answered: Uint8Array;
  /** 0 where there is no answer, [height, width] per question */
  readonly scores: Float32Array[];
}

/** Scores of the pixels of a view by decoding each of them. */
export function askPixels(scene: SemanticScene, camera: PinholeCamera, asked: Asked): ViewAnswers {
  const { view, layers, trained } = scene;
  const exact = asked.kind === 'likeness' ? asked.values : exactValues(asked.words);
  const decoded = decodePixels(view, camera, trained.settings.antialiased, layers, exact);
  const { width, height, pixels, codes } = decoded;
  const answered = new Uint8Array(width * height);
  for (const pixel of pixels) answered[pixel] = 1;
  if (asked.kind === 'likeness') return { width, height, answered, scores: [spread(decoded, decoded.scores)] };
  const { questions, words } = asked;
  const sets = words.texts.length;
  const covered = (plane: Float32Array): Float32Array => Float32Array.from(pixels, (pixel) => plane[pixel]);
  const scores = scoreQuestions(questions, {
    n: pixels.length,
    text: (text) => {
      if (words.order === 'features') return words.ofCodes(codes, text);
      const column = words.texts.indexOf(text);
      return Float32Array.from({ length: pixels.length }, (_, p) => decoded.scores[p * sets + column]);
    },
    scalars: { uncertainty: covered(decoded.uncertainty), opacity: covered(decoded.alpha) },
  });
  return { width, height, answered, scores: scores.map((values) => spread(decoded, values)) };
}

/** The published order mixes codes, so it needs no sums over all entries. */
const exactValues = (words: TextScores): Float32Array =>
  words.order === 'features' ? new Float32Array(0) : words.values;

/** The same by blending the scores of the splats. @param splats  of `askSplats`, or any others in 0…1, [count] each */
export function blendPixels(
  view: SplatView,
  antialiased: boolean,
  camera: PinholeCamera,
  splats: readonly ArrayLike<number>[],
): ViewAnswers {
  const { width, height, alpha, scores } = blendScores(view, camera, antialiased, splats);
  const answered = Uint8Array.from(alpha, (value) => (value >= COVERAGE ? 1 : 0));
  return { width, height, answered, scores };
}

/** "More like this splat". @throws StudioError when no splat has the id */
export function likeSplat(scene: SemanticScene, id: number): Asked {
  const row = scene.ids.subarray(0, scene.count).indexOf(id);
  if (row < 0) throw new StudioError(scene.trained.root, `has no splat ${id} (any more); pick one of its ids`);
  return { kind: 'likeness', name: `like splat ${id}`, values: likeness(scene.codebook, scene.codes, row) };
}

/** "More like this pixel" of a view. @throws StudioError when it shows nothing */
export function likePixel(scene: SemanticScene, camera: PinholeCamera, x: number, y: number, where: string): Asked {
  const { view, layers, trained, codebook } = scene;
  // One pixel of the picture, by a camera that sees nothing else.
  const alone = { ...camera, width: 1, height: 1, cx: camera.cx - Math.floor(x), cy: camera.cy - Math.floor(y) };
  const { pixels, codes } = decodePixels(view, alone, trained.settings.antialiased, layers, new Float32Array(0));
  if (pixels.length === 0) throw new StudioError(trained.root, `nothing is rendered at ${where}; pick another pixel`);
  return { kind: 'likeness', name: `like ${where}`, values: likeness(codebook, codes, 0) };
}
