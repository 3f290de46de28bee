/**
 * The owner's side of a trainer: one interface, whether it runs in a process of its own (always, for people) or in this one (to
 * debug, and in tests). Loading this file loads neither tfjs nor the kernels.
 *
 * A child that dies takes nothing along: the host then says `failed` itself, with the step of the last checkpoint.
 */
import { said } from '#contract/sayings';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { trainerEvent } from '#contract/messages';
import type { TrainerCommand, TrainerEvent } from '#contract/messages';
import { FRAME_FD, FrameReader } from './framePipe';
import type { TrainerPorts } from './trainer';

export interface TrainerHost {
  /** null when it runs in this process */
  readonly pid: number | null;
  send(command: TrainerCommand): void;
  /** Ends the trainer; a run that is under way saves a checkpoint first. */
  close(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export type TrainerListener = (event: TrainerEvent) => void;
/** The trainer was not built. */
export class TrainerMissingError extends Error {
  override name = 'EnvironmentError';
}

/** The built trainer: the same place seen from src-main/training and from out/main. */
const builtTrainer = fileURLToPath(new URL('../../out/main/trainer.js', import.meta.url));

/** Takes a frame (#contract/frame), in memory of its own. */
export type FrameListener = (bytes: Uint8Array<ArrayBuffer>) => void;

export interface ForkOptions {
  /** absent: nobody looks, and frames are dropped */
  readonly onFrame?: FrameListener;
  /** the trainer's script */
  readonly entry?: string;
}

/** Starts a trainer in a process of its own. @throws TrainerMissingError */
export function forkTrainer(
  listener: TrainerListener,
  { onFrame = () => undefined, entry = builtTrainer }: ForkOptions = {},
): TrainerHost {
  if (!existsSync(entry)) throw new TrainerMissingError(`${entry}: the trainer is not built; run: npm run build`);
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    // A heap that starts small and a young generation that fits a step's garbage: fewer collections per second.
    execArgv: ['--max-semi-space-size=16'],
  });
  return new ChildHost(child, listener, onFrame);
}

class ChildHost implements TrainerHost {
  readonly pid: number | null;
  readonly #child: ChildProcess;
  readonly #listener: TrainerListener;
  readonly #exited: Promise<void>;
  #step = 0;
  #checkpointStep: number | null = null;
  /** whether a run is under way, so that an exit means a crash */
  #active = false;
  #lastWords = '';

  constructor(child: ChildProcess, listener: TrainerListener, onFrame: FrameListener) {
    this.#child = child;
    this.#listener = listener;
    this.pid = child.pid ?? null;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4000);
      if (process.env.LEGATO_DEBUG) process.stderr.write(text);
    });
    const frames = new FrameReader(onFrame);
    const pipe = child.stdio[FRAME_FD];
    if (pipe instanceof Readable)
      pipe
        .on('data', (chunk: Buffer) => {
          if (!frames.push(chunk)) pipe.destroy();
        })
        // A trainer that dies takes its end along, which its exit tells too.
        .on('error', () => pipe.destroy());
    child.on('message', (message) => this.#receive(message));
    child.on('error', (error) => this.#crashed(error.message));
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#crashed(signal ? `killed by ${signal}` : `exit code ${code}`);
        resolve();
      });
    });
  }

  send(command: TrainerCommand): void {
    if (command.type === 'start') this.#active = true;
    if (this.#child.connected) this.#child.send(command);
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }

  kill(): void {
    this.#active = false;
    this.#child.kill('SIGKILL');
  }

  #receive(message: unknown): void {
    const parsed = trainerEvent.safeParse(message);
    if (!parsed.success) {
      const problem = parsed.error.issues[0];
      this.#listener({
        type: 'warning',
        ...said('trainerMessageDropped', { problem: `${problem.path.join('.')}: ${problem.message}` }),
      });
      return;
    }
    const event = parsed.data;
    if ('step' in event) this.#step = event.step;
    if (event.type === 'checkpoint') this.#checkpointStep = event.step;
    if (event.type === 'prepared' && event.step > 0) this.#checkpointStep = event.step;
    if (event.type === 'finished' || event.type === 'failed') this.#active = false;
    this.#listener(event);
  }

  #crashed(how: string): void {
    if (!this.#active) return;
    this.#active = false;
    const saved = this.#checkpointStep;
    const survived = saved === null ? 'no checkpoint was written yet' : `the checkpoint of step ${saved} is safe`;
    const message = `the trainer process ended (${how}) after step ${this.#step}; ${survived}; continue with --resume`;
    const failure = { kind: 'crash', message, fault: 'internal' as const, stack: this.#lastWords || undefined };
    this.#listener({ type: 'state', state: 'failed', step: this.#step });
    this.#listener({ type: 'failed', step: this.#step, failure, checkpointStep: saved });
  }
}

/** Runs a trainer in this process: blocks it during each step, and a crash is a crash of everything. */
export async function inProcessTrainer(
  listener: TrainerListener,
  ports: Omit<TrainerPorts, 'publish' | 'sendFrame'>,
  onFrame?: FrameListener,
): Promise<TrainerHost> {
  const { Trainer } = await import('./trainer');
  // A frame is the trainer's memory, to be used again.
  const sendFrame: FrameListener = (bytes) => onFrame?.(bytes.slice());
  const trainer = new Trainer({ ...ports, publish: listener, sendFrame });
  return {
    pid: null,
    send: (command) => trainer.send(command),
    close: async () => {
      if (['preparing', 'running', 'paused'].includes(trainer.state)) trainer.send({ type: 'stop', evaluate: false });
      await trainer.close();
    },
    kill: () => undefined,
  };
}
