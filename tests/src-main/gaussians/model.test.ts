import * as tf from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import { GaussianError } from '../../../src-main/gaussians/errors';
import { GaussianModel, NO_PARENT } from '../../../src-main/gaussians/model';
import { distinctModel, rowState, usePlainTensors } from './fixtures';

/** Tensors and arrays are one memory; growing and saving lose nothing and leak nothing. */
describe('GaussianModel', () => {
  usePlainTensors();

  it('shares memory between tensors and arrays', () => {
    const model = new GaussianModel(2);
    model.append(1);
    model.arrays().geometry[10] = 7;
    model.groups.semantics.first[3] = 8;
    expect(model.geometry.dataSync()[10]).toBe(7);
    expect(model.groups.semantics.firstMoment.dataSync()[3]).toBe(8);
    expect(model.geometry.shape).toEqual([2, 11]);
    expect(model.sphericalHarmonics.shape).toEqual([2, 48]);
    expect(model.semantics.shape).toEqual([2, 9]);
    expect(model.probe.shape).toEqual([2, 3]);
    model.dispose();
  });

  it('hides rows while some work is done, and sets their opacities back whatever comes of it', () => {
    const model = distinctModel(3);
    const before = [0, 1, 2].map((row) => rowState(model, row));
    const opacities = (): number[] => [0, 1, 2].map((row) => model.geometry.dataSync<'float32'>()[11 * row + 10]);
    const [first, second, third] = opacities();
    expect(model.hiding([0, 5, 0], opacities)).toEqual([first, -30, third]);
    expect([0, 1, 2].map((row) => rowState(model, row))).toEqual(before);
    expect(() =>
      model.hiding([1, 0, 1], () => {
        throw new Error(opacities().join());
      }),
    ).toThrow([-30, second, -30].join());
    expect([0, 1, 2].map((row) => rowState(model, row))).toEqual(before);
    model.dispose();
  });

  it('grows by half, or to what is asked, or to the limit, keeping rows, moments and ids', () => {
    const model = distinctModel(4);
    const before = [0, 1, 2, 3].map((row) => rowState(model, row));
    model.reserve(5);
    expect(model.capacity).toBe(6);
    model.reserve(7, 8);
    expect(model.capacity).toBe(8);
    model.reserve(100);
    expect(model.capacity).toBe(100);
    expect(model.geometry.shape).toEqual([100, 11]);
    expect(model.probe.shape).toEqual([100, 3]);
    expect([0, 1, 2, 3].map((row) => rowState(model, row))).toEqual(before);
    expect([...model.ids.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
    model.dispose();
  });

  it('keeps tf.memory flat over 200 growths of the same size', () => {
    const model = new GaussianModel(10);
    model.append(5);
    const tensors = tf.memory().numTensors;
    for (let capacity = 11; capacity <= 210; capacity++) {
      tf.tidy(() => model.reserve(capacity * 10));
      expect(tf.memory().numTensors).toBe(tensors);
      expect(tf.memory().numBytes).toBe(model.capacity * ((11 + 48 + 9) * 3 + 3) * 4);
    }
    expect(model.groups.geometry.firstMoment.isDisposed).toBe(false);
    model.dispose();
  });

  it('refuses to change in place while a tape is open', () => {
    const model = new GaussianModel(1);
    const tape = () =>
      tf.tidy(() =>
        tf.variableGrads(() => {
          model.reserve(10);
          return model.geometry.sum();
        }),
      );
    expect(tape).toThrow(GaussianError);
    model.dispose();
  });

  it('refuses a backend whose tensors are not plain arrays', () => {
    const before = tf.memory().numTensors;
    const copying = vi.spyOn(tf.Tensor.prototype, 'dataSync').mockReturnValue(new Float32Array(11) as never);
    expect(() => new GaussianModel(1)).toThrow(/copies tensors/);
    copying.mockRestore();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('hands out ids once, with no parent at the start', () => {
    const model = new GaussianModel(1);
    model.append(2);
    model.renew(0, 2);
    expect([...model.ids.subarray(0, 2)]).toEqual([3, 2]);
    expect([...model.parents.subarray(0, 2)]).toEqual([2, NO_PARENT]);
    expect(model.nextId).toBe(4);
    model.dispose();
  });

  it('restores a snapshot to the bit, into a smaller model', () => {
    const model = distinctModel(5, 9);
    model.renew(1, 4);
    const snapshot = model.snapshot();
    expect(snapshot.geometry.data.buffer).toBe(model.arrays().geometry.buffer);
    const other = new GaussianModel(1);
    other.restore(snapshot, model.nextId);
    expect(other.snapshot()).toEqual(snapshot);
    expect(other.nextId).toBe(model.nextId);
    model.dispose();
    other.dispose();
  });

  it.each([
    ['a missing tensor', 'semantics.m2', null],
    ['a wrong shape', 'geometry', { shape: [2, 10], data: new Float32Array(20) }],
    ['floats for ids', 'ids', { shape: [2], data: Float32Array.of(1, 2) }],
    ['a repeated id', 'ids', { shape: [2], data: Uint32Array.of(1, 1) }],
    ['an id of 0', 'ids', { shape: [2], data: Uint32Array.of(1, 0) }],
    ['an id at the counter', 'ids', { shape: [2], data: Uint32Array.of(1, 3) }],
  ])('refuses a snapshot with %s and stays as it was', (_name, key, replacement) => {
    const model = distinctModel(2);
    const before = structuredClone(model.snapshot());
    const snapshot = { ...structuredClone(model.snapshot()) };
    snapshot.geometry.data.fill(9);
    if (replacement === null) delete snapshot[key];
    else snapshot[key] = replacement;
    expect(() => model.restore(snapshot, 3)).toThrow(GaussianError);
    expect(model.snapshot()).toEqual(before);
    model.dispose();
  });

  it('adopts ids from a file only when they are usable', () => {
    const model = new GaussianModel(2);
    model.append(2);
    expect(model.adoptIds(Uint32Array.of(7, 7))).toBe(false);
    expect(model.adoptIds(Uint32Array.of(0, 7))).toBe(false);
    expect(model.adoptIds(Uint32Array.of(0xffffffff, 7))).toBe(false);
    expect(model.adoptIds(Uint32Array.of(40, 7))).toBe(true);
    expect(model.nextId).toBe(41);
    model.dispose();
  });
});
