/**
 * The one thing that is open, and how it comes and goes:
 *
 *   nothing → opening → open → closing → nothing       opening fails or is given up: nothing
 *
 * A project shows its last state at once: its trainer is started paused from the newest checkpoint. Training a new one begins with
 * geometry, and words are learned beside it.
 */
import { join, resolve } from 'node:path';
import { said } from '#contract/sayings';
import { namesSplats } from '#contract/splatFiles';
import type { TrainingSettings } from '#contract/settings';
import { SerialQueue } from '../../base/index';
import { isProject } from '../../project/index';
import { forkTrainer } from '../../training/trainerHost';
import { personalFolder } from '../recent';
import type { ViewerCommand } from '../studio';
import { Cancelled, demoReady } from './demo';
import { codebookState } from './entries';
import { Exports } from './exports';
import { Hearing } from './hearing';
import { Labelling } from './labelling';
import { Looking } from './looking';
import { Opened } from './opened';
import type { ScenePorts } from './opened';
import { OpenScene, splatsState } from './openScene';
import { Pipeline } from './pipeline';
import { emptyState, sayWords, waiting } from './state';

export class Scene {
  readonly #ports: ScenePorts;
  readonly #opened: Opened;
  readonly #hearing: Hearing;
  readonly pipeline: Pipeline;
  readonly looking: Looking;
  readonly exports: Exports;
  /** what opens and closes, one after the other */
  readonly #queue = new SerialQueue();
  #giveUp: AbortController | null = null;

  constructor(ports: ScenePorts) {
    this.#ports = ports;
    this.#opened = new Opened(ports);
    this.pipeline = new Pipeline(this.#opened);
    this.looking = new Looking(this.#opened);
    this.exports = new Exports(this.#opened);
    this.#hearing = new Hearing(this.#opened, this.pipeline);
  }

  get open(): OpenScene | null {
    return this.#opened.scene;
  }

  /** @throws StudioError when no project is open */
  get project(): OpenScene {
    return this.#opened.project;
  }

  /** @throws StudioError when no project is open */
  get labelling(): Labelling {
    return this.#opened.labelling;
  }

  /** To whoever renders; nothing happens while nobody does. */
  send(command: ViewerCommand): void {
    this.#opened.send(command);
  }

  /** Hands the colours of entries and classes out anew. */
  reshuffle(seed: number): void {
    this.#hearing.reshuffle(seed);
  }

  openPath(path: string): Promise<void> {
    const absolute = resolve(path);
    return this.#opening(absolute, async () => {
      if (namesSplats(absolute)) return this.#show(absolute);
      const scene = await OpenScene.open(absolute, this.#hearing.ports, this.#ports.makeTrainer);
      await this.#adopt(scene);
      if (this.#ports.state.saved !== null) await scene.train({}, true, true);
    });
  }

  create(capture: string, project: string, settings: Partial<TrainingSettings>, paused: boolean): Promise<void> {
    return this.#opening(project, async () => {
      const scene = await OpenScene.create(project, capture, this.#hearing.ports, this.#ports.makeTrainer);
      await this.#adopt(scene);
      await this.pipeline.begin(scene, settings, paused);
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
        ? await OpenScene.open(project, this.#hearing.ports, this.#ports.makeTrainer)
        : await OpenScene.create(project, capture, this.#hearing.ports, this.#ports.makeTrainer);
      await this.#adopt(scene);
      if (this.#ports.state.saved === null) await this.pipeline.begin(scene, this.#ports.demo.settings, false);
      else await this.pipeline.goOn(scene);
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
    this.#opened.scene = scene;
    const saved = await scene.saved();
    const heldOut = saved && scene.heldOutBy(saved.step);
    const project = await scene.projectState([]);
    const codebook = await codebookState(scene.studio.project.paths, 1, this.#hearing.seed).catch((error: unknown) => {
      this.#hearing.warn(error);
      return null;
    });
    if (scene.captureProblem !== null) this.#hearing.warn(scene.captureProblem);
    const { settings, studio, asking } = scene;
    const labelling = new Labelling({
      ...{ project: studio.project, book: studio.labels, asking, requests: this.#opened.requests },
      ...{ send: (command) => this.send(command), change: this.#ports.change },
    });
    this.#opened.labels = labelling;
    const labels = labelling.state;
    this.#ports.change((state) => {
      Object.assign(state, { project, codebook, saved, heldOut, settings, labels });
      state.stages.geometry = waiting();
      state.stages.semantics = waiting();
      if (codebook)
        for (const stage of ['features', 'codebook'] as const) state.stages[stage] = { ...waiting(), state: 'done' };
      sayWords(state);
    });
    this.#ports.curves(0);
  }

  async #show(path: string): Promise<void> {
    const viewer = forkTrainer((event) => this.#hearing.hearTrainer(event), {
      onFrame: (bytes) => this.#ports.hub.receive(bytes),
    });
    this.#opened.viewer = viewer;
    this.#ports.change((state) => {
      state.project = splatsState(path);
      sayWords(state);
    });
    viewer.send({ type: 'show', splats: path });
    this.#opened.watch();
  }

  async #shut(): Promise<void> {
    const { scene: open, viewer, asks, requests } = this.#opened;
    this.exports.forget();
    this.#opened.scene = null;
    this.#opened.labels = null;
    this.#opened.viewer = null;
    if (!open && !viewer) return;
    try {
      await open?.close();
      await viewer?.close();
    } finally {
      asks.clear();
      requests.drop(said('sceneClosed'));
      this.#ports.hub.clear();
      this.#ports.change((state) =>
        Object.assign(state, { ...emptyState(), pulls: state.pulls, opening: state.opening }),
      );
      this.#ports.curves(0);
    }
  }
}
