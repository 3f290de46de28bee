/**
 * Real spherical harmonics to degree 3, in the order and with the signs of the 3DGS `.ply` convention, and their gradient with
 * respect to the direction. Constants are those of the real basis, e.g. Y_0 = ½·sqrt(1/π), Y_1 = sqrt(3/(4π))·(−y, z, −x).
 */
#pragma once

#include "simd.h"

namespace legato::LEGATO_ISA {

struct Direction {
  Float x, y, z;
  Float inverseLength;
};

LEGATO_INLINE Direction normalise(Float x, Float y, Float z) {
  const Float length = sqrt(max(fma(x, x, fma(y, y, z * z)), set(1e-30f)));
  const Float inverse = set(1.0f) / length;
  return {x * inverse, y * inverse, z * inverse, inverse};
}

/** basis[k], k < (degree + 1)² */
LEGATO_INLINE void harmonicBasis(int degree, const Direction& d, Float* basis) {
  basis[0] = set(0.28209479177387814f);
  if (degree < 1) return;
  const Float c1 = set(0.4886025119029199f);
  basis[1] = -(c1 * d.y);
  basis[2] = c1 * d.z;
  basis[3] = -(c1 * d.x);
  if (degree < 2) return;
  const Float xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z, xy = d.x * d.y, yz = d.y * d.z, xz = d.x * d.z;
  basis[4] = set(1.0925484305920792f) * xy;
  basis[5] = set(-1.0925484305920792f) * yz;
  basis[6] = set(0.31539156525252005f) * (zz + zz - xx - yy);
  basis[7] = set(-1.0925484305920792f) * xz;
  basis[8] = set(0.5462742152960396f) * (xx - yy);
  if (degree < 3) return;
  const Float three = set(3.0f), four = set(4.0f);
  basis[9] = set(-0.5900435899266435f) * d.y * (three * xx - yy);
  basis[10] = set(2.890611442640554f) * xy * d.z;
  basis[11] = set(-0.4570457994644658f) * d.y * (four * zz - xx - yy);
  basis[12] = set(0.3731763325901154f) * d.z * (zz + zz - three * xx - three * yy);
  basis[13] = set(-0.4570457994644658f) * d.x * (four * zz - xx - yy);
  basis[14] = set(1.445305721320277f) * d.z * (xx - yy);
  basis[15] = set(-0.5900435899266435f) * d.x * (xx - three * yy);
}

/**
 * Gradient of L = Σ_k w_k·Y_k(dir) with respect to the unnormalised direction, given w_k: the gradient with respect to the unit
 * vector, less its part along the ray, over the length.
 */
LEGATO_INLINE void harmonicDirectionGradient(int degree, const Direction& d, const Float* w, Float out[3]) {
  const Float zero = set(0.0f);
  Float gx = zero, gy = zero, gz = zero;
  if (degree >= 1) {
    const Float c1 = set(0.4886025119029199f);
    gy = -(c1 * w[1]);
    gz = c1 * w[2];
    gx = -(c1 * w[3]);
  }
  if (degree >= 2) {
    const Float a = set(1.0925484305920792f), b = set(0.31539156525252005f), c = set(1.0925484305920792f);
    const Float two = set(2.0f), four = set(4.0f);
    gx = gx + a * (d.y * w[4] - d.z * w[7]) - two * b * d.x * w[6] + c * d.x * w[8];
    gy = gy + a * (d.x * w[4] - d.z * w[5]) - two * b * d.y * w[6] - c * d.y * w[8];
    gz = gz - a * (d.y * w[5] + d.x * w[7]) + four * b * d.z * w[6];
  }
  if (degree >= 3) {
    const Float xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z, xy = d.x * d.y, yz = d.y * d.z, xz = d.x * d.z;
    const Float p = set(0.5900435899266435f), q = set(2.890611442640554f), r = set(0.4570457994644658f);
    const Float s = set(0.3731763325901154f), t = set(1.445305721320277f);
    const Float two = set(2.0f), three = set(3.0f), four = set(4.0f), six = set(6.0f), eight = set(8.0f);
    gx = gx - p * six * xy * w[9] + q * yz * w[10] + r * two * xy * w[11] - s * six * xz * w[12] -
         r * (four * zz - three * xx - yy) * w[13] + t * two * xz * w[14] - p * three * (xx - yy) * w[15];
    gy = gy - p * three * (xx - yy) * w[9] + q * xz * w[10] - r * (four * zz - xx - three * yy) * w[11] -
         s * six * yz * w[12] + r * two * xy * w[13] - t * two * yz * w[14] + p * six * xy * w[15];
    gz = gz + q * xy * w[10] - r * eight * yz * w[11] + s * (six * zz - three * xx - three * yy) * w[12] -
         r * eight * xz * w[13] + t * (xx - yy) * w[14];
  }
  const Float along = gx * d.x + gy * d.y + gz * d.z;
  out[0] = (gx - along * d.x) * d.inverseLength;
  out[1] = (gy - along * d.y) * d.inverseLength;
  out[2] = (gz - along * d.z) * d.inverseLength;
}

}  // namespace legato::LEGATO_ISA
