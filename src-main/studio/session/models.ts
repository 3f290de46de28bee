/** The models panel: what there is, and pulls under way with their progress. Nothing is downloaded unasked. */
import type { ModelState } from '#contract/studio';
import { sayingOf } from '../failures';
import { listModels, modelsFolder, pullModel } from '../models';
import type { ListedModel } from '../models';

/** Progress is told at most this often. */
const INTERVAL_MS = 150;

interface Pull {
  readonly stop: AbortController;
  state: ModelState;
}

function stateOf(model: ListedModel, pull: Pull | undefined): ModelState | null {
  if (pull) return pull.state;
  if (model.kind === null) return null;
  const there = model.origin === 'built-in' ? 'builtIn' : 'installed';
  return {
    name: model.name,
    kind: model.kind,
    title: model.title,
    licence: model.licence ?? '',
    source: model.repository ?? model.folder ?? '',
    bytes: model.bytes > 0 ? model.bytes : model.approximateMegabytes && model.approximateMegabytes * 2 ** 20,
    state: model.state === 'installed' ? there : model.state === 'damaged' ? 'failed' : 'absent',
    doneBytes: model.state === 'partial' ? model.bytes : 0,
    problem: model.remark,
  };
}

export class Models {
  readonly #changed: () => void;
  readonly #pulled: () => void;
  readonly #pulls = new Map<string, Pull>();
  #told = 0;

  /** @param changed  a pull moved on. @param pulled  one is there whole */
  constructor(changed: () => void, pulled: () => void) {
    this.#changed = changed;
    this.#pulled = pulled;
  }

  get pulls(): ModelState[] {
    return [...this.#pulls.values()].map(({ state }) => state);
  }

  async list(): Promise<ModelState[]> {
    const models = await listModels();
    return models.flatMap((model) => stateOf(model, this.#pulls.get(model.name)) ?? []);
  }

  /** Starts a pull, or goes on with one that was broken off. How it goes is in `pulls`; it stays there when it fails. */
  async pull(name: string): Promise<void> {
    if (this.#pulls.get(name)?.state.state === 'pulling') return;
    const known = (await this.list()).find((model) => model.name === name);
    const stop = new AbortController();
    const state: ModelState = {
      ...(known ?? { name, kind: 'clip', title: name, licence: '', source: '', bytes: null }),
      ...{ state: 'pulling', doneBytes: known?.doneBytes ?? 0, problem: null },
    };
    const pull: Pull = { stop, state };
    this.#pulls.set(name, pull);
    this.#tell();
    void this.#fetch(name, pull);
  }

  cancel(name: string): void {
    this.#pulls.get(name)?.stop.abort();
  }

  close(): void {
    for (const { stop } of this.#pulls.values()) stop.abort();
  }

  async #fetch(name: string, pull: Pull): Promise<void> {
    try {
      await pullModel(name, {
        models: modelsFolder(),
        signal: pull.stop.signal,
        onProgress: ({ receivedBytes, totalBytes }) => {
          pull.state = { ...pull.state, doneBytes: receivedBytes, bytes: totalBytes };
          if (performance.now() - this.#told >= INTERVAL_MS) this.#tell();
        },
      });
      this.#pulls.delete(name);
      this.#pulled();
    } catch (error) {
      if (pull.stop.signal.aborted) this.#pulls.delete(name);
      else pull.state = { ...pull.state, state: 'failed', problem: sayingOf(error) };
    }
    this.#tell();
  }

  #tell(): void {
    this.#told = performance.now();
    this.#changed();
  }
}
