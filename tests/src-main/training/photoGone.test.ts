/**
 * A photo that is deleted while `legato train` runs: the real program ends with its name, having saved, and goes on once the photo is
 * back, to the bit as a run that nobody disturbed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { flagsOf, runLegato, stepOf, TINY_FLAGS } from '../../faults/program';
import { temporaryFolder } from '../base/temporaryFolder';
import { differences } from './interruptions';
import { writeTinyCapture } from './tinyCapture';

beforeAll(() => ensureBuilt(console.warn), 600_000);
afterAll(() => {
  delete process.env.LEGATO_HOME;
});

const PHOTO = 'view_03.png';

describe('a photo deleted while training', () => {
  it('ends the run saved, by name, and the run goes on when it is back', { timeout: 300_000 }, async () => {
    const folder = await temporaryFolder();
    process.env.LEGATO_HOME = join(folder, 'home');
    // 1.3 MB of photos in a cache of 1 MB, one after the other: each is asked of the disk again and again.
    const size = { cameras: 10, width: 256, height: 192, gaussians: 12 };
    const capture = await writeTinyCapture(join(folder, 'tiny'), size);
    const changed = flagsOf({ photoCache: 1, checkpointInterval: 3600, steps: 200 });
    const flags = [...TINY_FLAGS, ...changed, '--view-order', 'sequential'];
    const train = (name: string, how: readonly string[], hear?: Parameters<typeof runLegato>[1]) =>
      runLegato(['train', capture, '--out', join(folder, `${name}.legato`), ...how], hear);
    const state = (name: string) =>
      new CheckpointFolder(projectPaths(join(folder, `${name}.legato`)).checkpoints, () => undefined).latest();

    expect((await train('whole', flags)).code).toBe(0);
    const whole = await state('whole');
    const [photo, away] = [join(capture, 'images', PHOTO), join(folder, PHOTO)];
    const moves: Promise<void>[] = [];
    const cut = await train('cut', flags, ({ type, step = 0 }) => {
      if (type === 'progress' && step > 40 && moves.length === 0) moves.push(rename(photo, away));
    });
    await Promise.all(moves);
    expect(cut.code).toBe(3);
    const saved = await state('cut');
    expect(saved?.step).toBeGreaterThan(40);
    expect(saved?.step).toBeLessThan(200);
    expect(stepOf(cut.said, 'checkpoint')).toBe(saved?.step);
    const told = cut.said.find(({ type }) => type === 'error')?.message;
    console.warn(`  ${told}`);
    expect(told).toBe(
      `${PHOTO}: the photo does not exist; put it back, or open the capture again; ` +
        `step ${saved?.step} is saved: continue with --resume`,
    );

    // As long as it is away, that is all that a resume says, and it costs nothing.
    const early = await train('cut', ['--resume']);
    expect(early.code).toBe(3);
    expect(early.said.find(({ type }) => type === 'error')?.message).toContain(`(${PHOTO}: missing)`);
    expect((await state('cut'))?.step).toBe(saved!.step);

    await rename(away, photo);
    const left = join(folder, 'cut.legato', 'photos', `.ab.photo.${spawnSync(process.execPath, ['-e', '']).pid}-0.tmp`);
    await writeFile(left, 'what a killed process was writing');
    expect((await train('cut', ['--resume'])).code).toBe(0);
    const mended = await state('cut');
    expect(mended?.step).toBe(200);
    expect(differences(whole!, mended!)).toEqual([]);
    expect(existsSync(left)).toBe(false);
  });
});
