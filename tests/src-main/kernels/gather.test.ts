/** Picked rows and pixels, and their gradients: a row that is picked twice adds up, one that is not gets 0. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatherPixels, gatherRows, initKernels } from '../../../src-main/kernels/index';
import { BACKENDS } from './backends';

describe.each(BACKENDS)('gathering on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));

  it('rows', () => {
    tf.tidy(() => {
      const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
      const rows = Int32Array.of(2, 0, 2);
      expect([...gatherRows(table, rows).dataSync()]).toEqual([5, 6, 1, 2, 5, 6]);
      const weights = tf.tensor2d([1, 10, 2, 20, 3, 30], [3, 2]);
      const gradient = tf.grad((t: tf.Tensor) => gatherRows(t, rows).mul(weights).sum())(table);
      expect([...gradient.dataSync()]).toEqual([2, 20, 0, 0, 4, 40]);
      expect(() => gatherRows(table, Int32Array.of(3))).toThrow('rows');
    });
  });

  it('pixels', () => {
    tf.tidy(() => {
      const image = tf.range(0, 24).reshape<tf.Tensor3D>([4, 2, 3]);
      const pixels = Int32Array.of(5, 0, 5);
      expect([...gatherPixels(image, 1, 2, pixels).dataSync()]).toEqual([11, 17, 6, 12, 11, 17]);
      const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
      const gradient = tf.grad((t: tf.Tensor) =>
        gatherPixels(t as tf.Tensor3D, 1, 2, pixels)
          .mul(weights)
          .sum(),
      )(image);
      const expected = new Array<number>(24).fill(0);
      Object.assign(expected, { 11: 6, 17: 8, 6: 3, 12: 4 });
      expect([...gradient.dataSync()]).toEqual(expected);
      expect(() => gatherPixels(image, 3, 2, pixels)).toThrow('planes');
      expect(() => gatherPixels(image, 0, 1, Int32Array.of(6))).toThrow('pixels');
    });
  });
});
