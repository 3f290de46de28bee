/**
 * The trainer in a process of its own: it works across the boundary, and a process that is killed in the middle takes nothing
 * along: the host says so, the project opens, its newest checkpoint loads and training continues from it.
 *
 * Needs the built trainer (out/main/trainer.js, `npm run build`); without it the tests are skipped, said aloud.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '#contract/frame';
import type { Frame } from '#contract/frame';
import type { TrainerEvent } from '#contract/messages';
import { CheckpointFolder, createProject, openProject, projectPaths } from '../../../src-main/project/index';
import { Studio } from '../../../src-main/studio/studio';
import { forkTrainer, TrainerMissingError } from '../../../src-main/training/trainerHost';
import type { TrainerHost } from '../../../src-main/training/trainerHost';
import { repositoryPath } from '../../shared';
import { tinySettings, writeTinyCapture } from './tinyCapture';

const built = existsSync(repositoryPath('out', 'main', 'trainer.js'));
if (!built)
  console.warn(
    '\n  SKIPPED: out/main/trainer.js is not built; the trainer process is not tested here (npm run build)\n',
  );

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-host-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  await writeTinyCapture(join(folder, 'tiny'));
});
afterAll(async () => {
  delete process.env.LEGATO_HOME;
  await rm(folder, { recursive: true, force: true });
});

describe('without a build', () => {
  it('says what to run', () => {
    expect(() => forkTrainer(() => undefined, { entry: join(folder, 'trainer.js') })).toThrow(TrainerMissingError);
    expect(() => forkTrainer(() => undefined, { entry: join(folder, 'trainer.js') })).toThrow(/npm run build/);
  });
});

describe.runIf(built)('a trainer process', { timeout: 120_000 }, () => {
  it('trains, reports and ends with its owner', async () => {
    const studio = await Studio.create(join(folder, 'a.legato'), join(folder, 'tiny'));
    const types = new Set<string>();
    studio.subscribe((event) => types.add(event.type));
    await studio.start({ settings: { ...tinySettings, steps: 60 }, resume: false });
    await studio.ended;
    expect(studio.state).toBe('idle');
    for (const type of ['state', 'prepared', 'progress', 'evaluation', 'checkpoint', 'finished'])
      expect(types).toContain(type);
    const [run] = studio.project.database.runs();
    expect(run).toMatchObject({ status: 'finished', firstStep: 0, lastStep: 60 });
    await studio.close();
  });

  it('survives its SIGKILL: failed event, project opens, checkpoint loads, training continues', async () => {
    const path = join(folder, 'b.legato');
    let host: TrainerHost | null = null;
    let killed = false;
    const studio = await Studio.create(path, join(folder, 'tiny'), (listener) => (host = forkTrainer(listener)));
    const events: TrainerEvent[] = [];
    studio.subscribe((event) => {
      events.push(event);
      if (event.type === 'checkpoint' && !killed) killed = process.kill(host!.pid!, 'SIGKILL');
      if (event.type === 'prepared' && !killed) studio.checkpoint();
    });
    await studio.start({ settings: { ...tinySettings, steps: 1_000_000 }, resume: false });
    await studio.ended;
    const failed = events.find((event) => event.type === 'failed')!;
    const saved = events.find((event) => event.type === 'checkpoint')!.step;
    expect(failed).toMatchObject({ failure: { kind: 'crash', fault: 'internal' }, checkpointStep: saved });
    expect(failed.failure.message).toMatch(/SIGKILL.*checkpoint of step \d+ is safe/);
    expect(studio.state).toBe('failed');
    expect(studio.project.database.runs()[0].status).toBe('failed');

    const snapshot = await new CheckpointFolder(projectPaths(path).checkpoints, () => undefined).latest();
    expect(snapshot!.step).toBe(saved);
    await studio.start({ settings: { steps: saved + 40 }, resume: true });
    await studio.ended;
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: saved + 40, complete: true });
    await studio.close();
    await (await openProject(path, 'write')).close();
  });

  it('sends frames to whoever looks, and trains on when nobody takes them', async () => {
    const path = join(folder, 'd.legato');
    await (await createProject(path, join(folder, 'tiny'))).close();
    const frames: Frame[] = [];
    let progress = 0;
    const host = forkTrainer(
      (event) => {
        if (event.type === 'progress') progress = event.step;
      },
      {
        onFrame: (bytes) => {
          const frame = decodeFrame(bytes.slice().buffer);
          frames.push(frame);
          if (frames.length < 6) host.send({ type: 'taken', sequence: frame.header.sequence });
        },
      },
    );
    host.send({ type: 'watch', geometry: true, overlays: [] });
    const settings = { ...tinySettings, steps: 1_000_000 };
    host.send({ type: 'start', capture: join(folder, 'tiny'), project: path, settings, resume: false });
    while (frames.length < 6) await new Promise((resolve) => setTimeout(resolve, 50));
    const [from, got] = [progress, frames.length];
    while (progress < from + 200) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(frames).toHaveLength(got);
    const sequences = frames.map(({ header }) => header.sequence);
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
    expect(frames.every(({ header }) => header.kind === 'snapshot' && header.count > 0)).toBe(true);
    expect(frames.at(-1)!.header.step).toBeGreaterThan(frames[0].header.step);
    await host.close();
  });

  it('saves and ends when its owner goes away', async () => {
    const path = join(folder, 'c.legato');
    const studio = await Studio.create(path, join(folder, 'tiny'));
    const stepped = new Promise<void>((resolve) =>
      studio.subscribe((event) => event.type === 'progress' && event.step > 5 && resolve()),
    );
    await studio.start({ settings: { ...tinySettings, steps: 1_000_000 }, resume: false });
    await stepped;
    await studio.close();
    const snapshot = await new CheckpointFolder(projectPaths(path).checkpoints, () => undefined).latest();
    expect(snapshot!.step).toBeGreaterThan(5);
  });
});
