/**
 * What a trained project is worth on photos that it was not trained on: PSNR and SSIM, and against a truth what its answers in words
 * are worth, of the trained semantics and on request of labels lifted from the index maps without any training.
 */
import { readTruth, truthFile } from '../capture/demo/truth';
import type { DemoTruth } from '../capture/demo/truth';
import { GaussianModel } from '../gaussians/index';
import { classify } from '../semantics/index';
import type { TextScores } from '../semantics/index';
import { evaluate } from '../training/evaluation';
import type { Scores } from '../training/evaluation';
import { liftLabels } from '../training/lift';
import { PhotoViews } from '../training/photoViews';
import {
  codesOfLabels,
  evaluatePixels,
  evaluateSurface,
  evaluationDefaults,
  scoresOfSplats,
} from './evaluateSemantics';
import type { AnswerView, SemanticEvaluation, SemanticScores } from './evaluateSemantics';
import { openIndexMaps } from './indexMaps';
import { askPixels, blendPixels } from './sceneAnswers';
import { exists, SceneLanguage } from './sceneLanguage';
import { semanticSceneOf, whyNoSemantics } from './semanticScene';
import { StudioError } from './studio';
import { readTruthSurface, SurfaceSearch } from './surfaceClasses';
import type { SurfaceSplats, TruthSurface } from './surfaceClasses';
import { openTrainedScene } from './trainedScene';
import type { SceneOptions, TrainedScene } from './trainedScene';

export interface ProjectScores extends Scores {
  project: string;
  step: number;
  splats: number;
  /** null without truth or without semantics; `withoutSemantics` says why */
  semantics: SemanticScores | null;
  /** the same of lifted labels; null unless asked for */
  lifted: SemanticScores | null;
  withoutSemantics: string | null;
}

export interface EvaluationOptions extends SceneOptions, SemanticEvaluation {
  /** also score labels lifted from the index maps */
  readonly lifted?: boolean;
}

/** @throws StudioError when no photo was held out, and whatever opening a trained scene throws */
export async function evaluateProject(
  path: string,
  options: EvaluationOptions,
  warn: (message: string) => void,
): Promise<ProjectScores> {
  const trained = await openTrainedScene(path, options, warn);
  const { settings, heldOut, scene, shDegree, snapshot, root, capture } = trained;
  if (heldOut.length === 0) throw new StudioError(root, 'no photo was held out; train with --holdout 8');
  const photos = new PhotoViews(heldOut, settings);
  const scores = await evaluate(scene, photos, { ...settings, shDegree });
  const shared = { project: root, step: snapshot.step, splats: scene.count, ...scores };
  if (!(await exists(truthFile(capture)))) {
    if (options.lifted) throw new StudioError(capture, 'has no truth/ to score lifted labels against');
    const withoutSemantics = 'the capture has no truth/ to score answers in words against';
    return { ...shared, semantics: null, lifted: null, withoutSemantics };
  }
  const missing = await whyNoSemantics(trained);
  if (missing && !options.lifted)
    return { ...shared, semantics: null, lifted: null, withoutSemantics: missing.message };
  const bench = await SemanticBench.open(trained, photos, options);
  try {
    const semantics = missing ? null : await bench.trained();
    const lifted = options.lifted ? await bench.lifted() : null;
    return { ...shared, semantics, lifted, withoutSemantics: missing?.message ?? null };
  } finally {
    await bench.close();
  }
}

/** Truth, words and surface of a project, worked out once for all that is scored. */
class SemanticBench {
  readonly #scene: TrainedScene;
  readonly #photos: PhotoViews;
  readonly #language: SceneLanguage;
  readonly #truth: DemoTruth;
  readonly #words: TextScores;
  readonly #asked: Required<SemanticEvaluation>;
  #surface: { points: TruthSurface; splats: SurfaceSplats } | null = null;

