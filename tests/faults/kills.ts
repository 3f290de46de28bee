/**
 * `legato train` on a tiny capture, killed with SIGKILL at random moments of its life, both of its processes at once, and continued as a
 * person would: with --resume where there is a checkpoint, and anew where there is none yet.
 *
 *   15 %  while it starts                 uniform over the time that a start takes
 *   20 %  while it writes a checkpoint    from the moment that its temporary folder is heard of, uniform over half of a checkpoint's time
 *   65 %  while it trains                 from its first step on, uniform over two seconds: checkpoints come every second
 *
 * A start takes longer than the training that follows it: moments drawn over the whole life would nearly all fall into starts.
 */
import { existsSync, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CounterRandom } from '../../src-main/base/random';
import { isTemporary } from '../../src-main/base/index';
import { CheckpointFolder, projectPaths } from '../../src-main/project/index';
import { differences } from '../src-main/training/interruptions';
import { writeTinyCapture } from '../src-main/training/tinyCapture';
import { runLegato, stepOf, TINY_FLAGS, type Said } from './program';

const [STARTS, SAVES] = [0.15, 0.2];
const TRAINING_SECONDS = 2;

export interface Life {
  /** what it was doing when it died, by what it had said and what it left */
  readonly phase: 'starting' | 'training' | 'saving' | 'ending';
  /** that it had reached; 0 before the first */
  readonly step: number;
  /** the newest checkpoint that it told of; null when none */
  readonly saved: number | null;
  /** where the next life went on from; null when anew */
  from: number | null;
}

export interface Killed {
  readonly lives: readonly Life[];
  /** checkpoints that were told of and were not there afterwards */
  readonly lost: readonly string[];
  /** names of what differs at the end from the run that was not killed */
  readonly differing: readonly string[];
}

/** What moments are drawn by, s. */
interface Times {
  start: number;
  save: number;
}

/** A moment to come: hears what a life says, and ends it. */
interface Moment {
  hear(line: Said, kill: () => void): void;
  close(): void;
}

/** @param draw  uniform in 0 … 1 */
function drawMoment(draw: () => number, times: Times, checkpoints: string): Moment {
  const [kind, share] = [draw(), draw()];
  let timer: NodeJS.Timeout | null = null;
  let watcher: ReturnType<typeof watch> | null = null;
  const killIn = (seconds: number, kill: () => void): void => void (timer ??= setTimeout(kill, 1000 * seconds));
  const close = (): void => {
    if (timer) clearTimeout(timer);
    watcher?.close();
  };
  if (kind < STARTS)
    return { hear: ({ type }, kill) => type === 'spawned' && killIn(share * times.start, kill), close };
  if (kind >= STARTS + SAVES)
    return { hear: ({ type }, kill) => type === 'progress' && killIn(share * TRAINING_SECONDS, kill), close };
  const hear = ({ type }: Said, kill: () => void): void => {
    if (type !== 'progress' || watcher || !existsSync(checkpoints)) return;
    watcher = watch(checkpoints, (_, name) => {
      if (name && isTemporary(name)) killIn(0.5 * share * times.save, kill);
    });
  };
  return { hear, close };
}

/** A life that nobody ends, and how long its parts took. */
async function wholeLife(args: readonly string[]): Promise<Times> {
  const begun = performance.now();
  let start = 0;
  const saves: number[] = [];
  const { code, complaint } = await runLegato(args, ({ type, seconds }) => {
    if (type === 'progress') start ||= (performance.now() - begun) / 1000;
    if (type === 'checkpoint' && seconds !== undefined) saves.push(seconds);
  });
  if (code !== 0) throw new Error(complaint);
  return { start, save: saves.reduce((sum, one) => sum + one, 0) / saves.length };
}

/**
 * Runs that are killed and continued until they end, one after the other, until there were enough kills.
 *
 * @param folder  for the capture and the projects
 */
export async function killAndContinue(
  folder: string,
  { kills, steps, seed }: { kills: number; steps: number; seed: number },
): Promise<Killed> {
  const random = new CounterRandom(seed, 'kills');
  let drawn = 0;
  const draw = (): number => random.uniform(drawn++);
  const capture = await writeTinyCapture(join(folder, 'tiny'));
  const train = (project: string, how: readonly string[]): string[] => [
    ...['train', capture, '--out', project, '--steps', `${steps}`, ...how],
    ...(how.includes('--resume') ? [] : TINY_FLAGS),
  ];
  const folderOf = (project: string): string => projectPaths(project).checkpoints;
  const checkpoints = (project: string) => new CheckpointFolder(folderOf(project), () => undefined);
  const whole = join(folder, 'whole.legato');
  const times = await wholeLife(train(whole, []));
  const expected = await checkpoints(whole).latest();
  const lives: Life[] = [];
  const lost: string[] = [];
  const differing: string[] = [];
  for (let run = 1; lives.length < kills; run++) {
    const project = join(folder, `killed ${run}.legato`);
    /** killed since a life last got to where it goes on from */
    let waiting: Life[] = [];
    let newest = -1;
    for (;;) {
      const found = existsSync(project) ? await checkpoints(project).list() : [];
      const how = found.length > 0 ? ['--resume'] : existsSync(join(project, 'project.db')) ? ['--anew'] : [];
      const halves = await halfWritten(folderOf(project));
      const moment = lives.length < kills ? drawMoment(draw, times, folderOf(project)) : null;
      const { said, code, complaint } = await runLegato(train(project, how), (line, kill) => moment?.hear(line, kill));
      moment?.close();
      const prepared = stepOf(said, 'prepared');
      if (prepared !== null) {
        for (const life of waiting) life.from = found.length > 0 ? prepared : null;
        waiting = [];
        if (prepared < newest) lost.push(`${newest}: went on from ${prepared}`);
      }
      if (code === 0) break;
      if (code !== null) throw new Error(complaint);
      newest = Math.max(newest, stepOf(said, 'checkpoint') ?? -1);
      const life: Life = {
        phase: phaseOf(
          said,
          (await halfWritten(folderOf(project))).some((name) => !halves.includes(name)),
        ),
        step: stepOf(said, 'progress') ?? prepared ?? 0,
        saved: newest < 0 ? null : newest,
        from: null,
      };
      waiting.push(life);
      lives.push(life);
    }
    const state = await checkpoints(project).latest();
    if (!expected || !state) throw new Error(`${project}: no checkpoint at the end`);
    differing.push(...differences(expected, state).map((name) => `${name} of run ${run}`));
  }
  return { lives, lost, differing };
}

/** Checkpoints that a life was writing when it died. */
async function halfWritten(checkpoints: string): Promise<string[]> {
  return existsSync(checkpoints) ? (await readdir(checkpoints)).filter(isTemporary) : [];
}

function phaseOf(said: readonly Said[], saving: boolean): Life['phase'] {
  if (saving) return 'saving';
  if (stepOf(said, 'progress') === null) return 'starting';
  return said.some(({ type }) => type === 'finished') ? 'ending' : 'training';
}
