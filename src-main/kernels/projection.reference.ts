/**
 * Projection of one Gaussian to the image (elliptical weighted average splatting; Zwicker et al. 2001) and its gradient.
 *
 *   p = W·mean + t,  culled when p_z < 0.2;   mean2D = (fx·x/z + cx, fy·y/z + cy)
 *   cov2D = A·Aᵀ + 0.3·I,  A = J·R·V,  V = Q·diag(exp(logScale)),  Q from the normalised quaternion
 *   J = [[fx/z, 0, −fx·rx/z], [0, fy/z, −fy·ry/z]],  rx = x/z clamped to [−(cx/fx + 0.3·tanx), (W−cx)/fx + 0.3·tanx],
 *   tanx = W/(2fx), ry likewise: the clamp keeps J sane for Gaussians beside the frustum and is used in J alone.
 *   conic = cov2D⁻¹;   o = sigmoid(logit), × √(det(A·Aᵀ)/det(cov2D)) when antialiased
 *
 * Culled, too: a determinant that is not positive or beyond float32 (the format of the data), and a quaternion without
 * direction (squared length ≤ 1e-30).
 *
 * Shapes: geometry [capacity, 11] (layout.ts). Units: pixels in the image plane, world units before.
 */
import type { PinholeCamera } from '#contract/camera';
import { GEOMETRY } from './layout';
import { multiply, rotation, rotationGradient, sigmoid, transpose, type Floats } from './algebra.reference';

const NEAR_PLANE = 0.2;
const DILATION = 0.3;
const GUARD_BAND = 0.3;
const NO_ROTATION = 1e-30;
const FLOAT32_MAX = 3e38;
export const ALPHA_MIN = 1 / 255;

/** A Gaussian as the image plane sees it; pixels unless noted. */
export interface Projected {
  /** depth along the optical axis, world units */
  z: number;
  mean: readonly [number, number];
  /** inverse covariance xx, xy, yy; 1/pixels² */
  conic: readonly [number, number, number];
  /** o, after the antialiasing factor */
  opacity: number;
  /** ceil(3·√λmax) if the support α ≥ 1/255 covers a pixel centre of the image, else 0 (invisible) */
  radius: number;
  /** pixels that the support can touch, one more on each side: x0, y0, x1, y1, inclusive */
  box: readonly [number, number, number, number];
  /** within `margin` of the near plane or of a clamp in J: the image or its gradient jumps here */
  nearCutOff: boolean;
  /** behind the near plane though within the margin: draws nothing, but a less exact renderer might */
  culled: boolean;
}

/** ∂L/∂ of what blending took from `Projected`; the conic's xy counts once (q = A·dx² + 2B·dx·dy + C·dy²). */
export interface ProjectedGradient {
  z: number;
  mean: [number, number];
  conic: [number, number, number];
  opacity: number;
}

/** Everything that forward and backward both need. */
function intermediates(geometry: Floats, row: number, camera: PinholeCamera, antialiased: boolean) {
  const at = row * GEOMETRY.columns;
  const m = camera.worldToCamera;
  const mean = geometry.subarray(at + GEOMETRY.mean, at + 3);
  const [x, y, z] = [0, 4, 8].map((r) => m[r] * mean[0] + m[r + 1] * mean[1] + m[r + 2] * mean[2] + m[r + 3]);
  const world = [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];

  const raw = [...geometry.subarray(at + GEOMETRY.quaternion, at + GEOMETRY.quaternion + 4)];
  const norm = Math.hypot(...raw);
  const quaternion = raw.map((v) => v / norm);
  const Q = rotation(quaternion);
  const scale = [0, 1, 2].map((j) => Math.exp(geometry[at + GEOMETRY.logScale + j]));
  const V = Q.map((v, i) => v * scale[i % 3]);

  const { fx, fy, cx, cy, width, height } = camera;
  const limits = [
    { ratio: x / z, low: -(cx + GUARD_BAND * (width / 2)) / fx, high: (width - cx + GUARD_BAND * (width / 2)) / fx },
    { ratio: y / z, low: -(cy + GUARD_BAND * (height / 2)) / fy, high: (height - cy + GUARD_BAND * (height / 2)) / fy },
  ];
  const [rx, ry] = limits.map(({ ratio, low, high }) => Math.min(high, Math.max(low, ratio)));
  const J = [fx / z, 0, (-fx * rx) / z, 0, fy / z, (-fy * ry) / z];
  const JR = multiply(J, world, 2, 3, 3);
  const A = multiply(JR, V, 2, 3, 3);
  const plain = multiply(A, transpose(A, 2, 3), 2, 3, 2);
  const cov = [plain[0] + DILATION, plain[1], plain[3] + DILATION] as const;
  const detPlain = plain[0] * plain[3] - plain[1] * plain[1];
  const det = cov[0] * cov[2] - cov[1] * cov[1];
  const fade = antialiased ? Math.sqrt(Math.max(0, detPlain / det)) : 1;
  const solid = sigmoid(geometry[at + GEOMETRY.opacityLogit]);
  return {
    x,
    y,
    z,
    world,
    norm,
    quaternion,
    Q,
    scale,
    V,
    limits,
    rx,
    ry,
    JR,
    A,
    plain,
    cov,
    detPlain,
    det,
    fade,
    solid,
  };
}

/**
 * @param margin relative distance to a cut-off that counts as near it
 * @returns null where the Gaussian cannot draw, not even in a renderer that errs by `margin`
 */
