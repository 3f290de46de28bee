/**
 * One suite for every backend: the ops under tfjs must give what the float64 reference functions define, and keep the
 * rules of the tape (no leak, stop-gradients exact, errors that name what is wrong).
 *
 * Tolerances: METHOD §7.1 for images (expectPlanesClose) and 1e-4 for gradient norms; loss values 1e-5.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  GEOMETRY,
  KernelArgumentError,
  NonFiniteParameterError,
  adamStep,
  initKernels,
  nearestNeighbours,
  photoToTensor,
  photometricLoss,
  render,
  stopGradient,
  type Channel,
  type RenderOptions,
} from '../../../src-main/kernels/index';
import { adamReference } from '../../../src-main/kernels/adam.reference';
import { photometricReference } from '../../../src-main/kernels/photometric.reference';
import { renderReference, renderReferenceBackward } from '../../../src-main/kernels/render.reference';
import { BACKENDS } from './backends';
import { expectClose, expectPlanesClose } from './closeTo';
import { ALL_CHANNELS, Random, randomScene, type Scene } from './scenes';

type Tensors = {
  geometry: tf.Tensor;
  sphericalHarmonics: tf.Tensor;
  semantics: tf.Tensor;
  probe: tf.Tensor;
};

function tensors({ parameters }: Scene): Tensors {
  const capacity = parameters.geometry.length / GEOMETRY.columns;
  return {
    geometry: tf.tensor(parameters.geometry.slice(), [capacity, 11]),
    sphericalHarmonics: tf.tensor(parameters.sphericalHarmonics.slice(), [capacity, 48]),
    semantics: tf.tensor(parameters.semantics.slice(), [capacity, 9]),
    probe: tf.zeros([capacity, 3]),
  };
}

function optionsOf({ view }: Scene, channels: readonly Channel[], semanticsMovesGeometry = false): RenderOptions {
  const { count, shDegree, background, antialiased } = view;
  return { count, shDegree, background, antialiased, channels, semanticsMovesGeometry };
}

/** Gradients of Σ g·image to all four inputs. */
function renderGradients(t: Tensors, scene: Scene, options: RenderOptions, dImage: Float32Array): Float32Array[] {
  return tf.tidy(() => {
    const f = (
      geometry: tf.Tensor,
      sphericalHarmonics: tf.Tensor,
      semantics: tf.Tensor,
      probe: tf.Tensor,
    ): tf.Scalar => {
      const image = render({ geometry, sphericalHarmonics, semantics, probe }, scene.view.camera, options);
      return tf.sum(tf.mul(image, tf.tensor(dImage, image.shape)));
    };
    const g = tf.grads(f as (...x: tf.Tensor[]) => tf.Scalar)([t.geometry, t.sphericalHarmonics, t.semantics, t.probe]);
    return g.map((tensor) => (tensor.dataSync() as Float32Array).slice());
  });
}