  private constructor(
    scene: TrainedScene,
    photos: PhotoViews,
    language: SceneLanguage,
    truth: DemoTruth,
    words: TextScores,
    asked: Required<SemanticEvaluation>,
  ) {
    this.#scene = scene;
    this.#photos = photos;
    this.#language = language;
    this.#truth = truth;
    this.#words = words;
    this.#asked = asked;
  }

  static async open(scene: TrainedScene, photos: PhotoViews, options: SemanticEvaluation): Promise<SemanticBench> {
    const {
      threshold = evaluationDefaults.threshold,
      negatives = evaluationDefaults.negatives,
      order = evaluationDefaults.order,
    } = options;
    const [language, truth] = await Promise.all([SceneLanguage.open(scene), readTruth(scene.capture)]);
    const names = truth.classes.map(({ name }) => name);
    try {
      const words = await language.words(names, negatives, order);
      return new SemanticBench(scene, photos, language, truth, words, { threshold, negatives, order });
    } catch (error) {
      await language.close();
      throw error;
    }
  }

  get #names(): string[] {
    return this.#truth.classes.map(({ name }) => name);
  }

  /** Trained semantics: decoded pixels, and splats by their codes. */
  async trained(): Promise<SemanticScores> {
    const scene = await semanticSceneOf(this.#scene);
    const questions = this.#names.map((name) => ({ name, expression: { type: 'text', text: name } as const }));
    const asked = { kind: 'words', questions, words: this.#words } as const;
    return this.#score(
      (camera) => askPixels(scene, camera, asked),
      scoresOfSplats(scene.codes, this.#words, this.#names),
    );
  }

  /** Lifted labels: the splats' scores, blended for pixels. @throws StudioError without index maps */
  async lifted(): Promise<SemanticScores> {
    const { root, photos, snapshot, settings, scene } = this.#scene;
    const maps = await openIndexMaps(this.#language.paths);
    if (!maps) throw new StudioError(root, 'has no codebook; run: legato features, legato codebook');
    const byName = new Map(photos.map((photo) => [photo.name, photo]));
    const trainedOn = snapshot.cameraOrder.flatMap((name) => byName.get(name) ?? []);
    const model = new GaussianModel(scene.count);
    try {
      model.restore(snapshot.tensors, snapshot.nextId);
      const labels = await liftLabels(model, new PhotoViews(trainedOn, settings), maps, settings);
      const splats = scoresOfSplats(codesOfLabels(labels.labels), this.#words, this.#names);
      return await this.#score((camera) => blendPixels(scene, settings.antialiased, camera, splats), splats);
    } finally {
      model.dispose();
    }
  }

  async #score(answer: AnswerView, splats: readonly Float32Array[]): Promise<SemanticScores> {
    const { threshold } = this.#asked;
    const pixels = await evaluatePixels(this.#scene.capture, this.#truth, this.#photos, answer, threshold);
    const { points, splats: found } = (this.#surface ??= await this.#search());
    const surface = evaluateSurface(this.#truth, points, found, classify(splats, threshold));
    const byClass = this.#names.map((name, c) => ({ name, ...pixels.byClass[c], ...surface.byClass[c] }));
    return { pixels: pixels.scores, surface: surface.scores, byClass, ...this.#asked };
  }

  /** Which splat stands for each point, from all photos' poses. */
  async #search(): Promise<{ points: TruthSurface; splats: SurfaceSplats }> {
    const { capture, photos, settings, scene, snapshot } = this.#scene;
    const points = await readTruthSurface(capture);
    const geometry = snapshot.tensors.geometry.data as Float32Array;
    const search = new SurfaceSearch(points, scene, geometry, this.#truth, settings.antialiased);
    const views = new PhotoViews(photos, settings);
    for (let index = 0; index < views.count; index++) {
      await search.addPhoto(capture, views.names[index], await views.camera(index));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { points, splats: search.result() };
  }

  close(): Promise<void> {
    return this.#language.close();
  }
}
