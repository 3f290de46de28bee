/** How the studio stands, in one line for a terminal. */
import type { Stage, StudioState } from '#contract/studio';

const grouped = (value: number): string => value.toLocaleString('en-US');

/** 75 → 1:15 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** What matters most comes first: a narrow terminal cuts the end off. Null when there is nothing to tell. */
export function progressText({ opening, project, trainer, stages, failure }: StudioState): string | null {
  if (opening !== null) return openingText(opening);
  if (project === null) return null;
  if (failure !== null) return `${project.name} · failed at step ${grouped(failure.step)}: ${failure.failure.message}`;
  const words = (['features', 'codebook', 'semantics'] as const).flatMap((name) => {
    const text = stageText(stages[name]);
    return text === null ? [] : [`${name} ${text}`];
  });
  if (trainer === null) return [project.name, ...words].join(' · ');
  const { state, step, steps, splats, psnr, etaSeconds, awaitsMaps } = trainer;
  return [
    state === 'running' ? project.name : `${project.name}, ${standing(state, stages.geometry.state, awaitsMaps)}`,
    `${grouped(step)}/${grouped(steps)} steps`,
    `${grouped(splats)} splats`,
    ...(psnr === null ? [] : [`${psnr.toFixed(1)} dB`]),
    ...(state === 'running' && etaSeconds > 0 ? [`left ${clock(etaSeconds)}`] : []),
    ...words,
  ].join(' · ');
}

function standing(state: string, geometry: Stage['state'], awaitsMaps: boolean): string {
  if (geometry === 'done') return 'done';
  return awaitsMaps ? 'semantics wait for index maps' : state;
}

function openingText({ path, stage, done, total }: NonNullable<StudioState['opening']>): string {
  const what = path === 'demo' ? 'making the demo room' : `opening ${path}`;
  return total > 0 ? `${what}: ${stage} ${done}/${total}` : what;
}

function stageText({ state, done, total }: Stage): string | null {
  if (state === 'off' || state === 'waiting') return null;
  if (state !== 'running' || total === 0) return state;
  return `${Math.round((100 * done) / total)} %`;
}
