/**
 * `npm run bench`: the figures of the native kernels on this machine, beside what the machine could do at best.
 *
 *   npm run bench                    the fastest instruction set, on one thread and on all
 *   npm run bench -- --all           every instruction set that this machine has
 *   npm run bench -- corruption      what uncertainty and smoothing mend when labels are wrong (corruption.ts)
 *   npm run bench -- query           answers in words at the size of a real scene (query.ts)
 *   npm run bench -- viewer [PROJECT] what those who look cost a trainer (viewer.ts)
 *   npm run bench -- step            only what semantics add to a training step (step.ts)
 *   npm run bench -- mesh [PROJECT]  what a mesh costs (mesh.ts); of a trained demo room also how true it is (meshQuality.ts)
 *   npm run bench -- viewport        what the picture costs the page's main thread (viewport.ts)
 *   npm run bench -- stroke ROOM      seconds from a stroke to the live segmentation around it (labelling/stroke.ts)
 *   npm run bench -- resume PROJECT  whether a killed run resumes to the bit, and what checkpoints cost (resume.ts)
 *   npm run bench -- memory          the trainer's memory over 70, 700 and 7,000 photos of 12 MP (memory.ts)
 *   npm run bench -- kills           a run that is killed 50 times at random moments (kills.ts)
 *   npm run bench -- labelling ROOM   how many gestures it takes to label a trained demo room (labelling/effort.ts)
 *
 * It measures and prints; it judges nothing. Times vary with whatever else the machine does: compare within one run.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { loadAddon } from '../../src-main/kernels/addon';
import type { Channel } from '../../src-main/kernels/layout';
import { benchCodebook } from './assignment';
import { benchAdam, benchNeighbours, benchPhoto, benchPhotometric, benchRender } from './kernels';
import { format, header } from './measure';
import { benchCamera, countPairs, randomScene } from './scene';
import { printStepCost } from './step';

if (process.argv[2] === 'corruption') {
  await import('./corruption');
  process.exit(0);
}
if (process.argv[2] === 'query') {
  await import('./query');
  process.exit(0);
}
if (process.argv[2] === 'viewer') {
  await import('./viewer');
  process.exit(0);
}
if (process.argv[2] === 'step') {
  await printStepCost();
  process.exit(0);
}
if (process.argv[2] === 'viewport') {
  const { printViewportCost } = await import('./viewport');
  await printViewportCost();
  process.exit(0);
}
if (process.argv[2] === 'labelling') {
  const { printLabellingEffort } = await import('./labelling/effort');
  await printLabellingEffort(process.argv.slice(3));
}
if (process.argv[2] === 'stroke') {
  const { printStrokeTime } = await import('./labelling/stroke');
  await printStrokeTime(process.argv.slice(3));
}
if (process.argv[2] === 'resume') {
  const { printExactResume } = await import('./resume');
  await printExactResume(process.argv.slice(3));
  process.exit(0);
}
if (process.argv[2] === 'memory') {
  const { printMemoryCurve } = await import('./memory');
  await printMemoryCurve(process.argv.slice(3));
  process.exit(0);
}
if (process.argv[2] === 'kills') {
  const { printKills } = await import('./kills');
  await printKills(process.argv.slice(3));
  process.exit(0);
}
if (process.argv[2] === 'mesh') {
  if (process.argv.length > 3) await (await import('./meshQuality')).printMeshQuality(process.argv.slice(3));
  else (await import('./mesh')).printMeshCost();
  process.exit(0);
}
const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
const addon = loadAddon();
const { available } = addon.info();
const sets = values.all ? [...available].reverse() : available.slice(-1);
const threadCounts = [...new Set([1, os.availableParallelism()])];

const language: Channel[] = ['rgb', 'semantics', 'uncertainty'];
/** Splat sizes are chosen so that a pixel blends about 113 and 135 of them. */
const cases = [
  { count: 50_000, size: 0.0416, width: 480, height: 320 },
  { count: 200_000, size: 0.0231, width: 960, height: 540 },
].map(({ count, size, width, height }) => {
  const scene = randomScene(count, size);
  const pairs = countPairs(scene, benchCamera(width, height)) / (width * height);
  return { scene, width, height, pairs };
});

console.log(
  `${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.availableParallelism()} cores, Node ${process.version}`,
);
for (const set of sets) {
  addon.setInstructionSet(set);
  for (const threads of threadCounts) {
    addon.setThreads(threads);
    const machine = addon.measureMachine();
    console.log(
      `\n${set}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ` +
        `${machine.gigaflops.toFixed(0)} GFLOP/s, ${machine.gigabytesPerSecond.toFixed(1)} GB/s read\n${header}`,
    );
    for (const input of cases)
      for (const channels of [['rgb'] as Channel[], language])
        for (const row of benchRender(addon, { ...input, channels }, threads)) console.log(format(row, machine));
    for (const [width, height] of [
      [248, 186],
      [496, 372],
      [960, 540],
    ])
      console.log(format(benchPhotometric(addon, width, height, threads), machine));
    for (const count of [25_000, 200_000]) console.log(format(benchAdam(addon, count, threads), machine));
    for (const { scene } of cases) console.log(format(benchNeighbours(addon, scene, threads), machine));
    for (const row of await benchCodebook(addon, threads)) console.log(format(row, machine));
    if (threads === 1) console.log(format(benchPhoto(addon, 960, 540), machine));
  }
}
await printStepCost();
