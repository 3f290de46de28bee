/**
 * The one thing that is open, and how it comes and goes:
 *
 *   nothing → opening → open → closing → nothing       opening fails or is given up: nothing
 *
 * A project shows its last state at once: its trainer is started paused from the newest checkpoint. Training a new one begins with
 * geometry, and words are learned beside it.
 */
import { join, resolve } from 'node:path';
import { namesSplats } from '#contract/splatFiles';
import type { ExportFormat } from '#contract/exportMessages';
import type { LanguageEvent } from '#contract/languageMessages';
import type { SettingsChange, TrainerEvent } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import type { AskRequest, PhotoState, SavedView, StudioReply, StudioState } from '#contract/studio';
import { SerialQueue } from '../../base/index';
import { isProject } from '../../project/index';
import { forkTrainer } from '../../training/trainerHost';
import type { TrainerHost } from '../../training/trainerHost';
import type { DemoRoom } from '../demoRoom';
import { personalFolder } from '../recent';
import { StudioError } from '../studio';
import type { MakeTrainer, ViewerCommand } from '../studio';
import { Asks, namesAsked } from './asks';
import { encodersFor } from './encoders';
import { codebookState, formingState } from './entries';
import { Cancelled, demoReady } from './demo';
import { Exporting } from './exporting';
import { Labelling } from './labelling';
import { MeshPreview } from './meshPreview';
import { OpenScene, splatsState } from './openScene';
import type { OpenScenePorts } from './openScene';
import type { Picture } from './photos';
import { isAnswer, TrainerRequests } from './requests';
import { afterLanguage, afterTrainer, emptyState, failed, off, waiting, warn } from './state';
import type { ViewerHub } from './viewers';

export interface ScenePorts {
  readonly demo: DemoRoom;
  readonly makeTrainer: MakeTrainer;
  readonly hub: ViewerHub;
  /** as pages are told; changed by `change` alone */
  readonly state: StudioState;
  readonly change: (mutate: (state: StudioState) => void) => void;
  /** the curves changed from this index on */
  readonly curves: (from: number) => void;
}

export class Scene {
  readonly #ports: ScenePorts;
  readonly #asks: Asks;
  readonly #requests = new TrainerRequests();
  #open: OpenScene | null = null;
  #labelling: Labelling | null = null;
  readonly #exporting: Exporting;
  readonly #meshPreview: MeshPreview;
  /** a splat file's trainer, which only shows */
  #viewer: TrainerHost | null = null;
  /** what opens and closes, one after the other */
  readonly #queue = new SerialQueue();
  #giveUp: AbortController | null = null;
  #seed = 0;

  constructor(ports: ScenePorts) {
    this.#ports = ports;
    this.#exporting = new Exporting((told) => ports.change((state) => (state.export = told)));
    this.#meshPreview = new MeshPreview((told) => ports.change((state) => (state.meshPreview = told)));
    this.#asks = new Asks({ change: ports.change, order: (ask) => this.send({ type: 'ask', ask }) });
  }

  get open(): OpenScene | null {
    return this.#open;
  }

