/**
 * Lenses against values worked out from the published formulas, their Jacobians against central differences, and their inverse
 * against them.
 */
import { describe, expect, it } from 'vitest';
import { degenerate, intrinsicsOf } from '../../../src-main/capture/intrinsics';
import { distort, fisheyeLens, fovLens, perspectiveLens, type Distortion } from '../../../src-main/capture/lens';
import { degreesAcross, foldRadius, rayOf } from '../../../src-main/capture/lensInverse';
import { seeded } from './fixtures';

const perspective = (terms: Parameters<typeof perspectiveLens>[0]) => perspectiveLens(terms)!;
const LENSES: Record<string, Distortion> = {
  SIMPLE_RADIAL: perspective({ k1: 0.12 }),
  BROWN_4: perspective({ k1: 0.12, k2: -0.03, k3: 0.01, b4: -0.002, p1: 0.001 }),
  OPENCV: perspective({ k1: -0.1, k2: 0.03, p1: 0.004, p2: -0.003 }),
  FULL_OPENCV: perspective({ k1: 0.1, k2: 0.02, k3: 0.003, k4: 0.05, k5: 0.01, k6: 0.002, p1: 0.001, p2: -0.002 }),
  FISHEYE: fisheyeLens({}),
  OPENCV_FISHEYE: fisheyeLens({ k1: -0.03, k2: 0.004, k3: -0.001, k4: 0.0002 }),
  THIN_PRISM_FISHEYE: fisheyeLens({ k1: 0.02, k2: -0.004, p1: 0.001, p2: -0.002, k3: 0.001, sx1: 0.003, sy1: -0.001 }),
  FOV: fovLens(1.2)!,
};

describe('distort', () => {
  it('agrees with FULL_OPENCV worked out by hand', () => {
    // (x, y) = (0.5, −0.25): r² = 0.3125, r⁴ = 0.09765625, r⁶ = 0.030517578125
    // above = 1 + 0.03125 + 0.001953125 + 0.000091552734375 = 1.033294677734375
    // below = 1 + 0.015625 + 0.0009765625 + 0.00006103515625 = 1.01666259765625
    const m = 1.033294677734375 / 1.01666259765625;
    // 2·p1·xy = −0.00025; p2·(r² + 2x²) = −0.002 · 0.8125; p1·(r² + 2y²) = 0.001 · 0.4375; 2·p2·xy = 0.0005
    const { x, y } = distort(LENSES.FULL_OPENCV, 0.5, -0.25);
    expect(x).toBeCloseTo(0.5 * m - 0.00025 - 0.001625, 14);
    expect(y).toBeCloseTo(-0.25 * m + 0.0004375 + 0.0005, 14);
  });

  it('agrees with the fisheyes worked out by hand', () => {
    // At 45° to the right: θ = π/4 = 0.7853981633974483, θ² = 0.6168502750680849.
    const plain = distort(fisheyeLens({}), 1, 0);
    expect([plain.x, plain.y]).toEqual([Math.PI / 4, 0]);
    // θ·(1 + 0.1·θ²) = 0.7853981633974483 · 1.0616850275068084
    expect(distort(fisheyeLens({ k1: 0.1 }), 1, 0).x).toBeCloseTo(0.7853981633974483 * 1.0616850275068084, 14);
    // θ⁴ = 0.3805042618…, θ⁶ = 0.2347141586…, θ⁸ = 0.1447834932…; with k = 1, 2, 3, 4:
    // m = 1 + 0.6168502751 + 0.7610085237 + 0.7041424759 + 0.5791339729 = 3.6611352476
    expect(distort(fisheyeLens({ k1: 1, k2: 2, k3: 3, k4: 4 }), 1, 0).x).toBeCloseTo(0.7853981634 * 3.6611352476, 8);
    // Decentring and prism at (u, v) = (0, θ): x' = p2·θ² + sx1·θ², y' = θ + 3·p1·θ² + sy1·θ²
    const thin = distort(fisheyeLens({ p1: 0.01, p2: 0.02, sx1: 0.03, sy1: 0.04 }), 0, 1);
    expect(thin.x).toBeCloseTo(0.05 * 0.6168502750680849, 14);
    expect(thin.y).toBeCloseTo(0.7853981633974483 + 0.07 * 0.6168502750680849, 14);
  });

  it('agrees with FOV worked out by hand', () => {
    // ω = 90°: 2·tan(ω/2) = 2. r = 1/2: atan(1)/ω = 1/2. r = √3/2: atan(√3)/ω = 2/3.
    const lens = fovLens(Math.PI / 2)!;
    expect(distort(lens, 0.5, 0).x).toBeCloseTo(0.5, 15);
    expect(distort(lens, 0, -Math.sqrt(3) / 2).y).toBeCloseTo(-2 / 3, 15);
    // The centre grows by 2·tan(ω/2)/ω, and the limit ω → 0 is a pinhole.
    expect(distort(lens, 1e-9, 0).jacobian[0]).toBeCloseTo(4 / Math.PI, 14);
    expect(distort(fovLens(1e-7)!, 0.3, 0.4).x).toBeCloseTo(0.3, 12);
    expect([fovLens(0), fovLens(-0.5)]).toEqual([null, { kind: 'fov', omega: 0.5 }]);
  });

  it.each(Object.entries(LENSES))('has the Jacobian of its differences: %s', (_, lens) => {
    const random = seeded(11);
    const step = 1e-5;
    for (let run = 0; run < 200; run++) {
      // Down to the axis, where θ/r and atan(cr)/r are series.
      const reach = 10 ** (-4 * random());
      const [x, y] = [(2 * random() - 1) * reach, (2 * random() - 1) * reach];
      const { jacobian } = distort(lens, x, y);
      const [right, left] = [distort(lens, x + step, y), distort(lens, x - step, y)];
      const [below, above] = [distort(lens, x, y + step), distort(lens, x, y - step)];
      const differences = [right.x - left.x, below.x - above.x, right.y - left.y, below.y - above.y];
      // Truncation step²·f‴/6 and rounding 1e-16/step both lie near 1e-11.
      differences.forEach((difference, i) => expect(jacobian[i]).toBeCloseTo(difference / (2 * step), 9));
    }
  });
});

