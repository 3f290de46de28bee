/**
 * The Gaussians that a trainer shows, and what people want of them: pictures, the numbers of a splat, why splats are unsure, labels. They
 * are those of the present run, of the last one, which stay until the next start, or of a splat file alone.
 *
 * While a run trains it calls `hearPhoto` and `between` after each step. At rest viewers are attended to until they have everything.
 */
import { setImmediate } from 'node:timers/promises';
import type { TrainerCommand, TrainerEvent } from '#contract/messages';
import { said } from '#contract/sayings';
import type { GaussianModel } from '../../gaussians/index';
import type { Codes } from '../../semantics/index';
import { warningOf } from '../failure';
import type { PhotoCamera, SceneLabels, Taught } from '../ports';
import { Explaining } from './explaining';
import type { PhotoSource } from './explaining';
import type { ViewedScene } from './scene';
import { TrainerViewer } from './viewer';
import type { SendFrame } from './viewer';

/** Something that viewers can look at. */
export interface Shown {
  readonly viewed: ViewedScene;
  /** photos and their index maps; null or absent without any */
  readonly opinions?: PhotoSource | null;
  /** photos that are trained on; absent where there are none */
  cameras?(): Promise<PhotoCamera[]>;
  dispose(): void;
}

const types = [
  ...(['watch', 'taken', 'ask', 'look', 'inspect', 'why'] as const),
  ...(['labels', 'teach', 'gesture', 'nextUncertain'] as const),
];

/** What is said to a trainer on behalf of those who look and label. */
export type SceneCommand = Extract<TrainerCommand, { type: (typeof types)[number] }>;

export const isSceneCommand = (command: TrainerCommand): command is SceneCommand =>
  (types as readonly string[]).includes(command.type);

type CommandOf<Type extends SceneCommand['type']> = Extract<SceneCommand, { type: Type }>;

export interface ShownScenePorts {
  publish(event: TrainerEvent): void;
  /** absent where nothing can be labelled */
  readonly labels?: SceneLabels;
  /** absent where nobody can look */
  readonly sendFrame?: SendFrame;
  /** whether no run is under way */
  atRest(): boolean;
  /** id counter of the checkpoint that a resume would go on from */
  savedId(): number;
  /** there is something to serve */
  wake(): void;
}

export class ShownScene {
  readonly #ports: ShownScenePorts;
  readonly #labels: SceneLabels | null;
  readonly #viewer: TrainerViewer;
  readonly #explaining: Explaining;
  #shown: Shown | null = null;
  /** under way while viewers are attended to at rest */
  #attending: Promise<void> | null = null;
  #closed = false;

