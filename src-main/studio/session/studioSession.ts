/**
 * The studio's session: performs the contract's commands for every page that joined, keeps them told of the state, and passes
 * frames on. Knows no window and no socket; the doors do (door.ts).
 *
 * At most one thing is open. What opens or closes it happens one after the other; everything else at once.
 */
import { studioReplies } from '#contract/studio';
import type { StudioCommand, StudioCommandType, StudioEvent, StudioReply, StudioState } from '#contract/studio';
import type { MediaKind } from '#contract/studio';
import { DemoRoom } from '../demoRoom';
import { forgetProject } from '../recent';
import type { MakeTrainer } from '../studio';
import { forkedTrainer } from '../studio';
import { browse } from './browse';
import type { PageLink, PageSink, StudioDoor } from './door';
import { Models } from './models';
import type { Picture } from './photos';
import { previewPath } from './preview';
import { Scene } from './scene';
import { emptyState, warn } from './state';
import { ViewerHub } from './viewers';
import type { Viewer } from './viewers';

/** Pages are told of a changed state at most this often. */
const INTERVAL_MS = 80;

export interface SessionOptions {
  readonly demo?: DemoRoom;
  readonly makeTrainer?: MakeTrainer;
}

type Handlers = {
  readonly [Type in StudioCommandType]: (
    command: Extract<StudioCommand, { type: Type }>,
    viewer: Viewer,
  ) => StudioReply<Type> | Promise<StudioReply<Type>>;
};

export class StudioSession implements StudioDoor {
  readonly #state: StudioState = emptyState();
  readonly #pages = new Set<PageSink>();
  readonly #hub: ViewerHub;
  readonly #models: Models;
  readonly #scene: Scene;
  readonly #handlers: Handlers;
  #timer: NodeJS.Timeout | null = null;

