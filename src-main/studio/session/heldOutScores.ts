/** What the held-out photos scored, as a project remembers it. */
import type { StudioState } from '#contract/studioState';
import type { ProjectDatabase } from '../../project/index';

export type HeldOutScores = NonNullable<StudioState['heldOut']>;

/** Means over the held-out photos in the order of steps, over all runs: one that continues replaces what lay behind its first step. */
export function heldOutScores(database: ProjectDatabase): HeldOutScores[] {
  const bySteps = new Map<number, Record<'psnr' | 'ssim', number[]>>();
  for (const run of database.runs()) {
    for (const step of [...bySteps.keys()]) if (step > run.firstStep) bySteps.delete(step);
    for (const { step, name, value } of database.evaluations(run.id)) {
      if ((name !== 'psnr' && name !== 'ssim') || value === null) continue;
      const figures = bySteps.get(step) ?? { psnr: [], ssim: [] };
      figures[name].push(value);
      bySteps.set(step, figures);
    }
  }
  return [...bySteps]
    .filter(([, { psnr, ssim }]) => psnr.length > 0 && ssim.length > 0)
    .map(([step, { psnr, ssim }]) => ({ step, psnr: mean(psnr), ssim: mean(ssim) }))
    .sort((a, b) => a.step - b.step);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
