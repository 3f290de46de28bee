/** Asking of what is open, and looking at it: questions, single splats, the photos, views that are kept. */
import { said } from '#contract/sayings';
import type { AskRequest, PhotoState, SavedView, StudioReply } from '#contract/studio';
import { StudioError } from '../studio';
import { namesAsked } from './asks';
import type { Opened } from './opened';

export class Looking {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  async ask(request: AskRequest | null, keep: boolean): Promise<void> {
    const { scene, labels, asks, ports } = this.#opened;
    if (keep && request && scene) {
      const { database } = scene.studio.project;
      for (const question of request.questions) database.recordQuery(question, { negatives: request.negatives });
      const { history } = await scene.projectState([]);
      ports.change((state) => {
        if (state.project) state.project = { ...state.project, history };
      });
    }
    labels?.asked(namesAsked(request));
    await asks.words(scene?.asking ?? null, request);
  }

  async like(id: number): Promise<void> {
    const { asking, root } = this.#opened.project;
    const readout = await this.inspect(id);
    if (!asking || readout === null) throw new StudioError(root, said('splatGone', { id }));
    await this.#opened.asks.likeness(asking, readout);
  }

  async inspect(id: number): Promise<StudioReply<'inspect'>> {
    const { requests } = this.#opened;
    const { readout } = await requests.ask('inspected', (request) =>
      this.#opened.send({ type: 'inspect', request, id }),
    );
    return readout;
  }

  async why(ids: number[]): Promise<StudioReply<'why'>> {
    return this.#opened.requests.ask('explained', (request) => this.#opened.send({ type: 'why', request, ids }));
  }

  async photoStates(): Promise<PhotoState[]> {
    const { project, ports } = this.#opened;
    const { photos, settings, captureProblem } = project;
    if (!photos) {
      if (captureProblem instanceof Error) throw captureProblem;
      return [];
    }
    return photos.states(settings, ports.state.project?.disabled ?? [], project.scores());
  }

  saveView({ name, camera }: SavedView): Promise<void> {
    this.#opened.project.studio.project.database.saveView(name, camera);
    return this.#refreshViews();
  }

  removeView(name: string): Promise<void> {
    this.#opened.project.studio.project.database.deleteView(name);
    return this.#refreshViews();
  }

  async #refreshViews(): Promise<void> {
    const { views } = await this.#opened.project.projectState([]);
    this.#opened.ports.change((state) => {
      if (state.project) state.project = { ...state.project, views };
    });
  }
}
