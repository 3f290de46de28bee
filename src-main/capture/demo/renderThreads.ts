/**
 * Renders a plan on several threads. The order of work is free, its result is not: every light point and every photo depends on
 * the plan alone.
 *
 * From sources (tests, tsx) a thread loads `renderWorker.ts` through tsx, from a build the bundle beside this one.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RenderAnswer, RenderedPhoto, RenderPlan, RenderTask } from './renderMessages';

const here = fileURLToPath(import.meta.url);
const fromSources = here.endsWith('.ts');
const entry = join(dirname(here), fromSources ? 'renderWorker.ts' : 'demoRenderer.js');
/** A thread inherits no loader: this one starts tsx's itself. */
const SOURCE = 'LEGATO_DEMO_RENDERER';
const SOURCE_LOADER = `import('tsx/esm/api').then((tsx) => {
  tsx.register();
  return import(require('node:url').pathToFileURL(process.env.${SOURCE}).href);
})`;
/** points of light a task: a few tens of milliseconds */
const CHUNK = 1024;

export interface RenderProgress {
  readonly stage: 'light' | 'photos';
  readonly done: number;
  readonly total: number;
}

export interface RenderThreadsOptions {
  readonly plan: RenderPlan;
  /** number of light points */
  readonly points: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RenderProgress) => void;
  /** called in whatever order photos are done; what it returns is awaited in the end, and ends the rendering when it fails */
  readonly onPhoto: (photo: RenderedPhoto) => Promise<void> | void;
}

/** @throws whatever a thread or onPhoto throws, and the signal's reason; all threads have ended by then */
export async function renderOnThreads({
  plan,
  points,
  threads,
  signal,
  onProgress,
  onPhoto,
}: RenderThreadsOptions): Promise<void> {
  signal?.throwIfAborted();
  const workers = Array.from({ length: threads }, () => new Thread(plan));
  const fail = (reason: unknown): void => workers.forEach((worker) => worker.fail(reason));
  const stop = (): void => fail(signal?.reason ?? new Error('stopped'));
  signal?.addEventListener('abort', stop, { once: true });
  const kept: Promise<void>[] = [];
  const keep = (photo: RenderedPhoto): void => {
    const keeping = Promise.resolve(onPhoto(photo));
    kept.push(keeping);
    // Nobody awaits it before the last photo: a full disk ends the threads at once instead.
    keeping.catch(fail);
  };
  const run = async (tasks: RenderTask[], report?: (done: number) => void): Promise<void> => {
    let next = 0;
    let done = 0;
    await Promise.all(
      workers.map(async (worker) => {
        while (next < tasks.length) {
          const { photo } = await worker.perform(tasks[next++]);
          if (photo) keep(photo);
          report?.(++done);
        }
      }),
    );
  };
  const chunks = (kind: 'direct' | 'indirect'): RenderTask[] =>
    Array.from({ length: Math.ceil(points / CHUNK) }, (_, i) => ({
      kind,
      from: i * CHUNK,
      to: Math.min(points, (i + 1) * CHUNK),
    }));
  try {
    const [direct, indirect] = [chunks('direct'), chunks('indirect')];
    const total = direct.length + indirect.length;
    await run(direct, (done) => onProgress?.({ stage: 'light', done, total }));
    await run(indirect, (done) => onProgress?.({ stage: 'light', done: direct.length + done, total }));
    await run([{ kind: 'join' }]);
    const photos = plan.cameras.map((_, index): RenderTask => ({ kind: 'photo', index }));
    await run(photos, (done) => onProgress?.({ stage: 'photos', done, total: photos.length }));
    await Promise.all(kept);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all([...workers.map((worker) => worker.close()), Promise.allSettled(kept)]);
  }
}

/** A worker that answers one task at a time. */
class Thread {
  readonly #worker: Worker;
  #waiting: { resolve: (answer: RenderAnswer) => void; reject: (error: Error) => void } | null = null;
  #failure: { readonly error: Error } | null = null;

  constructor(plan: RenderPlan) {
    this.#worker = fromSources
      ? new Worker(SOURCE_LOADER, { eval: true, workerData: plan, env: { ...process.env, [SOURCE]: entry } })
      : new Worker(entry, { workerData: plan });
    this.#worker.on('message', (answer: RenderAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.resolve(answer);
    });
    this.#worker.on('error', (error) => this.fail(error));
    this.#worker.on('exit', () => this.fail(new Error('a rendering thread ended before its work was done')));
  }

  perform(task: RenderTask): Promise<RenderAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.error);
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(task);
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error: error instanceof Error ? error : new Error(String(error)) };
    this.#waiting?.reject(this.#failure.error);
    this.#waiting = null;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
