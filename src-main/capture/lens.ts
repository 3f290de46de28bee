/**
 * Lenses: how a ray at the undistorted place (x, y) of the plane z = 1 bends on its way to the distorted place (x', y'). Pixels
 * follow as (fx·x' + cx, fy·y' + cy). Formulas as COLMAP and OpenCV document them; r² = x² + y².
 *
 * perspective (FULL_OPENCV; RADIAL and OPENCV have fewer of its terms; b4 is Brown's fourth, the k4 of RealityCapture and nerfstudio):
 *   m = (1 + k1·r² + k2·r⁴ + k3·r⁶ + b4·r⁸) / (1 + k4·r² + k5·r⁴ + k6·r⁶)
 *   x' = m·x + 2·p1·x·y + p2·(r² + 2x²),   y' = m·y + p1·(r² + 2y²) + 2·p2·x·y
 * fisheye (Kannala and Brandt; OPENCV_FISHEYE, and THIN_PRISM_FISHEYE after Weng et al. 1992): θ = atan r, (u, v) = (x, y)·θ/r,
 *   m = 1 + k1·θ² + k2·θ⁴ + k3·θ⁶ + k4·θ⁸
 *   x' = m·u + 2·p1·u·v + p2·(θ² + 2u²) + sx1·θ²,   y' = m·v + p1·(θ² + 2v²) + 2·p2·u·v + sy1·θ²
 * fov (Devernay and Faugeras 2001): r' = atan(2·r·tan(ω/2)) / ω
 */

export interface PerspectiveLens {
  readonly kind: 'perspective';
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
  readonly k4: number;
  readonly k5: number;
  readonly k6: number;
  readonly b4: number;
  readonly p1: number;
  readonly p2: number;
}

export interface FisheyeLens {
  readonly kind: 'fisheye';
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
  readonly k4: number;
  readonly p1: number;
  readonly p2: number;
  readonly sx1: number;
  readonly sy1: number;
}

export interface FovLens {
  readonly kind: 'fov';
  /** radians, 0 < ω < π */
  readonly omega: number;
}

export type Distortion = PerspectiveLens | FisheyeLens | FovLens;

/** A perspective lens, or null when it bends nothing: a pinhole is never resampled. */
export function perspectiveLens(terms: Partial<Omit<PerspectiveLens, 'kind'>>): PerspectiveLens | null {
  const lens = { k1: 0, k2: 0, k3: 0, k4: 0, k5: 0, k6: 0, b4: 0, p1: 0, p2: 0, ...terms };
  return Object.values(lens).every((value) => value === 0) ? null : { kind: 'perspective', ...lens };
}

/** A fisheye bends even where all terms are 0: x' = x·θ/r. */
export function fisheyeLens(terms: Partial<Omit<FisheyeLens, 'kind'>>): FisheyeLens {
  return { kind: 'fisheye', k1: 0, k2: 0, k3: 0, k4: 0, p1: 0, p2: 0, sx1: 0, sy1: 0, ...terms };
}

/** The model is even in ω; ω = 0 is its limit, a pinhole. */
export function fovLens(omega: number): FovLens | null {
  return omega === 0 ? null : { kind: 'fov', omega: Math.abs(omega) };
}

/** A distorted place and how it moves with the undistorted one. */
export interface Bent {
  /** x', y' */
  readonly x: number;
  readonly y: number;
  /** ∂(x', y')/∂(x, y), row by row */
  readonly jacobian: readonly [number, number, number, number];
}

/** Undistorted to distorted normalised coordinates. */
export function distort(lens: Distortion, x: number, y: number): Bent {
  if (lens.kind === 'perspective') return bendPerspective(lens, x, y);
  const r2 = x * x + y * y;
  if (lens.kind === 'fisheye') {
    const [scale, slope] = arctangentRatio(r2);
    const angle = scaled(x, y, scale, slope);
    const bent = bendFisheye(lens, angle.x, angle.y);
    return { ...bent, jacobian: product(bent.jacobian, angle.jacobian) };
  }
  const c = 2 * Math.tan(lens.omega / 2);
  const [scale, slope] = arctangentRatio(c * c * r2);
  return scaled(x, y, (c / lens.omega) * scale, (c / lens.omega) * c * c * slope);
}

/** From (u, v), whose length is the angle to the axis, to distorted coordinates. The angle may be over 90°. */
export function bendFisheye({ k1, k2, k3, k4, p1, p2, sx1, sy1 }: FisheyeLens, u: number, v: number): Bent {
  const t = u * u + v * v;
  const m = 1 + t * (k1 + t * (k2 + t * (k3 + t * k4)));
  const slope = k1 + t * (2 * k2 + t * (3 * k3 + t * 4 * k4));
  const { x, y, jacobian } = tangential(scaled(u, v, m, slope), p1, p2, u, v);
  const [a, b, c, d] = jacobian;
  return {
    x: x + sx1 * t,
    y: y + sy1 * t,
    jacobian: [a + 2 * sx1 * u, b + 2 * sx1 * v, c + 2 * sy1 * u, d + 2 * sy1 * v],
  };
}

function bendPerspective({ k1, k2, k3, k4, k5, k6, b4, p1, p2 }: PerspectiveLens, x: number, y: number): Bent {
  const t = x * x + y * y;
  const above = 1 + t * (k1 + t * (k2 + t * (k3 + t * b4)));
  const below = 1 + t * (k4 + t * (k5 + t * k6));
  const aboveSlope = k1 + t * (2 * k2 + t * (3 * k3 + t * 4 * b4));
  const belowSlope = k4 + t * (2 * k5 + t * 3 * k6);
  const m = above / below;
  return tangential(scaled(x, y, m, (aboveSlope - m * belowSlope) / below), p1, p2, x, y);
}

/** (x, y)·m(x² + y²). @param slope  dm/d(r²) */
function scaled(x: number, y: number, m: number, slope: number): Bent {
  const cross = 2 * x * y * slope;
  return { x: x * m, y: y * m, jacobian: [m + 2 * x * x * slope, cross, cross, m + 2 * y * y * slope] };
}

/** Adds decentring at (x, y). */
function tangential(
  { x: bx, y: by, jacobian: [a, b, c, d] }: Bent,
  p1: number,
  p2: number,
  x: number,
  y: number,
): Bent {
  const [xx, xy, yy] = [x * x, x * y, y * y];
  const cross = 2 * (p1 * x + p2 * y);
  return {
    x: bx + 2 * p1 * xy + p2 * (3 * xx + yy),
    y: by + p1 * (xx + 3 * yy) + 2 * p2 * xy,
    jacobian: [a + 2 * p1 * y + 6 * p2 * x, b + cross, c + cross, d + 6 * p1 * y + 2 * p2 * x],
  };
}

function product(m: Bent['jacobian'], n: Bent['jacobian']): Bent['jacobian'] {
  return [m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3], m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3]];
}

/** atan(√t)/√t and its derivative in t; near 0 from the series 1 − t/3 + t²/5 − t³/7, whose error there is below 1e-17. */
function arctangentRatio(t: number): [value: number, slope: number] {
  if (t < 1e-4) return [1 - t * (1 / 3 - t * (1 / 5 - t / 7)), -1 / 3 + t * (2 / 5 - (3 * t) / 7)];
  const root = Math.sqrt(t);
  const value = Math.atan(root) / root;
  return [value, (1 / (1 + t) - value) / (2 * t)];
}
