/**
 * A run that is killed and resumed is bit for bit the run that was not (DESIGN.md §3): density control, semantics, edits of settings,
 * photos that are left out, their exposures, and pauses in between. By hand, on a real capture: `npm run bench -- resume CAPTURE`.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/random';
import { codebookHash, encodeIndexMap, mapName, writeCodebook } from '../../../src-main/language/codebook/index';
import { createProject, projectPaths } from '../../../src-main/project/index';
import { repositoryPath } from '../../shared';
import { differences, trainInParts } from './interruptions';
import type { Part } from './interruptions';
import { tinySettings, writeTinyCapture } from './tinyCapture';

const built = existsSync(repositoryPath('out', 'main', 'trainer.js'));
if (!built) console.warn('\n  SKIPPED: out/main/trainer.js is not built; exact resume is not tested (npm run build)\n');

const ENTRIES = 6;
const [WIDTH, HEIGHT, PHOTOS] = [32, 24, 8];
const settings = {
  ...tinySettings,
  exposure: true,
  semanticFrom: 9000,
  semanticStart: 'lift',
  liftInterval: 6000,
  decoderFirst: 16,
  decoderSecond: 16,
  smoothingWidth: 16,
  smoothingInterval: 2,
  smoothingSamples: 64,
  splatWeight: 1,
} as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-resume-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  await writeTinyCapture(join(folder, 'tiny'));
});
afterAll(async () => {
  delete process.env.LEGATO_HOME;
  await rm(folder, { recursive: true, force: true });
});

/** A project with index maps: stripes, so that there is something to learn. */
async function projectOf(name: string): Promise<string> {
  const project = join(folder, `${name}.legato`);
  await (await createProject(project, join(folder, 'tiny'))).close();
  const { codebook, maps } = projectPaths(project);
  const random = new CounterRandom(1, 'vectors');
  const shape = { clipWidth: 4, dinoWidth: 4, dinoWeight: 0.5 };
  const entries = Float32Array.from({ length: ENTRIES * 8 }, (_, i) => random.normal(i));
  const hash = codebookHash(shape, entries);
  const models = { clip: { name: 'none', hash: '' }, dino: { name: 'none', hash: '' } };
  const counts = new Uint32Array(ENTRIES).fill(1);
  await writeCodebook(codebook, { shape, entries, size: ENTRIES, counts, ...models, settings: {}, names: [], hash });
  await mkdir(maps, { recursive: true });
  const indices = Uint8Array.from(
    { length: WIDTH * HEIGHT },
    (_, i) => 1 + Math.floor(((i % WIDTH) * ENTRIES) / WIDTH),
  );
  for (let i = 0; i < PHOTOS; i++) {
    const photo = `view_${String(i).padStart(2, '0')}.png`;
    await writeFile(join(maps, mapName(photo)), encodeIndexMap(indices, WIDTH, HEIGHT, hash));
  }
  return project;
}

describe.runIf(built)('a run that is killed and resumed', { timeout: 300_000 }, () => {
  it('is bit for bit the run that was not', async () => {
    const parts = (kills: number): Part[] => [
      { until: 300, kills },
      { until: 600, kills, change: { gradientThreshold: 1e-4, logScalesRate: 0.01 }, disabled: ['view_03.png'] },
      { until: 900, kills, change: { semanticRate: 0.004, opacityRate: 0.02 }, disabled: [] },
    ];
    const capture = join(folder, 'tiny');
    const whole = await trainInParts(await projectOf('whole'), capture, settings, parts(0), 1);
    const killed = await trainInParts(await projectOf('killed'), capture, settings, parts(3), 2);
    const told = killed.kills.map(({ step, from }) => `${step} → ${from}`).join(', ');
    console.warn(`  killed at step → went on from: ${told}`);
    expect(killed.kills.length).toBeGreaterThan(3);
    // Not all of them started over.
    expect(killed.kills.some(({ from }) => from % 300 !== 0)).toBe(true);
    expect(whole.snapshot.semantics?.crossEntropy).not.toBeNull();
    expect(whole.snapshot.tensors.ids.data.length).not.toBe(120);
    expect(differences(whole.snapshot, killed.snapshot)).toEqual([]);
  });

  it('is so under a budget, too', async () => {
    const parts = (kills: number): Part[] => [500, 1000, 1500].map((until) => ({ until, kills }));
    const bounded = { ...settings, semanticWeight: 0, budget: 100, relocationInterval: 2000, pruneOpacity: 0.05 };
    const capture = join(folder, 'tiny');
    const whole = await trainInParts(await projectOf('bounded'), capture, bounded, parts(0), 1);
    const killed = await trainInParts(await projectOf('shot'), capture, bounded, parts(3), 3);
    // A trainer may end a part before its kill reaches it.
    console.warn(`  killed ${killed.kills.length} times of 9`);
    expect(killed.kills.length).toBeGreaterThan(1);
    expect(whole.snapshot.tensors.ids.data.length).toBe(100);
    // Some were relocated: ids beyond those of the start.
    expect(whole.snapshot.nextId).toBeGreaterThan(100);
    expect(differences(whole.snapshot, killed.snapshot)).toEqual([]);
  });
});
