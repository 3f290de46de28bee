import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { presets } from '#contract/presets';
import { CheckpointFolder } from '../../../src-main/project/checkpoints';
import type { TrainingSnapshot } from '../../../src-main/training/ports';
import { temporaryFolder } from '../base/temporaryFolder';

function snapshot(step: number): TrainingSnapshot {
  const values = Float32Array.from({ length: 22 }, (_, i) => Math.fround(Math.sin(i + step)));
  return {
    step,
    settings: presets.legato,
    cameraOrder: ['b.jpg', 'a.jpg'],
    seed: 0xffffffff,
    nextId: 77,
    disabled: ['b.png'],
    frame: { centre: [500_000.5, -3, 0.25], scale: 0.1 },
    tensors: {
      geometry: { shape: [2, 11], data: values },
      ids: { shape: [2], data: Uint32Array.of(5, 0xfffffffe) },
    },
    semantics: {
      ...{ joinedAt: 3, codebook: 'ab12', entries: 128, crossEntropy: 1.5 },
      frame: { centre: [0.5, -1, 2], halfSide: 4 },
    },
  };
}

async function store() {
  const folder = join(await temporaryFolder(), 'checkpoints');
  const warnings: string[] = [];
  return { folder, warnings, store: new CheckpointFolder(folder, ({ message }) => warnings.push(message)) };
}

/** The newest whole state comes back to the bit, whatever happened to the files around it. */
describe('checkpoints', () => {
  it('is null without any', async () => {
    const { store: checkpoints } = await store();
    expect(await checkpoints.latest()).toBeNull();
    expect(await checkpoints.list()).toEqual([]);
  });

  it('round-trips a snapshot to the bit and leaves it unchanged', async () => {
    const { store: checkpoints } = await store();
    const saved = snapshot(100);
    await checkpoints.save(saved);
    expect(saved).toEqual(snapshot(100));
    expect(await checkpoints.latest()).toEqual(saved);
  });

  it('keeps the two newest', async () => {
    const { folder, store: checkpoints } = await store();
    for (const step of [900, 1000, 1100]) await checkpoints.save(snapshot(step));
    expect((await readdir(folder)).sort()).toEqual(['1000', '1100']);
    expect((await checkpoints.list()).map(({ step }) => step)).toEqual([1100, 1000]);
  });

  it('takes the newest by time of saving: a run that starts over supersedes the old one', async () => {
    const { store: checkpoints } = await store();
    await checkpoints.save(snapshot(30_000));
    await checkpoints.save(snapshot(100));
    expect((await checkpoints.latest())?.step).toBe(100);
  });

  it('knows the newest when the clock was set back', async () => {
    const { folder, store: checkpoints } = await store();
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-01') });
    try {
      await checkpoints.save(snapshot(100));
      vi.setSystemTime(new Date('1999-01-01'));
      await checkpoints.save(snapshot(200));
      vi.setSystemTime(new Date('2029-01-01'));
    } finally {
      vi.useRealTimers();
    }
    // Nor do the files' own times say which it is: a copy has any.
    await utimes(join(folder, '200', 'run.json'), 1, 1);
    expect((await checkpoints.list()).map(({ step, savedAt }) => [step, savedAt.slice(0, 4)])).toEqual([
      [200, '1999'],
      [100, '2030'],
    ]);
    expect((await checkpoints.latest())?.step).toBe(200);
  });

  it('does not put a checkpoint where its project was', async () => {
    const { folder, store: checkpoints } = await store();
    const project = join(folder, '..');
    await rm(project, { recursive: true });
    await expect(checkpoints.save(snapshot(1))).rejects.toMatchObject({ code: 'missing', path: project });
    await expect(readdir(project)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('saves the same step again without a moment in which it is gone', async () => {
    const { folder, store: checkpoints } = await store();
    await checkpoints.save(snapshot(100));
    await checkpoints.save({ ...snapshot(100), nextId: 78 });
    expect((await readdir(folder)).sort()).toEqual(['100', '100-2']);
    expect((await checkpoints.latest())?.nextId).toBe(78);
  });

  const damages: [string, (checkpoint: string) => Promise<void>][] = [
    ['truncated tensors', (path) => truncate(join(path, 'gaussians.safetensors'), 200)],
    ['no tensors', (path) => rm(join(path, 'gaussians.safetensors'))],
    ['no run.json', (path) => rm(join(path, 'run.json'))],
    ['half a run.json', (path) => truncate(join(path, 'run.json'), 50)],
    [
      'one flipped bit',
      async (path) => {
        const file = join(path, 'gaussians.safetensors');
        const bytes = await readFile(file);
        bytes[bytes.length - 1] ^= 1;
        await writeFile(file, bytes);
      },
    ],
    [
      'a run.json with a negative step',
      async (path) => {
        const file = join(path, 'run.json');
        await writeFile(file, (await readFile(file, 'utf8')).replace('"step": 200', '"step": -200'));
      },
    ],
  ];
  it.each(damages)('skips the newest with %s, with a warning', async (_name, damage) => {
    const { folder, warnings, store: checkpoints } = await store();
    await checkpoints.save(snapshot(100));
    await checkpoints.save(snapshot(200));
    await damage(join(folder, '200'));
    expect((await checkpoints.latest())?.step).toBe(100);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(join(folder, '200'));
  });

  it('is null, with warnings, when all are damaged', async () => {
    const { folder, warnings, store: checkpoints } = await store();
    await checkpoints.save(snapshot(100));
    await rm(join(folder, '100', 'run.json'));
    expect(await checkpoints.latest()).toBeNull();
    expect(warnings).toHaveLength(1);
  });

  it('ignores and sweeps what a crash between writing and renaming left', async () => {
    const { folder, warnings, store: checkpoints } = await store();
    await checkpoints.save(snapshot(100));
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const leftover = join(folder, `.200.${dead}-0.tmp`);
    await cp(join(folder, '100'), leftover, { recursive: true });
    await mkdir(join(folder, 'notes'));
    expect((await checkpoints.latest())?.step).toBe(100);
    await checkpoints.save(snapshot(300));
    expect((await readdir(folder)).sort()).toEqual(['100', '300', 'notes']);
    expect(warnings).toEqual([]);
  });

  it('leaves the older ones alone when saving fails', async () => {
    const { folder, store: checkpoints } = await store();
    await checkpoints.save(snapshot(100));
    const wrong = snapshot(200);
    wrong.tensors.geometry.shape = [3, 11];
    await expect(checkpoints.save(wrong)).rejects.toThrow(/geometry/);
    expect(await readdir(folder)).toEqual(['100']);
  });
});
