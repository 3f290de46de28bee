/** One export at a time, in a process of its own, from a checkpoint that is written for it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exportEvent } from '#contract/exportMessages';
import type { ExportCommand, ExportState } from '#contract/exportMessages';
import { StudioError } from '../studio';

/** The built process: the same place seen from src-main/studio/session and, flat, from out/main. */
const places = ['../../../out/main/exporter.js', './exporter.js'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

export class Exporting {
  readonly #tell: (state: ExportState) => void;
  #child: ChildProcess | null = null;
  #state: ExportState | null = null;

  /** @param tell  hears of every change */
  constructor(tell: (state: ExportState) => void) {
    this.#tell = tell;
  }

  /** @throws StudioError while one is under way, or when the process was not built */
  start(command: ExportCommand): void {
    if (this.#child) throw new StudioError(command.project, 'an export is under way; wait for it, or cancel it');
    const entry = places.find((path) => existsSync(path));
    if (!entry) throw new StudioError(places[0], 'not built; run: npm run build');
    const child = fork(entry, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child = child;
    const { format } = command;
    this.#set({
      format,
      state: 'running',
      stage: 'labels',
      done: 0,
      total: 1,
      file: null,
      step: null,
      labelled: 0,
      features: 0,
      problem: '',
    });
    child.on('message', (message) => {
      const event = exportEvent.safeParse(message).data;
      if (child !== this.#child || !event) return;
      if (event.type === 'progress') this.#change({ stage: event.stage, done: event.done, total: event.total });
      else if (event.type === 'failed') this.#change({ state: 'failed', problem: event.failure.message });
      else {
        const { file, step, labelled, features } = event;
        this.#change({ state: 'done', file, step, labelled, features });
      }
    });
    child.on('error', (error) => this.#change({ state: 'failed', problem: error.message }));
    child.on('exit', (code, signal) => {
      if (child !== this.#child) return;
      this.#child = null;
      if (this.#state?.state === 'running')
        this.#change({
          state: 'failed',
          problem: `the export ended (${signal ?? `exit code ${code}`}); nothing was written`,
        });
    });
    child.send(command);
  }

  /** Ends it; nothing is left half-written. */
  cancel(): void {
    const child = this.#child;
    if (!child) return;
    this.#child = null;
    this.#change({ state: 'cancelled' });
    if (child.connected) child.disconnect();
  }

  #change(by: Partial<ExportState>): void {
    if (this.#state) this.#set({ ...this.#state, ...by });
  }

  #set(state: ExportState): void {
    this.#state = state;
    this.#tell(state);
  }
}