  constructor(ports: ShownScenePorts) {
    this.#ports = ports;
    this.#labels = ports.labels ?? null;
    this.#viewer = new TrainerViewer(ports.sendFrame ?? (() => undefined), this.#labels);
    this.#explaining = new Explaining(
      (event) => ports.publish(event),
      () => this.#wake(),
    );
  }

  show(shown: Shown): void {
    this.#shown = shown;
  }

  /** Gives up what is shown. */
  async leave(): Promise<void> {
    await this.#attending;
    this.#explaining.forget();
    this.#shown?.dispose();
    this.#shown = null;
    this.#viewer.forget();
  }

  /** Attends to nobody any more. */
  close(): void {
    this.#closed = true;
  }

  /** @throws ExpressionError, AskError for a question that cannot be read */
  hear(command: SceneCommand): void {
    switch (command.type) {
      case 'watch':
        this.#viewer.watch(command);
        break;
      case 'taken':
        this.#viewer.taken(command);
        break;
      case 'ask':
        this.#viewer.ask(command);
        break;
      case 'look':
        this.#viewer.look(command);
        break;
      case 'why':
        this.#explaining.ask(command, this.#shown?.viewed ?? null, this.#shown?.opinions ?? null);
        break;
      case 'labels':
        this.#labels?.setEdits(command);
        this.relabelled();
        break;
      case 'teach':
        this.#labels?.setMeanings(command);
        this.#viewer.relabelled();
        break;
      case 'inspect':
        this.#ports.publish(this.#viewer.inspect(this.#shown?.viewed ?? null, command));
        return;
      case 'gesture':
        this.#gesture(command);
        return;
      case 'nextUncertain':
        void this.#nextUncertain(command);
        return;
    }
    this.#wake();
  }

  /** Serves viewers while no run is under way, until they have everything. */
  attend(): void {
    if (!this.#shown || this.#attending || this.#closed || !this.#ports.atRest()) return;
    this.#attending = (async () => {
      await setImmediate();
      while (this.#ports.atRest() && !this.#closed && this.serve()) await setImmediate();
      this.#attending = null;
    })();
  }

  /** One portion of what viewers ask for at rest. @returns whether there may be more */
  serve(): boolean {
    const scene = this.#shown?.viewed;
    if (!scene) return false;
    const heard = this.#explaining.hear(scene);
    try {
      return this.#viewer.attend(scene) || heard;
    } catch (error) {
      this.#ports.publish(warningOf(error));
      return heard;
    }
  }

  /** Between two steps: one photo of a question about a region. */
  hearPhoto(): void {
    const scene = this.#shown?.viewed;
    const begun = performance.now();
    if (scene && this.#explaining.hear(scene)) this.#viewer.spent(performance.now() - begun);
  }

  /** Between two steps: what viewers ask for, as far as its time has come. */
  between(): void {
    if (this.#shown) this.#viewer.between(this.#shown.viewed);
  }

  /** Labels changed, or the splats that they are on. */
  relabelled(): void {
    const [labels, shown] = [this.#labels, this.#shown];
    if (!labels || !shown || labels.revision === 0) return;
    this.#ports.publish(labels.counts(shown.viewed));
    this.#viewer.relabelled();
  }

  /** What a person's labels teach now; null for nothing. */
  taught(model: GaussianModel): Taught | null {
    const [labels, shown] = [this.#labels, this.#shown];
    return labels && shown ? labels.taught(model, this.#viewer.answers(shown.viewed)) : null;
  }

  /** What splats decode to as they are; null until semantics have joined. */
  codes(): Codes | null {
    return this.#shown ? this.#viewer.answers(this.#shown.viewed).codes() : null;
  }

  /** Rows that mean something else at once. */
  turned(rows: Int32Array): void {
    this.#viewer.turned(rows);
  }

  /** Share of the time since the last call that went into what viewers see. */
  takeShare(): number {
    return this.#viewer.takeShare();
  }

  #wake(): void {
    this.#ports.wake();
    this.attend();
  }

  #gesture(command: CommandOf<'gesture'>): void {
    const [labels, scene] = [this.#labels, this.#shown?.viewed];
    const begun = performance.now();
    if (labels && scene)
      this.#ports.publish(labels.gesture(scene, command, this.#viewer.answers(scene), this.#ports.savedId()));
    else {
      const nothing = { ids: new Uint32Array(0), savedIds: new Uint32Array(0), step: 0, nextId: 0, savedId: 0 };
      const { message: problem, code } = said('nothingToLabel');
      this.#ports.publish({ type: 'gestured', request: command.request, ...nothing, problem, code });
    }
    this.#viewer.spent(performance.now() - begun);
  }

  async #nextUncertain(command: CommandOf<'nextUncertain'>): Promise<void> {
    try {
      const cameras = (await this.#shown?.cameras?.()) ?? [];
      const [labels, scene] = [this.#labels, this.#shown?.viewed];
      const begun = performance.now();
      this.#ports.publish(
        labels && scene
          ? labels.nextUncertain(scene, command, cameras)
          : { type: 'uncertain', request: command.request, region: null },
      );
      this.#viewer.spent(performance.now() - begun);
    } catch (error) {
      this.#ports.publish(warningOf(error));
      this.#ports.publish({ type: 'uncertain', request: command.request, region: null });
    }
  }
}
