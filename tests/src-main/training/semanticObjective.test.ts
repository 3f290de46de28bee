/**
 * METHOD §7 check 2: what a semantics-only loss leaves alone; and check 3 end to end: u of Gaussians under a fixed cross-entropy.
 *
 * Zeros are exact: no product of rounding errors may reach geometry, so that no tolerance is given for them.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '#contract/presets';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { decodeLoss, gatherPixels, initKernels, render, sampleSemantics } from '../../../src-main/kernels/index';
import type { DecodeReport, RenderFrame } from '../../../src-main/kernels/index';
import { SAMPLE } from '../../../src-main/kernels/layout';
import { objectiveGradients } from '../../../src-main/training/objective';
import type { SemanticTerm } from '../../../src-main/training/objective';
import { SplatLabels } from '../../../src-main/semantics/index';
import { SemanticLearner, trustInLabels } from '../../../src-main/training/semanticLearner';
import { cameraAt } from '../gaussians/cameras';
import { BACKENDS } from '../kernels/backends';
import { Random } from '../kernels/scenes';

const camera = { ...cameraAt([0, 0, -4], [0, 0, 0]), width: 20, height: 16, fx: 18, fy: 18, cx: 10, cy: 8 };
const held = { crossEntropyWeight: 1, uncertaintyWeight: 1, labelTrust: 1, linear: false, held: false, coverage: 0.5 };
const loss = { ...held, highestUncertainty: 0.999 };
const allPixels = Int32Array.from({ length: camera.width * camera.height }, (_, i) => i);
const emptyReport = (): DecodeReport => ({ loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 });

/** A cloud of `count` Gaussians before the camera. */
function cloud(count: number, seed: number): GaussianModel {
  const random = new Random(seed);
  const model = new GaussianModel(count);
  model.append(count);
  const { geometry, sphericalHarmonics, semantics } = model.arrays();
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < 3; i++) geometry[11 * row + i] = random.normal() * 0.8;
    for (let i = 3; i < 6; i++) geometry[11 * row + i] = Math.log(0.4) + 0.2 * random.normal();
    for (let i = 6; i < 10; i++) geometry[11 * row + i] = random.normal();
    geometry[11 * row + 10] = 1;
    for (let i = 0; i < 3; i++) sphericalHarmonics[48 * row + i] = random.normal();
    for (let i = 0; i < 9; i++) semantics[9 * row + i] = random.normal();
  }
  return model;
}

/** Pieces of an objective with labels at every pixel. */
function setUp(entries: number) {
  const model = cloud(30, 4);
  const random = new Random(9);
  const indices = Uint8Array.from(allPixels, () => 1 + Math.floor(random.uniform(0, entries)));
  const maps = {
    ...{ entries, codebook: 'test', vectors: new Float32Array(entries * 4) },
    load: () => Promise.resolve({ width: camera.width, height: camera.height, indices }),
  };
  const settings = resolveSettings({
    semanticSamples: 0,
    splatWeight: 1,
    smoothingInterval: 1,
    decoderFirst: 16,
    decoderSecond: 16,
  });
  const learner = SemanticLearner.join(maps, settings, model, 1);
  return { model, learner, settings, indices };
}

const values = (tensor: tf.Tensor | null): number[] => [...(tensor?.dataSync() ?? [])];

describe.each(BACKENDS)('what semantics move, on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));

  describe.each([
    ['black', [0, 0, 0]],
    ['white', [1, 1, 1]],
  ] as const)('before %s', (_, background) => {
    const options = { count: 30, shDegree: 1, background, antialiased: false, ssimWeight: 0.2 };

    it('a loss on all rendered semantics and uncertainty has zero gradients to geometry, opacity and colour', () => {
      const { model, learner, indices } = setUp(5);
      const gradients = (semanticsMovesGeometry: boolean) =>
        tf.tidy(() => {
          const learnables = [model.geometry, model.sphericalHarmonics, model.semantics];
          const { grads } = tf.engine().gradients(() => {
            const channels = ['rgb', 'semantics', 'uncertainty', 'alpha'] as const;
            const image = render(model, camera, { ...options, background, channels, semanticsMovesGeometry });
            const samples = gatherPixels(image, 3, SAMPLE.columns, allPixels);
            return decodeLoss(samples, indices, learner.decoder.layers, loss);
          }, learnables);
          return grads.map(values);
        });
      const [geometry, harmonics, semantics] = gradients(false);
      expect(geometry).toHaveLength(30 * 11);
      expect(geometry.every((value) => value === 0)).toBe(true);
      expect(harmonics.every((value) => value === 0)).toBe(true);
      expect(semantics.filter((value) => value !== 0).length).toBeGreaterThan(100);

      const moved = gradients(true)[0];
      const column = (from: number, to: number) => moved.filter((_, i) => i % 11 >= from && i % 11 < to);
      for (const [from, to] of [
        [0, 3],
        [3, 6],
        [6, 10],
        [10, 11],
      ])
        expect(Math.max(...column(from, to).map(Math.abs))).toBeGreaterThan(1e-6);
      learner.dispose();
      model.dispose();
    });

    it('the whole objective gives geometry the same bits with and without its semantic terms', async () => {
      const { model, learner, settings } = setUp(5);
      const target = tf.fill<tf.Rank.R3>([3, camera.height, camera.width], 0.3);
      const semantic = await learner.semanticTerm('photo', camera, settings, 1);
      learner.labels = new SplatLabels(Uint8Array.from({ length: 30 }, (_, row) => row % 6));
      const voted = await learner.semanticTerm('photo', camera, settings, 1);
      const splats = learner.splatTerm(model, settings, 1);
      expect(semantic!.vote).toBeNull();
      expect(voted!.vote).not.toBeNull();
      expect(splats).not.toBeNull();
      const smoothing = learner.smoothingTerm(model, settings, 1);
      const gradientsOf = (terms: object, semanticsMovesGeometry = false) => {
        const view = { camera, target, mask: null };
        const found = objectiveGradients(model, view, { ...options, background, semanticsMovesGeometry, ...terms });
        return {
          geometry: values(found.geometry),
          harmonics: values(found.sphericalHarmonics),
          probe: values(found.probe),
        };
      };
      const without = gradientsOf({});
      expect(without.geometry.some((value) => value !== 0)).toBe(true);
      expect(gradientsOf({ semantic, smoothing })).toEqual(without);
      expect(gradientsOf({ semantic: voted, smoothing, splats: splats ? [splats] : [] })).toEqual(without);
      expect(gradientsOf({ semantic, smoothing }, true).geometry).not.toEqual(without.geometry);
      expect(gradientsOf({ semantic, smoothing, semanticsOnly: true })).toEqual({
        geometry: [],
        harmonics: [],
        probe: [],
      });
      tf.dispose([target, smoothing?.encoded ?? []]);
      learner.dispose();
      model.dispose();
    });
  });
});

