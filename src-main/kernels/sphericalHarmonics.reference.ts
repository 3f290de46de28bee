/**
 * Real spherical harmonics to degree 3 as polynomials in a unit direction (x, y, z), and their partial derivatives.
 *
 *   Y_lm with the signs and the order m = −l…l that .ply files of Gaussians use: Y_00, then Y_1·: −c·y, c·z, −c·x, …
 *   colour_c = max(0, Σ_k Y_k(dir)·sh[3k + c] + 0.5),   dir = (mean − camera centre) / ‖·‖
 *
 * The constants are the usual normalisations √((2l+1)/4π · …) (Sloan, "Stupid Spherical Harmonics Tricks").
 */
import { SPHERICAL_HARMONICS } from './layout';

const C0 = Math.sqrt(1 / (4 * Math.PI));
const C1 = Math.sqrt(3 / (4 * Math.PI));
const C2 = Math.sqrt(15 / (4 * Math.PI));
const C20 = Math.sqrt(5 / (16 * Math.PI));
const C33 = Math.sqrt(35 / (32 * Math.PI));
const C32 = Math.sqrt(105 / (4 * Math.PI));
const C31 = Math.sqrt(21 / (32 * Math.PI));
const C30 = Math.sqrt(7 / (16 * Math.PI));

/** Number of coefficients per colour channel up to a degree. */
export function coefficientCount(degree: number): number {
  return (degree + 1) ** 2;
}

/** Basis values Y_k of a unit direction, [16]; those beyond `degree` stay 0. */
export function basis(x: number, y: number, z: number, degree: number): Float64Array {
  const out = new Float64Array(SPHERICAL_HARMONICS.coefficients);
  out[0] = C0;
  if (degree >= 1) out.set([-C1 * y, C1 * z, -C1 * x], 1);
  if (degree >= 2) {
    out.set([C2 * x * y, -C2 * y * z, C20 * (2 * z * z - x * x - y * y), -C2 * x * z, (C2 / 2) * (x * x - y * y)], 4);
  }
  if (degree >= 3) {
    out[9] = -C33 * y * (3 * x * x - y * y);
    out[10] = C32 * x * y * z;
    out[11] = -C31 * y * (4 * z * z - x * x - y * y);
    out[12] = C30 * z * (2 * z * z - 3 * x * x - 3 * y * y);
    out[13] = -C31 * x * (4 * z * z - x * x - y * y);
    out[14] = (C32 / 2) * z * (x * x - y * y);
    out[15] = -C33 * x * (x * x - 3 * y * y);
  }
  return out;
}

/** ∂Y_k/∂(x, y, z) with x, y, z taken as independent, [16, 3]. */
export function basisGradient(x: number, y: number, z: number, degree: number): Float64Array {
  const out = new Float64Array(SPHERICAL_HARMONICS.coefficients * 3);
  const put = (k: number, dx: number, dy: number, dz: number): void => out.set([dx, dy, dz], 3 * k);
  if (degree >= 1) {
    put(1, 0, -C1, 0);
    put(2, 0, 0, C1);
    put(3, -C1, 0, 0);
  }
  if (degree >= 2) {
    put(4, C2 * y, C2 * x, 0);
    put(5, 0, -C2 * z, -C2 * y);
    put(6, -2 * C20 * x, -2 * C20 * y, 4 * C20 * z);
    put(7, -C2 * z, 0, -C2 * x);
    put(8, C2 * x, -C2 * y, 0);
  }
  if (degree >= 3) {
    put(9, -6 * C33 * x * y, -3 * C33 * (x * x - y * y), 0);
    put(10, C32 * y * z, C32 * x * z, C32 * x * y);
    put(11, 2 * C31 * x * y, -C31 * (4 * z * z - x * x - 3 * y * y), -8 * C31 * y * z);
    put(12, -6 * C30 * x * z, -6 * C30 * y * z, C30 * (6 * z * z - 3 * x * x - 3 * y * y));
    put(13, -C31 * (4 * z * z - 3 * x * x - y * y), 2 * C31 * x * y, -8 * C31 * x * z);
    put(14, C32 * x * z, -C32 * y * z, (C32 / 2) * (x * x - y * y));
    put(15, -3 * C33 * (x * x - y * y), 6 * C33 * x * y, 0);
  }
  return out;
}
