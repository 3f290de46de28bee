/** What is open now and what is asked of it: shared by everything that the session does with it, changed by scene.ts alone. */
import { said } from '#contract/sayings';
import type { StudioState } from '#contract/studio';
import type { TrainerHost } from '../../training/trainerHost';
import type { DemoRoom } from '../demoRoom';
import { StudioError } from '../studio';
import type { MakeTrainer, ViewerCommand } from '../studio';
import { Asks } from './asks';
import type { Labelling } from './labelling';
import type { OpenScene } from './openScene';
import { TrainerRequests } from './requests';
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

export class Opened {
  readonly ports: ScenePorts;
  readonly asks: Asks;
  readonly requests = new TrainerRequests();
  scene: OpenScene | null = null;
  labels: Labelling | null = null;
  /** a splat file's trainer, which only shows */
  viewer: TrainerHost | null = null;

  constructor(ports: ScenePorts) {
    this.ports = ports;
    this.asks = new Asks({ change: ports.change, order: (ask) => this.send({ type: 'ask', ask }) });
  }

  /** @throws StudioError when no project is open */
  get project(): OpenScene {
    if (!this.scene) throw new StudioError('Legato', said('noProjectOpen'));
    return this.scene;
  }

  /** @throws StudioError when no project is open */
  get labelling(): Labelling {
    if (!this.labels) throw new StudioError('Legato', said('noProjectToLabel'));
    return this.labels;
  }

  /** To whoever renders; nothing happens while nobody does. */
  send(command: ViewerCommand): void {
    if (this.viewer) this.viewer.send(command);
    else this.scene?.send(command);
  }

  /** A new trainer does not know what the pages want. */
  watch(): void {
    const { geometry, overlays } = this.ports.hub.wishes;
    this.send({ type: 'watch', geometry, overlays: [...overlays] });
  }
}
