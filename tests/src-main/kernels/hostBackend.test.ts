/** Who owns the arrays of tensors: outputs return to the pool with their last tensor, and never while anyone holds them. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArrayPool, HostBackend } from '../../../src-main/kernels/hostBackend';
import { initKernels, photoToTensor } from '../../../src-main/kernels/index';

describe('array pool', () => {
  it('hands an array out again by length', () => {
    const pool = new ArrayPool();
    const array = pool.take(5);
    pool.give(array);
    expect(pool.bytes).toBe(20);
    expect(pool.take(4)).not.toBe(array);
    expect(pool.take(5)).toBe(array);
    expect(pool.take(5)).not.toBe(array);
    expect(pool.bytes).toBe(0);
  });

  it('drops lengths that nobody asks for any more', () => {
    const pool = new ArrayPool();
    pool.give(pool.take(1000));
    for (let i = 0; i < 600; i++) pool.give(pool.take(3));
    expect(pool.bytes).toBe(12);
  });
});

describe('host backend', () => {
  beforeAll(async () => void (await initKernels({ backend: 'reference' })));

  const photo = (): tf.Tensor3D => photoToTensor(Uint8Array.of(1, 2, 3), 1, 1);

  it('adds equal shapes itself and leaves the rest to the stock kernel', () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      expect([...rows.add(tf.tensor2d([10, 20, 30, 40], [2, 2])).dataSync()]).toEqual([11, 22, 33, 44]);
      expect([...rows.add(tf.tensor1d([10, 20])).dataSync()]).toEqual([11, 22, 13, 24]);
      const whole = tf.tensor1d([1, 2], 'int32').add(tf.tensor1d([3, 4], 'int32'));
      expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 4, 6]);
    });
  });

  it('reuses the array of a disposed output, but not while a clone lives', () => {
    const first = photo();
    const array = first.dataSync();
    const clone = first.clone();
    first.dispose();
    const second = photo();
    expect(second.dataSync()).not.toBe(array);
    clone.dispose();
    const third = photo();
    expect(third.dataSync()).toBe(array);
    tf.dispose([second, third]);
  });

  it('leaves an array alone that moved to another backend', async () => {
    const tensor = photo();
    const array = tensor.dataSync();
    await tf.setBackend('cpu');
    const same = tf.add(tensor, 0);
    await initKernels({ backend: 'reference' });
    const other = photo();
    expect(other.dataSync()).not.toBe(array);
    tf.dispose([tensor, same, other]);
  });

  it('runs stock ops too', () => {
    expect(tf.backend()).toBeInstanceOf(HostBackend);
    expect([...tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]))).dataSync()]).toEqual([11]);
  });
});
