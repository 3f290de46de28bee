/**
 * How fast this machine trains, as its last long enough run showed it, and what that says of a run to come:
 *
 *   seconds = steps · s₀ · (pixels / pixels₀ + splats / splats₀) / 2
 *
 * A step's work is in part for every pixel (blending, loss) and in part for every splat (projection, sorting, Adam); halves are a
 * simplification, so that the figure is "about". It is one small JSON file per person beside the list of recent projects, written
 * whole; a damaged or absent one means that nothing is known.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { personalFolder } from './recent';

const positive = z.number().positive();

const paceFile = z.object({
  version: z.literal(1),
  /** s of one step, near the end of the run */
  secondsPerStep: positive,
  /** of a photo as trained on */
  pixels: positive,
  splats: positive,
});
export type MeasuredPace = Omit<z.infer<typeof paceFile>, 'version'>;

/** Photos are whole and splats nearly all there from here on; share of a run's steps. */
export const SETTLED = 0.5;

const pacePath = (): string => join(personalFolder(), 'pace.json');

/** What the last run showed; null where nothing is known. */
export async function measuredPace(): Promise<MeasuredPace | null> {
  try {
    const parsed = paceFile.safeParse(JSON.parse(await readFile(pacePath(), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Never throws: a read-only home must not fail a training run. Returns whether it was written. */
export async function rememberPace(pace: MeasuredPace): Promise<boolean> {
  const parsed = paceFile.safeParse({ version: 1, ...pace });
  if (!parsed.success) return false;
  const temporary = `${pacePath()}.${process.pid}.tmp`;
  try {
    await mkdir(personalFolder(), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(parsed.data)}\n`, { mode: 0o600 });
    await rename(temporary, pacePath());
    return true;
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
    return false;
  }
}

/** s of a run to come, about. */
export function secondsOf(run: { steps: number; pixels: number; splats: number }, pace: MeasuredPace): number {
  return (run.steps * pace.secondsPerStep * (run.pixels / pace.pixels + run.splats / pace.splats)) / 2;
}
