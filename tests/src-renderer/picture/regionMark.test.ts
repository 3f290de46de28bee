/** An uncertain region over the picture: dots where its splats are seen, a ring as long as it fits. */
import { describe, expect, it } from 'vitest';
import { regionMark } from '../../../src-renderer/picture/regionMark';

const camera = {
  ...{ width: 200, height: 100, fx: 100, fy: 100, cx: 100, cy: 50 },
  worldToCamera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
};

describe('the mark of a region', () => {
  it('has a dot for each splat before the camera, in CSS pixels, and a ring about all', () => {
    const points = [
      [0, 0, 2],
      [1, -0.5, 2],
      [0, 0, -1],
    ] as const;
    const mark = regionMark({ centre: [0, 0, 2], radius: 0.5 }, points, camera, 0.5)!;
    expect(mark.dots).toBe('M50.0 25.0h0M75.0 12.5h0');
    expect([mark.x, mark.y]).toEqual([50, 25]);
    expect(mark.r).toBeGreaterThan((0.5 * 100 * 0.5) / 2);
  });

  it('has no ring that the picture could not hold, and is nothing behind the camera', () => {
    expect(regionMark({ centre: [0, 0, 2], radius: 2 }, [], camera, 1)?.r).toBeNull();
    expect(regionMark({ centre: [0, 0, -2], radius: 1 }, [], camera, 1)).toBeNull();
  });
});