describe('rayOf', () => {
  it.each(Object.entries(LENSES))('undoes %s', (_, lens) => {
    const random = seeded(5);
    for (let run = 0; run < 300; run++) {
      const [x, y] = [1.6 * random() - 0.8, 1.6 * random() - 0.8];
      const bent = distort(lens, x, y);
      const ray = rayOf(lens, bent.x, bent.y)!;
      expect(Math.hypot(...ray)).toBeCloseTo(1, 12);
      expect(ray[0] / ray[2]).toBeCloseTo(x, 10);
      expect(ray[1] / ray[2]).toBeCloseTo(y, 10);
    }
    expect(rayOf(lens, 0, 0)).toEqual([0, 0, 1]);
  });

  it('sees behind 90° through a fisheye, and nowhere beyond what a lens bends', () => {
    // θ = 1.7 rad = 97.4°, in the direction (0.6, 0.8).
    const behind = rayOf(fisheyeLens({}), 1.7 * 0.6, 1.7 * 0.8)!;
    [0.6 * Math.sin(1.7), 0.8 * Math.sin(1.7), Math.cos(1.7)].forEach((v, i) => expect(behind[i]).toBeCloseTo(v, 12));
    expect(rayOf(fisheyeLens({}), 3.2, 0)).toBeNull();
    // r·(1 − r²) has its largest value 0.385 at r = 0.577: no ray leads to 0.4, and 0.38 comes from before the fold.
    const folding = perspective({ k1: -1 });
    expect(rayOf(folding, 0.4, 0)).toBeNull();
    const before = rayOf(folding, 0.38, 0)!;
    expect(before[0] / before[2]).toBeLessThan(1 / Math.sqrt(3));
    expect(rayOf(LENSES.FOV, 1.4, 0)).toBeNull();
    for (const lens of Object.values(LENSES)) {
      expect(rayOf(lens, Number.NaN, 0)).toBeNull();
      expect(rayOf(lens, 1e12, 0)).toBeNull();
    }
  });

  it('tells the field of view', () => {
    // An equidistant fisheye of f = 200 px sees 150° on 2 · 75° · π/180 · 200 = 523.6 px; a pinhole of that size 105.2°.
    const fisheye = { width: 523.6, fx: 200, cx: 261.8 };
    expect(degreesAcross(fisheye, fisheyeLens({}))).toBeCloseTo(150, 2);
    expect(degreesAcross(fisheye, null)).toBeCloseTo((2 * Math.atan(1.309) * 180) / Math.PI, 10);
    expect(degreesAcross({ width: 700, fx: 200, cx: 350 }, fisheyeLens({}))).toBeCloseTo(200.5, 1);
    expect(degreesAcross({ width: 700, fx: 200, cx: 350 }, perspective({ k1: -1 }))).toBeNull();
  });
});

