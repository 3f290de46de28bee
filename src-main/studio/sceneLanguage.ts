/** A project's codebook, and words in the space of the CLIP model that it was learned from. */
import { access } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { TrainingSettings } from '#contract/settings';
import { truthFile } from '../capture/demo/truth';
import { readCodebook } from '../language/codebook/index';
import type { Codebook } from '../language/codebook/index';
import { LanguageError, ModelError } from '../language/errors';
import { readFeatureIndex } from '../language/features/index';
import { openModelFolder, resolveModel } from '../language/models/index';
import type { ModelFolder } from '../language/models/index';
import { TextEncoder } from '../language/text/index';
import { projectPaths } from '../project/index';
import type { ProjectPaths } from '../project/index';
import { TextScores } from '../semantics/index';
import type { QueryOrder } from '../semantics/index';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where the codebook lies, and what its capture is. */
export interface LanguageSource {
  /** the project's folder */
  readonly root: string;
  readonly capture: string;
  readonly settings: Pick<TrainingSettings, 'threads'>;
}

export class SceneLanguage {
  readonly paths: ProjectPaths;
  readonly codebook: Codebook;
  /** whether the capture has truth of a demo room */
  readonly demo: boolean;
  readonly #threads: number;
  #encoder: TextEncoder | null = null;

  private constructor(paths: ProjectPaths, codebook: Codebook, demo: boolean, threads: number) {
    this.paths = paths;
    this.codebook = codebook;
    this.demo = demo;
    this.#threads = threads;
  }

  /** @throws LanguageError for a codebook that is missing or damaged */
  static async open({ root, capture, settings }: LanguageSource): Promise<SceneLanguage> {
    const paths = projectPaths(root);
    const [codebook, demo] = await Promise.all([readCodebook(paths.codebook), exists(truthFile(capture))]);
    return new SceneLanguage(paths, codebook, demo, settings.threads || availableParallelism());
  }

  /**
   * Texts and negatives through the codebook's CLIP model, and against its entries.
   *
   * @throws TextError, ModelError, LanguageError
   */
  async words(texts: readonly string[], negatives: readonly string[], order: QueryOrder): Promise<TextScores> {
    const encoder = (this.#encoder ??= await this.#open());
    const encoded = await encoder.encode([...texts, ...negatives]);
    const { clipWidth } = this.codebook.shape;
    const width = encoded.length / Math.max(1, texts.length + negatives.length);
    if (encoded.length > 0 && width !== clipWidth)
      throw new LanguageError(
        this.paths.codebook,
        `its CLIP half is ${clipWidth} wide, text vectors of model "${this.codebook.clip.name}" are ${width}: another ` +
          'model has that name now; make the features and the codebook anew',
      );
    const split = texts.length * clipWidth;
    return new TextScores(this.codebook, texts, encoded.subarray(0, split), encoded.subarray(split), order);
  }

  /** By the name in the codebook; a model that was given as a folder has no name, and the features say where it lay. */
  async #open(): Promise<TextEncoder> {
    const { name } = this.codebook.clip;
    let folder: ModelFolder;
    try {
      folder = await resolveModel(name, 'clip', { demo: this.demo });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      const index = await readFeatureIndex(this.paths.features).catch(() => null);
      if (index?.clip.name !== name) throw error;
      folder = await openModelFolder(name, index.clip.folder);
    }
    return new TextEncoder(folder, { threads: this.#threads });
  }

  async close(): Promise<void> {
    await this.#encoder?.close();
    this.#encoder = null;
  }
}