  constructor({ demo = new DemoRoom(), makeTrainer = forkedTrainer }: SessionOptions = {}) {
    this.#hub = new ViewerHub({
      wishes: (wishes) =>
        this.#scene.send({ type: 'watch', geometry: wishes.geometry, overlays: [...wishes.overlays] }),
      taken: (sequence) => this.#scene.send({ type: 'taken', sequence }),
      warn: (message) => this.#change((state) => warn(state, { message })),
    });
    this.#models = new Models(
      () => this.#change((state) => (state.pulls = this.#models.pulls)),
      () => void this.#scene.pipeline.modelsChanged(),
    );
    this.#scene = new Scene({
      ...{ demo, makeTrainer, hub: this.#hub, state: this.#state },
      change: (mutate) => this.#change(mutate),
      curves: (from) => this.#tellCurves(from),
    });
    this.#handlers = this.#table();
  }

  join(page: PageSink): PageLink {
    this.#pages.add(page);
    const viewer = this.#hub.join((bytes) => page.frame(bytes));
    page.event({ type: 'state', state: this.#state });
    page.event(this.#curves(0));
    return {
      perform: (command) => this.#perform(command, viewer),
      leave: () => {
        this.#pages.delete(page);
        viewer.leave();
      },
    };
  }

  async picture(kind: MediaKind, photo: string, side: number): Promise<Picture | null> {
    if (kind === 'mesh') return this.#scene.exports.meshPreview;
    return (await this.#scene.open?.photos?.picture(kind, photo, side)) ?? null;
  }

  /** How it stands, for whoever runs the studio. */
  get state(): StudioState {
    return this.#state;
  }

  /** Warns the pages of what happened outside of the session, such as to a helper process of the window. */
  note(message: string): void {
    this.#change((state) => warn(state, { message }));
  }

  async close(): Promise<void> {
    this.#models.close();
    await this.#scene.close();
    if (this.#timer) clearTimeout(this.#timer);
    this.#pages.clear();
  }

  async #perform(command: StudioCommand, viewer: Viewer): Promise<unknown> {
    // The table pairs each command with its handler; TypeScript does not follow that through the union.
    const handler = this.#handlers[command.type] as (command: StudioCommand, viewer: Viewer) => unknown;
    const reply = await handler(command, viewer);
    const schema = command.type in studioReplies ? studioReplies[command.type as keyof typeof studioReplies] : null;
    return schema ? schema.parse(reply) : null;
  }

  #table(): Handlers {
    const scene = this.#scene;
    const done = async (work: void | Promise<unknown>): Promise<null> => {
      await work;
      return null;
    };
    return {
      preview: ({ path, settings }) => previewPath(path, settings),
      browse: ({ path }) => browse(path),
      open: ({ path }) => done(scene.openPath(path)),
      create: ({ capture, project, settings, paused }) => done(scene.create(capture, project, settings, paused)),
      openDemo: () => done(scene.openDemo()),
      close: () => done(scene.closePath()),
      forget: ({ path }) => done(forgetProject(path)),
      train: ({ settings, resume, paused }) => done(scene.pipeline.train(settings, resume, paused)),
      pause: () => done(scene.project.studio.pause()),
      resume: () => done(scene.pipeline.resume()),
      stop: () => done(scene.project.studio.stop(true)),
      save: () => done(scene.project.studio.checkpoint()),
      change: ({ settings }) => done(scene.pipeline.change(settings)),
      disable: ({ photos }) => done(scene.project.send({ type: 'disable', photos })),
      learnWords: ({ settings, acceptCost }) => done(scene.pipeline.learnWords(settings, acceptCost)),
      cancelWords: () => done(scene.project.words.cancel()),
      ask: ({ ask, keep }) => done(scene.looking.ask(ask, keep)),
      like: ({ id }) => done(scene.looking.like(id)),
      reshuffle: ({ seed }) => done(scene.reshuffle(seed)),
      watch: ({ geometry, overlays }, viewer) => done(viewer.watch({ geometry, overlays })),
      taken: ({ sequence }, viewer) => done(viewer.taken(sequence)),
      look: ({ request, ...look }, viewer) =>
        done(scene.send({ ...look, request: viewer.expect(request), viewer: viewer.id })),
      inspect: async ({ id }) => scene.looking.inspect(id),
      why: async ({ ids }) => scene.looking.why(ids),
      photos: () => scene.looking.photoStates(),
      saveView: ({ view }) => done(scene.looking.saveView(view)),
      removeView: ({ name }) => done(scene.looking.removeView(name)),
      label: (gesture) => scene.labelling.label(gesture),
      addClass: ({ name }) => done(scene.labelling.addClass(name)),
      renameClass: ({ class: number, name }) => done(scene.labelling.renameClass(number, name)),
      recolourClass: ({ class: number, colour }) => done(scene.labelling.recolourClass(number, colour)),
      mergeClass: ({ from, into }) => done(scene.labelling.mergeClass(from, into)),
      removeClass: ({ class: number }) => done(scene.labelling.removeClass(number)),
      showClass: ({ class: number, hidden, locked }) => done(scene.labelling.showClass(number, hidden, locked)),
      addLayer: ({ name }) => done(scene.labelling.addLayer(name)),
      renameLayer: ({ layer, name }) => done(scene.labelling.renameLayer(layer, name)),
      removeLayer: ({ layer }) => done(scene.labelling.removeLayer(layer)),
      selectLayer: ({ layer }) => done(scene.labelling.selectLayer(layer)),
      undo: async () => ({ name: await scene.labelling.undo() }),
      redo: async () => ({ name: await scene.labelling.redo() }),
      nextUncertain: () => scene.labelling.nextUncertain(),
      review: ({ ids, verdict }) => done(scene.labelling.review(ids, verdict)),
      export: ({ format }) => done(scene.exports.export(format)),
      cancelExport: () => done(scene.exports.cancelExport()),
      previewMesh: () => done(scene.exports.previewMesh()),
      cancelPreview: () => done(scene.exports.cancelPreview()),
      models: async () => {
        // Whoever looks through them may have put one there by hand.
        await scene.pipeline.modelsChanged();
        return this.#models.list();
      },
      pull: ({ model }) => done(this.#models.pull(model)),
      cancelPull: ({ model }) => done(this.#models.cancel(model)),
    };
  }

  /** Changes the state and tells the pages soon; many changes are one message. */
  #change(mutate: (state: StudioState) => void): void {
    mutate(this.#state);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const children = (this.#state.trainer?.memoryBytes ?? 0) + (this.#scene.open?.words.memoryBytes ?? 0);
      this.#state.memoryBytes = process.memoryUsage.rss() + children;
      this.#tell({ type: 'state', state: this.#state });
    }, INTERVAL_MS);
  }

  #tellCurves(from: number): void {
    this.#tell(this.#curves(from));
  }

  #curves(from: number): StudioEvent {
    return { type: 'curves', from, points: [...(this.#scene.open?.curves.points.slice(from) ?? [])] };
  }

  #tell(event: StudioEvent): void {
    for (const page of this.#pages) page.event(event);
  }
}
