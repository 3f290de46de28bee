/**
 * Small perceptrons and the decoder's loss: the float64 reference against central differences (relative error < 1e-5, METHOD §7.1),
 * the native kernels against the reference on every instruction set (values 1e-5, gradients 1e-4 relative), and METHOD §7.3:
 * for a fixed CE the log form has its optimum at u* = 1 − 1/CE, where ∂L/∂R_u vanishes.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  decodeLossReference,
  decodeRowsReference,
  decodeTopReference,
  networkReference,
  networkReferenceBackward,
  type DecodeWeights,
  type NetworkArrays,
} from '../../../src-main/kernels/network.reference';
import { addon } from './backends';
import { difference, expectClose } from './closeTo';
import { Random } from './scenes';

const LOG: DecodeWeights = {
  ...{ crossEntropyWeight: 1, uncertaintyWeight: 1, labelTrust: 1, linear: false, held: false },
  ...{ coverage: 0.5, highestUncertainty: 0.999 },
};

function randomNetwork(random: Random, widths: number[]): NetworkArrays<Float32Array> {
  const draw = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
  const layers = widths.slice(1).map((out, l) => ({ out, width: widths[l] }));
  return {
    widths,
    kernels: layers.map(({ out, width }) => draw(width * out, Math.sqrt(2 / width))),
    biases: layers.map(({ out }) => draw(out, 0.1)),
  };
}

function randomSamples(random: Random, rows: number, entries: number) {
  const samples = new Float32Array(rows * 10);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < 8; k++) samples[row * 10 + k] = random.normal();
    samples[row * 10 + 8] = random.uniform(0, 0.9);
    samples[row * 10 + 9] = random.uniform(0.3, 1);
    labels[row] = Math.floor(random.uniform(0, entries + 0.999));
  }
  return { samples, labels };
}

/** Central differences of a loss over one array. */
function numeric(array: Float64Array, step: number, loss: () => number): Float64Array {
  return array.map((value, i) => {
    array[i] = value + step;
    const above = loss();
    array[i] = value - step;
    const below = loss();
    array[i] = value;
    return (above - below) / (2 * step);
  });
}

const inDouble = ({ widths, kernels, biases }: NetworkArrays): NetworkArrays<Float64Array> => ({
  widths,
  kernels: kernels.map((kernel) => Float64Array.from(kernel)),
  biases: biases.map((bias) => Float64Array.from(bias)),
});

describe('the reference against central differences', () => {
  it('of a perceptron', () => {
    const random = new Random(1);
    const network = inDouble(randomNetwork(random, [3, 7, 5, 2]));
    const [rows, input] = [4, Float64Array.from({ length: 12 }, () => random.normal())];
    const weights = Float64Array.from({ length: 8 }, () => random.normal());
    const loss = () => networkReference(network, input, rows).reduce((sum, v, i) => sum + v * weights[i], 0);
    const { dKernels, dBiases, dInput } = networkReferenceBackward(network, input, rows, weights);
    expectClose(dInput, numeric(input, 1e-6, loss), 1e-5, 'input');
    dKernels.forEach((gradient, l) => expectClose(gradient, numeric(network.kernels[l], 1e-6, loss), 1e-5, `K${l}`));
    dBiases.forEach((gradient, l) => expectClose(gradient, numeric(network.biases[l], 1e-6, loss), 1e-5, `b${l}`));
  });

  it.each([
    { name: 'log', weights: { ...LOG, crossEntropyWeight: 0.7, uncertaintyWeight: 1.3 } },
    { name: 'linear', weights: { ...LOG, linear: true } },
    { name: 'held', weights: { ...LOG, held: true } },
    { name: 'bootstrapped', weights: { ...LOG, labelTrust: 0.3 } },
  ])('of the decoder’s loss, $name', ({ weights }) => {
    const random = new Random(2);
    const network = inDouble(randomNetwork(random, [8, 6, 5]));
    const { samples: given, labels } = randomSamples(random, 20, 5);
    const samples = Float64Array.from(given);
    const loss = () => decodeLossReference(network, samples, labels, weights).loss;
    const { dSamples, dKernels, dBiases, used } = decodeLossReference(network, samples, labels, weights);
    expect(used).toBeGreaterThan(5);
    expectClose(dSamples, numeric(samples, 1e-6, loss), 1e-5, 'samples');
    dKernels.forEach((gradient, l) => expectClose(gradient, numeric(network.kernels[l], 1e-6, loss), 1e-5, `K${l}`));
    dBiases.forEach((gradient, l) => expectClose(gradient, numeric(network.biases[l], 1e-6, loss), 1e-5, `b${l}`));
  });
});

