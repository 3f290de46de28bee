/** The coordinates that a capture is read in: which it gets, that pictures stay what they are, and that nothing is lost on the way. */
import { describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { cameraCentre } from '#contract/camera';
import { captureExtent } from '../../../src-main/capture/cameras';
import { OWN_FRAME, isOwnFrame, positionsOfCapture } from '../../../src-main/capture/index';
import { cameraInFrame, placeInFrame, suitableFrame } from '../../../src-main/capture/sceneFrame';
import { ringCamera } from '../training/tinyCapture';

/** The ring of cameras around the origin, at another size and place. */
function ring(scale: number, offset: readonly [number, number, number]): PinholeCamera[] {
  return Array.from({ length: 9 }, (_, i) => {
    const camera = ringCamera((2 * Math.PI * i) / 9, 320, 240);
    const m = [...camera.worldToCamera];
    // X = scale·x + offset is seen as scale·(R·x + t).
    for (const at of [0, 4, 8])
      m[at + 3] = scale * m[at + 3] - (m[at] * offset[0] + m[at + 1] * offset[1] + m[at + 2] * offset[2]);
    return { ...camera, worldToCamera: m };
  });
}

function pixel(camera: PinholeCamera, [x, y, z]: readonly number[]): [number, number] {
  const m = camera.worldToCamera;
  const [a, b, c] = [0, 4, 8].map((at) => m[at] * x + m[at + 1] * y + m[at + 2] * z + m[at + 3]);
  return [(camera.fx * a) / c + camera.cx, (camera.fy * b) / c + camera.cy];
}

describe('the coordinates of a scene', () => {
  it('are the capture’s own where these suit it', () => {
    for (const [scale, offset] of [
      [1, [0, 0, 0]],
      [0.2, [3, -20, 5]],
      [50, [1000, 0, 0]],
    ] as const)
      expect(suitableFrame(ring(scale, offset))).toEqual(OWN_FRAME);
  });

  it.each([
    ['surveyed', 1, [500_000, 4_000_000, 300]],
    ['in millimetres', 1000, [0, 0, 0]],
    ['in kilometres', 0.001, [0, 0, 0]],
    ['in kilometres and surveyed', 0.001, [500, 4000, 0.3]],
  ] as const)(
    'are others for one %s: of normal size, around the cameras, with the same pictures',
    (_, scale, offset) => {
      const cameras = ring(scale, offset);
      const frame = suitableFrame(cameras);
      expect(isOwnFrame(frame)).toBe(false);
      const moved = cameras.map((camera) => cameraInFrame(camera, frame));
      const extent = captureExtent(moved);
      expect(extent).toBeGreaterThan(0.5);
      expect(extent).toBeLessThan(500);
      expect(Math.hypot(...cameraCentre(moved[0]))).toBeLessThan(100 * extent);
      // Again: nothing more to do.
      expect(suitableFrame(moved)).toEqual(OWN_FRAME);
      const point = [0.3, -0.2, 0.1].map((value, k) => scale * value + offset[k]);
      const inside = point.map((value, k) => placeInFrame(frame, value, k));
      cameras.forEach((camera, i) =>
        pixel(moved[i], inside).forEach((value, k) => expect(value).toBeCloseTo(pixel(camera, point)[k], 4)),
      );
      positionsOfCapture(inside, frame).forEach((value, k) => expect(value).toBeCloseTo(point[k], 9));
    },
  );
});
