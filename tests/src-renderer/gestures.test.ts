import { describe, expect, it } from 'vitest';
import { labelCommands } from '#contract/labels';
import { extend, gestureCamera, modeOf, regionOf, scaleRegion } from '../../src-renderer/gestures';
import type { Point } from '../../src-renderer/gestures';

const keys = (held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey', boolean>>) => ({
  ...{ shiftKey: false, ctrlKey: false, metaKey: false },
  ...held,
});
const camera = {
  ...{ width: 2560, height: 1000, fx: 1000, fy: 1000, cx: 1280, cy: 500 },
  worldToCamera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
};

describe('gestures', () => {
  it('mean what the keys say', () => {
    expect([{}, { shiftKey: true }, { ctrlKey: true }, { metaKey: true }].map((held) => modeOf(keys(held)))).toEqual([
      ...['add', 'add', 'remove', 'remove'],
    ]);
    expect(modeOf(keys({ ctrlKey: true, shiftKey: true }))).toBe('intersect');
  });

  it('become regions, and clicks none but of the brush', () => {
    expect(regionOf('rectangle', [[5, 6]], [1, 2], 9)).toEqual({ kind: 'rectangle', from: [5, 6], to: [1, 2] });
    expect(regionOf('rectangle', [[5, 6]], [5, 6], 9)).toBeNull();
    expect(regionOf('lasso', [[0, 0]], [40, 40], 9)).toBeNull();
    expect(regionOf('brush', [[5, 6]], [5, 6], 9)).toMatchObject({ kind: 'brush', radius: 9 });
    const path: Point[] = [];
    for (let i = 0; i < 30_000; i++) extend(path, [i, 3 * i]);
    extend(path, path[0]);
    expect(path.length).toBeLessThan(10_000);
  });

  it('scale with the camera that they are sent with: the same place of the scene', () => {
    const { camera: sent, scale } = gestureCamera(camera, 1280);
    expect(sent.width).toBe(1280);
    expect(scale).toBe(1);
    // A CSS pixel is two of the canvas here; both cameras look along the same ray through it.
    const [x, y] = [100, 50];
    const region = scaleRegion({ kind: 'brush', points: [[x, y]], radius: 10 }, scale);
    if (region.kind !== 'brush') throw new Error('not a brush');
    const [[px, py]] = region.points;
    expect((px - sent.cx) / sent.fx).toBeCloseTo((2 * x - camera.cx) / camera.fx, 9);
    expect((py - sent.cy) / sent.fy).toBeCloseTo((2 * y - camera.cy) / camera.fy, 9);
    expect(region.radius / sent.fx).toBeCloseTo(20 / camera.fx, 9);
    const command = {
      ...{ type: 'label', region, camera: sent, through: false, mode: 'add', keepExisting: false },
      target: { kind: 'class', class: 1 },
    };
    expect(labelCommands[0].safeParse(command).success).toBe(true);
  });
});