describe('uncertainty under a fixed cross-entropy', () => {
  beforeAll(() => initKernels({ backend: BACKENDS[BACKENDS.length - 1], threads: 1 }));

  /** R_u at a pixel and its CE after u alone has learned; nothing else moves, so that CE stays. */
  function settle(crossEntropy: number, linear: boolean) {
    // Three opaque Gaussians that fill the picture, whatever the decoder makes of them.
    const model = new GaussianModel(3);
    model.append(3);
    const { geometry, semantics } = model.arrays();
    for (let row = 0; row < 3; row++) {
      geometry.set([0, 0, row, 2, 2, -2, 1, 0, 0, 0, 6], 11 * row);
      semantics.set([1, 0, 0, 0, 0, 0, 0, 0, Math.log(0.01 / 0.99)], 9 * row);
    }
    // Softmax over N = 16 entries of which the label's has the logit x: CE = ln(1 + 15·e^−x).
    const bias = new Float32Array(16);
    bias[2] = Math.log(15 / (Math.exp(crossEntropy) - 1));
    const layers = [{ kernel: tf.zeros([8, 16]), bias: tf.tensor1d(bias) }];
    const pixels = Int32Array.of(170);
    const report = emptyReport();
    const semantic: SemanticTerm = {
      ...{ weight: 1, sample: { pixels, labels: Uint8Array.of(3) }, vote: null, layers, report },
      loss: { ...loss, linear },
    };
    const target = tf.zeros<tf.Rank.R3>([3, camera.height, camera.width]);
    const plain = { count: 3, shDegree: 0, background: [0, 0, 0] as const, antialiased: false, ssimWeight: 0.2 };
    for (let step = 0; step < 1500; step++) {
      const view = { camera, target, mask: null };
      const options = { ...plain, semanticsMovesGeometry: false, semantic, semanticsOnly: true };
      const gradients = objectiveGradients(model, view, options);
      const slope = gradients.semantics!.dataSync();
      // Signs, then ever smaller steps: Adam without its memory.
      for (let row = 0; row < 3; row++) semantics[9 * row + 8] -= (8 / (step + 20)) * Math.sign(slope[9 * row + 8]);
      tf.dispose([gradients.semantics ?? [], gradients.decoder]);
    }
    const rendered = tf.tidy(() => {
      const at: RenderFrame = { forward: null, view: null };
      render(model, camera, {
        ...plain,
        background: [0, 0, 0],
        channels: ['alpha'],
        semanticsMovesGeometry: false,
        frame: at,
      });
      return sampleSemantics(model.semantics, at, pixels).dataSync()[SAMPLE.uncertainty];
    });
    tf.dispose([target, layers[0].kernel, layers[0].bias]);
    model.dispose();
    return { rendered, crossEntropy: report.crossEntropy };
  }

  // 0.01: the last steps are 0.005 of a logit, and a logit at 0 counts as u = 0.003 there.
  it.each([
    [2, 0.5],
    [3, 0.667],
    [4.85, 0.794],
    [1, 0],
    [0.5, 0],
  ])('of %f nats is %f with the log form', (crossEntropy, expected) => {
    const settled = settle(crossEntropy, false);
    expect(settled.crossEntropy).toBeCloseTo(crossEntropy, 4);
    expect(Math.abs(settled.rendered - expected)).toBeLessThan(0.01);
  });

  it('runs to its end with the linear form wherever the cross-entropy is above 1 nat, and to 0 below', () => {
    expect(settle(1.2, true).rendered).toBeGreaterThan(0.99);
    expect(settle(0.8, true).rendered).toBeLessThan(0.01);
  });
});

describe('trust in labels', () => {
  it('is whole while the decoder guesses, and falls to β as it becomes sure', () => {
    expect(trustInLabels(0.25, Infinity, 128)).toBe(1);
    expect(trustInLabels(0.25, Math.log(128), 128)).toBe(1);
    expect(trustInLabels(0.25, Math.log(128) / 2, 128)).toBeCloseTo(0.625, 12);
    expect(trustInLabels(0.25, 0, 128)).toBe(0.25);
    expect(trustInLabels(1, 0.3, 128)).toBe(1);
    expect(trustInLabels(0.25, 0, 1)).toBe(0.25);
  });
});
