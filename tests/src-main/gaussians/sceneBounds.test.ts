import { describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { GaussianError } from '../../../src-main/gaussians/errors';
import { cameraBounds, cameraExtent, focusPoint, meanCentre } from '../../../src-main/gaussians/sceneBounds';
import { cameraAt } from './cameras';

const ring = (count: number, radius: number, target: [number, number, number] = [0, 0, 0]): PinholeCamera[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return cameraAt(
      [target[0] + radius * Math.cos(angle), target[1] + 1, target[2] + radius * Math.sin(angle)],
      target,
    );
  });

describe('scene bounds', () => {
  it('has an extent of 1.1 × the largest distance from the mean camera', () => {
    expect(cameraExtent(ring(8, 3))).toBeCloseTo(3.3, 9);
    expect(cameraExtent(ring(1, 3))).toBe(1);
    expect(() => cameraExtent([])).toThrow(GaussianError);
  });

  it('finds what a ring of cameras looks at', () => {
    const focus = focusPoint(ring(12, 4, [5, -2, 7]));
    [5, -2, 7].forEach((value, axis) => expect(focus[axis]).toBeCloseTo(value, 6));
  });

  it('looks one extent ahead where the axes are parallel', () => {
    const cameras = [-1, 0, 1].map((x) => cameraAt([x, 0, 0], [x, 0, 10]));
    const focus = focusPoint(cameras);
    [0, 0, 1.1].forEach((value, axis) => expect(focus[axis]).toBeCloseTo(value, 6));
  });

  it('bounds all cameras and the focus, with volume even for a flat ring', () => {
    const cameras = ring(12, 4);
    const { min, max } = cameraBounds(cameras);
    const [, height] = meanCentre(cameras);
    expect(min[1]).toBeLessThan(0);
    expect(max[1]).toBeGreaterThanOrEqual(height);
    for (let axis = 0; axis < 3; axis++) expect(max[axis] - min[axis]).toBeGreaterThanOrEqual(4.4 - 1e-9);
  });
});
