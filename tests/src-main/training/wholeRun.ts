/** A run of the tiny capture from its first step to its last, in this process, without a project. */
import type { TrainingSettings } from '#contract/settings';
import type { TrainingSnapshot } from '../../../src-main/training/ports';
import { TrainingRun, type RunPorts } from '../../../src-main/training/run';
import { tinySettings } from './tinyCapture';

/** @returns held-out PSNR in dB, what it would save, and what it warned of */
export async function trainWhole(
  capture: string,
  changes: Partial<TrainingSettings>,
): Promise<{ psnr: number; snapshot: TrainingSnapshot; warnings: string[] }> {
  const warnings: string[] = [];
  const ports: RunPorts = {
    store: { save: () => Promise.resolve(), latest: () => Promise.resolve(null) },
    openMaps: () => Promise.resolve(null),
    warn: ({ message }) => void warnings.push(message),
    lifting: () => Promise.resolve(true),
    joined: () => undefined,
    taught: () => null,
    codes: () => null,
    turned: () => undefined,
  };
  const settings = { ...tinySettings, ...changes };
  const run = await TrainingRun.prepare({ type: 'start', capture, project: capture, settings, resume: false }, ports);
  while (run.step < run.steps) await run.advance(false);
  const scores = await run.evaluate();
  const snapshot = structuredClone(run.snapshot());
  run.dispose();
  if (!scores) throw new Error('no photo is held out');
  return { psnr: scores.psnr, snapshot, warnings };
}
