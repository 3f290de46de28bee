/**
 * The part of the contract suite (contract.test.ts) that is about rendering: the op must give what the float64
 * reference functions define, and keep the rules of the tape.
 */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { KernelArgumentError, NonFiniteParameterError, render, stopGradient } from '../../../src-main/kernels/index';
import { renderReference, renderReferenceBackward } from '../../../src-main/kernels/render.reference';
import { expectClose, expectPlanesClose } from './closeTo';
import { ALL_CHANNELS, Random, randomScene } from './scenes';
import { optionsOf, renderGradients, tensors } from './tensors';

export function renderContract(): void {
  const scene = randomScene('contract', { seed: 4, background: [0.3, 0.6, 0.9], width: 41, height: 29 });

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
        const total = (g: tf.Tensor): tf.Tensor =>
          tf.addN(cameras.map((camera) => tf.sum(tf.square(render({ ...t, geometry: g }, camera, options)))));
        return tf.grad(total)(t.geometry).dataSync<'float32'>().slice();
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
      return tf.grad(f)(t.sphericalHarmonics).dataSync<'float32'>().slice();
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

  it('names the argument of render that does not fit', () => {
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
    ];
    for (const [message, run] of cases) {
      expect(() => tf.tidy(() => void run()), message).toThrow(KernelArgumentError);
      expect(() => tf.tidy(() => void run()), message).toThrow(message);
    }
    tf.dispose(t);
  });
}
