/** Training, and the words beside it: what a person may start, stop and change of the project that is open. */
import type { SettingsChange } from '#contract/messages';
import { said } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import type { StudioState } from '#contract/studio';
import { jointSteps } from '../../training/schedule';
import { StudioError } from '../studio';
import { encodersFor } from './encoders';
import type { Opened } from './opened';
import type { OpenScene } from './openScene';
import { sayWords, withWords } from './state';

export class Pipeline {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  /** The first run of a project. */
  async begin(scene: OpenScene, settings: Partial<TrainingSettings>, paused: boolean): Promise<void> {
    if (!paused) this.#learnMissing(scene, settings, true);
    await scene.train(settings, false, paused);
  }

  /** A run goes on where its checkpoint has it. */
  async goOn(scene: OpenScene): Promise<void> {
    this.#learnMissing(scene, {});
    await scene.train({}, true, false);
  }

  async train(settings: Partial<TrainingSettings>, resume: boolean, paused: boolean): Promise<void> {
    const scene = this.#opened.project;
    if (!paused) this.#learnMissing(scene, settings, !resume);
    await scene.train(settings, resume, paused);
  }

  /** Resumes a paused run; one that was stopped, finished early or failed goes on from its checkpoint. */
  async resume(): Promise<void> {
    const scene = this.#opened.project;
    if (scene.studio.state === 'idle' || scene.studio.state === 'failed') return this.goOn(scene);
    this.#learnMissing(scene, {});
    scene.studio.resume();
  }

  change(settings: SettingsChange): void {
    this.#opened.project.studio.change(settings);
    this.#opened.ports.change((state) => {
      if (state.settings) state.settings = { ...state.settings, ...settings };
    });
  }

  /** @throws StudioError when the run already learns with a codebook, which another one would take the ground from */
  learnWords(settings: Partial<TrainingSettings>, acceptCost: boolean): void {
    const scene = this.#opened.project;
    const { semantics, codebook } = this.#opened.ports.state;
    if (semantics !== null && codebook !== null) throw new StudioError(scene.root, said('codebookInUse'));
    scene.learnWords(settings, acceptCost);
  }

  /**
   * Words that were learned only after geometry had ended: semantics learn on it as it is, for as many steps as they would have had
   * beside it. Real encoders take hours where geometry takes minutes.
   */
  async joinLate(): Promise<void> {
    const { scene, ports } = this.#opened;
    if (!scene || scene.studio.state !== 'idle') return;
    const { stages, semantics } = ports.state;
    if (stages.geometry.state !== 'done' || semantics !== null) return;
    const { settings } = scene;
    const semanticSteps = jointSteps(settings);
    if (settings.semanticWeight > 0 && semanticSteps > 0) await scene.train({ semanticSteps }, true, false);
  }

  /** Models came or went: words that lacked one can be learned as soon as none is missing any more. */
  async modelsChanged(): Promise<void> {
    const { scene, ports } = this.#opened;
    if (!scene || ports.state.words.missing.length === 0) return;
    const missing = await this.missing();
    if (scene !== this.#opened.scene || scene.words.busy) return;
    ports.change((state) => {
      state.words = { ...state.words, missing };
      if (missing.length === 0) withWords(state);
      sayWords(state);
    });
  }

  /** Encoders that words would need, and that are not on this machine. */
  async missing(): Promise<StudioState['words']['missing']> {
    const { scene } = this.#opened;
    const capture = scene?.studio.project.capturePath ?? null;
    return scene === null || capture === null ? [] : (await encodersFor(capture, scene.wordSettings)).missing;
  }

  /** Whoever trains wants words, once: what was broken off is continued. A run that waits for a person costs nothing yet. */
  #learnMissing(scene: OpenScene, settings: Partial<TrainingSettings>, begins = false): void {
    const { codebook } = this.#opened.ports.state;
    if (codebook === null || codebook.provisional || codebook.entries.length === 0)
      scene.learnWords(settings, false, begins);
  }
}
