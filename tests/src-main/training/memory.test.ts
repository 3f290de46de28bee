/**
 * Memory is flat over 1,000 steps with density control.
 *
 *   tf.memory().numTensors   exactly the same before and after: every step disposes of all that it makes
 *   resident set             at most 48 MB more at step 1,000 than at step 300, when density control has filled its budget and
 *                            the heap has its size; what remains is the noise of garbage collection
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../../src-main/kernels/addon';
import { TrainingRun } from '../../../src-main/training/run';
import { tinySettings, writeTinyCapture } from './tinyCapture';

const TOLERATED_BYTES = 48 * 2 ** 20;

let native = true;
try {
  loadAddon();
} catch {
  native = false;
  console.warn('\n  SKIPPED: no native kernels; 1,000 steps take minutes with the reference\n');
}

describe.runIf(native)('memory over 1,000 steps with densification', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'legato-memory-'));
    await writeTinyCapture(join(folder, 'tiny'), { width: 64, height: 48 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is flat', async () => {
    const settings = {
      ...tinySettings,
      steps: 1000,
      backend: 'native' as const,
      gradientThreshold: 1e-5,
      densityStop: 30_000,
      // Many passes, whatever the default does in so short a run.
      densityInterval: 100,
      maxSplats: 3000,
      opacityResetInterval: 12_000,
    };
    const store = { save: () => Promise.resolve(), latest: () => Promise.resolve(null) };
    const command = { type: 'start' as const, capture: join(folder, 'tiny'), project: folder, settings, resume: false };
    const quiet = () => undefined;
    const ports = {
      ...{
        store,
        openMaps: () => Promise.resolve(null),
        warn: quiet,
        joined: quiet,
        taught: () => null,
        codes: () => null,
        turned: quiet,
      },
      lifting: () => Promise.resolve(true),
    };
    const run = await TrainingRun.prepare(command, ports);
    const started = run.splats;
    await run.advance(false);
    const tensors = tf.memory().numTensors;
    let resident = 0;
    let passes = 0;
    while (run.step < 1000) {
      const report = await run.advance(run.step % 50 === 0);
      if (report?.density) passes++;
      if (run.step === 300) resident = process.memoryUsage.rss();
    }
    expect(passes).toBeGreaterThan(30);
    expect(run.splats).toBeGreaterThan(2 * started);
    expect(tf.memory().numTensors).toBe(tensors);
    const growth = process.memoryUsage.rss() - resident;
    console.warn(
      `  ${run.splats} splats, ${passes} passes, RSS ${(growth / 2 ** 20).toFixed(1)} MB more than at step 300`,
    );
    expect(growth).toBeLessThan(TOLERATED_BYTES);
    run.dispose();
  });
});
