/**
 * `legato train` on a tiny capture, killed with SIGKILL at random moments of its life, both of its processes at once, and continued as a
 * person would: with --resume where there is a checkpoint, and anew where there is none yet.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CounterRandom } from '../../src-main/base/random';
import { CheckpointFolder, projectPaths } from '../../src-main/project/index';
import { repositoryPath } from '../shared';
import { differences } from '../src-main/training/interruptions';
import { writeTinyCapture } from '../src-main/training/tinyCapture';

export interface Life {
  /** what it was doing */
  readonly phase: 'starting' | 'training' | 'ending';
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

interface Said {
  readonly type: string;
  readonly step?: number;
}

const FLAGS = Object.entries({
  resolution: 0,
  holdout: 8,
  shDegree: 0,
  checkpointInterval: 1,
  densityShortestInterval: 20,
  opacityResetInterval: 0,
  maxSplats: 400,
  threads: 1,
}).flatMap(([name, value]) => [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, `${value}`]);

/** One life of the program. @param until  seconds after which it is killed; null lets it live */
async function live(project: string, capture: string, steps: number, how: readonly string[], until: number | null) {
  const said: Said[] = [];
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [
      repositoryPath('resources', 'bin', 'legato.mjs'),
      ...['train', capture, '--out', project, '--json', '--steps', `${steps}`],
      ...how,
      ...(how.includes('--resume') ? [] : FLAGS),
    ],
    // A group of its own, so that the trainer dies with the command.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let [rest, complaint] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines.map((line) => JSON.parse(line) as Said));
  });
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const timer = until === null ? null : setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 1000 * until);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...how) => resolve(how)),
  );
  if (timer) clearTimeout(timer);
  if (signal === null && code !== 0) throw new Error(complaint || said.map((one) => JSON.stringify(one)).at(-1));
  return { said, killed: signal !== null, seconds: (performance.now() - begun) / 1000 };
}

const stepOf = (said: readonly Said[], type: string): number | null =>
  said.findLast((one) => one.type === type)?.step ?? null;

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
  const capture = await writeTinyCapture(join(folder, 'tiny'));
  const checkpoints = (project: string) => new CheckpointFolder(projectPaths(project).checkpoints, () => undefined);
  const whole = join(folder, 'whole.legato');
  const { seconds } = await live(whole, capture, steps, [], null);
  const expected = await checkpoints(whole).latest();
  const lives: Life[] = [];
  const lost: string[] = [];
  const differing: string[] = [];
  let drawn = 0;
  for (let run = 1; lives.length < kills; run++) {
    const project = join(folder, `killed ${run}.legato`);
    let before: Life | null = null;
    for (;;) {
      const found = existsSync(project) ? await checkpoints(project).list() : [];
      const how = found.length > 0 ? ['--resume'] : existsSync(join(project, 'project.db')) ? ['--anew'] : [];
      const until = lives.length < kills ? seconds * random.uniform(drawn++) : null;
      const { said, killed } = await live(project, capture, steps, how, until);
      const prepared = stepOf(said, 'prepared');
      if (before && prepared !== null) {
        before.from = found.length > 0 ? prepared : null;
        if (before.saved !== null && prepared < before.saved) lost.push(`${before.saved}: went on from ${prepared}`);
      }
      if (!killed) break;
      const phase =
        prepared === null ? 'starting' : said.some(({ type }) => type === 'finished') ? 'ending' : 'training';
      const saved: number = Math.max(stepOf(said, 'checkpoint') ?? -1, before?.saved ?? -1);
      before = { phase, step: stepOf(said, 'progress') ?? prepared ?? 0, saved: saved < 0 ? null : saved, from: null };
      lives.push(before);
    }
    const state = await checkpoints(project).latest();
    if (!expected || !state) throw new Error(`${project}: no checkpoint at the end`);
    differing.push(...differences(expected, state).map((name) => `${name} of run ${run}`));
  }
  return { lives, lost, differing };
}
