/**
 * What happens before the program ends: a run is not thrown away without a word, and what is open is saved and its processes end.
 *
 *   open → asking → closing → closed        keeping on and cancelling lead back to open
 *
 * Electron asks in the middle of an event and takes no promise: the answer is "not now", and once all is done `quit` asks again.
 */

export type QuitChoice = 'save' | 'keep' | 'cancel';

export interface QuitPorts {
  /** name of what is being trained; null when nothing is */
  training(): string | null;
  ask(name: string): Promise<QuitChoice>;
  /** training goes on without a window in the way */
  keep(): void;
  /** saves and closes what is open */
  save(): Promise<void>;
  /** saving failed; whether to quit all the same */
  giveUp(error: unknown): Promise<boolean>;
  quit(): void;
}

export class QuitGuard {
  readonly #ports: QuitPorts;
  #state: 'open' | 'busy' | 'closed' = 'open';

  constructor(ports: QuitPorts) {
    this.#ports = ports;
  }

  /** Whether to quit now. When not, it is asked and saved first, and quitting begins again by itself. */
  mayQuit(): boolean {
    if (this.#state === 'open') void this.#settle();
    return this.#state === 'closed';
  }

  async #settle(): Promise<void> {
    this.#state = 'busy';
    const ports = this.#ports;
    const name = ports.training();
    const choice = name === null ? 'save' : await ports.ask(name);
    if (choice === 'save' && (await this.#saved())) {
      this.#state = 'closed';
      ports.quit();
      return;
    }
    this.#state = 'open';
    if (choice === 'keep') ports.keep();
  }

  async #saved(): Promise<boolean> {
    try {
      await this.#ports.save();
      return true;
    } catch (error) {
      return this.#ports.giveUp(error);
    }
  }
}
