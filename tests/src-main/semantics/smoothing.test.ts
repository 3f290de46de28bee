/** Adaptive smoothing (METHOD §4): its weights (METHOD §7.4), its formula in plain numbers, and that no gradient crosses a stop. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels, smoothnessWeight } from '../../../src-main/kernels/index';
import { Perceptron } from '../../../src-main/semantics/perceptron';
import { encodePositions, encodingWidth, smoothingLoss } from '../../../src-main/semantics/smoothing';
import { BACKENDS } from '../kernels/backends';
import { Random } from '../kernels/scenes';

describe.each(BACKENDS)('adaptive smoothing on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));
  const floor = { form: 'floor', floor: 0.1 } as const;

  it('weighs by uncertainty: 0.1 at u = 0 and 0.05, 0.5 at 0.5, 1 at 1', () => {
    const weights = (form: 'floor' | 'blend') => [0, 0.05, 0.5, 1].map((u) => smoothnessWeight(u, { ...floor, form }));
    expect(weights('floor')).toEqual([0.1, 0.1, 0.5, 1]);
    weights('blend').forEach((weight, i) => expect(weight).toBeCloseTo([0.1, 0.145, 0.55, 1][i], 12));
  });

  it('encodes positions as p, sin 2ᵏπp, cos 2ᵏπp', () => {
    const geometry = new Float32Array(22);
    geometry.set([3, 1, -2], 11);
    const into = new Float32Array(encodingWidth(2));
    encodePositions(geometry, Int32Array.of(1), { centre: [1, 1, 0], halfSide: 4 }, 2, into);
    const p = [0.5, 0, -0.5];
    const expected = [
      ...p,
      ...p.map((v) => Math.sin(Math.PI * v)),
      ...p.map((v) => Math.cos(Math.PI * v)),
      ...p.map((v) => Math.sin(2 * Math.PI * v)),
      ...p.map((v) => Math.cos(2 * Math.PI * v)),
    ];
    expect(into).toHaveLength(15);
    expected.forEach((value, i) => expect(into[i]).toBeCloseTo(value, 6));
  });

  it.each([false, true])('equals its formula and keeps both stops; unit length: %s', (normalises) => {
    const random = new Random(3);
    const values = Float32Array.from({ length: 6 * 9 }, () => random.normal());
    const encoding = Float32Array.from({ length: 4 * 3 }, () => random.normal());
    const rows = Int32Array.of(5, 0, 2, 2);
    const net = new Perceptron('smoothing', [3, 16, 8], 1);
    const options = { ...floor, normalises };
    tf.tidy(() => {
      const encoded = tf.tensor2d(encoding, [4, 3]);
      const semantics = tf.variable(tf.tensor2d(values, [6, 9]));
      const loss = (part: (full: tf.Scalar) => tf.Scalar = (full) => full) =>
        tf
          .engine()
          .gradients(
            () => part(smoothingLoss(semantics, rows, encoded, net.layers, options)),
            [semantics, ...net.variables],
          );
      const { value, grads } = loss();

      // The same in plain numbers.
      const smooth = tf.tidy(() => {
        const hidden = encoded
          .matMul(net.layers[0].kernel as tf.Tensor2D)
          .add(net.layers[0].bias)
          .relu();
        return hidden.matMul(net.layers[1].kernel).add(net.layers[1].bias).arraySync() as number[][];
      });
      const unit = (v: number[]) => (normalises ? v.map((x) => x / Math.hypot(...v)) : v);
      let expected = 0;
      const toSemantics = new Float64Array(54);
      rows.forEach((row, i) => {
        const raw = [...values.subarray(row * 9, row * 9 + 8)];
        const s = unit(raw);
        const m = unit(smooth[i]);
        const weight = Math.max(0.1, 1 / (1 + Math.exp(-values[row * 9 + 8])));
        const slope = s.map((v, k) => (2 * weight * (v - m[k])) / 32);
        const along = slope.reduce((sum, v, k) => sum + v * s[k], 0);
        for (let k = 0; k < 8; k++) {
          expected += ((s[k] - m[k]) ** 2 * (1 + weight)) / 32;
          toSemantics[row * 9 + k] += normalises ? (slope[k] - along * s[k]) / Math.hypot(...raw) : slope[k];
        }
      });
      expect(value.dataSync()[0]).toBeCloseTo(expected, 5);
      // Only the second term moves S_G, the uncertainty gets nothing, and rows outside the sample stay.
      const gradient = grads[0].dataSync();
      toSemantics.forEach((slope, i) => expect(gradient[i]).toBeCloseTo(slope, 5));
      // Only the first term moves the network: its gradient does not feel the weight.
      const unweighted = tf
        .engine()
        .gradients(
          () => smoothingLoss(semantics, rows, encoded, net.layers, { ...options, floor: 0.9 }),
          net.variables,
        );
      unweighted.grads.forEach((g, i) => expect([...g.dataSync()]).toEqual([...grads[i + 1].dataSync()]));
    });
    net.dispose();
  });
});
