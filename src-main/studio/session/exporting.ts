/** One export at a time, in a process of its own, from a checkpoint that is written for it. */
import type { ExportCommand, ExportEvent, ExportFormat, ExportState } from '#contract/exportMessages';
import { said } from '#contract/sayings';
import { StudioError } from '../studio';
import { forkExporter } from './exporterChild';
import type { ExporterChild } from './exporterChild';

type Command = Extract<ExportCommand, { type: 'export' }>;

export class Exporting {
  readonly #tell: (state: ExportState) => void;
  #child: ExporterChild | null = null;
  #state: ExportState | null = null;
  /** counts what was begun and ended */
  #turn = 0;

  /** @param tell  hears of every change */
  constructor(tell: (state: ExportState) => void) {
    this.#tell = tell;
  }

  /**
   * @param saved  what to export, when it lies on the disk
   * @throws StudioError while one is under way, or when the process was not built; what saving throws
   */
  async start(project: string, format: ExportFormat, saved: () => Promise<Command>): Promise<void> {
    if (this.#state?.state === 'running') throw new StudioError(project, said('exportUnderWay'));
    const turn = ++this.#turn;
    this.#set({
      ...{ format, state: 'running', stage: 'labels', done: 0, total: 1 },
      ...{ file: null, step: null, labelled: 0, features: 0, failure: null },
    });
    try {
      const command = await saved();
      if (turn === this.#turn) this.#child = forkExporter(command, (event) => this.#hear(event));
    } catch (error) {
      if (turn === this.#turn) this.cancel();
      throw error;
    }
  }

  /** Ends it, also while it waits for what is being saved; nothing is left half-written. */
  cancel(): void {
    if (this.#state?.state !== 'running') return;
    this.#turn++;
    this.#child?.cancel();
    this.#child = null;
    this.#change({ state: 'cancelled' });
  }

  #hear(event: ExportEvent): void {
    if (event.type === 'progress') {
      const { stage, done, total } = event;
      return this.#change({ stage, done, total });
    }
    this.#child = null;
    if (event.type === 'failed') this.#change({ state: 'failed', failure: event.failure });
    if (event.type !== 'exported') return;
    const { file, step, labelled, features } = event;
    this.#change({ state: 'done', file, step, labelled, features });
  }

  #change(by: Partial<ExportState>): void {
    if (this.#state) this.#set({ ...this.#state, ...by });
  }

  #set(state: ExportState): void {
    this.#state = state;
    this.#tell(state);
  }
}
