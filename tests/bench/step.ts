/**
 * What semantics add to a training step (METHOD §4): a step in colour alone and the same step with the language terms, timed in turn on
 * the same Gaussians, everything included that either does: objective, gradients, Adam, sampling, smoothing every so often.
 *
 *   npm run bench -- step        28k splats, 496 × 372, one thread; samples of other sizes beside the default
 *
 * CPU time, since other work on the machine must not count. A pair of blocks is timed in turn and the median of the ratios of pairs
 * is printed, so that a slow half minute of the machine falls on both sides. A block is a whole number of smoothing intervals.
 */
import * as tf from '@tensorflow/tfjs';
import { presets } from '../../src-preload/contract/presets';
import type { TrainingSettings } from '../../src-preload/contract/settings';
import { CounterRandom } from '../../src-main/base/index';
import { GaussianModel } from '../../src-main/gaussians/index';
import { adamStep, initKernels, render } from '../../src-main/kernels/index';
import { SplatLabels } from '../../src-main/semantics/index';
import type { IndexMap } from '../../src-main/semantics/index';
import { objectiveGradients } from '../../src-main/training/objective';
import type { View } from '../../src-main/training/objective';
import type { IndexMaps } from '../../src-main/training/ports';
import * as schedule from '../../src-main/training/schedule';
import { SemanticLearner } from '../../src-main/training/semanticLearner';
import { benchCamera, countPairs, randomScene } from './scene';

const [WIDTH, HEIGHT] = [496, 372];
const ENTRIES = presets.legato.codebookSize;
const STILL = 1e-6;

export interface StepCost {
  readonly pairs: number;
  readonly samples: number;
  /** ms of CPU a step, medians over blocks */
  readonly colour: number;
  readonly both: number;
  /** median over pairs of blocks of (both − colour) / colour */
  readonly added: number;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Patches of labels, as an index map has them. */
function patches(width: number, height: number): IndexMap {
  const random = new CounterRandom(1, 'patches');
  const indices = Uint8Array.from({ length: width * height }, (_, i) => {
    const [column, row] = [Math.floor((i % width) / 24), Math.floor(i / width / 24)];
    return 1 + random.integer(64 * row + column, ENTRIES);
  });
  return { width, height, indices };
}

/** Random Gaussians as a model. @param size  see `randomScene` */
function randomModel(count: number, size: number) {
  const scene = randomScene(count, size);
  const model = new GaussianModel(count);
  model.append(count);
  const { geometry, sphericalHarmonics, semantics } = model.arrays();
  geometry.set(scene.geometry);
  sphericalHarmonics.set(scene.sphericalHarmonics);
  semantics.set(scene.semantics);
  return { model, scene };
}

/** @param blocks  pairs of blocks to time; @param length  steps a block */
export async function benchStep(
  overrides: Partial<TrainingSettings>,
  count = 28_000,
  blocks = 7,
  length = 20,
): Promise<StepCost> {
  const settings = { ...presets.legato, ...overrides };
  const { model, scene } = randomModel(count, 0.043);
  const camera = benchCamera(WIDTH, HEIGHT);
  const options = {
    ...{ count, shDegree: 3, background: [0, 0, 0] as [number, number, number], antialiased: false },
    ...{ semanticsMovesGeometry: false, ssimWeight: settings.ssimWeight },
  };
  const target = tf.tidy(() => render(model, camera, { ...options, channels: ['rgb'] }).mul<tf.Tensor3D>(0.9));
  const view: View = { camera, target, mask: null };
  const map = patches(WIDTH, HEIGHT);
  const random = new CounterRandom(1, 'vectors');
  const vectors = Float32Array.from({ length: ENTRIES * 64 }, (_, i) => random.normal(i));
  const maps: IndexMaps = { entries: ENTRIES, codebook: '', vectors, load: () => Promise.resolve(map) };
  const learner = SemanticLearner.join(maps, settings, model, 1);
  learner.labels = new SplatLabels(Uint8Array.from({ length: count }, (_, row) => 1 + random.integer(row, ENTRIES)));
  // Rates near 0, so that every block does the same work.
  const rates = schedule.columnRates(1, settings, 1, schedule.createColumnRates());
  for (const columns of [rates.geometry, rates.sphericalHarmonics])
    columns.forEach((rate, k) => (columns[k] = rate * STILL));

  let at = 0;
  const step = async (semantics: boolean): Promise<void> => {
    at++;
    const semantic = semantics ? await learner.semanticTerm('photo', camera, settings, at) : null;
    const smoothing = semantics ? learner.smoothingTerm(model, settings, at) : null;
    const splats = semantics ? learner.splatTerm(model, settings, at) : null;
    const gradients = objectiveGradients(model, view, {
      ...options,
      semantic,
      smoothing,
      splats: splats ? [splats] : [],
    });
    smoothing?.encoded.dispose();
    for (const name of ['geometry', 'sphericalHarmonics'] as const) {
      const { variable, firstMoment, secondMoment } = model.groups[name];
      const own = { step: at, count, rates: rates[name], beta1: 0.9, beta2: 0.999, eps: 1e-15 };
      adamStep(variable, gradients[name] as tf.Tensor, firstMoment, secondMoment, own);
    }
    if (semantics) learner.learn(gradients, model, settings, at);
    const { geometry, sphericalHarmonics, semantics: meaning, probe, decoder, smoother } = gradients;
    for (const one of [geometry, sphericalHarmonics, meaning, probe, ...decoder, ...smoother]) one?.dispose();
  };
  const block = async (semantics: boolean): Promise<number> => {
    const begun = process.cpuUsage();
    for (let i = 0; i < length; i++) await step(semantics);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000 / length;
  };
  await block(false);
  await block(true);
  const pairsOfBlocks: (readonly [number, number])[] = [];
  for (let i = 0; i < blocks; i++) pairsOfBlocks.push([await block(false), await block(true)]);
  const result = {
    pairs: countPairs(scene, camera) / (WIDTH * HEIGHT),
    samples: settings.semanticSamples,
    colour: median(pairsOfBlocks.map(([colour]) => colour)),
    both: median(pairsOfBlocks.map(([, both]) => both)),
    added: median(pairsOfBlocks.map(([colour, both]) => both / colour - 1)),
  };
  target.dispose();
  learner.dispose();
  model.dispose();
  return result;
}

/** The default sample, and others beside it. */
export async function printStepCost(): Promise<void> {
  const { instructionSet } = await initKernels({ backend: 'native', threads: 1 });
  console.log(
    `\na training step in colour and with semantics, in turn: ${instructionSet}, 1 thread, 28k splats, ${WIDTH}×${HEIGHT}, ${ENTRIES} entries`,
  );
  const own = presets.legato.semanticSamples;
  for (const semanticSamples of new Set([own, 2048, 4096])) {
    const { pairs, colour, both, added } = await benchStep({ semanticSamples });
    console.log(
      `${String(semanticSamples).padStart(6)} pixels${semanticSamples === own ? ' (default)' : ''.padEnd(10)} ` +
        `${colour.toFixed(1)} → ${both.toFixed(1)} ms of CPU, semantics add ${(added * 100).toFixed(0)} %  (${pairs.toFixed(0)} pairs a pixel)`,
    );
  }
}
