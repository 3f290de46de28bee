/** Extra views stay in the bounds of the photos' cameras and look at what those look at; splats that are no surface go. */
import { beforeAll, describe, expect, it } from 'vitest';
import { cameraCentre } from '#contract/camera';
import { focusPoint } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { orbitViews, upOf, withoutFloaters } from '../../../src-main/mesh/index';
import { lookAt, ring } from '../kernels/analytic';
import { Random } from '../kernels/scenes';

describe('the orbit', () => {
  const cameras = ring([1, 2, 0.5], 2, [0.2, 0.8], 9);

  it('stays within the cameras and looks at their focus', () => {
    const views = orbitViews(cameras, 12);
    expect(views).toHaveLength(12);
    const centres = cameras.map(cameraCentre);
    const focus = focusPoint(cameras);
    for (const view of views) {
      const centre = cameraCentre(view);
      centre.forEach((value, k) => {
        expect(value).toBeGreaterThanOrEqual(Math.min(...centres.map((c) => c[k])) - 1e-9);
        expect(value).toBeLessThanOrEqual(Math.max(...centres.map((c) => c[k])) + 1e-9);
      });
      const m = view.worldToCamera;
      const [x, y, z] = [0, 4, 8].map((r) => m[r] * focus[0] + m[r + 1] * focus[1] + m[r + 2] * focus[2] + m[r + 3]);
      expect(Math.hypot(x, y)).toBeLessThan(1e-9);
      expect(z).toBeGreaterThan(0);
    }
  });

  it('goes where photos were taken from, and nowhere with one', () => {
    const half = cameras.filter((camera) => cameraCentre(camera)[0] > 1.5);
    expect(orbitViews(half, 12).length).toBeLessThan(12);
    expect(orbitViews(cameras.slice(0, 1), 12)).toEqual([]);
  });

  it('knows which way photos were held', () => {
    expect(upOf(cameras)).toEqual([0, 0, 1]);
    expect(upOf([lookAt([0, 3, 1], [0, 0, 0])])[1]).toBeLessThan(0);
  });
});

describe('leaving splats out', () => {
  beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

  it('drops faint ones and small ones by themselves, and leaves rows in place', () => {
    const random = new Random(3);
    const count = 120;
    const row = (x: number, y: number, z: number, scale: number, logit: number): number[] => [
      x,
      y,
      z,
      scale,
      scale,
      scale,
      1,
      0,
      0,
      0,
      logit,
    ];
    const rows = Array.from({ length: count }, () => row(random.uniform(), random.uniform(), 0, -4, 2));
    rows[7] = row(0.5, 0.5, 0, -4, -5);
    rows[11] = row(40, 0, 0, -4, 2);
    rows[13] = row(-40, 0, 0, 4, 2);
    const source = Float32Array.from(rows.flat());
    const { geometry, faint, floaters } = withoutFloaters(source, count, 0.1);
    expect({ faint, floaters }).toEqual({ faint: 1, floaters: 1 });
    const gone = rows.flatMap((_, i) => (geometry[11 * i + 10] < -10 ? [i] : []));
    expect(gone).toEqual([7, 11]);
    expect(source[11 * 7 + 10]).toBe(-5);
  });
});
