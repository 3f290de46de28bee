/**
 * The owner's side of the language process. Loading this file loads neither onnxruntime nor tfjs.
 *
 * A child that dies takes nothing along: the host then says `failed` itself, with the child's last words.
 */
import { said } from '#contract/sayings';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { languageEvent } from '#contract/languageMessages';
import type { LanguageCommand, LanguageEvent } from '#contract/languageMessages';

export interface LanguageHost {
  readonly pid: number | null;
  send(command: LanguageCommand): void;
  /** Ends the process; a job that is under way is cancelled first. */
  close(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export type LanguageListener = (event: LanguageEvent) => void;

/** The process was not built. */
export class LanguageMissingError extends Error {
  override name = 'EnvironmentError';
}

/** The built process: the same place seen from src-main/studio and from out/main. */
const builtProcess = fileURLToPath(new URL('../../out/main/language.js', import.meta.url));

/** Starts the language process. @throws LanguageMissingError */
export function forkLanguage(listener: LanguageListener, entry = builtProcess): LanguageHost {
  if (!existsSync(entry)) throw new LanguageMissingError(`${entry}: not built; run: npm run build`);
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--max-semi-space-size=16'],
  });
  return new ChildHost(child, listener);
}

class ChildHost implements LanguageHost {
  readonly pid: number | null;
  readonly #child: ChildProcess;
  readonly #listener: LanguageListener;
  readonly #exited: Promise<void>;
  /** whether a job is under way, so that an exit means a crash */
  #active = false;
  #lastWords = '';

  constructor(child: ChildProcess, listener: LanguageListener) {
    this.#child = child;
    this.#listener = listener;
    this.pid = child.pid ?? null;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4000);
      if (process.env.LEGATO_DEBUG) process.stderr.write(text);
    });
    child.on('message', (message) => this.#receive(message));
    child.on('error', (error) => this.#crashed(error.message));
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#crashed(signal ? `killed by ${signal}` : `exit code ${code}`);
        resolve();
      });
    });
  }

  send(command: LanguageCommand): void {
    if (command.type !== 'cancel') this.#active = true;
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
    const parsed = languageEvent.safeParse(message);
    if (!parsed.success) {
      const problem = parsed.error.issues[0];
      const why = said('languageMessageDropped', { problem: `${problem.path.join('.')}: ${problem.message}` });
      this.#listener({ type: 'warning', ...why, photo: null });
      return;
    }
    if (['finished', 'codebookFinished', 'failed'].includes(parsed.data.type)) this.#active = false;
    this.#listener(parsed.data);
  }

  #crashed(how: string): void {
    if (!this.#active) return;
    this.#active = false;
    const message = `the language process ended (${how}); finished photos are safe; run the command again to continue`;
    const stack = this.#lastWords || undefined;
    this.#listener({ type: 'failed', failure: { kind: 'crash', message, fault: 'internal', stack } });
  }
}
