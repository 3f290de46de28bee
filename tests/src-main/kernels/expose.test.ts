/** An exposed picture against its formula, and its gradients against central differences. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/random';
import { expose, initKernels } from '../../../src-main/kernels/index';
import { BACKENDS } from './backends';

const [HEIGHT, WIDTH] = [3, 5];
const PIXELS = HEIGHT * WIDTH;

const random = new CounterRandom(3, 'exposure');
const draw = (from: number, count: number) => Array.from({ length: count }, (_, i) => random.uniform(from + i));
const image = draw(0, 4 * PIXELS);
const exposure = draw(1000, 12).map((value, k) => (k % 5 === 0 ? 1 : 0) + 0.4 * (value - 0.5));
const weights = draw(2000, 3 * PIXELS);

/** Σ weights·C′, in double. */
function loss(colours: readonly number[], map: readonly number[]): number {
  let sum = 0;
  for (let row = 0; row < 3; row++)
    for (let i = 0; i < PIXELS; i++) {
      const exposed = [0, 1, 2].reduce(
        (value, k) => value + map[4 * row + k] * colours[k * PIXELS + i],
        map[4 * row + 3],
      );
      sum += weights[row * PIXELS + i] * exposed;
    }
  return sum;
}

/** Central differences of a function that is linear in each argument are exact. */
function slopes(values: readonly number[], of: (values: number[]) => number): number[] {
  return values.map((_, at) => {
    const moved = (by: number) => values.map((value, i) => (i === at ? value + by : value));
    return of(moved(0.5)) - of(moved(-0.5));
  });
}

describe.each(BACKENDS)('expose on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 1 }));

  it('is the affine map of every pixel, with its gradients', () => {
    tf.tidy(() => {
      const colours = tf.tensor3d(image, [4, HEIGHT, WIDTH]);
      const map = tf.tensor2d(exposure, [3, 4]);
      const weighted = (c: tf.Tensor, e: tf.Tensor) =>
        expose(c as tf.Tensor3D, e)
          .mul(tf.tensor3d(weights, [3, HEIGHT, WIDTH]))
          .sum();
      expect(weighted(colours, map).dataSync()[0]).toBeCloseTo(loss(image, exposure), 4);
      const [toImage, toExposure] = tf.grads(weighted)([colours, map]);
      const expected = [slopes(image, (c) => loss(c, exposure)), slopes(exposure, (e) => loss(image, e))];
      [toImage, toExposure].forEach((gradient, which) =>
        gradient.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[which][i], 5)),
      );
      // The plane behind the colours has no part in it.
      expect([...toImage.dataSync().slice(3 * PIXELS)]).toEqual(new Array(PIXELS).fill(0));
    });
  });

  it('refuses what is no picture or no exposure', () => {
    tf.tidy(() => {
      expect(() => expose(tf.zeros([2, 4, 4]), tf.zeros([3, 4]))).toThrow('image');
      expect(() => expose(tf.zeros([3, 4, 4]), tf.zeros([4, 3]))).toThrow('exposure');
    });
  });
});