describe('u priced by another label than the one that is learned', () => {
  it('changes the slope of R_u alone, to that of the other label', () => {
    const random = new Random(3);
    const network = inDouble(randomNetwork(random, [8, 6, 5]));
    const { samples, labels } = randomSamples(random, 20, 5);
    const priced = labels.map((label) => (label === 0 ? 0 : 1 + (label % 5)));
    const [own, other] = [labels, priced].map((given) => decodeLossReference(network, samples, given, LOG));
    const both = decodeLossReference(network, samples, labels, LOG, priced);
    const isPrice = (_: number, i: number): boolean => i % 10 === 8;
    expect(both.dSamples.filter(isPrice)).toEqual(other.dSamples.filter(isPrice));
    expect(both.dSamples.filter(isPrice)).not.toEqual(own.dSamples.filter(isPrice));
    expect(both.dSamples.filter((v, i) => !isPrice(v, i))).toEqual(own.dSamples.filter((v, i) => !isPrice(v, i)));
    expect({ ...both, dSamples: null }).toEqual({ ...own, dSamples: null });
  });
});

describe('the optimum of the uncertainty (METHOD §7.3)', () => {
  /** A network whose cross-entropy for label 1 of two entries is given. */
  const fixed = (crossEntropy: number): NetworkArrays => ({
    widths: [8, 2],
    kernels: [new Float64Array(16)],
    biases: [Float64Array.of(0, Math.log(Math.exp(crossEntropy) - 1))],
  });
  const slope = (crossEntropy: number, u: number) => {
    const samples = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, u, 1);
    return decodeLossReference(fixed(crossEntropy), samples, Uint8Array.of(1), LOG).dSamples[8];
  };
  it.each([
    [2, 0.5],
    [3, 0.667],
    [4.85, 0.794],
  ])('CE = %f → u* = %f', (crossEntropy, expected) => {
    const optimum = 1 - 1 / crossEntropy;
    expect(optimum).toBeCloseTo(expected, 3);
    expect(slope(crossEntropy, optimum)).toBeCloseTo(0, 9);
    expect(slope(crossEntropy, optimum - 0.05)).toBeLessThan(0);
    expect(slope(crossEntropy, optimum + 0.05)).toBeGreaterThan(0);
  });
  it('of a bootstrapped loss lies at p = β·q + 1 − β for the label that a share q of the views gives', () => {
    // Three of five views say 1, two say 2: M̂ as written ends at 0.6, with β = 0.5 at 0.8.
    const samples = Float64Array.from({ length: 50 }, (_, i) => (i % 10 === 0 || i % 10 === 9 ? 1 : 0));
    const labels = Uint8Array.of(1, 1, 1, 2, 2);
    const slopeAt = (p: number, labelTrust: number): number => {
      const network = { ...fixed(1), biases: [Float64Array.of(Math.log(p / (1 - p)), 0)] };
      return decodeLossReference(network, samples, labels, { ...LOG, labelTrust }).dBiases[0][0];
    };
    for (const [trust, optimum] of [
      [1, 0.6],
      [0.5, 0.8],
    ]) {
      expect(slopeAt(optimum, trust)).toBeCloseTo(0, 9);
      expect(slopeAt(optimum - 0.05, trust)).toBeLessThan(0);
      expect(slopeAt(optimum + 0.05, trust)).toBeGreaterThan(0);
    }
  });
  it('CE ≤ 1 → u falls to 0', () => {
    for (const u of [0, 0.01, 0.5]) expect(slope(0.9, u)).toBeGreaterThan(0);
  });
});

const NETWORKS = [
  { widths: [1, 1], rows: 3 },
  { widths: [15, 128, 128, 128, 8], rows: 130 },
  { widths: [8, 128, 256, 128], rows: 97 },
  { widths: [40, 33, 255], rows: 48 },
  { widths: [5, 70], rows: 0 },
];

