/** The area is Σ_p o·G(p) of the reference's own projection, summed pixel by pixel. */
import { expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/index';
import { project } from '../../../src-main/kernels/projection.reference';
import { drawnArea } from '../../../src-main/labels/drawnArea';

const camera = {
  ...{ width: 160, height: 120, fx: 150, fy: 140, cx: 78, cy: 61 },
  worldToCamera: [0.8, 0, -0.6, 0.1, 0, 1, 0, -0.2, 0.6, 0, 0.8, 3, 0, 0, 0, 1],
};

it('is what a splat would fill alone, within 3 %', () => {
  const random = new CounterRandom(3, 'drawn area');
  for (let i = 0; i < 20; i++) {
    const at = (k: number): number => random.normal(11 * i + k);
    const geometry = Float32Array.from([
      ...[0.2 * at(0), 0.2 * at(1), 0.2 * at(2)],
      ...[-2.5 + 0.4 * at(3), -2.5 + 0.4 * at(4), -2.5 + 0.4 * at(5)],
      ...[1 + 0.5 * at(6), 0.5 * at(7), 0.5 * at(8), 0.5 * at(9)],
      3,
    ]);
    const projected = project(geometry, 0, camera, false, 0);
    if (!projected) throw new Error(`splat ${i} is not drawn`);
    const { mean, conic, opacity } = projected;
    let sum = 0;
    for (let y = 0; y < camera.height; y++)
      for (let x = 0; x < camera.width; x++) {
        const [dx, dy] = [x + 0.5 - mean[0], y + 0.5 - mean[1]];
        sum += opacity * Math.exp(-0.5 * (conic[0] * dx * dx + 2 * conic[1] * dx * dy + conic[2] * dy * dy));
      }
    expect(Math.abs(drawnArea(geometry, 0, camera) / sum - 1)).toBeLessThan(0.03);
  }
});
