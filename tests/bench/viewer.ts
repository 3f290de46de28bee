/**
 * What viewers cost a trainer.
 *
 *   npm run bench -- viewer [PROJECT]
 *
 * First the packing of 300k splats beside the time that memory alone would take to read and write as much. Then a trainer in its own
 * process, going on with a project that has index maps (the studio's demo room, or the one that is named), copied first: nobody looking, a
 * viewer that takes every frame, and one that never does. CPU time of the process a step, everything included, and the trainer's own figure
 * of what it spent.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decodeFrame, overlayNames } from '#contract/frame';
import { loadAddon } from '../../src-main/kernels/addon';
import { initKernels, middleOf, packRange, packSplats } from '../../src-main/kernels/index';
import { HARMONIC_BANDS } from '../../src-main/kernels/pack.reference';
import type { TrainerEventOf } from '#contract/messages';
import { openProject } from '../../src-main/project/index';
import { openIndexMaps } from '../../src-main/studio/indexMaps';
import { personalFolder } from '../../src-main/studio/recent';
import { forkTrainer } from '../../src-main/training/trainerHost';
import { time } from './measure';
import { randomScene } from './scene';

const [SPLATS, ROUNDS, SECONDS] = [300_000, 10, 2.5];
type Kind = 'nobody looks' | 'a viewer' | 'one that never takes';
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const standardError = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, one) => sum + (one - mean(values)) ** 2, 0) / (values.length - 1) / values.length);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

async function benchPacking(): Promise<void> {
  const scene = randomScene(SPLATS, 0.02);
  for (const threads of new Set([1, os.availableParallelism()])) {
    await initKernels({ backend: 'native', threads });
    const { gigabytesPerSecond } = loadAddon().measureMachine();
    for (const shDegree of [0, 3]) {
      const input = { ...scene, shDegree };
      const band = (k: number) => (k < shDegree ? new Uint32Array(HARMONIC_BANDS[k].words * SPLATS) : null);
      const words = { splats: new Uint32Array(4 * SPLATS), sh1: band(0), sh2: band(1), sh3: band(2) };
      const { cpu, wall } = time(5, () => {
        const { centre } = middleOf(scene.geometry, SPLATS);
        packSplats(input, packRange(input, centre), words);
      });
      // Read twice, for the ranges and for the words; a line of the cache is 64 bytes, which three floats of harmonics cost too.
      const read = 11 * 4 + (shDegree === 0 ? 64 : 48 * 4);
      const written = 16 + (shDegree === 0 ? 0 : 40);
      const floor = (SPLATS * (2 * read + written)) / (gigabytesPerSecond * 1e6);
      console.log(
        `pack ${SPLATS} splats, degree ${shDegree}, ${threads} thread(s): ` +
          `${wall.toFixed(1)} ms (${cpu.toFixed(1)} ms CPU), memory alone ${floor.toFixed(1)} ms`,
      );
    }
  }
}

/**
 * Alternates short blocks, nobody and somebody in turn, so that what else the machine does falls on both alike: each viewer's block is held
 * against the two of nobody beside it.
 */
async function benchTraining(source: string): Promise<void> {
  const opened = await openProject(source, 'read');
  const { capturePath: capture, paths } = opened;
  await opened.close();
  const maps = await openIndexMaps(paths);
  if (capture === null || maps === null) throw new Error(`${source}: has no capture or no codebook; train a demo room`);
  const folder = await mkdtemp(join(tmpdir(), 'legato-bench-'));
  const project = join(folder, 'copy.legato');
  await cp(source, project, { recursive: true, filter: (path) => basename(path) !== 'lock' });

  const reports: TrainerEventOf<'progress'>[] = [];
  let takes = true;
  let bytes = 0;
  let frames = 0;
  let joined = false;
  let failed: string | null = null;
  const trainer = forkTrainer(
    (event) => {
      if (event.type === 'progress') {
        reports.push(event);
        joined ||= event.semantics !== null;
      }
      if (event.type === 'failed') failed = event.failure.message;
      if (event.type === 'warning') console.warn(event.message);
    },
    {
      onFrame: (frame) => {
        bytes += frame.byteLength;
        frames++;
        const { header } = decodeFrame(frame.buffer);
        if (takes) trainer.send({ type: 'taken', sequence: header.sequence });
      },
    },
  );
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      if (failed !== null) throw new Error(failed);
      await pause(0.1);
    }
  };
  // Neither growth nor its end: a step costs the same from the first block to the last.
  const settings = { steps: 1_000_000, densityStop: 0, semanticFrom: 0, threads: 1, checkpointInterval: 86_400 };
  trainer.send({ type: 'start', capture, project, settings, resume: true });
  await until(() => joined && reports.length > 8);
  const relevancies = Float32Array.from({ length: maps.entries }, (_, i) => ((7 * i) % 11) / 11);
  const ask = { revision: 1, questions: ['cup'], texts: ['cup'], relevancies, products: null };
  trainer.send({ type: 'ask', ask: { ...ask, codebook: maps.codebook } });

  const look = (kind: Kind): void => {
    takes = kind !== 'one that never takes';
    const looks = kind !== 'nobody looks';
    trainer.send({ type: 'watch', geometry: looks, overlays: looks ? [...overlayNames] : [] });
  };
  /** ms of CPU time a step, of the process and everything in it */
  const block = async (kind: Kind): Promise<number> => {
    look(kind);
    // What a viewer gets first is not what it costs.
    await pause(0.7);
    reports.length = 0;
    await pause(SECONDS);
    await until(() => reports.length > 2);
    const [first, last] = [reports[0], reports[reports.length - 1]];
    return (1000 * (last.cpuSeconds - first.cpuSeconds)) / (last.step - first.step);
  };
  const ratios: Record<'a viewer' | 'one that never takes', number[]> = { 'a viewer': [], 'one that never takes': [] };
  const plain: number[] = [await block('nobody looks')];
  for (let round = 0; round < ROUNDS; round++)
    for (const kind of ['a viewer', 'one that never takes'] as const) {
      const seen = await block(kind);
      plain.push(await block('nobody looks'));
      ratios[kind].push(seen / ((plain[plain.length - 1] + plain[plain.length - 2]) / 2));
    }
  const { splats } = reports[reports.length - 1];
  console.log(`${basename(source)}: ${splats} splats, nobody looks: ${median(plain).toFixed(2)} ms CPU a step`);
  for (const [kind, all] of Object.entries(ratios))
    console.log(
      `${kind}: ${median(all).toFixed(3)}× (median of ${all.length} blocks; mean ${mean(all).toFixed(3)} ± ${standardError(all).toFixed(3)})`,
    );
  // The trainer tells its share of the last ten seconds: it has to be looked at for longer.
  look('a viewer');
  const shares: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await pause(11);
    shares.push(reports[reports.length - 1].viewerShare);
  }
  console.log(
    `publishing, as the trainer tells: ${shares.map((one) => `${(100 * one).toFixed(2)} %`).join(', ')} of its time; ` +
      `${frames} frames, ${(bytes / frames / 1e6).toFixed(2)} MB each`,
  );
  trainer.kill();
  await rm(folder, { recursive: true, force: true });
}

await benchPacking();
await benchTraining(process.argv[3] ?? join(personalFolder(), 'Demo room.legato'));