describe.runIf(addon)('native networks', () => {
  const best = addon?.info().instructionSet ?? '';
  afterAll(() => addon?.setInstructionSet(best));
  const native = () => addon ?? expect.fail('no addon');

  describe.each((addon?.info().available ?? []).flatMap((set) => [1, 2].map((threads) => ({ set, threads }))))(
    '$set, threads: $threads',
    ({ set, threads }) => {
      it.each(NETWORKS)('$widths, $rows rows', ({ widths, rows }) => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        const random = new Random(widths.length + rows);
        const net = randomNetwork(random, widths);
        const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
        const [input, dOutput] = [draw(rows * widths[0]), draw(rows * widths[widths.length - 1])];
        const output = new Float32Array(dOutput.length).fill(NaN);
        native().networkOutputs({ ...net, rows, input, output });
        expectClose(output, networkReference(net, input, rows), 1e-5, 'output');
        const out = {
          dKernels: net.kernels.map(({ length }) => new Float32Array(length).fill(NaN)),
          dBiases: net.biases.map(({ length }) => new Float32Array(length).fill(NaN)),
          dInput: new Float32Array(input.length).fill(NaN),
        };
        native().networkGradients({ ...net, ...out, rows, input, dOutput });
        const expected = networkReferenceBackward(net, input, rows, dOutput);
        expectClose(out.dInput, expected.dInput, 1e-4, 'input');
        out.dKernels.forEach((gradient, l) => expectClose(gradient, expected.dKernels[l], 1e-4, `K${l}`));
        out.dBiases.forEach((gradient, l) => expectClose(gradient, expected.dBiases[l], 1e-4, `b${l}`));
      });

      it.each([LOG, { ...LOG, linear: true }, { ...LOG, held: true }, { ...LOG, labelTrust: 0.3 }])(
        'the decoder’s loss, %o',
        (weights) => {
          native().setInstructionSet(set);
          native().setThreads(threads);
          const random = new Random(5);
          const net = randomNetwork(random, [8, 128, 256, 100]);
          const { samples, labels } = randomSamples(random, 151, 100);
          const priced = labels.map((label) => (label === 0 ? 0 : 1 + ((3 * label) % 100)));
          samples[7 * 10 + 8] = 0.9999; // above the cap
          samples.fill(0, 9 * 10, 9 * 10 + 8); // without direction
          const out = {
            dKernels: net.kernels.map(({ length }) => new Float32Array(length).fill(NaN)),
            dBiases: net.biases.map(({ length }) => new Float32Array(length).fill(NaN)),
            dSamples: new Float32Array(samples.length).fill(NaN),
          };
          const report = native().decodeLoss({
            ...net,
            ...weights,
            ...out,
            rows: labels.length,
            samples,
            labels,
            priced,
          });
          const expected = decodeLossReference(net, samples, labels, weights, priced);
          for (const part of ['loss', 'crossEntropy', 'uncertainty'] as const)
            expect(Math.abs(report[part] - expected[part]), part).toBeLessThan(1e-5 * Math.max(1, expected[part]));
          expect(report.used).toBe(expected.used);
          expect(report.right).toBe(expected.right);
          expectClose(out.dSamples, expected.dSamples, 1e-4, 'samples');
          out.dKernels.forEach((gradient, l) => expectClose(gradient, expected.dKernels[l], 1e-4, `K${l}`));
          out.dBiases.forEach((gradient, l) => expectClose(gradient, expected.dBiases[l], 1e-4, `b${l}`));
        },
      );

      it('what rows decode to', () => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        const random = new Random(6);
        const rows = 205;
        const net = randomNetwork(random, [8, 128, 256, 128]);
        const features = Float32Array.from({ length: rows * 8 }, () => random.normal());
        const values = Float32Array.from({ length: 128 }, () => random.uniform());
        const entries = new Uint8Array(rows);
        const [probabilities, scores] = [new Float32Array(rows), new Float32Array(rows)];
        native().decodeRows({ ...net, rows, features, values, entries, probabilities, scores });
        const expected = decodeRowsReference(net, features, rows, values);
        expect(difference(scores, expected.scores).max).toBeLessThan(1e-5);
        expect(difference(probabilities, expected.probabilities).max).toBeLessThan(1e-5);
        expect([...entries]).toEqual([...expected.entries]);
      });

      it.each([
        { entries: 128, top: 4, sets: 3 },
        { entries: 5, top: 5, sets: 1 },
        { entries: 33, top: 1, sets: 0 },
      ])('the $top most probable of $entries entries', ({ entries: n, top, sets }) => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        const random = new Random(7 + top);
        const rows = 205;
        const net = randomNetwork(random, [8, 32, n]);
        const features = Float32Array.from({ length: rows * 8 }, () => random.normal());
        features.fill(0, 16, 24); // without direction: the biases alone decide
        const values = Float32Array.from({ length: sets * n }, () => random.uniform());
        const entries = new Uint8Array(rows * top);
        const probabilities = new Float32Array(rows * top);
        const scores = new Float32Array(rows * sets);
        native().decodeTop({ ...net, rows, features, top, sets, values, entries, probabilities, scores });
        const expected = decodeTopReference(net, features, top, values);
        expect([...entries]).toEqual([...expected.entries]);
        expect(difference(probabilities, expected.probabilities).max).toBeLessThan(1e-5);
        if (sets > 0) expect(difference(scores, expected.scores).max).toBeLessThan(1e-5);
      });

      it('equal probabilities: the lower entry first', () => {
        native().setInstructionSet(set);
        native().setThreads(threads);
        const net = { widths: [8, 6], kernels: [new Float32Array(48)], biases: [Float32Array.of(0, 1, 1, 0, 1, 0)] };
        const [entries, probabilities] = [new Uint8Array(4), new Float32Array(4)];
        const features = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0);
        const given = { values: null, scores: null, sets: 0, top: 4, rows: 1 };
        native().decodeTop({ ...net, ...given, features, entries, probabilities });
        expect([...entries]).toEqual([1, 2, 4, 0]);
        expect([...decodeTopReference(net, features, 4, new Float32Array(0)).entries]).toEqual([1, 2, 4, 0]);
      });
    },
  );

  it('refuses a label above N, and arrays that are too short', () => {
    const net = randomNetwork(new Random(1), [8, 4]);
    const samples = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const call = (change: object) => () =>
      native().decodeLoss({
        ...{ ...net, ...LOG, rows: 1, samples, labels: Uint8Array.of(1), priced: Uint8Array.of(1), dSamples: null },
        ...change,
      });
    expect(call({ labels: Uint8Array.of(5) })).toThrow('label 5');
    expect(call({ priced: Uint8Array.of(0) })).toThrow('priced by 0');
    expect(call({ samples: samples.subarray(1) })).toThrow('samples');
    expect(call({ widths: [8, 3, 4] })).toThrow('kernels');
  });
});
