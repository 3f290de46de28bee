/** A trainer in this process that someone looks at: the tiny capture, index maps in stripes, frames decoded and acknowledged. */
import { decodeFrame } from '#contract/frame';
import type { Frame, FrameKind, FrameOf, SectionArray } from '#contract/frame';
import type { StartCommand, TrainerEvent, TrainerEventOf } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { CounterRandom } from '../../../../src-main/base/random';
import type { IndexMap } from '../../../../src-main/semantics/index';
import type { CheckpointStore, IndexMaps, SceneLabels, TrainingSnapshot } from '../../../../src-main/training/ports';
import { Trainer } from '../../../../src-main/training/trainer';
import { BACKENDS } from '../../kernels/backends';
import { tinySettings } from '../tinyCapture';

export const native = BACKENDS.includes('native');
export const ENTRIES = 6;
export const CODEBOOK = 'a'.repeat(64);

export const watchedSettings: Partial<TrainingSettings> = {
  ...tinySettings,
  steps: native ? 120 : 24,
  backend: native ? 'native' : 'reference',
  semanticFrom: 0,
  decoderFirst: 16,
  decoderSecond: 16,
  smoothingWidth: 16,
  smoothingInterval: 2,
  smoothingSamples: 64,
};

/** Keeps copies, as a file would. */
export class MemoryStore implements CheckpointStore {
  saved: TrainingSnapshot[] = [];
  save(snapshot: TrainingSnapshot): Promise<void> {
    this.saved.push(structuredClone(snapshot));
    return Promise.resolve();
  }
  latest(): Promise<TrainingSnapshot | null> {
    return Promise.resolve(this.saved.at(-1) ?? null);
  }
}

/** Upright stripes of the labels 1 … N. */
export function stripes(width: number, height: number): IndexMap {
  const indices = Uint8Array.from(
    { length: width * height },
    (_, i) => 1 + Math.floor(((i % width) * ENTRIES) / width),
  );
  return { width, height, indices };
}

export function mapsOf(load: (photo: string) => IndexMap | null): IndexMaps {
  const random = new CounterRandom(1, 'vectors');
  const vectors = Float32Array.from({ length: ENTRIES * 8 }, (_, i) => random.normal(i));
  return { entries: ENTRIES, codebook: CODEBOOK, vectors, load: (photo) => Promise.resolve(load(photo)) };
}

export type FrameWith<K extends FrameKind> = Frame & { header: FrameOf<K> };

export interface WatchedOptions {
  store?: MemoryStore;
  maps?: IndexMaps | null;
  /** false: frames are never taken */
  takes?: boolean;
  labels?: SceneLabels;
}

export class WatchedTrainer {
  readonly trainer: Trainer;
  readonly store: MemoryStore;
  readonly events: TrainerEvent[] = [];
  readonly frames: Frame[] = [];
  #waiting: { met: () => boolean; resolve: () => void }[] = [];

  constructor({
    store = new MemoryStore(),
    maps = mapsOf(() => stripes(32, 24)),
    takes = true,
    labels,
  }: WatchedOptions = {}) {
    this.store = store;
    this.trainer = new Trainer({
      openStore: () => Promise.resolve(store),
      openMaps: () => Promise.resolve(maps),
      labels,
      publish: (event) => {
        this.events.push(event);
        this.#look();
      },
      sendFrame: (bytes) => {
        const frame = decodeFrame(bytes.slice().buffer);
        this.frames.push(frame);
        if (takes) setImmediate(() => this.trainer.send({ type: 'taken', sequence: frame.header.sequence }));
        this.#look();
      },
    });
  }

  start(command: Partial<StartCommand> & Pick<StartCommand, 'capture'>): void {
    const settings = command.resume ? {} : watchedSettings;
    this.trainer.send({
      ...{ type: 'start', project: command.capture, resume: false, ...command },
      settings: { ...settings, ...command.settings },
    });
  }

  all<T extends TrainerEvent['type']>(type: T): TrainerEventOf<T>[] {
    return this.events.filter((event): event is TrainerEventOf<T> => event.type === type);
  }

  framesOf<K extends FrameKind>(kind: K): FrameWith<K>[] {
    return this.frames.filter((frame): frame is FrameWith<K> => frame.header.kind === kind);
  }

  /** Resolves when it holds, now or after some event or frame. */
  until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ met, resolve });
      this.#look();
    });
  }

  /** Time for everything that can be done at rest. */
  settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 150));
  }

  #look(): void {
    const met = this.#waiting.filter((one) => one.met());
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const one of met) one.resolve();
  }
}

export function section<A extends SectionArray>(frame: Frame, name: string, type: new () => A): A {
  const array = frame.sections.get(name);
  if (!(array instanceof type)) throw new Error(`no ${name}`);
  return array;
}
