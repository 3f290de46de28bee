/**
 * A trained scene that answers in words: the Gaussians with their decoder, the codebook that its entries belong to, and the text
 * encoder of the CLIP model that the codebook was learned from.
 */
import type { LayerArrays } from '../kernels/index';
import type { Codebook } from '../language/codebook/index';
import { projectPaths } from '../project/index';
import { SemanticsError, SplatCodes } from '../semantics/index';
import type { Codes, SplatView } from '../semantics/index';
import type { TrainingSnapshot } from '../training/ports';
import { exists, SceneLanguage } from './sceneLanguage';
import { StudioError } from './studio';
import { disposeScene, openTrainedScene } from './trainedScene';
import type { SceneOptions, TrainedScene } from './trainedScene';

const HOW = 'run `legato features`, `legato codebook`, then `legato train` with semantics';

/** A decoder from a checkpoint's tensors. @throws SemanticsError when tensors are missing or do not fit together */
export function decoderOf(
  { tensors }: Pick<TrainingSnapshot, 'tensors'>,
  entries: number,
): { kernel: Float32Array; bias: Float32Array }[] {
  const wrong = (name: string): SemanticsError =>
    new SemanticsError(`checkpoint: tensor "${name}" is missing or of another shape; train the semantics anew`);
  const layers: { kernel: Float32Array; bias: Float32Array }[] = [];
  let width = 8;
  for (let l = 0; `decoder.${l}.kernel` in tensors; l++) {
    const [kernel, bias] = [tensors[`decoder.${l}.kernel`], tensors[`decoder.${l}.bias`]];
    const fits = kernel.shape.length === 2 && kernel.shape[0] === width && bias?.data.length === kernel.shape[1];
    if (!fits || !(kernel.data instanceof Float32Array) || !(bias.data instanceof Float32Array))
      throw wrong(`decoder.${l}.kernel`);
    layers.push({ kernel: kernel.data, bias: bias.data });
    width = kernel.shape[1];
  }
  if (layers.length === 0 || width !== entries) throw wrong(`decoder.${Math.max(0, layers.length - 1)}.kernel`);
  return layers;
}

export class SemanticScene {
  readonly trained: TrainedScene;
  readonly language: SceneLanguage;
  readonly layers: readonly LayerArrays[];
  readonly #codes = new SplatCodes();

  constructor(trained: TrainedScene, language: SceneLanguage, layers: readonly LayerArrays[]) {
    this.trained = trained;
    this.language = language;
    this.layers = layers;
  }

  get codebook(): Codebook {
    return this.language.codebook;
  }

  /** What is rendered. */
  get view(): SplatView {
    const { geometry, sphericalHarmonics, semantics, count } = this.trained.scene;
    return { geometry, sphericalHarmonics, semantics, count };
  }

  get count(): number {
    return this.trained.scene.count;
  }

  /** [count, 11] */
  get geometry(): Float32Array {
    return this.trained.snapshot.tensors.geometry.data as Float32Array;
  }

  /** [count, 9] */
  get semantics(): Float32Array {
    return this.trained.snapshot.tensors.semantics.data as Float32Array;
  }

  get ids(): Uint32Array {
    return this.trained.snapshot.tensors.ids.data as Uint32Array;
  }

  /** Codes of all splats, decoded once. */
  get codes(): Codes {
    const { step } = this.trained.snapshot;
    const { semantics, layers, count } = this;
    return this.#codes.of({ stamp: `${step} ${this.codebook.hash}`, count, semantics, layers });
  }

  /** milliseconds that decoding the codes took; 0 before */
  get refreshMilliseconds(): number {
    return this.#codes.refreshMilliseconds;
  }

  async close(): Promise<void> {
    await this.language.close();
    disposeScene(this.trained);
  }
}

/** Why a trained project cannot answer in words; null when it can. */
export async function whyNoSemantics(trained: TrainedScene): Promise<StudioError | null> {
  const { root, snapshot } = trained;
  const paths = projectPaths(root);
  if (!(await exists(paths.codebook))) return new StudioError(root, `has no codebook and no semantics yet; ${HOW}`);
  if (!snapshot.semantics)
    return new StudioError(
      root,
      `its newest checkpoint (step ${snapshot.step}) was trained without semantics; run \`legato train\` again, ` +
        'with --resume and more steps, or --anew: they join as soon as index maps exist',
    );
  return null;
}

/** @throws StudioError, SemanticsError for a decoder of another codebook, LanguageError for a damaged codebook */
export async function semanticSceneOf(trained: TrainedScene): Promise<SemanticScene> {
  const missing = await whyNoSemantics(trained);
  const { snapshot, root } = trained;
  if (missing || !snapshot.semantics) throw missing ?? new StudioError(root, HOW);
  const language = await SceneLanguage.open(trained);
  const { codebook: hash } = snapshot.semantics;
  if (hash !== language.codebook.hash)
    throw new SemanticsError(
      `${root}: the decoder of step ${snapshot.step} belongs to codebook ${hash.slice(0, 8)}, but codebook.safetensors ` +
        `is ${language.codebook.hash.slice(0, 8)}; restore the codebook, or train anew: legato train --anew`,
    );
  return new SemanticScene(trained, language, decoderOf(snapshot, language.codebook.size));
}

/** @throws also what opening a trained scene throws */
export async function openSemanticScene(
  path: string,
  options: SceneOptions,
  warn: (message: string) => void,
): Promise<SemanticScene> {
  return semanticSceneOf(await openTrainedScene(path, options, warn));
}
