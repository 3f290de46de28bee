/** Colours of S_G: the directions that differ most, and the same colours when little changes. */
import { expect, it } from 'vitest';
import { PrincipalAxes } from '../../../../src-main/training/viewer/principalAxes';
import { Random } from '../../kernels/scenes';

const COUNT = 2000;

/** Directions around one, wide along the axes 1, 4 and 6 in that order. */
function splats(seed: number): Float32Array {
  const random = new Random(seed);
  const spread = [0, 0.6, 0.02, 0.02, 0.35, 0.02, 0.2, 0.02];
  return Float32Array.from({ length: 9 * COUNT }, (_, i) =>
    i % 9 === 8 ? 0 : (i % 9 === 0 ? 3 : 0) + 2 * spread[i % 9] * random.normal(),
  );
}

it('shows the three widest directions, steadily', () => {
  const axes = new PrincipalAxes();
  const first = splats(1);
  axes.follow(first, COUNT);
  const before = new Uint32Array(COUNT);
  axes.colours(first, 9, before);
  const rgb = (colour: number, k: number): number => (colour >>> (8 * k)) & 255;
  [1, 4, 6].forEach((column, k) => {
    // Red goes with column 1 and so on, with one sign for all splats: correlation near ±1.
    let [xy, xx, yy] = [0, 0, 0];
    for (let row = 0; row < COUNT; row++) {
      const at = first.subarray(9 * row, 9 * row + 8);
      const x = at[column] / Math.hypot(...at);
      const y = rgb(before[row], k) - 127.5;
      xy += x * y;
      xx += x * x;
      yy += y * y;
    }
    expect(Math.abs(xy / Math.sqrt(xx * yy))).toBeGreaterThan(0.95);
  });
  // Other draws of the same kind: axes follow without jumping.
  for (let seed = 2; seed < 12; seed++) axes.follow(splats(seed), COUNT);
  const after = new Uint32Array(COUNT);
  axes.colours(first, 9, after);
  let change = 0;
  for (let row = 0; row < COUNT; row++)
    for (let k = 0; k < 3; k++) change = Math.max(change, Math.abs(rgb(before[row], k) - rgb(after[row], k)));
  expect(change).toBeLessThan(40);
});
