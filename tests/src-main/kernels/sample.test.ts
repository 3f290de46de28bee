/**
 * Sampled semantics on every backend: they equal the dense channels of the same picture (1e-5; the native ones take the same
 * decisions at every cut-off), their gradient equals that of the dense channels, and geometry gets none.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decodeLoss,
  decodeRows,
  initKernels,
  network,
  render,
  sampleSemantics,
  sampleWeights,
  type RenderFrame,
} from '../../../src-main/kernels/index';
import { decodeLossReference } from '../../../src-main/kernels/network.reference';
import { BACKENDS } from './backends';
import { difference, expectClose } from './closeTo';
import { Random, randomScene } from './scenes';

const scene = randomScene('sampled', { seed: 9, count: 300, width: 75, height: 52, pixels: [0.5, 6] });
const { camera, count, shDegree, background, antialiased } = scene.view;
const { width, height } = camera;
const options = { count, shDegree, background, antialiased, semanticsMovesGeometry: false };

function tensors() {
  const capacity = scene.parameters.geometry.length / 11;
  return {
    geometry: tf.tensor2d(Float32Array.from(scene.parameters.geometry), [capacity, 11]),
    sphericalHarmonics: tf.tensor2d(Float32Array.from(scene.parameters.sphericalHarmonics), [capacity, 48]),
    semantics: tf.tensor2d(Float32Array.from(scene.parameters.semantics ?? []), [capacity, 9]),
  };
}

const emptyFrame = (): RenderFrame => ({ forward: null, view: null });
const random = new Random(4);
/** Some pixels twice, corners included. */
const pixels = Int32Array.from({ length: 500 }, (_, i) =>
  i < 4 ? [0, width - 1, width * (height - 1), width * height - 1][i] : Math.floor(random.uniform(0, width * height)),
);