describe.each(BACKENDS)('ops on %s', (backend) => {
  beforeAll(async () => {
    await initKernels({ backend });
    // tfjs then counts the data ids that every kernel leaves behind.
    tf.env().set('IS_TEST', true);
  });

  const scene = randomScene('contract', { seed: 4, background: [0.3, 0.6, 0.9], width: 41, height: 29 });

  it('reports the backend, and advertises nothing', async () => {
    const info = await initKernels({ backend, threads: 1 });
    expect(info).toMatchObject({ name: backend, threads: 1 });
    expect(info.instructionSet).not.toBe('');
    expect(tf.getBackend()).toBe(`legato-${backend}`);
  });

  it('renders and differentiates as the reference functions do', () => {
    const t = tensors(scene);
    const random = new Random(3);
    const expected = renderReference(scene.parameters, scene.view);
    const pixels = expected.near.length;
    const image = render(t, scene.view.camera, optionsOf(scene, ALL_CHANNELS));
    expect(image.shape).toEqual([14, 29, 41]);
    const depthPlane = 12;
    const isDepth = (i: number): boolean => Math.floor(i / pixels) === depthPlane;
    expectPlanesClose(image.dataSync(), expected.image, (i) => expected.near[i % pixels] === 1 || isDepth(i), 'image');
    const dImage = Float32Array.from(expected.image, (_, i) => (expected.near[i % pixels] ? 0 : random.normal()));
    for (const moves of [false, true]) {
      const g = renderGradients(t, scene, optionsOf(scene, ALL_CHANNELS, moves), dImage);
      const e = renderReferenceBackward(scene.parameters, scene.view, expected, dImage, moves);
      expectClose(g[0], e.geometry, 1e-4, 'geometry');
      expectClose(g[1], e.sphericalHarmonics, 1e-4, 'sphericalHarmonics');
      expectClose(g[2], e.semantics as Float64Array, 1e-4, 'semantics');
      expectClose(g[3], e.probe, 1e-4, 'probe');
    }
    tf.dispose([image, t]);
  });

  it('keeps two renders of one loss apart', () => {
    const t = tensors(scene);
    const options = optionsOf(scene, ['rgb']);
    const other = { ...scene.view.camera, cx: scene.view.camera.cx + 7 };
    const sum = (...cameras: (typeof other)[]) =>
      tf.tidy(() => {
        const total = (g: tf.Tensor): tf.Scalar =>
          tf.addN(
            cameras.map((camera) => tf.sum(tf.square(render({ ...t, geometry: g }, camera, options)))),
          ) as tf.Scalar;
        return (
          tf
            .grad(total as (x: tf.Tensor) => tf.Scalar)(t.geometry)
            .dataSync() as Float32Array
        ).slice();
      });
    const [a, b] = [sum(scene.view.camera), sum(other)];
    expectClose(
      sum(scene.view.camera, other),
      a.map((v, i) => v + b[i]),
      1e-6,
      'sum of two views',
    );
    tf.dispose(t);
  });

  it.each([
    ['black', [0, 0, 0]],
    ['white', [1, 1, 1]],
  ] as const)('a semantics-only loss moves no geometry on a %s background (METHOD §7, check 2)', (_, background) => {
    const on = { ...scene, view: { ...scene.view, background } };
    const t = tensors(on);
    const random = new Random(8);
    const pixels = 41 * 29;
    const planes = { rgb: 3, semantics: 8, uncertainty: 1 } as const;
    const channels = ['rgb', 'semantics', 'uncertainty'] as const;
    const dImage = Float32Array.from({ length: 12 * pixels }, (_v, i) =>
      i < planes.rgb * pixels ? 0 : random.normal(),
    );
    const still = renderGradients(t, on, optionsOf(on, channels), dImage);
    expect(still[0].every((v) => v === 0)).toBe(true);
    expect(still[1].every((v) => v === 0)).toBe(true);
    expect(still[2].some((v) => v !== 0)).toBe(true);
    expect(still[3].every((v, i) => i % 3 === 2 || v === 0)).toBe(true);
    const moving = renderGradients(t, on, optionsOf(on, channels, true), dImage);
    expect(moving[0].some((v) => v !== 0)).toBe(true);
    expect(moving[1].every((v) => v === 0)).toBe(true);
    tf.dispose(t);
  });

  it('renders without semantics and probe, and computes nothing for stopped inputs', () => {
    const t = tensors(scene);
    const camera = scene.view.camera;
    const before = tf.memory().numTensors;
    const gradient = tf.tidy(() => {
      const f = (sh: tf.Tensor): tf.Scalar =>
        tf.sum(
          render({ geometry: stopGradient(t.geometry), sphericalHarmonics: sh }, camera, optionsOf(scene, ['rgb'])),
        );
      return (tf.grad(f)(t.sphericalHarmonics).dataSync() as Float32Array).slice();
    });
    expect(gradient.some((v) => v !== 0)).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(t);
  });

  it('stopGradient passes values and no gradient', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([2, 3]);
      expect([...stopGradient(x).dataSync()]).toEqual([2, 3]);
      const g = tf.grad((v: tf.Tensor) => tf.sum(tf.mul(v, stopGradient(tf.square(v)))))(x);
      expect([...g.dataSync()]).toEqual([4, 9]);
    });
  });

  it.each([
    ['means', 'geometry', 1, 11],
    ['logScales', 'geometry', 4, 11],
    ['quaternions', 'geometry', 9, 11],
    ['opacityLogits', 'geometry', 10, 11],
    ['sphericalHarmonics', 'sphericalHarmonics', 47, 48],
    ['semantics', 'semantics', 7, 9],
    ['uncertainty', 'semantics', 8, 9],
  ] as const)('names a group with a NaN or an infinity: %s', (group, array, column, columns) => {
    for (const bad of [NaN, Infinity]) {
      const { geometry, sphericalHarmonics, semantics } = scene.parameters;
      const copy = {
        geometry: geometry.slice(),
        sphericalHarmonics: sphericalHarmonics.slice(),
        semantics: semantics.slice(),
      };
      copy[array][5 * columns + column] = bad;
      const t = tensors({ ...scene, parameters: copy });
      try {
        render(t, scene.view.camera, optionsOf(scene, ALL_CHANNELS));
        expect.fail('did not throw');
      } catch (error) {
        expect(error).toBeInstanceOf(NonFiniteParameterError);
        expect(error).toMatchObject({ group, row: 5 });
      }
      tf.dispose(t);
    }
  });

  it('names the op and the argument that do not fit', () => {
    const t = tensors(scene);
    const { camera } = scene.view;
    const options = optionsOf(scene, ['rgb']);
    const cases: [string, () => unknown][] = [
      ['render(geometry)', () => render({ ...t, geometry: t.sphericalHarmonics }, camera, options)],
      ['render(probe)', () => render({ ...t, probe: tf.zeros([2, 3]) }, camera, options)],
      ['render(count)', () => render(t, camera, { ...options, count: 44 })],
      ['render(shDegree)', () => render(t, camera, { ...options, shDegree: 4 })],
      ['render(channels)', () => render(t, camera, { ...options, channels: [] })],
      ['render(semantics)', () => render({ ...t, semantics: null }, camera, { ...options, channels: ['uncertainty'] })],
      ['render(camera.width)', () => render(t, { ...camera, width: 0 }, options)],
      [
        'photometricLoss(image)',
        () => photometricLoss(tf.zeros([2, 3, 3]), tf.zeros([3, 3, 3]), null, { ssimWeight: 0 }),
      ],
      [
        'photometricLoss(target)',
        () => photometricLoss(tf.zeros([3, 3, 3]), tf.zeros([3, 3, 4]), null, { ssimWeight: 0 }),
      ],
      [
        'photometricLoss(mask)',
        () => photometricLoss(tf.zeros([3, 3, 3]), tf.zeros([3, 3, 3]), tf.zeros([3, 3], 'int32'), { ssimWeight: 0 }),
      ],
      ['photoToTensor(rgb)', () => photoToTensor(new Uint8Array(11), 2, 2)],
      ['nearestNeighbours(points)', () => nearestNeighbours(new Float32Array(5), 2, 3)],
    ];
    for (const [message, run] of cases) {
      expect(() => tf.tidy(() => void run()), message).toThrow(KernelArgumentError);
      expect(() => tf.tidy(() => void run()), message).toThrow(message);
    }
    tf.dispose(t);
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
    const [rows, columns, count] = [9, 4, 7];
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
    const rates = Float32Array.of(0.1, 0, 1e-3, 0.05);
    for (let step = 1; step <= 50; step++) {
      const gradient = draw();
      tf.tidy(() =>
        adamStep(parameter, tf.tensor2d(gradient, shape), first, second, {
          ...{ step, count, rates, beta1: 0.9, beta2: 0.999, eps: 1e-15 },
        }),
      );
      adamReference({
        ...{ ...exact, gradient: Float64Array.from(gradient), count, columns, rates, step },
        ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-15 },
      });
    }
    const result = parameter.dataSync();
    // 50 float32 additions of rounding 6e-8 each.
    expectClose(result, exact.parameter, 5e-6, 'parameter');
    expectClose(first.dataSync(), exact.firstMoment, 5e-6, 'first moment');
    expectClose(second.dataSync(), exact.secondMoment, 5e-6, 'second moment');
    expect([...result.subarray(count * columns)]).toEqual([...start.subarray(count * columns)]);
    for (let row = 0; row < rows; row++) expect(result[row * columns + 1]).toBe(start[row * columns + 1]);
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
    const target = tf.fill([3, 7, 9], 0.5) as tf.Tensor3D;
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
      const values = [old.geometry, old.sphericalHarmonics].map((v) => v.dataSync() as Float32Array);
      state = build(values[0], values[1], capacity);
      tf.dispose([old.geometry, old.sphericalHarmonics, old.probe, old.moments]);
    };
    step(1);
    const start = tf.memory();
    const first = (state.geometry.dataSync() as Float32Array).slice();
    for (let i = 2; i <= 1000; i++) {
      step(i);
      if (i % 200 === 0) grow(i % 400 === 0 ? 8 : 16);
    }
    if (state.geometry.shape[0] !== 8) grow(8);
    const end = tf.memory();
    expect(end.numTensors).toBe(start.numTensors);
    expect(end.numBytes).toBe(start.numBytes);
    expect(end.numDataBuffers).toBe(start.numDataBuffers);
    expect((state.geometry.dataSync() as Float32Array).subarray(0, 66)).not.toEqual(first.subarray(0, 66));
    tf.dispose([state.geometry, state.sphericalHarmonics, state.probe, state.moments, target]);
  });
});
