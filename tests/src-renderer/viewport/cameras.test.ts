/** Camera maths: what WebGL draws where the pinhole says it is, and hands that keep what they promise. Tolerances are float64's. */
import { describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import {
  cameraToWorld,
  cross,
  dot,
  fitLens,
  lensOf,
  length,
  normalise,
  poseOf,
  projectionOf,
  subtract,
  upOf,
  worldToCameraOf,
} from '../../../src-renderer/viewport/cameras';
import type { Pose, Vector } from '../../../src-renderer/viewport/cameras';
import { frustumAt, projectPoint } from '../../../src-renderer/viewport/frustums';
import {
  between,
  dolly,
  focusOf,
  focusOn,
  frame,
  lookAround,
  orbit,
  pan,
} from '../../../src-renderer/viewport/navigation';
import { randomOf } from './seededScene';

const random = randomOf(9);
const vector = (): Vector => [random() - 0.5, random() - 0.5, random() - 0.5];
function somePose(): Pose {
  const forward = normalise(vector());
  return { centre: vector(), forward, down: normalise(cross(forward, normalise(vector()))) };
}
const camera = (pose: Pose): PinholeCamera => ({
  width: 640,
  height: 480,
  fx: 500,
  fy: 510,
  cx: 300,
  cy: 250,
  worldToCamera: worldToCameraOf(pose),
});
const close = (a: readonly number[], b: readonly number[], within = 1e-9): void =>
  a.forEach((value, k) => expect(Math.abs(value - b[k])).toBeLessThan(within));

describe('between OpenCV and WebGL', () => {
  it('draws a point where the pinhole projects it', () => {
    for (let i = 0; i < 50; i++) {
      const one = camera(somePose());
      const point = vector();
      const seen = projectPoint(one, point);
      const base: Vector = [0.3, -0.2, 0.1];
      const eye = cameraToWorld(one.worldToCamera, base);
      // World to eye: the inverse of a rigid column-major matrix.
      const from = point.map((v, k) => v - base[k] - eye[12 + k]);
      const p = [0, 1, 2].map((c) => from[0] * eye[4 * c] + from[1] * eye[4 * c + 1] + from[2] * eye[4 * c + 2]);
      const P = projectionOf(one, 0.1, 10);
      const clip = [0, 1, 3].map((r) => P[r] * p[0] + P[4 + r] * p[1] + P[8 + r] * p[2] + P[12 + r]);
      if (seen === null) {
        expect(clip[2]).toBeLessThan(1e-5);
        continue;
      }
      const pixel = [(clip[0] / clip[2] / 2 + 0.5) * one.width, (0.5 - clip[1] / clip[2] / 2) * one.height];
      close(pixel, seen, 1e-6);
    }
  });

  it('gives a pose back', () => {
    const pose = somePose();
    const back = poseOf(camera(pose));
    close(back.centre, pose.centre);
    close(back.forward, pose.forward);
    close(back.down, pose.down);
  });

  it('lays a lens whole and centred on a canvas of another shape', () => {
    const lens = lensOf(camera(somePose()));
    expect(fitLens(lens, 1280, 960)).toEqual({ width: 1280, height: 960, fx: 1000, fy: 1020, cx: 600, cy: 500 });
    // 100 pixels more on either side.
    expect(fitLens(lens, 840, 480)).toEqual({ width: 840, height: 480, fx: 500, fy: 510, cx: 400, cy: 250 });
  });

  it('takes up from how the photos were held', () => {
    const upright: Pose = { centre: [0, 0, 0], forward: [1, 0, 0], down: [0, 0, -1] };
    close(upOf([camera(upright), camera({ ...upright, forward: [0, 1, 0] })]), [0, 0, 1]);
    expect(upOf([])).toEqual([0, -1, 0]);
  });
});

describe('navigation', () => {
  const up: Vector = [0, -1, 0];
  const stand = {
    pose: { centre: [0, 0, -3] as Vector, forward: [0, 0, 1] as Vector, down: [0, 1, 0] as Vector },
    distance: 3,
  };

  it('orbits about the focus at the same distance, never over the pole', () => {
    let now = stand;
    for (let i = 0; i < 100; i++) now = orbit(now, up, 0.01, 0.05);
    close(focusOf(now), [0, 0, 0]);
    expect(length(now.pose.centre)).toBeCloseTo(3, 9);
    expect(Math.abs(dot(now.pose.forward, up))).toBeLessThanOrEqual(Math.cos((2.9 * Math.PI) / 180));
    expect(dot(now.pose.forward, now.pose.down)).toBeCloseTo(0, 9);
  });

  it('looks around from where it stands', () => {
    expect(lookAround(stand, up, 0.2, 0.1).pose.centre).toBe(stand.pose.centre);
  });

  it('pans so that the point under the hand stays under it', () => {
    const lens = { width: 400, height: 300, fx: 200, fy: 200, cx: 200, cy: 150 };
    const moved = pan(stand, lens, 30 / 300, -20 / 300);
    const at = (pose: Pose) => projectPoint({ ...lens, worldToCamera: worldToCameraOf(pose) }, [0, 0, 0]) ?? [0, 0];
    close(at(moved.pose), [at(stand.pose)[0] + 30, at(stand.pose)[1] - 20]);
  });

  it('comes nearer without passing the focus', () => {
    const near = dolly(stand, 1e-9, 0.01);
    expect(near.distance).toBe(0.01);
    close(focusOf(near), [0, 0, 0]);
  });

  it('frames a ball: its silhouette touches the nearest border', () => {
    const lens = { width: 400, height: 300, fx: 300, fy: 300, cx: 200, cy: 150 };
    const framed = frame(stand, [1, 2, 3], 0.5, lens);
    const angle = Math.asin(0.5 / length(subtract([1, 2, 3], framed.pose.centre)));
    expect(Math.tan(angle) * 300).toBeCloseTo(150, 6);
    expect(framed.pose.forward).toEqual(stand.pose.forward);
  });

  it('focuses on a point and arrives where it was sent', () => {
    const focused = focusOn(stand, [1, 0.5, 1]);
    close(focusOf(focused), [1, 0.5, 1]);
    expect(between(stand, focused, 1)).toBe(focused);
    expect(length(between(stand, focused, 0.4).pose.forward)).toBeCloseTo(1, 9);
  });
});

describe('frustums', () => {
  it('are met by a click on their image, the nearest first', () => {
    const viewer = camera({ centre: [0, 0, 0], forward: [0, 0, 1], down: [0, 1, 0] });
    const photo = (name: string, z: number) => ({
      name,
      heldOut: false,
      disabled: false,
      camera: camera({ centre: [0, 0, z], forward: [0, 0, 1], down: [0, 1, 0] }),
    });
    const photos = [photo('far', 4), photo('near', 2)];
    expect(frustumAt(photos, 5, viewer, 300, 250, 8)).toBe('near');
    expect(frustumAt(photos, 5, viewer, 5, 5, 8)).toBeNull();
  });
});
