/**
 * Camera poses as worldToCamera, 4×4, row-major, rigid, OpenCV axes (x right, y down, z forward).
 */
import { MAX_COORDINATE } from './limits';

/** Files round to few digits; more than this is not a rotation. */
const TOLERANCE = 1e-2;

/** 4×4, row-major, rigid. */
export type Rigid = readonly number[];

export type PoseResult = { readonly worldToCamera: readonly number[] } | { readonly problem: string };

/**
 * COLMAP's pose: quaternion wxyz and translation of worldToCamera.
 *
 *   R = I + 2w·[v]ₓ + 2·[v]ₓ²
 */
export function poseFromQuaternion(q: readonly number[], t: readonly number[]): PoseResult {
  const norm = Math.hypot(q[0], q[1], q[2], q[3]);
  if (!(Math.abs(norm - 1) <= TOLERANCE)) return { problem: `the quaternion has length ${norm.toPrecision(6)}, not 1` };
  const far = tooFar(t);
  if (far) return far;
  const [w, x, y, z] = q.map((value) => value / norm);
  return {
    worldToCamera: [
      ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), t[0]],
      ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), t[1]],
      ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), t[2]],
      ...[0, 0, 0, 1],
    ],
  };
}

/** a · b: first b, then a. */
export function compose(a: Rigid, b: Rigid): Rigid {
  return Array.from({ length: 16 }, (_, k) => {
    const [i, j] = [4 * Math.floor(k / 4), k % 4];
    return a[i] * b[j] + a[i + 1] * b[4 + j] + a[i + 2] * b[8 + j] + a[i + 3] * b[12 + j];
  });
}

/**
 * A cameraToWorld matrix with OpenGL axes (x right, y up, z backward), as in transforms.json: the second and third
 * column change sign, and the rigid inverse [Rᵀ | −Rᵀt] is taken.
 *
 * @param rows  3×4 or 4×4
 */
export function poseFromOpenGl(rows: readonly (readonly number[])[]): PoseResult {
  const bottom = rows[3];
  if (bottom && (bottom[0] !== 0 || bottom[1] !== 0 || bottom[2] !== 0 || bottom[3] !== 1)) {
    return { problem: 'its last row is not 0 0 0 1' };
  }
  let r = [0, 1, 2].flatMap((i) => [rows[i][0], -rows[i][1], -rows[i][2]]);
  const t = [rows[0][3], rows[1][3], rows[2][3]];
  const bent = notRotation(r);
  if (bent) return bent;
  const far = tooFar(t);
  if (far) return far;
  r = nearestRotation(r);
  const row = (i: number): number[] => {
    const [a, b, c] = [r[i], r[3 + i], r[6 + i]];
    return [a, b, c, -(a * t[0] + b * t[1] + c * t[2])];
  };
  return { worldToCamera: [...row(0), ...row(1), ...row(2), 0, 0, 0, 1] };
}

function notRotation(r: readonly number[]): { problem: string } | null {
  const determinant =
    r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
  let worst = 0;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const dot = r[3 * i] * r[3 * j] + r[3 * i + 1] * r[3 * j + 1] + r[3 * i + 2] * r[3 * j + 2];
      worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)));
    }
  }
  if (worst <= TOLERANCE && determinant > 0) return null;
  if (worst <= TOLERANCE) return { problem: 'it mirrors the world (determinant −1)' };
  return {
    problem: `it is not a rotation (off by ${worst.toPrecision(3)}; determinant ${determinant.toPrecision(3)})`,
  };
}

/** Newton's iteration for the polar factor, R ← R·(3I − RᵀR)/2: quadratic, so three steps go from 1e-2 to rounding. */
function nearestRotation(start: readonly number[]): number[] {
  let r = [...start];
  for (let step = 0; step < 4; step++) {
    const gram = multiply(transpose(r), r);
    const factor = gram.map((value, i) => (i % 4 === 0 ? 1.5 : 0) - value / 2);
    r = multiply(r, factor);
  }
  return r;
}

function multiply(a: readonly number[], b: readonly number[]): number[] {
  return a.map((_, k) => {
    const [i, j] = [Math.floor(k / 3) * 3, k % 3];
    return a[i] * b[j] + a[i + 1] * b[3 + j] + a[i + 2] * b[6 + j];
  });
}

function transpose(a: readonly number[]): number[] {
  return [a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]];
}

function tooFar(t: readonly number[]): { problem: string } | null {
  return t.every((value) => Math.abs(value) <= MAX_COORDINATE) ? null : { problem: 'its translation is out of range' };
}
