/**
 * Answers in words at the size of a real scene: 200,000 splats, 128 entries of d_CLIP = 512, 960 × 540.
 *
 *   npm run bench -- query
 *
 * The decoder is random but confident (logits of several nats), like a trained one. The text is embedded already.
 */
import os from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { initKernels } from '../../src-main/kernels/index';
import {
  blendScores,
  decodePixels,
  decodeWithScores,
  likeness,
  scoreCodes,
  SplatCodes,
  TextScores,
  type SplatView,
} from '../../src-main/semantics/index';
import { time } from './measure';
import { benchCamera, randomScene } from './scene';

const [COUNT, ENTRIES, CLIP, DINO] = [200_000, 128, 512, 384];
let state = 1;
const uniform = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32 - 0.5;
};
const noise = (length: number, scale = 1): Float32Array => Float32Array.from({ length }, () => scale * uniform());
const unit = (rows: number, width: number): Float32Array => {
  const values = noise(rows * width);
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * width, (row + 1) * width);
    const length = Math.hypot(...one);
    one.forEach((value, k) => (one[k] = value / length));
  }
  return values;
};

const widths = [8, 128, 256, ENTRIES];
const layers = widths
  .slice(1)
  .map((out, l) => ({ kernel: noise(widths[l] * out, 8 / Math.sqrt(widths[l])), bias: noise(out) }));
const book = {
  entries: unit(ENTRIES, CLIP + DINO),
  shape: { clipWidth: CLIP, dinoWidth: DINO, dinoWeight: 0.5 },
  size: ENTRIES,
  counts: new Uint32Array(ENTRIES).fill(100),
};
const texts = ['one', 'two', 'three'];
const [vectors, negatives] = [unit(texts.length, CLIP), unit(4, CLIP)];
const scene = randomScene(COUNT, 0.0231);
const camera = benchCamera(960, 540);

const line = (what: string, { cpu, wall }: { cpu: number; wall: number }): void =>
  console.log(`${what.padEnd(58)} ${wall.toFixed(1).padStart(9)} ms wall ${cpu.toFixed(1).padStart(9)} ms CPU`);

for (const threads of new Set([1, os.availableParallelism()])) {
  const { instructionSet } = await initKernels({ backend: 'auto', threads });
  console.log(`\n${instructionSet}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
  const view: SplatView = {
    geometry: tf.tensor2d(scene.geometry, [COUNT, 11]),
    sphericalHarmonics: tf.tensor2d(scene.sphericalHarmonics, [COUNT, 48]),
    semantics: tf.tensor2d(scene.semantics, [COUNT, 9]),
    count: COUNT,
  };
  const cache = new SplatCodes();
  let step = 0;
  const refresh = () => cache.of({ stamp: `${++step}`, count: COUNT, semantics: scene.semantics, layers });
  line('refresh of 200k codes after a snapshot', time(3, refresh));
  const codes = refresh();
  const scores = new TextScores(book, texts, vectors, negatives);
  const published = new TextScores(book, texts, vectors, negatives, 'features');
  line(
    'text vectors to relevancies of entries',
    time(5, () => void new TextScores(book, texts, vectors, negatives)),
  );
  line(
    'one text, 200k splats on cached codes',
    time(5, () => void scores.ofCodes(codes, 'one')),
  );
  line(
    'the same, features mixed first',
    time(5, () => void published.ofCodes(codes, 'one')),
  );
  line(
    'more like this splat',
    time(5, () => void scoreCodes(codes, likeness(book, codes, 7))),
  );
  const perSplat = scores.ofCodes(codes, 'one');
  line(
    'rendered relevancy, 960 × 540',
    time(3, () => void blendScores(view, camera, false, [perSplat])),
  );
  const decode = () => decodePixels(view, camera, false, layers, scores.values);
  const { features, pixels } = decode();
  const what = `${pixels.length.toLocaleString('en')} pixels, three texts`;
  line(
    `per-pixel decode of ${what}`,
    time(3, () => void decodeWithScores(features, layers, scores.values)),
  );
  line(
    'the same, from the splats on',
    time(2, () => void decode()),
  );
  tf.dispose([view.geometry, view.sphericalHarmonics, view.semantics]);
}
