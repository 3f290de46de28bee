/** Labels from words: each splat takes the class whose name answers best for it, or none (METHOD §5, direct 3D). */
import { NONE, type SplatLabels } from '../mesh/index';
import { categoricalPalette } from '../language/codebook/index';
import { classify, readQuestions, textsIn, type QueryOrder } from '../semantics/index';
import { askSplats } from './sceneAnswers';
import { semanticSceneOf } from './semanticScene';
import type { TrainedScene } from './trainedScene';

export interface WordClasses {
  /** texts or expressions; class ids are 1, 2, … in their order */
  readonly classes: readonly string[];
  readonly negatives: readonly string[];
  /** least score of a class */
  readonly threshold: number;
  readonly order: QueryOrder;
}

/** @throws ExpressionError, TextError, StudioError when the project has no semantics. The trained scene stays open */
export async function labelsFromWords(trained: TrainedScene, asked: WordClasses): Promise<SplatLabels> {
  const questions = readQuestions(asked.classes);
  const scene = await semanticSceneOf(trained);
  try {
    const words = await scene.language.words(textsIn(questions), asked.negatives, asked.order);
    const numbers = classify(askSplats(scene, { kind: 'words', questions, words }), asked.threshold);
    const colours = categoricalPalette(questions.length);
    return {
      taxonomy: {
        classes: questions.map(({ name }, i) => ({ id: i + 1, name, colour: colours[i] })),
        instances: [],
      },
      ids: scene.ids.slice(0, scene.count),
      classes: Int32Array.from(numbers, (number) => (number === 0 ? NONE : number)),
      instances: new Int32Array(scene.count).fill(NONE),
    };
  } finally {
    await scene.language.close();
  }
}