describe('foldRadius', () => {
  it('is where the picture turns back', () => {
    // d(r·(1 + k·r²))/dr = 1 + 3k·r² = 0
    expect(foldRadius(perspective({ k1: -1 }), 2)).toBeCloseTo(1 / Math.sqrt(3), 10);
    expect(foldRadius(perspective({ k1: -1 }), 0.5)).toBe(Infinity);
    // 1 + 3·0.1·r² − 5·0.3·r⁴ = 0: r² = (0.3 + √(0.09 + 6))/3
    expect(foldRadius(perspective({ k1: 0.1, k2: -0.3 }), 3)).toBeCloseTo(Math.sqrt((0.3 + Math.sqrt(6.09)) / 3), 10);
    expect(foldRadius(perspective({ k1: 0.1, k2: 0.1 }), 10)).toBe(Infinity);
    // θ·(1 − 0.5·θ²) turns at θ = √(2/3) = 46.8°, seen in the plane at its tangent.
    expect(foldRadius(fisheyeLens({ k1: -0.5 }), 3)).toBeCloseTo(Math.tan(Math.sqrt(2 / 3)), 10);
    expect(foldRadius(LENSES.FOV, 100)).toBe(Infinity);
    // A pole of the rational model at 1 − r² = 0 is no place to look through either.
    expect(foldRadius(perspective({ k4: -1 }), 3)).toBeCloseTo(1, 10);
    // Strong decentring folds one side before the other: the nearer one counts.
    expect(foldRadius(perspective({ p2: 0.2 }), 5)).toBeCloseTo(1 / 1.2, 2);
  });
});

describe('intrinsicsOf', () => {
  const [width, height] = [800, 600];
  it("reads COLMAP's order of parameters", () => {
    const read = (model: string, ...p: number[]) => intrinsicsOf(model, width, height, p);
    expect(read('FULL_OPENCV', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)).toMatchObject({
      ...{ fx: 1, fy: 2, cx: 3, cy: 4 },
      distortion: { kind: 'perspective', k1: 5, k2: 6, p1: 7, p2: 8, k3: 9, k4: 10, k5: 11, k6: 12 },
    });
    expect(read('OPENCV_FISHEYE', 1, 2, 3, 4, 5, 6, 7, 8)?.distortion).toEqual(
      fisheyeLens({ k1: 5, k2: 6, k3: 7, k4: 8 }),
    );
    expect(read('THIN_PRISM_FISHEYE', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)?.distortion).toEqual(
      fisheyeLens({ k1: 5, k2: 6, p1: 7, p2: 8, k3: 9, k4: 10, sx1: 11, sy1: 12 }),
    );
    expect(read('SIMPLE_RADIAL_FISHEYE', 1, 3, 4, 5)).toMatchObject({
      ...{ fx: 1, fy: 1, cx: 3, cy: 4 },
      distortion: fisheyeLens({ k1: 5 }),
    });
    expect(read('RADIAL_FISHEYE', 1, 3, 4, 5, 6)?.distortion).toEqual(fisheyeLens({ k1: 5, k2: 6 }));
    expect(read('FOV', 1, 2, 3, 4, 0.9)).toMatchObject({ fy: 2, cy: 4, distortion: { kind: 'fov', omega: 0.9 } });
    expect(read('SIMPLE_FISHEYE', 1, 3, 4)).toMatchObject({ fy: 1, cx: 3, distortion: fisheyeLens({}) });
    expect(read('EQUIRECTANGULAR', 1, 2)).toBeNull();
  });

  it('refuses lenses that cannot be undone, and takes wide ones', () => {
    const judge = (model: string, ...p: number[]) => degenerate(intrinsicsOf(model, width, height, p)!);
    // 170° on 800 px
    const f = 400 / ((85 * Math.PI) / 180);
    expect(judge('OPENCV_FISHEYE', f, f, 400, 300, 0.01, -0.002, 0, 0)).toBeNull();
    expect(judge('SIMPLE_FISHEYE', 400 / Math.PI, 400, 300)).toBeNull();
    expect(judge('FOV', 300, 300, 400, 300, 3.1)).toBeNull();
    expect(judge('FOV', 300, 300, 400, 300, 3.2)).toBe('distortion omega = 3.2 is no angle below π');
    expect(judge('SIMPLE_RADIAL', 500, 400, 300, -900)).toContain('the lens cannot be undone');
    expect(judge('SIMPLE_RADIAL', 500, 400, 300, 900)).toContain('the lens cannot be undone');
    expect(judge('OPENCV_FISHEYE', f, f, 400, 300, -50, 0, 0, 0)).toContain('the lens cannot be undone');
    expect(judge('OPENCV', 500, 500, 400, 300, 0, 0, 2000, 0)).toContain('absurd');
  });
});
