import { describe, expect, it } from 'vitest';
import { captureExtent, splitHoldout } from '../../../src-main/capture/cameras';

const at = (x: number, y: number, z: number) => ({
  ...{ width: 8, height: 6, fx: 7, fy: 7, cx: 4, cy: 3 },
  worldToCamera: [1, 0, 0, -x, 0, 1, 0, -y, 0, 0, 1, -z, 0, 0, 0, 1],
});

describe('captureExtent', () => {
  it('is 1.1 × the largest distance from the mean camera', () => {
    expect(captureExtent([at(0, 0, 0), at(6, 0, 0), at(0, 3, 0)])).toBeCloseTo(1.1 * Math.hypot(4, 1), 12);
  });

  it('is 1 where all cameras stand at one point, and refuses none', () => {
    expect(captureExtent([at(1, 2, 3), at(1, 2, 3)])).toBe(1);
    expect(() => captureExtent([])).toThrow(RangeError);
  });
});

describe('splitHoldout', () => {
  const photos = ['d', 'b', 'a', 'c', 'e'].map((name) => ({ name }));

  it('takes every nth by name, starting with the first', () => {
    expect(splitHoldout(photos, 2)).toEqual({ heldOut: [2, 3, 4], training: [1, 0] });
    expect(splitHoldout(photos, 8)).toEqual({ heldOut: [2], training: [1, 3, 0, 4] });
    expect(splitHoldout(photos, 0).heldOut).toEqual([]);
  });

  it('refuses to hold out everything', () => {
    expect(() => splitHoldout(photos, 1)).toThrow(RangeError);
    expect(() => splitHoldout(photos, 2.5)).toThrow(RangeError);
  });
});
