/**
 * `npm run bench -- kills [--kills 50] [--steps 2000] [--seed 1]`: a run of the real program that is killed with SIGKILL, all its
 * processes, at random moments of its start, its training and its checkpoints, and continued each time; a run that ends is followed by
 * another (tests/faults/kills.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAndContinue } from '../faults/kills';

export async function printKills(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      kills: { type: 'string', default: '50' },
      steps: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'legato-kills-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  const [kills, steps, seed] = [values.kills, values.steps, values.seed].map(Number);
  const { lives, differing, lost } = await killAndContinue(folder, { kills, steps, seed });
  for (const { phase, step, saved, from } of lives)
    console.log(
      `killed ${phase} at step ${step}, checkpoint of step ${saved ?? '–'}, went on from ${from ?? 'the start'}`,
    );
  const phases = [...new Set(lives.map(({ phase }) => phase))];
  console.log(
    `${lives.length} kills (${phases.map((one) => `${lives.filter(({ phase }) => phase === one).length} ${one}`).join(', ')}); ` +
      `${lost.length} checkpoints lost; ` +
      (differing.length === 0
        ? 'every run ended as the one that was not killed, to the bit'
        : `DIFFERENT: ${differing.join(', ')}`),
  );
  await rm(folder, { recursive: true, force: true });
}