export function project(
  geometry: Floats,
  row: number,
  camera: PinholeCamera,
  antialiased: boolean,
  margin: number,
): Projected | null {
  const { x, y, z, norm, limits, cov, det, fade, solid } = intermediates(geometry, row, camera, antialiased);
  if (!(z >= NEAR_PLANE * (1 - margin)) || !(det > 0 && det < FLOAT32_MAX) || norm * norm <= NO_ROTATION) return null;
  if (cov.some((v) => Math.abs(v) > FLOAT32_MAX)) return null;
  const opacity = solid * fade;
  if (!(opacity >= ALPHA_MIN * (1 - margin))) return null;

  const { width, height, fx, fy, cx, cy } = camera;
  const mean = [(fx * x) / z + cx, (fy * y) / z + cy] as const;
  const qMax = Math.max(0, 2 * Math.log(255 * opacity));
  const extent = [Math.sqrt(qMax * cov[0]), Math.sqrt(qMax * cov[2])];
  const low = [0, 1].map((k) => Math.ceil(mean[k] - extent[k] - 0.5));
  const high = [0, 1].map((k) => Math.floor(mean[k] + extent[k] - 0.5));
  const inside = [width, height].every((size, k) => Math.max(0, low[k]) <= Math.min(size - 1, high[k]));
  const culled = z < NEAR_PLANE;
  const half = (cov[0] - cov[2]) / 2;
  const largest = (cov[0] + cov[2]) / 2 + Math.sqrt(half * half + cov[1] * cov[1]);
  return {
    z,
    mean,
    conic: [cov[2] / det, -cov[1] / det, cov[0] / det],
    opacity,
    radius: inside && !culled && opacity >= ALPHA_MIN ? Math.ceil(3 * Math.sqrt(largest)) : 0,
    box: [
      Math.max(0, low[0] - 1),
      Math.max(0, low[1] - 1),
      Math.min(width - 1, high[0] + 1),
      Math.min(height - 1, high[1] + 1),
    ],
    nearCutOff:
      Math.abs(z - NEAR_PLANE) < margin * NEAR_PLANE ||
      limits.some(
        ({ ratio, low, high }) => Math.min(Math.abs(ratio - low), Math.abs(ratio - high)) < margin * Math.abs(ratio),
      ),
    culled,
  };
}

/** Adds ∂L/∂(the 11 columns of one row) to `out` [capacity, 11]. */
export function projectBackward(
  geometry: Floats,
  row: number,
  camera: PinholeCamera,
  antialiased: boolean,
  gradient: ProjectedGradient,
  out: Float64Array,
): void {
  const s = intermediates(geometry, row, camera, antialiased);
  const { x, y, z, det, detPlain, fade, solid } = s;
  const [a, b, c] = s.cov;
  const { fx, fy } = camera;
  const at = row * GEOMETRY.columns;

  // conic = cov⁻¹ as full symmetric matrices: ∂L/∂cov = −K·G·K.
  const K = [c / det, -b / det, -b / det, a / det];
  const G = [gradient.conic[0], gradient.conic[1] / 2, gradient.conic[1] / 2, gradient.conic[2]];
  const dCov = multiply(multiply(K, G, 2, 2, 2), K, 2, 2, 2).map((v) => -v);

  // fade = √(detPlain/det); ∂det/∂cov is the adjugate.
  if (s.fade > 0 && detPlain > 0 && fade !== 1) {
    const dFade = gradient.opacity * solid;
    const before = dFade / (2 * Math.sqrt(detPlain * det));
    const after = (dFade * fade) / (2 * det);
    dCov[0] += before * s.plain[3] - after * c;
    dCov[1] += -before * s.plain[1] + after * b;
    dCov[2] += -before * s.plain[1] + after * b;
    dCov[3] += before * s.plain[0] - after * a;
  }
  out[at + GEOMETRY.opacityLogit] += gradient.opacity * fade * solid * (1 - solid);

  // cov = A·Aᵀ, A = JR·V, V = Q·diag(scale)
  const dA = multiply(dCov, s.A, 2, 2, 3).map((v) => 2 * v);
  const dV = multiply(transpose(s.JR, 2, 3), dA, 3, 2, 3);
  for (let j = 0; j < 3; j++) {
    let dLogScale = 0;
    for (let i = 0; i < 3; i++) dLogScale += dV[3 * i + j] * s.V[3 * i + j];
    out[at + GEOMETRY.logScale + j] += dLogScale;
  }
  const dUnit = rotationGradient(
    s.quaternion,
    dV.map((v, i) => v * s.scale[i % 3]),
  );
  const along = dUnit.reduce((sum, v, i) => sum + v * s.quaternion[i], 0);
  for (let i = 0; i < 4; i++) out[at + GEOMETRY.quaternion + i] += (dUnit[i] - s.quaternion[i] * along) / s.norm;

  // J and the mean in camera space
  const dJ = multiply(multiply(dA, transpose(s.V, 3, 3), 2, 3, 3), transpose(s.world, 3, 3), 2, 3, 3);
  const dp = [0, 0, gradient.z];
  dp[2] += (-dJ[0] * fx + dJ[2] * fx * s.rx - dJ[4] * fy + dJ[5] * fy * s.ry) / (z * z);
  const dRatio = [(-dJ[2] * fx) / z, (-dJ[5] * fy) / z];
  s.limits.forEach(({ ratio, low, high }, k) => {
    if (ratio <= low || ratio >= high) dRatio[k] = 0;
  });
  dRatio[0] += gradient.mean[0] * fx;
  dRatio[1] += gradient.mean[1] * fy;
  dp[0] += dRatio[0] / z;
  dp[1] += dRatio[1] / z;
  dp[2] -= (dRatio[0] * x + dRatio[1] * y) / (z * z);
  for (let i = 0; i < 3; i++) {
    out[at + GEOMETRY.mean + i] += s.world[i] * dp[0] + s.world[3 + i] * dp[1] + s.world[6 + i] * dp[2];
  }
}
