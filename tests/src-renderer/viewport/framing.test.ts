/** Where the camera is sent: photos, all of the scene, some of its splats. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import { CameraControl } from '../../../src-renderer/viewport/cameraControl';
import { Framing } from '../../../src-renderer/viewport/framing';
import type { PhotoCamera } from '../../../src-renderer/viewport/interface';
import { Pointing } from '../../../src-renderer/viewport/pointing';
import { defaultProps } from '../../../src-renderer/viewport/interface';
import type { Viewport } from '../../../src-renderer/viewport/viewport';

const camera = (x: number): PinholeCamera => ({
  ...{ width: 400, height: 300, fx: 300, fy: 300, cx: 200, cy: 150 },
  worldToCamera: [1, 0, 0, -x, 0, 1, 0, 0, 0, 0, 1, 5, 0, 0, 0, 1],
});
const photo = (name: string, x: number): PhotoCamera => ({ name, camera: camera(x), heldOut: false, disabled: false });

const centres: Record<number, readonly [number, number, number]> = { 4: [1, 0, 0], 7: [2, 0, 0] };
const depth = 4;
const seen = {
  splat: { id: 4 },
  ...{ weight: 1, alpha: 1, depth, ids: [4], weights: [1] },
};
/** A scene of radius 2 about its origin; something lies at the left half of the canvas. */
const viewport = {
  newest: { frame: { header: { centre: [0, 0, 0], radius: 2, extent: 10 } } },
  centresOf: (ids: readonly number[]) => ids.flatMap((id) => (id in centres ? [centres[id]] : [])),
  pick: (x: number) => (x < 200 ? seen : null),
} as unknown as Viewport;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function control() {
  const made = new CameraControl({ moved: () => undefined, rested: () => undefined }, true);
  made.resize(400, 300);
  return made;
}
/** Distance of a world point along the optical axis, and how far it lies beside it. */
function placeOf({ worldToCamera: m }: PinholeCamera, [x, y, z]: readonly [number, number, number]) {
  const [px, py, pz] = [0, 4, 8].map((r) => m[r] * x + m[r + 1] * y + m[r + 2] * z + m[r + 3]);
  return { beside: Math.hypot(px, py), ahead: pz };
}

describe('framing', () => {
  it('looks first through the first photo, and names it', () => {
    const cameras = control();
    const framing = new Framing(cameras, () => viewport);
    framing.place([photo('a', 0), photo('b', 3)]);
    framing.firstLook();
    expect(cameras.photo).toBe('a');
    framing.showPhoto('b');
    expect([cameras.photo, cameras.camera().worldToCamera[3]]).toEqual(['b', -3]);
    framing.showPhoto('none of these');
    expect(cameras.photo).toBe('b');
  });

  it('shows everything where there is no photo, and where no splat lives', () => {
    const cameras = control();
    const framing = new Framing(cameras, () => viewport);
    framing.place([]);
    framing.firstLook();
    const all = placeOf(cameras.camera(), [0, 0, 0]);
    expect(all.beside).toBeCloseTo(0, 6);
    framing.frameSplats([4, 7]);
    const near = placeOf(cameras.camera(), [1.5, 0, 0]);
    expect(near.beside).toBeCloseTo(0, 6);
    // A sphere of radius ½ in place of one of radius 2.
    expect(near.ahead).toBeCloseTo(all.ahead / 4, 5);
    framing.frameSplats([99]);
    expect(placeOf(cameras.camera(), [0, 0, 0])).toEqual({
      beside: expect.closeTo(0, 6) as number,
      ahead: expect.closeTo(all.ahead, 5) as number,
    });
  });

  it('is harmless while there is no picture', () => {
    const cameras = control();
    const before = cameras.camera();
    const framing = new Framing(cameras, () => null);
    framing.frameAll();
    framing.frameSplats([4]);
    expect(cameras.camera()).toEqual(before);
  });
});

describe('pointing', () => {
  const told: [string, ...unknown[]][] = [];
  let resting = true;
  const pointing = (frustums: boolean) =>
    new Pointing({
      ...{ viewport: () => viewport, camera: () => camera(0), ratio: () => 2, resting: () => resting },
      props: () => ({ ...defaultProps, frustums, photos: [photo('a', 0.1)] }),
      emit: (event, ...values) => told.push([event, ...values]),
    });
  beforeEach(() => {
    told.length = 0;
    resting = true;
  });

  it('tells a picked splat in CSS pixels, and its point on the ray at the picked depth', () => {
    expect(pointing(false).pickAt(50, 60)).toEqual({ x: 50, y: 60, ...seen });
    expect(pointing(false).pickAt(150, 60)).toBeNull();
    expect(pointing(false).pointAt(150, 60)).toBeNull();
    // Pixel (100, 120) of the canvas, 4 ahead of a camera at z = −5.
    const point = pointing(false).pointAt(50, 60)!;
    expect(point[0]).toBeCloseTo(((100 - 200) / 300) * depth, 6);
    expect(point[1]).toBeCloseTo(((120 - 150) / 300) * depth, 6);
    expect(point[2]).toBeCloseTo(depth - 5, 6);
  });

  it('tells what lies under the pointer a moment later, while the camera rests', () => {
    const hand = pointing(false);
    hand.hoverOver([10, 10]);
    hand.hoverOver([20, 10]);
    vi.advanceTimersByTime(100);
    expect(told).toEqual([['hover', { x: 20, y: 10, ...seen }]]);
    resting = false;
    hand.hoverAgain();
    vi.advanceTimersByTime(100);
    hand.hoverOver(null);
    expect(told.slice(1)).toEqual([['hover', null]]);
    resting = true;
    hand.hoverAgain();
    vi.advanceTimersByTime(100);
    expect(told).toHaveLength(2);
  });

  it('picks with a click that picks, and never a frustum then', () => {
    pointing(true).click(50, 60, { picks: true, add: true });
    expect(told).toEqual([['pick', { x: 50, y: 60, ...seen }, true]]);
    told.length = 0;
    pointing(false).click(50, 60, { picks: false, add: false });
    expect(told).toEqual([]);
  });
});
