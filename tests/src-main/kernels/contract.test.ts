/**
 * One suite for every backend: the ops under tfjs must give what the float64 reference functions define, and keep the
 * rules of the tape (no leak, stop-gradients exact, errors that name what is wrong).
 *
 * Tolerances: METHOD §7.1 for images (expectPlanesClose) and 1e-4 for gradient norms; loss values 1e-5.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  KernelArgumentError,
  adamStep,
  initKernels,
  nearestNeighbours,
  photoToTensor,
  photometricLoss,
  render,
} from '../../../src-main/kernels/index';
import { adamReference } from '../../../src-main/kernels/adam.reference';
import { photometricReference } from '../../../src-main/kernels/photometric.reference';
import { BACKENDS } from './backends';
import { expectClose } from './closeTo';
import { renderContract } from './contract.render';
import { Random, randomScene } from './scenes';
import { optionsOf } from './tensors';

describe.each(BACKENDS)('ops on %s', (backend) => {
  beforeAll(async () => {
    await initKernels({ backend });
    // tfjs then counts the data ids that every kernel leaves behind.
    tf.env().set('IS_TEST', true);
  });

  it('reports the backend, and advertises nothing', async () => {
    const info = await initKernels({ backend, threads: 1 });
    expect(info).toMatchObject({ name: backend, threads: 1 });
    expect(info.instructionSet).not.toBe('');
    expect(tf.getBackend()).toBe(`legato-${backend}`);
  });

  renderContract();

  it('names the op and the argument that do not fit', () => {
    const [small, flat] = [tf.zeros<tf.Rank.R3>([3, 3, 3]), tf.zeros<tf.Rank.R3>([2, 3, 3])];
    const wide = tf.zeros<tf.Rank.R3>([3, 3, 4]);
    const integers = tf.zeros<tf.Rank.R2>([3, 3], 'int32');
    const cases: [string, () => unknown][] = [
      ['photometricLoss(image)', () => photometricLoss(flat, small, null, { ssimWeight: 0 })],
      ['photometricLoss(target)', () => photometricLoss(small, wide, null, { ssimWeight: 0 })],
      ['photometricLoss(mask)', () => photometricLoss(small, small, integers, { ssimWeight: 0 })],
      ['photometricLoss(ssimWeight)', () => photometricLoss(small, small, null, { ssimWeight: 2 })],
      ['photoToTensor(rgb)', () => photoToTensor(new Uint8Array(11), 2, 2)],
      ['nearestNeighbours(points)', () => nearestNeighbours(new Float32Array(5), 2, 3)],
    ];
    for (const [message, run] of cases) {
      expect(run, message).toThrow(KernelArgumentError);
      expect(run, message).toThrow(message);
    }
    tf.dispose([small, flat, wide, integers]);
  });

  it.each([false, true])('photometricLoss gives loss and gradient, masked: %s', (masked) => {
    tf.tidy(() => {
      const random = new Random(21);
      const [width, height, planes] = [37, 23, 5];
      const draw = (n: number) => Float32Array.from({ length: n * width * height }, () => random.uniform());
      const [image, target] = [draw(planes), draw(3)];
      const mask = masked ? draw(1).map((v) => (v < 0.7 ? 1 : 0)) : null;
      const e = photometricReference(image, target, mask, width, height, 0.2);
      const loss = (x: tf.Tensor): tf.Scalar =>
        photometricLoss(
          x as tf.Tensor3D,
          tf.tensor3d(target, [3, height, width]),
          mask && tf.tensor2d(mask, [height, width]),
          { ssimWeight: 0.2 },
        );
      const x = tf.tensor(image, [planes, height, width]);
      expect(Math.abs(loss(x).dataSync()[0] - e.loss)).toBeLessThan(1e-5);
      for (const scale of [1, 3]) {
        const g = tf
          .grad((v: tf.Tensor) => tf.mul(loss(v), scale))(x)
          .dataSync();
        expectClose(
          g.subarray(0, 3 * width * height),
          e.gradient.map((v) => v * scale),
          1e-4,
          `gradient × ${scale}`,
        );
        expect(g.subarray(3 * width * height).every((v) => v === 0)).toBe(true);
      }
      // A perfect image: float32 sums of products may round away from 1 by some 1e-7.
      const same = photometricLoss(x as tf.Tensor3D, tf.slice(x, 0, 3) as tf.Tensor3D, null, { ssimWeight: 0.2 });
      expect(Math.abs(same.dataSync()[0])).toBeLessThan(1e-6);
    });
  });

  it('adamStep follows the formula over steps, in place, on live rows only', () => {
    const random = new Random(2);
    const [rows, columns, count] = [9, 5, 7];
    const draw = () => Float32Array.from({ length: rows * columns }, () => random.normal());
    const start = draw();
    const exact = {
      parameter: Float64Array.from(start),
      firstMoment: new Float64Array(rows * columns),
      secondMoment: new Float64Array(rows * columns),
    };
    const shape: [number, number] = [rows, columns];
    const parameter = tf.tidy(() => tf.variable(tf.tensor2d(start.slice(), shape)));
    const [first, second] = [tf.zeros(shape), tf.zeros(shape)];
    const rates = Float32Array.of(0.1, 0, 1e-3, 0.05, 0);
    for (let step = 1; step <= 50; step++) {
      const gradient = draw();
      tf.tidy(() =>
        adamStep(parameter, tf.tensor2d(gradient, shape), first, second, {
          ...{ step, count, rates, beta1: 0.9, beta2: 0.999, eps: 1e-15, weightDecay: 0.01 },
        }),
      );
      adamReference({
        ...{ ...exact, gradient: Float64Array.from(gradient), count, columns, rates, step },
        ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-15, weightDecay: 0.01 },
      });
    }
    const result = parameter.dataSync();
    // 50 float32 additions of rounding 6e-8 each.
    expectClose(result, exact.parameter, 5e-6, 'parameter');
    expectClose(first.dataSync(), exact.firstMoment, 5e-6, 'first moment');
    expectClose(second.dataSync(), exact.secondMoment, 5e-6, 'second moment');
    expect([...result.subarray(count * columns)]).toEqual([...start.subarray(count * columns)]);
    for (let row = 0; row < rows; row++)
      for (const frozen of [1, 4]) expect(result[row * columns + frozen]).toBe(start[row * columns + frozen]);
    expect(() =>
      adamStep(parameter, first, first, second, { step: 1, count, rates, beta1: 0, beta2: 0, eps: 1 }),
    ).toThrow('share their data');
    tf.dispose([parameter, first, second]);
  });

  it.each([
    [0, 3],
    [1, 3],
    [3, 3],
    [4, 3],
    [300, 3],
    [700, 8],
  ])('nearestNeighbours equals brute force: %i points, k = %i', (count, k) => {
    const random = new Random(count);
    const points = Float32Array.from({ length: 3 * count }, () => random.normal());
    // Duplicates, and a far outlier.
    if (count > 20) points.copyWithin(30, 0, 15);
    if (count > 20) points.set([100, -50, 80], 60);
    const { meanDistances } = nearestNeighbours(points, count, k);
    const expected = Array.from({ length: count }, (_, i) => {
      const distances = Array.from({ length: count }, (_v, j) =>
        Math.hypot(
          points[3 * i] - points[3 * j],
          points[3 * i + 1] - points[3 * j + 1],
          points[3 * i + 2] - points[3 * j + 2],
        ),
      );
      distances.splice(i, 1);
      const best = distances.sort((a, b) => a - b).slice(0, k);
      return best.length ? best.reduce((a, b) => a + b, 0) / best.length : 0;
    });
    expectClose(meanDistances, expected, 1e-6, 'mean distances');
  });

  it('photoToTensor turns interleaved bytes into planes', () => {
    const tensor = photoToTensor(Uint8Array.of(0, 51, 255, 102, 153, 204), 2, 1);
    expect(tensor.shape).toEqual([3, 1, 2]);
    expectClose(tensor.dataSync(), [0, 0.4, 0.2, 0.6, 1, 0.8], 1e-7, 'planes');
    tensor.dispose();
  });

  it('holds memory flat over 1,000 steps with gradients, Adam and growth', () => {
    const small = randomScene('memory', { seed: 9, count: 6, spare: 2, width: 9, height: 7 });
    const { camera } = small.view;
    const rates = { geometry: new Float32Array(11).fill(1e-4), sh: new Float32Array(48).fill(1e-4) };
    const target = tf.fill<tf.Rank.R3>([3, 7, 9], 0.5);
    const variable = (values: Float32Array, columns: number, capacity: number): tf.Variable => {
      const grown = new Float32Array(capacity * columns);
      grown.set(values.subarray(0, small.view.count * columns));
      return tf.tidy(() => tf.variable(tf.tensor2d(grown, [capacity, columns])));
    };
    const build = (geometry: Float32Array, sh: Float32Array, capacity: number) => ({
      geometry: variable(geometry, 11, capacity),
      sphericalHarmonics: variable(sh, 48, capacity),
      probe: tf.zeros([capacity, 3]),
      moments: [11, 11, 48, 48].map((columns) => tf.zeros([capacity, columns])),
    });
    let state = build(small.parameters.geometry, small.parameters.sphericalHarmonics, 8);
    const step = (number: number): void => {
      const { geometry, sphericalHarmonics, probe, moments } = state;
      const { value, grads } = tf.engine().gradients(() => {
        const image = render({ geometry, sphericalHarmonics, probe }, camera, optionsOf(small, ['rgb']));
        return photometricLoss(image, target, null, { ssimWeight: 0.2 });
      }, [geometry, sphericalHarmonics, probe]);
      const options = { step: number, count: small.view.count, beta1: 0.9, beta2: 0.999, eps: 1e-15 };
      adamStep(geometry, grads[0], moments[0], moments[1], { ...options, rates: rates.geometry });
      adamStep(sphericalHarmonics, grads[1], moments[2], moments[3], { ...options, rates: rates.sh });
      tf.dispose([value, ...grads]);
    };
    const grow = (capacity: number): void => {
      const old = state;
      const values = [old.geometry, old.sphericalHarmonics].map((v) => v.dataSync<'float32'>());
      state = build(values[0], values[1], capacity);
      tf.dispose([old.geometry, old.sphericalHarmonics, old.probe, old.moments]);
    };
    step(1);
    const start = tf.memory();
    const first = state.geometry.dataSync<'float32'>().slice();
    for (let i = 2; i <= 1000; i++) {
      step(i);
      if (i % 200 === 0) grow(i % 400 === 0 ? 8 : 16);
    }
    if (state.geometry.shape[0] !== 8) grow(8);
    const end = tf.memory();
    expect(end.numTensors).toBe(start.numTensors);
    expect(end.numBytes).toBe(start.numBytes);
    expect(end.numDataBuffers).toBe(start.numDataBuffers);
    expect(state.geometry.dataSync<'float32'>().subarray(0, 66)).not.toEqual(first.subarray(0, 66));
    tf.dispose([state.geometry, state.sphericalHarmonics, state.probe, state.moments, target]);
  });
});
