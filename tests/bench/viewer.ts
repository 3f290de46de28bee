/**
 * What viewers cost a trainer.
 *
 *   npm run bench -- viewer
 *
 * First the packing of 300k splats beside the time that memory alone would take to read and write as much. Then one trainer on a small
 * capture, nobody looking, a viewer, and a viewer that never takes a frame, in turn: CPU time of the process a step, everything included,
 * and the trainer's own figure of what it spent. Medians over rounds; the ratio is that of neighbours in time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFrame, overlayNames } from '#contract/frame';
import { loadAddon } from '../../src-main/kernels/addon';
import { initKernels, middleOf, packRange, packSplats } from '../../src-main/kernels/index';
import { HARMONIC_BANDS } from '../../src-main/kernels/pack.reference';
import { Trainer } from '../../src-main/training/trainer';
import { mapsOf, stripes } from '../src-main/training/viewer/watchedTrainer';
import { tinySettings, writeTinyCapture } from '../src-main/training/tinyCapture';
import { time } from './measure';
import { randomScene } from './scene';

const [SPLATS, ROUNDS, SECONDS] = [300_000, 7, 3];
const kinds = ['nobody looks', 'a viewer', 'one that never takes'] as const;
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

async function benchTraining(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'legato-bench-'));
  await writeTinyCapture(folder, { width: 256, height: 192, points: 20_000 });
  let takes = true;
  let step = 0;
  let bytes = 0;
  let frames = 0;
  const reports: { step: number; cpuSeconds: number; viewerShare: number }[] = [];
  const trainer: Trainer = new Trainer({
    openStore: () => Promise.resolve({ save: () => Promise.resolve(), latest: () => Promise.resolve(null) }),
    openMaps: () => Promise.resolve(mapsOf(() => stripes(256, 192))),
    publish: (event) => {
      if (event.type === 'progress') {
        step = event.step;
        reports.push(event);
      }
      if (event.type === 'failed') throw new Error(event.failure.message);
    },
    sendFrame: (frame) => {
      bytes += frame.byteLength;
      frames++;
      // The copy stands for the pipe's.
      const { header } = decodeFrame(frame.slice().buffer);
      if (takes) setImmediate(() => trainer.send({ type: 'taken', sequence: header.sequence }));
    },
  });
  const settings = { ...tinySettings, steps: 1_000_000, maxSplats: 20_000, densityStop: 0, semanticFrom: 0 };
  trainer.send({
    ...{ type: 'start', capture: folder, project: folder, resume: false },
    settings: { ...settings, backend: 'native', shDegree: 3, shInterval: 1 },
  });
  while (step < 20) await pause(0.5);

  const costs = kinds.map((): number[] => []);
  const spent = kinds.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [k, kind] of kinds.entries()) {
      takes = kind !== 'one that never takes';
      if (k > 0) trainer.send({ type: 'watch', geometry: true, overlays: [...overlayNames] });
      // What a viewer gets first is not what it costs.
      await pause(0.7);
      reports.length = 0;
      await pause(SECONDS);
      const [first, ...rest] = reports;
      const last = rest.at(-1) ?? first;
      costs[k].push((1000 * (last.cpuSeconds - first.cpuSeconds)) / Math.max(1, last.step - first.step));
      spent[k].push(rest.reduce((sum, { viewerShare }) => sum + viewerShare, 0) / Math.max(1, rest.length));
      trainer.send({ type: 'watch', geometry: false, overlays: [] });
      await pause(0.3);
    }
  kinds.forEach((kind, k) => {
    const ratio = median(costs[k].map((cost, round) => cost / costs[0][round]));
    console.log(
      `${kind}: ${median(costs[k]).toFixed(2)} ms CPU a step, ${ratio.toFixed(3)}×; ` +
        `the trainer says ${(100 * median(spent[k])).toFixed(2)} % (at most ${(100 * Math.max(...spent[k])).toFixed(2)} %)`,
    );
  });
  console.log(`${frames} frames, ${(bytes / frames / 1e6).toFixed(2)} MB each`);
  trainer.send({ type: 'stop', evaluate: false });
  await trainer.ended;
  await trainer.close();
  await rm(folder, { recursive: true, force: true });
}

await benchPacking();
await benchTraining();
