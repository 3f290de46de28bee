/**
 * Whether a run that is killed and resumed is the run that was not, to the bit, on a real capture; and what checkpoints cost.
 *
 *   npm run bench -- resume PROJECT [--steps 2000] [--kills 5] [--threads 0] [--seed 1]
 *
 * The project is copied twice, without its checkpoints; features, codebook and index maps stay, so that semantics take part. Both copies
 * train in four parts, between which settings change and a photo is left out; one of them is killed on the way.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveSettings } from '#contract/presets';
import { loadCapture, splitHoldout } from '../../src-main/capture/index';
import { openProject, projectPaths } from '../../src-main/project/index';
import { differences, trainInParts } from '../src-main/training/interruptions';
import type { Part, Survived } from '../src-main/training/interruptions';

const PARTS = 4;

export async function printExactResume(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      steps: { type: 'string', default: '2000' },
      kills: { type: 'string', default: '5' },
      threads: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [steps, kills, threads, seed] = [values.steps, values.kills, values.threads, values.seed].map(Number);
  const [source] = positionals;
  const opened = await openProject(source, 'read');
  const capture = opened.capturePath;
  await opened.close();
  if (capture === null) throw new Error(`${source}: was made without a capture`);
  const { photos, heldOut } = await loadCapture(capture);
  const { training } = splitHoldout(photos, resolveSettings({}).holdout, heldOut);
  const folder = await mkdtemp(join(tmpdir(), 'legato-resume-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  const until = Array.from({ length: PARTS }, (_, part) => Math.round((steps * (part + 1)) / PARTS));
  const left = photos[training[Math.floor(training.length / 2)]].name;
  const run = async (name: string, killed: number): Promise<Survived> => {
    const project = join(folder, `${name}.legato`);
    await cp(source, project, { recursive: true });
    await Promise.all([
      rm(join(project, 'lock'), { force: true }),
      rm(projectPaths(project).checkpoints, { recursive: true, force: true }),
    ]);
    const edits: Omit<Part, 'until'>[] = [
      {},
      { change: { gradientThreshold: 2.5e-4 } },
      { change: { logScalesRate: 0.01 }, disabled: [left] },
      { change: { semanticRate: 0.001 }, disabled: [] },
    ];
    const parts = edits.map((edit, part) => ({
      ...edit,
      until: until[part],
      // As even as whole numbers allow.
      kills: Math.floor((killed * (part + 1)) / PARTS) - Math.floor((killed * part) / PARTS),
    }));
    return trainInParts(project, capture, { threads }, parts, seed);
  };
  const whole = await run('whole', 0);
  const { checkpoints, checkpointSeconds, trainingSeconds } = whole;
  const splats = whole.snapshot.tensors.ids.data.length;
  console.log(
    `not killed: ${whole.snapshot.step} steps, ${splats} splats, semantics ${whole.snapshot.semantics ? 'joined' : 'off'}, ` +
      `${trainingSeconds.toFixed(0)} s of training; ${checkpoints} checkpoints of ${(checkpointSeconds / checkpoints).toFixed(2)} s, ` +
      `one a minute is ${((100 * checkpointSeconds) / checkpoints / 60).toFixed(1)} % of a run`,
  );
  const killed = await run('killed', kills);
  for (const { step, from } of killed.kills) console.log(`killed after step ${step}, went on from ${from}`);
  const differing = differences(whole.snapshot, killed.snapshot);
  console.log(
    differing.length === 0
      ? `identical: all ${Object.keys(whole.snapshot.tensors).length} tensors to the bit, settings, photos, ids`
      : `DIFFERENT: ${differing.join(', ')}`,
  );
  await rm(folder, { recursive: true, force: true });
}