  /** @throws StudioError when no project is open */
  get project(): OpenScene {
    if (!this.#open) throw new StudioError('Legato', 'no project is open; open or make one first');
    return this.#open;
  }

  /** @throws StudioError when no project is open */
  get labelling(): Labelling {
    if (!this.#labelling) throw new StudioError('Legato', 'no project is open that could be labelled; open one first');
    return this.#labelling;
  }

  /** To whoever renders; nothing happens while nobody does. */
  send(command: ViewerCommand): void {
    if (this.#viewer) this.#viewer.send(command);
    else this.#open?.send(command);
  }

  // ---- coming and going

  openPath(path: string): Promise<void> {
    const absolute = resolve(path);
    return this.#opening(absolute, async () => {
      if (namesSplats(absolute)) return this.#show(absolute);
      const scene = await OpenScene.open(absolute, this.#scenePorts(), this.#ports.makeTrainer);
      await this.#adopt(scene);
      if (this.#ports.state.saved !== null) await scene.train({}, true, true);
    });
  }

  create(capture: string, project: string, settings: Partial<TrainingSettings>, paused: boolean): Promise<void> {
    return this.#opening(project, async () => {
      const scene = await OpenScene.create(project, capture, this.#scenePorts(), this.#ports.makeTrainer);
      await this.#adopt(scene);
      await this.#begin(scene, settings, paused);
    });
  }

  /** Makes the room if need be, then opens its project where it was left, or begins it. */
  openDemo(): Promise<void> {
    return this.#opening('demo', async (signal) => {
      const capture = await demoReady(this.#ports.demo, signal, (stage, done, total) =>
        this.#ports.change((state) => (state.opening = { path: 'demo', stage, done, total })),
      );
      const project = join(personalFolder(), 'Demo room.legato');
      const scene = (await isProject(project))
        ? await OpenScene.open(project, this.#scenePorts(), this.#ports.makeTrainer)
        : await OpenScene.create(project, capture, this.#scenePorts(), this.#ports.makeTrainer);
      await this.#adopt(scene);
      if (this.#ports.state.saved === null) await this.#begin(scene, this.#ports.demo.settings, false);
      else {
        this.#learnMissing(scene, {});
        await scene.train({}, true, false);
      }
    });
  }

  async closePath(): Promise<void> {
    this.#giveUp?.abort();
    await this.#queue.next(() => this.#shut());
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.closePath();
    await this.#ports.demo.close();
  }

  async #begin(scene: OpenScene, settings: Partial<TrainingSettings>, paused: boolean): Promise<void> {
    if (!paused) this.#learnMissing(scene, settings, true);
    await scene.train(settings, false, paused);
  }

  /** Whoever trains wants words, once: what was broken off is continued. A run that waits for a person costs nothing yet. */
  #learnMissing(scene: OpenScene, settings: Partial<TrainingSettings>, begins = false): void {
    const { codebook } = this.#ports.state;
    if (codebook === null || codebook.provisional || codebook.entries.length === 0)
      scene.learnWords(settings, false, begins);
  }

  #opening(path: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#queue.next(async () => {
      await this.#shut();
      const giveUp = new AbortController();
      this.#giveUp = giveUp;
      this.#ports.change((state) => (state.opening = { path, stage: 'opening', done: 0, total: 0 }));
      try {
        await work(giveUp.signal);
      } catch (error) {
        await this.#shut();
        if (!(error instanceof Cancelled)) throw error;
      } finally {
        this.#giveUp = null;
        this.#ports.change((state) => (state.opening = null));
      }
    });
  }

  async #adopt(scene: OpenScene): Promise<void> {
    this.#open = scene;
    const saved = await scene.saved();
    const project = await scene.projectState([]);
    const codebook = await codebookState(scene.studio.project.paths, 1, this.#seed).catch((error: unknown) => {
      this.#warn(error);
      return null;
    });
    if (scene.captureProblem !== null) this.#warn(scene.captureProblem);
    const { settings, studio, asking } = scene;
    this.#labelling = new Labelling({
      ...{ project: studio.project, book: studio.labels, asking, requests: this.#requests },
      ...{ send: (command) => this.send(command), change: this.#ports.change },
    });
    const labels = this.#labelling.state;
    this.#ports.change((state) => {
      Object.assign(state, { project, codebook, saved, settings, labels });
      state.stages.geometry = waiting();
      state.stages.semantics = waiting();
      if (codebook)
        for (const stage of ['features', 'codebook'] as const) state.stages[stage] = { ...waiting(), state: 'done' };
      words(state);
    });
    this.#ports.curves(0);
  }

  async #show(path: string): Promise<void> {
    const viewer = forkTrainer((event) => this.#hearTrainer(event), {
      onFrame: (bytes) => this.#ports.hub.receive(bytes),
    });
    this.#viewer = viewer;
    this.#ports.change((state) => {
      state.project = splatsState(path);
      words(state);
    });
    viewer.send({ type: 'show', splats: path });
    this.#watch();
  }

  async #shut(): Promise<void> {
    const [open, viewer] = [this.#open, this.#viewer];
    this.#exporting.cancel();
    this.#meshPreview.forget();
    this.#open = null;
    this.#labelling = null;
    this.#viewer = null;
    if (!open && !viewer) return;
    try {
      await open?.close();
      await viewer?.close();
    } finally {
      this.#asks.clear();
      this.#requests.drop('the scene was closed');
      this.#ports.hub.clear();
      this.#ports.change((state) =>
        Object.assign(state, { ...emptyState(), pulls: state.pulls, opening: state.opening }),
      );
      this.#ports.curves(0);
    }
  }

  // ---- the pipeline

  async train(settings: Partial<TrainingSettings>, resume: boolean, paused: boolean): Promise<void> {
    const scene = this.project;
    if (!paused) this.#learnMissing(scene, settings, !resume);
    await scene.train(settings, resume, paused);
  }

  /** Resumes a paused run; one that was stopped, finished early or failed goes on from its checkpoint. */
  async resume(): Promise<void> {
    const scene = this.project;
    this.#learnMissing(scene, {});
    if (scene.studio.state === 'idle' || scene.studio.state === 'failed') await scene.train({}, true, false);
    else scene.studio.resume();
  }

  changeSettings(settings: SettingsChange): void {
    this.project.studio.change(settings);
    this.#ports.change((state) => {
      if (state.settings) state.settings = { ...state.settings, ...settings };
    });
  }

  /** @throws StudioError when the run already learns with a codebook, which another one would take the ground from */
  learnWords(settings: Partial<TrainingSettings>, acceptCost: boolean): void {
    const scene = this.project;
    const { semantics, codebook } = this.#ports.state;
    if (semantics !== null && codebook !== null)
      throw new StudioError(
        scene.root,
        'this run already learns with a codebook; train anew to learn with another one',
      );
    scene.learnWords(settings, acceptCost);
  }

  /** Models came or went: words that lacked one can be learned as soon as none is missing any more. */
  async modelsChanged(): Promise<void> {
    const open = this.#open;
    if (!open || this.#ports.state.words.missing.length === 0) return;
    const missing = await this.#missing();
    if (open !== this.#open || open.words.busy) return;
    this.#ports.change((state) => {
      state.words = { ...state.words, missing };
      if (missing.length === 0) state.stages.features = off();
      words(state);
    });
  }

  async #missing(): Promise<StudioState['words']['missing']> {
    const capture = this.#open?.studio.project.capturePath ?? null;
    return capture === null ? [] : (await encodersFor(capture, this.project.wordSettings)).missing;
  }

  // ---- asking and looking

  async ask(request: AskRequest | null, keep: boolean): Promise<void> {
    if (keep && request && this.#open) {
      const { database } = this.#open.studio.project;
      for (const question of request.questions) database.recordQuery(question, { negatives: request.negatives });
      const { history } = await this.#open.projectState([]);
      this.#ports.change((state) => {
        if (state.project) state.project = { ...state.project, history };
      });
    }
    this.#labelling?.asked(namesAsked(request));
    await this.#asks.words(this.#open?.asking ?? null, request);
  }

  async like(id: number): Promise<void> {
    const { asking, root } = this.project;
    const readout = await this.inspect(id);
    if (!asking || readout === null) throw new StudioError(root, `splat ${id} does not live any more; pick again`);
    await this.#asks.likeness(asking, readout);
  }

  async inspect(id: number): Promise<StudioReply<'inspect'>> {
    const { readout } = await this.#requests.ask('inspected', (request) => this.send({ type: 'inspect', request, id }));
    return readout;
  }

  async why(ids: number[]): Promise<StudioReply<'why'>> {
    return this.#requests.ask('explained', (request) => this.send({ type: 'why', request, ids }));
  }

  reshuffle(seed: number): void {
    this.#seed = seed;
    this.#asks.recolour(seed);
    void this.#refreshCodebook();
  }

  async photoStates(): Promise<PhotoState[]> {
    const { photos, settings, captureProblem } = this.project;
    if (!photos) {
      if (captureProblem instanceof Error) throw captureProblem;
      return [];
    }
    return photos.states(settings, this.#ports.state.project?.disabled ?? [], this.project.scores());
  }

  async export(format: ExportFormat): Promise<void> {
    await this.#exporting.start(this.project.root, format, async () => {
      const { project, layer } = await this.#savedNow();
      return { type: 'export', project, format, layer, threads: 1 };
    });
  }

  cancelExport(): void {
    this.#exporting.cancel();
  }

  async previewMesh(): Promise<void> {
    await this.#meshPreview.start(this.#savedNow().then((saved) => ({ ...saved, threads: 1 })));
  }

  cancelPreview(): void {
    this.#meshPreview.cancel();
  }

  get meshPreview(): Picture | null {
    return this.#meshPreview.glb;
  }

  /** What splats and labels are now lies on the disk: a run that goes on saves; a paused one has saved already. */
  async #savedNow(): Promise<{ project: string; layer: number | null; labels: number }> {
    const { studio, root } = this.project;
    if (studio.state === 'running') await studio.saved();
    const state = this.#labelling?.state;
    return { project: root, layer: state?.layer ?? null, labels: state?.revision ?? 0 };
  }

  saveView({ name, camera }: SavedView): Promise<void> {
    this.project.studio.project.database.saveView(name, camera);
    return this.#refreshViews();
  }

  removeView(name: string): Promise<void> {
    this.project.studio.project.database.deleteView(name);
    return this.#refreshViews();
  }

  async #refreshViews(): Promise<void> {
    const { views } = await this.project.projectState([]);
    this.#ports.change((state) => {
      if (state.project) state.project = { ...state.project, views };
    });
  }

  // ---- what the processes say

  #scenePorts(): OpenScenePorts {
    return {
      hearTrainer: (event) => this.#hearTrainer(event),
      frame: (bytes) => this.#ports.hub.receive(bytes),
      hear: (event) => this.#hearLanguage(event),
      // Also without an event of its own: the process came or went, and with it what it holds of the machine.
      busy: (busy) =>
        this.#ports.change((state) => {
          if (busy) state.words = { ...state.words, missing: [] };
        }),
      brokenOff: () => {
        this.#open?.photos?.settled();
        return this.#refreshCodebook();
      },
      learned: async () => {
        this.#open?.photos?.settled();
        await this.#open?.asking?.forget();
        await this.#refreshCodebook();
        await this.#asks.again(this.#open?.asking ?? null);
        this.#labelling?.learned();
        if (this.#ports.state.trainer?.awaitsMaps) this.#open?.studio.resume();
      },
      failed: async (stage, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        const missing = error instanceof Error && error.name === 'ModelError' ? await this.#missing() : [];
        this.#ports.change((state) => {
          state.stages[stage] = failed(reason);
          state.words = { ...state.words, missing };
          words(state);
        });
      },
    };
  }

  #hearLanguage(event: LanguageEvent): void {
    if (event.type === 'codebookForming') this.#open?.photos?.formed(event.photo, event.file);
    this.#ports.change((state) => {
      if (event.type === 'codebookForming') state.codebook = formingState(state.codebook, event, this.#seed);
      else afterLanguage(state, event);
    });
  }

  #hearTrainer(event: TrainerEvent): void {
    if (isAnswer(event)) return this.#requests.hear(event);
    if (event.type === 'labelled') return this.#labelling?.counted(event);
    if (event.type === 'failed') this.#requests.drop(event.failure.message);
    this.#ports.change((state) => {
      afterTrainer(state, event);
      if (event.type === 'prepared' && this.#open) state.settings = this.#open.settings;
      words(state);
    });
    if (event.type === 'prepared') {
      this.#watch();
      this.#asks.repeat();
      this.#labelling?.prepared(event);
      this.#open?.share(event.threads);
      if (event.step < (this.#open?.curves.points.at(-1)?.step ?? 0)) {
        this.#open?.curves.rewind(event.step);
        this.#ports.curves(0);
      }
    }
    if (event.type === 'joined') {
      this.#asks.repeat();
      this.#labelling?.learned();
    }
    const from = this.#open?.curves.hear(event, this.#open.studio.seconds) ?? null;
    if (from !== null) this.#ports.curves(from);
  }

  /** A new trainer does not know what the pages want. */
  #watch(): void {
    const { geometry, overlays } = this.#ports.hub.wishes;
    this.send({ type: 'watch', geometry, overlays: [...overlays] });
  }

  async #refreshCodebook(): Promise<void> {
    const paths = this.#open?.studio.project.paths;
    if (!paths) return;
    const revision = (this.#ports.state.codebook?.revision ?? 0) + 1;
    const codebook = await codebookState(paths, revision, this.#seed);
    this.#ports.change((state) => {
      state.codebook = codebook;
      words(state);
    });
  }

  #warn(error: unknown): void {
    this.#ports.change((state) => warn(state, error instanceof Error ? error.message : String(error)));
  }
}

/** Whether words can be asked, and why not. */
function words(state: StudioState): void {
  const { stages, codebook, semantics, project } = state;
  const reason = (): string => {
    if (!project) return '';
    if (project.kind === 'splats') return 'a splat file alone has no codebook; open its project, or train a capture';
    const troubled = [stages.features, stages.codebook].find(({ state: stage }) => stage === 'failed');
    if (!codebook) return troubled?.reason || 'the codebook is not made yet';
    return semantics ? '' : 'semantics have not joined the training yet';
  };
  state.words = { ...state.words, ready: codebook !== null && semantics !== null, reason: reason() };
}
