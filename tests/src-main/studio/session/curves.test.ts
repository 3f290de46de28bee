/** Curves: what pages are told to append is what a reopened project gives back; a full curve is thinned, evaluations stay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CURVE_LIMIT } from '#contract/studio';
import type { TrainerEvent } from '#contract/messages';
import { ProjectDatabase } from '../../../../src-main/project/index';
import { Curves } from '../../../../src-main/studio/session/curves';
import { heldOutScores } from '../../../../src-main/studio/session/heldOutScores';

const progress = (step: number, steps = 1_000_000): TrainerEvent => ({
  ...{ type: 'progress', step, steps, loss: 1 / step, psnr: 20, splats: 100, stepsPerSecond: 5, etaSeconds: 1 },
  ...{ memoryBytes: 1, cpuSeconds: 1, viewerShare: 0 },
  semantics: step > 2 ? { crossEntropy: 3, accuracy: 0.5, uncertainty: 0.1 } : null,
});
const evaluation = (step: number, psnr: number): TrainerEvent => ({
  ...{ type: 'evaluation', step, psnr, ssim: 0.9, splats: 100, wallSeconds: 1, cpuSeconds: 1 },
  photos: [
    { photo: 'a', psnr: psnr - 1, ssim: 0.9 },
    { photo: 'b', psnr: psnr + 1, ssim: 0.9 },
  ],
});

describe('curves', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'legato-curves-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('append a point a report, and put an evaluation on its step', () => {
    const curves = new Curves();
    expect([1, 2, 3].map((step) => curves.hear(progress(step), step))).toEqual([0, 1, 2]);
    expect(curves.hear(evaluation(3, 25), 3)).toBe(2);
    expect(curves.hear({ type: 'warning', message: 'x' }, 3)).toBeNull();
    expect(curves.points.map(({ step, crossEntropy, heldOutPsnr }) => [step, crossEntropy, heldOutPsnr])).toEqual([
      [1, null, null],
      [2, null, null],
      [3, 3, 25],
    ]);
    curves.rewind(2);
    expect(curves.points.map(({ step }) => step)).toEqual([1, 2]);
  });

  it('come back from the project, with the part that a continued run trained again', () => {
    const database = new ProjectDatabase(join(folder, 'project.db'), 'write');
    const first = database.startRun({ settings: {}, backend: 'native', firstStep: 0 });
    for (const step of [10, 20, 30]) database.recordMetrics(first, step, { loss: step, seconds: step / 10 });
    database.recordEvaluation(first, 20, [
      { photo: 'a', name: 'psnr', value: 24 },
      { photo: 'b', name: 'psnr', value: 26 },
      { photo: 'a', name: 'ssim', value: 0.8 },
      { photo: 'b', name: 'ssim', value: 0.9 },
    ]);
    const second = database.startRun({ settings: {}, backend: 'native', firstStep: 20 });
    database.recordMetrics(second, 25, { loss: 2.5, seconds: 3 });
    const { points } = Curves.of(database);
    expect(points.map(({ step, loss, heldOutPsnr, seconds }) => [step, loss, heldOutPsnr, seconds])).toEqual([
      [10, 10, null, 1],
      [20, 20, 25, 2],
      [25, 2.5, null, 3],
    ]);
    const [{ step, psnr, ssim }, ...more] = heldOutScores(database);
    expect([step, psnr, more.length]).toEqual([20, 25, 0]);
    expect(ssim).toBeCloseTo(0.85, 9);
    // What is trained again from an earlier step has not been measured yet.
    database.startRun({ settings: {}, backend: 'native', firstStep: 15 });
    expect(heldOutScores(database)).toEqual([]);
    database.close();
  });

  it('stay bounded: thinned when full, told anew from the start, evaluations kept', () => {
    const curves = new Curves();
    curves.hear(progress(1), 0);
    curves.hear(evaluation(2, 30), 0);
    let restarts = 0;
    for (let step = 3; step < 3 * CURVE_LIMIT; step++) if (curves.hear(progress(step), step) === 0) restarts++;
    expect(curves.points.length).toBeLessThanOrEqual(CURVE_LIMIT);
    expect(curves.points.length).toBeGreaterThan(CURVE_LIMIT / 4);
    expect(restarts).toBeGreaterThanOrEqual(1);
    expect(curves.points.find(({ heldOutPsnr }) => heldOutPsnr !== null)?.heldOutPsnr).toBe(30);
    const steps = curves.points.map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });
});
