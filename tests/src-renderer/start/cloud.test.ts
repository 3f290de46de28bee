import { describe, expect, it } from 'vitest';
import { frustumLines, orbitProjection, sceneFrame } from '../../../src-renderer/start/cloud';

/** At (0, 0, −2), looking along +z, y down. */
const camera = {
  width: 40,
  height: 20,
  fx: 20,
  fy: 20,
  cx: 20,
  cy: 10,
  worldToCamera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1],
};
const cube = [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [-1, 1].flatMap((z) => [x, y, z])));

describe('the preview’s picture', () => {
  it('frames the scene and not its stray points', () => {
    const positions = [...Array.from({ length: 100 }, () => cube).flat(), 1000, 1000, 1000];
    const frame = sceneFrame({ cloud: { positions, colours: [] }, cameras: [] });
    expect(frame.centre).toEqual([0, 0, 0]);
    expect(frame.extent).toBe(1);
  });

  it('finds up from the cameras', () => {
    const frame = sceneFrame({
      cloud: { positions: cube, colours: [] },
      cameras: [{ photo: 'a', heldOut: false, camera }],
    });
    expect(frame.up.map((part) => part + 0)).toEqual([0, -1, 0]);
  });

  it('draws a frustum from the camera’s centre to its image’s corners', () => {
    const lines = frustumLines(camera, 1);
    expect(lines).toHaveLength(8);
    expect(lines[0].map((end) => end.map((part) => part + 0))).toEqual([
      [0, 0, -2],
      [-1, -0.5, -1],
    ]);
  });

  it('puts the centre in the middle, up upwards, and the whole scene into the canvas from every side', () => {
    const frame = { centre: [3, 4, 5] as const, extent: 1, up: [0, -1, 0] as const };
    for (let turn = 0; turn < 12; turn++) {
      const project = orbitProjection(frame, turn * 0.7, Math.sin(turn), 300, 200);
      const [x, y] = project(3, 4, 5);
      expect(x).toBeCloseTo(150, 9);
      expect(y).toBeCloseTo(100, 9);
      expect(project(3, 3, 5)[1]).toBeLessThan(100);
      const across = [
        [4, 4, 5],
        [3, 4, 6],
      ].map(([px, py, pz]) => project(px, py, pz));
      for (const [px, py] of across) {
        expect(Math.abs(px - 150)).toBeLessThan(150);
        expect(Math.abs(py - 100)).toBeLessThan(100);
      }
    }
  });
});