describe.each(BACKENDS)('sampled semantics on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 2 }));

  it('equals the dense channels at those pixels', () => {
    tf.tidy(() => {
      const inputs = tensors();
      const dense = render(inputs, camera, { ...options, channels: ['semantics', 'uncertainty', 'alpha'] }).dataSync();
      const copy = dense.slice();
      const frame = emptyFrame();
      render(inputs, camera, { ...options, channels: ['rgb'], frame });
      const sampled = sampleSemantics(inputs.semantics, frame, pixels).dataSync();
      const expected = Array.from(pixels).flatMap((pixel) =>
        Array.from({ length: 10 }, (_, plane) => copy[plane * width * height + pixel]),
      );
      expect(difference(sampled, expected).max).toBeLessThan(1e-5);
    });
  });

  it('has the gradient of the dense channels, and none to geometry', () => {
    const capacity = scene.parameters.geometry.length / 11;
    const slope = Float32Array.from({ length: pixels.length * 10 }, () => random.normal());
    const [fromSamples, fromGeometry] = tf.tidy(() => {
      const inputs = tensors();
      const grads = tf.grads((semantics: tf.Tensor, geometry: tf.Tensor) => {
        const frame = emptyFrame();
        const image = render({ ...inputs, geometry }, camera, { ...options, channels: ['rgb'], frame });
        const sampled = sampleSemantics(semantics, frame, pixels);
        return sampled
          .mul(tf.tensor2d(slope, [pixels.length, 10]))
          .sum()
          .add(image.sum().mul(0));
      })([inputs.semantics, inputs.geometry]);
      return grads.map((gradient) => gradient.dataSync().slice());
    });
    expect(fromGeometry.every((value) => value === 0)).toBe(true);
    const fromDense = tf.tidy(() => {
      const inputs = tensors();
      const planes = new Float32Array(9 * width * height);
      pixels.forEach((pixel, p) => {
        for (let k = 0; k < 9; k++) planes[k * width * height + pixel] += slope[p * 10 + k];
      });
      return tf
        .grad((semantics: tf.Tensor) =>
          render({ ...inputs, semantics }, camera, { ...options, channels: ['semantics', 'uncertainty'] })
            .mul(tf.tensor3d(planes, [9, height, width]))
            .sum(),
        )(inputs.semantics)
        .dataSync()
        .slice();
    });
    expect(fromSamples).toHaveLength(capacity * 9);
    expectClose(fromSamples, fromDense, 1e-4, 'semantics');
  });

  it('tells what each pixel sees', () => {
    tf.tidy(() => {
      const inputs = tensors();
      const frame = emptyFrame();
      render(inputs, camera, { ...options, channels: ['rgb'], frame });
      const sampled = sampleSemantics(inputs.semantics, frame, pixels).dataSync().slice();
      const { offsets, rows, weights } = sampleWeights(frame, pixels);
      expect(offsets).toHaveLength(pixels.length + 1);
      expect(rows).toHaveLength(offsets[pixels.length]);
      pixels.forEach((_, p) => {
        let covered = 0;
        for (let i = offsets[p]; i < offsets[p + 1]; i++) covered += weights[i];
        expect(covered).toBeCloseTo(sampled[p * 10 + 9], 5);
      });

      const heavy = sampleWeights(frame, pixels, 0.1);
      const kept = Array.from(weights.keys()).filter((i) => weights[i] >= Math.fround(0.1));
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThan(weights.length);
      expect([...heavy.rows]).toEqual(kept.map((i) => rows[i]));
      expect([...heavy.weights]).toEqual(kept.map((i) => weights[i]));
      pixels.forEach((_, p) =>
        expect(heavy.offsets[p + 1] - heavy.offsets[p]).toBe(
          kept.filter((i) => i >= offsets[p] && i < offsets[p + 1]).length,
        ),
      );
    });
  });

  it('lets the splats of a pixel vote for its label', () => {
    tf.tidy(() => {
      const inputs = tensors();
      const frame = emptyFrame();
      render(inputs, camera, { ...options, channels: ['rgb'], frame });
      const splats = Uint8Array.from({ length: count }, (_, row) => [0, 3, 255, 7, 3][row % 5]);
      const own = Uint8Array.from(pixels, (_, p) => (p % 7 === 0 ? 0 : 9));
      const labels = own.slice();
      sampleSemantics(inputs.semantics, frame, pixels, { splats, labels });
      const { offsets, rows, weights } = sampleWeights(frame, pixels);
      const seen = new Set<number>();
      pixels.forEach((_, p) => {
        const votes = new Float64Array(256);
        for (let i = offsets[p]; i < offsets[p + 1]; i++) if (splats[rows[i]] > 0) votes[splats[rows[i]]] += weights[i];
        const [most, next] = Array.from(votes).sort((a, b) => b - a);
        // Sums of float32 weights, each off by half an ulp: nearer ones may fall either way.
        if (most > 0 && most - next < 1e-5) return;
        const expected = own[p] === 0 ? 0 : most > 0 ? votes.indexOf(most) : 9;
        expect(labels[p]).toBe(expected);
        seen.add(expected);
      });
      expect([...seen].sort((a, b) => a - b)).toEqual(expect.arrayContaining([0, 3, 7, 255]));

      const silent = own.slice();
      sampleSemantics(inputs.semantics, frame, pixels, { splats: new Uint8Array(count), labels: silent });
      expect(silent).toEqual(own);
      const short = { splats: splats.subarray(1), labels };
      expect(() => sampleSemantics(inputs.semantics, frame, pixels, short)).toThrow('vote.splats');
    });
  });

  it('refuses a picture that was never drawn, pixels outside, and a stale frame', () => {
    tf.tidy(() => {
      const inputs = tensors();
      expect(() => sampleSemantics(inputs.semantics, emptyFrame(), pixels)).toThrow('frame');
      const frame = emptyFrame();
      render(inputs, camera, { ...options, channels: ['rgb'], frame });
      expect(() => sampleSemantics(inputs.semantics, frame, Int32Array.of(width * height))).toThrow('pixels');
      render(inputs, camera, { ...options, channels: ['rgb'] });
      if (backend === 'native') expect(() => sampleSemantics(inputs.semantics, frame, pixels)).toThrow('since');
    });
  });

  it('gives the decoder the reference’s gradients through the tape, and leaves nothing behind', () => {
    const draw = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
    const [kernel0, kernel1] = [draw(8 * 32, 0.5), draw(32 * 6, 0.25)];
    const [bias0, bias1] = [draw(32, 0.1), draw(6, 0.1)];
    const rows = 64;
    const samples = Float32Array.from({ length: rows * 10 }, (_, i) =>
      i % 10 === 9 ? 1 : i % 10 === 8 ? 0.1 : random.normal(),
    );
    const labels = Uint8Array.from({ length: rows }, (_, i) => (samples[i * 10] > 0 ? 1 : 2));
    const weights = {
      ...{ crossEntropyWeight: 1, uncertaintyWeight: 1, labelTrust: 1, linear: false, held: false },
      ...{ coverage: 0.5, highestUncertainty: 0.999 },
    };
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const layers = [
        { kernel: tf.tensor2d(kernel0, [8, 32]), bias: tf.tensor1d(bias0) },
        { kernel: tf.tensor2d(kernel1, [32, 6]), bias: tf.tensor1d(bias1) },
      ];
      const given = tf.tensor2d(samples, [rows, 10]);
      const { value, grads } = tf.valueAndGrads((kernel: tf.Tensor, bias: tf.Tensor) =>
        decodeLoss(given, labels, [{ kernel, bias }, layers[1]], weights).mul(2),
      )([layers[0].kernel, layers[0].bias]);
      const arrays = { widths: [8, 32, 6], kernels: [kernel0, kernel1], biases: [bias0, bias1] };
      const expected = decodeLossReference(arrays, samples, labels, weights);
      expect(value.dataSync()[0]).toBeCloseTo(2 * expected.loss, 4);
      expectClose(
        grads[0].dataSync(),
        expected.dKernels[0].map((g) => 2 * g),
        1e-4,
        'kernel',
      );
      expectClose(
        grads[1].dataSync(),
        expected.dBiases[0].map((g) => 2 * g),
        1e-4,
        'bias',
      );
      const logits = network(given.slice([0, 0], [rows, 8]), layers);
      expect(logits.shape).toEqual([rows, 6]);
      const decoded = decodeRows(
        samples.filter((_, i) => i % 10 < 8),
        [
          { kernel: kernel0, bias: bias0 },
          { kernel: kernel1, bias: bias1 },
        ],
        null,
      );
      expect(decoded.entries).toHaveLength(rows);
      expect(() =>
        decodeLoss(
          given,
          labels.map(() => 7),
          layers,
          weights,
        ),
      ).toThrow('labels');
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
