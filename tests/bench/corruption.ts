/**
 * METHOD §7 check 8: what uncertainty and smoothing are worth when index maps are wrong, on a scene with known truth.
 *
 *   npx tsx tests/bench/corruption.ts                three seeds, the checked settings: minutes
 *   npx tsx tests/bench/corruption.ts --seeds 1      one
 *   npx tsx tests/bench/corruption.ts --weights      λ_smo from the notes' 1 to 100 as well
 *
 * mIoU is direct 3D: every visible Gaussian decoded by itself. AUC: how well u ranks the Gaussians of corrupted regions. Medians.
 */
import { parseArgs } from 'node:util';
import type { TrainingSettings } from '../../src-preload/contract/settings';
import { initKernels } from '../../src-main/kernels/index';
import { labelledScene, type SceneOptions } from '../src-main/training/corruptedScene';
import {
  CHECK_8,
  CHECKED,
  liftScene,
  splatIoU,
  trainOnMaps,
  type CorruptionScores,
} from '../src-main/training/corruption';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '300' },
    threads: { type: 'string', default: '2' },
    weights: { type: 'boolean', default: false },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => 11 + i);
const steps = Number(values.steps);

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function table(
  title: string,
  options: Omit<SceneOptions, 'seed'>,
  rows: Readonly<Record<string, Partial<TrainingSettings>>>,
): Promise<void> {
  const scenes = seeds.map((seed) => labelledScene({ ...options, seed }));
  const lifted = median(scenes.map((scene) => splatIoU(scene, liftScene(scene))));
  console.log(`\n${title}\n${'row'.padEnd(24)}   mIoU    AUC  u clean  u wrong  CPU s`);
  console.log(`${'lifted, not trained'.padEnd(24)}  ${lifted.toFixed(3)}`);
  for (const [name, changes] of Object.entries(rows)) {
    const begun = process.cpuUsage();
    const scores: CorruptionScores[] = [];
    for (const [i, scene] of scenes.entries())
      scores.push(await trainOnMaps(scene, steps, { ...CHECKED, ...changes, seed: seeds[i] }));
    const { user, system } = process.cpuUsage(begun);
    const of = (pick: (one: CorruptionScores) => number): string => median(scores.map(pick)).toFixed(3);
    console.log(
      `${name.padEnd(24)}  ${of((one) => one.meanIoU)}  ${of((one) => one.auc).padStart(5)}    ` +
        `${of((one) => one.cleanUncertainty)}    ${of((one) => one.corruptedUncertainty)}  ${((user + system) / 1e6 / seeds.length).toFixed(1)}`,
    );
  }
  for (const { model } of scenes) model.dispose();
}

await initKernels({ backend: 'native', threads: Number(values.threads) });
console.log(`${steps} steps, seeds ${seeds.join(', ')}; λ_smo ${CHECKED.smoothingWeight}, 32 views, 10 classes`);
await table('a quarter of the regions wrong in 70–90 % of the views, another class in each', {}, CHECK_8);
await table('the same, one of three classes', { wrong: 'confused' }, CHECK_8);
await table(
  'the same, always the same wrong class (nothing in the photos tells it from the truth)',
  { wrong: 'same' },
  CHECK_8,
);
await table('clean labels', { corrupted: 0 }, { plain: CHECK_8.plain, 'both, log': CHECK_8['both, log'] });
if (values.weights)
  for (const smoothingWeight of [1, 10, 100]) {
    const rows = Object.entries(CHECK_8).filter(([name]) => /^smoothing|log/.test(name));
    await table(
      `λ_smo ${smoothingWeight}`,
      {},
      Object.fromEntries(rows.map(([name, changes]) => [name, { ...changes, smoothingWeight }])),
    );
  }
const bad = labelledScene({ seed: seeds[0], corrupted: 0, badPhoto: 5 });
const { photos, cleanUncertainty } = await trainOnMaps(bad, steps, CHECKED);
const others = photos.filter((_, photo) => photo !== 5);
console.log(
  `\none whole bad photo: its mean CE ${photos[5].toFixed(2)} nats, the others ${Math.min(...others).toFixed(2)}…${Math.max(...others).toFixed(2)}; ` +
    `mean u ${cleanUncertainty.toFixed(3)}`,
);
