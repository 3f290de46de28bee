/**
 * A whole trainer in this process on the tiny capture: it learns, obeys, saves, and continues where it was.
 *
 * Native kernels where they load; otherwise the reference with fewer steps, said aloud.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainerEvent, TrainerEventOf } from '#contract/messages';
import { TrainerLifeError } from '#contract/trainerLife';
import { loadAddon } from '../../../src-main/kernels/addon';
import type { CheckpointStore, TrainingSnapshot } from '../../../src-main/training/ports';
import { Trainer } from '../../../src-main/training/trainer';
import { tinySettings, writeTinyCapture } from './tinyCapture';

let native = true;
try {
  loadAddon();
} catch (error) {
  native = false;
  console.warn(`\n  REFERENCE KERNELS: shorter trainer tests here (${error instanceof Error ? error.message : ''})\n`);
}
const settings = {
  ...tinySettings,
  steps: native ? 300 : 60,
  backend: native ? ('native' as const) : ('reference' as const),
};

/** Keeps copies, as a file would. */
class MemoryStore implements CheckpointStore {
  saved: TrainingSnapshot[] = [];
  save(snapshot: TrainingSnapshot): Promise<void> {
    this.saved.push(structuredClone(snapshot));
    return Promise.resolve();
  }
  latest(): Promise<TrainingSnapshot | null> {
    return Promise.resolve(this.saved.at(-1) ?? null);
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-trainer-'));
  await writeTinyCapture(join(folder, 'tiny'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function setUp(store = new MemoryStore()) {
  const events: TrainerEvent[] = [];
  const waiting: { type: string; resolve: () => void }[] = [];
  const trainer = new Trainer({
    openStore: () => Promise.resolve(store),
    openMaps: () => Promise.resolve(null),
    publish: (event) => {
      events.push(event);
      for (const one of waiting.filter(({ type }) => type === event.type)) one.resolve();
    },
  });
  const all = <T extends TrainerEvent['type']>(type: T) =>
    events.filter((event): event is TrainerEventOf<T> => event.type === type);
  /** @param act  called before the trainer goes on */
  const next = (type: TrainerEvent['type'], act?: () => void) =>
    new Promise<void>((resolve) => {
      const one = {
        type,
        resolve: () => {
          waiting.splice(waiting.indexOf(one), 1);
          act?.();
          resolve();
        },
      };
      waiting.push(one);
    });
  const start = (overrides = {}, resume = false) =>
    trainer.send({
      type: 'start',
      capture: join(folder, 'tiny'),
      project: folder,
      settings: resume ? overrides : { ...settings, ...overrides },
      resume,
    });
  return { trainer, store, events, all, next, start };
}

describe('the trainer', () => {
  it('learns the tiny scene: held-out PSNR rises by at least 6 dB (2 dB with the reference, in fewer steps)', async () => {
    const { trainer, start, all, store } = setUp();
    start({ evaluationInterval: 3000 });
    await trainer.ended;
    expect(all('failed')).toEqual([]);
    const [first, last] = [all('evaluation')[0], all('evaluation').at(-1)!];
    expect(last.step).toBe(settings.steps);
    console.warn(
      `  tiny scene: ${first.psnr.toFixed(2)} dB at step ${first.step}, ${last.psnr.toFixed(2)} dB at the end`,
    );
    expect(last.psnr - first.psnr).toBeGreaterThan(native ? 6 : 2);
    expect(last.photos.map(({ photo }) => photo)).toEqual(['view_00.png']);
    expect(all('state').map(({ state }) => state)).toEqual(['preparing', 'running', 'finishing', 'idle']);
    expect(all('prepared')[0]).toMatchObject({ photos: 7, heldOut: 1, width: 32, height: 24, step: 0 });
    expect(all('prepared')[0].memoryBytes).toBeGreaterThan(2 ** 20);
    expect(all('progress').at(-1)!.step).toBe(settings.steps);
    expect(all('finished')[0]).toMatchObject({ step: settings.steps, complete: true });
    expect(all('density').length).toBeGreaterThan(0);
    expect(store.saved.at(-1)!.step).toBe(settings.steps);
  });

  it('pauses, saves, takes no step while paused, resumes, and stops early', async () => {
    const { trainer, start, all, next, store } = setUp();
    start({ steps: 100_000 });
    await next('progress');
    trainer.send({ type: 'pause' });
    await next('checkpoint');
    const paused = store.saved.at(-1)!.step;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(trainer.state).toBe('paused');
    expect(() => trainer.send({ type: 'pause' })).toThrow(TrainerLifeError);
    trainer.send({ type: 'resume' });
    await next('progress');
    trainer.send({ type: 'stop', evaluate: false });
    await trainer.ended;
    expect(all('finished')[0].complete).toBe(false);
    expect(all('finished')[0].step).toBeGreaterThan(paused);
    expect(all('evaluation')).toEqual([]);
    expect(store.saved.at(-1)!.step).toBe(all('finished')[0].step);
  });

  it('continues a stopped run as if it had not stopped', async () => {
    const steps = native ? 120 : 24;
    const whole = setUp();
    whole.start({ steps });
    await whole.trainer.ended;

    const store = new MemoryStore();
    const first = setUp(store);
    // Evaluated, hence interrupted, half way.
    first.start({ steps, evaluationInterval: 15_000 });
    await first.next('evaluation', () => first.trainer.send({ type: 'stop', evaluate: false }));
    await first.trainer.ended;
    const cut = store.saved.at(-1)!.step;
    expect(cut).toBe(steps / 2);

    const second = setUp(store);
    second.start({}, true);
    await second.trainer.ended;
    expect(second.all('failed')).toEqual([]);
    expect(second.all('prepared')[0].step).toBe(cut);
    expect(store.saved.at(-1)!.step).toBe(steps);
    const [a, b] = [whole.store.saved.at(-1)!, store.saved.at(-1)!];
    expect(b.nextId).toBe(a.nextId);
    // Same binary, thread count and random numbers: the same bits.
    expect(b.tensors.geometry.data).toEqual(a.tensors.geometry.data);
    expect(b.tensors.ids.data).toEqual(a.tensors.ids.data);
  });

  it('refuses to continue without a checkpoint, with other photos, or as another run', async () => {
    const none = setUp();
    none.start({}, true);
    await none.trainer.ended;
    expect(none.all('failed')[0].failure).toMatchObject({ kind: 'ResumeError', fault: 'input' });

    const { store, trainer, start } = setUp();
    start({ steps: 2 });
    await trainer.ended;
    const other = setUp(store);
    other.start({ seed: 99 }, true);
    await other.trainer.ended;
    expect(other.all('failed')[0].failure.message).toMatch(/seed was 0 and cannot change/);
    store.saved.at(-1)!.cameraOrder[0] = 'gone.png';
    const moved = setUp(store);
    moved.start({}, true);
    await moved.trainer.ended;
    expect(moved.all('failed')[0].failure.message).toMatch(/photos are not those/);
    expect(moved.trainer.state).toBe('failed');
  });

  it('names a missing capture as a mistake in the input, and can start again after it', async () => {
    const { trainer, all, start } = setUp();
    trainer.send({ type: 'start', capture: join(folder, 'nowhere'), project: folder, settings, resume: false });
    await trainer.ended;
    expect(all('failed')[0].failure).toMatchObject({ kind: 'CaptureError', fault: 'input' });
    start({ steps: 2 });
    await trainer.ended;
    expect(all('finished')).toHaveLength(1);
  });

  it('changes live settings while it runs', async () => {
    const { trainer, start, next, store } = setUp();
    start({ steps: 100_000 });
    await next('progress');
    trainer.send({ type: 'change', settings: { opacityRate: 0.001 } });
    trainer.send({ type: 'stop', evaluate: false });
    await trainer.ended;
    expect(store.saved.at(-1)!.settings.opacityRate).toBe(0.001);
    expect(store.saved.at(-1)!.settings.steps).toBe(100_000);
  });
});
