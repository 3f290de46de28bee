/**
 * W splats seen by one camera: the part of the projection that the forward pass and its gradient both need.
 */
#pragma once

#include <cstddef>

#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

/** W parameter rows, transposed: g[column][lane]; camera-space position and screen mean. */
struct SplatLanes {
  alignas(64) float g[kGeometryColumns][W];
  alignas(64) float px[W], py[W], z[W];
  alignas(64) float mx[W], my[W];
  bool bad;
};

LEGATO_INLINE void gatherLane(const View& view, const float* g, int l, SplatLanes& out) {
  for (int k = 0; k < kGeometryColumns; k++) out.g[k][l] = g[k];
  const double x = g[0], y = g[1], z = g[2];
  const double* m = view.pose;
  const double cx = m[0] * x + m[1] * y + m[2] * z + m[3];
  const double cy = m[4] * x + m[5] * y + m[6] * z + m[7];
  const double cz = m[8] * x + m[9] * y + m[10] * z + m[11];
  out.px[l] = static_cast<float>(cx);
  out.py[l] = static_cast<float>(cy);
  out.z[l] = static_cast<float>(cz);
  const double inverse = 1.0 / cz;
  out.mx[l] = static_cast<float>(view.fx * cx * inverse + view.cx);
  out.my[l] = static_cast<float>(view.fy * cy * inverse + view.cy);
}

/** Reads `lanes` consecutive rows (the rest repeat the first); the mask tells which lie beyond the near plane. */
LEGATO_INLINE Mask gather(const View& view, const Parameters& in, int base, int lanes, SplatLanes& out) {
  float check = 0.0f;
  for (int l = 0; l < W; l++) {
    const float* g = in.geometry + static_cast<size_t>(base + (l < lanes ? l : 0)) * kGeometryColumns;
    gatherLane(view, g, l, out);
    for (int k = 0; k < kGeometryColumns; k++) check += g[k] - g[k];
  }
  out.bad = !(check == 0.0f);
  return greaterEqual(load(out.z), set(kNear));
}

struct Projection {
  Float xx, xy, yy, det;                 // dilated covariance, px²
  Float conicA, conicB, conicC;
  Float compensation;                    // of the opacity, 1 unless antialiased
  Float bareXX, bareYY, bareDet;         // before dilation
  Mask regular;                          // det finite and positive
  // kept for the gradient
  Float rq[9];                           // rotation of the normalised quaternion
  Float q[4], quaternionInverse;         // normalised quaternion, 1/‖q‖
  Float s[3];                            // e^{log-scale}
  Float m[9];                            // M = Q·diag(s)
  Float a0[3], a1[3];                    // rows of J·R
  Float b0[3], b1[3];                    // rows of J·R·M: cov = B·Bᵀ
  Float inverseZ, cu, cv;                // clamped x/z, y/z used in J
  Mask clampedX, clampedY;
};

LEGATO_INLINE Float clampedRatio(Float ratio, float low, float high, Mask& clamped) {
  const Float lo = set(low), hi = set(high);
  clamped = less(ratio, lo) | less(hi, ratio);
  return min(max(ratio, lo), hi);
}

LEGATO_INLINE Projection projectSplats(const View& view, const SplatLanes& rows) {
  Projection p;
  const Float one = set(1.0f), two = set(2.0f);
  // Rotation of the normalised quaternion (w, x, y, z).
  Float w = load(rows.g[6]), x = load(rows.g[7]), y = load(rows.g[8]), z = load(rows.g[9]);
  const Float norm2 = fma(w, w, fma(x, x, fma(y, y, z * z)));
  p.quaternionInverse = one / sqrt(max(norm2, set(kNoRotation)));
  w = w * p.quaternionInverse;
  x = x * p.quaternionInverse;
  y = y * p.quaternionInverse;
  z = z * p.quaternionInverse;
  p.q[0] = w;
  p.q[1] = x;
  p.q[2] = y;
  p.q[3] = z;
  p.rq[0] = one - two * (y * y + z * z);
  p.rq[1] = two * (x * y - w * z);
  p.rq[2] = two * (x * z + w * y);
  p.rq[3] = two * (x * y + w * z);
  p.rq[4] = one - two * (x * x + z * z);
  p.rq[5] = two * (y * z - w * x);
  p.rq[6] = two * (x * z - w * y);
  p.rq[7] = two * (y * z + w * x);
  p.rq[8] = one - two * (x * x + y * y);
  for (int j = 0; j < 3; j++) p.s[j] = exp(load(rows.g[3 + j]));
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) p.m[i * 3 + j] = p.rq[i * 3 + j] * p.s[j];

  // J of the perspective at the mean; the ratio is clamped a little outside the picture, where the linearisation would explode.
  p.inverseZ = one / load(rows.z);
  const float width = static_cast<float>(view.width), height = static_cast<float>(view.height);
  const float marginX = 0.15f * width / view.fx, marginY = 0.15f * height / view.fy;
  p.cu = clampedRatio(load(rows.px) * p.inverseZ, -(view.cx / view.fx + marginX), (width - view.cx) / view.fx + marginX, p.clampedX);
  p.cv = clampedRatio(load(rows.py) * p.inverseZ, -(view.cy / view.fy + marginY), (height - view.cy) / view.fy + marginY, p.clampedY);
  const Float fx = set(view.fx) * p.inverseZ, fy = set(view.fy) * p.inverseZ;
  const float* r = view.rotation;
  for (int k = 0; k < 3; k++) {
    p.a0[k] = fx * (set(r[k]) - p.cu * set(r[6 + k]));
    p.a1[k] = fy * (set(r[3 + k]) - p.cv * set(r[6 + k]));
  }
  for (int j = 0; j < 3; j++) {
    p.b0[j] = fma(p.a0[0], p.m[j], fma(p.a0[1], p.m[3 + j], p.a0[2] * p.m[6 + j]));
    p.b1[j] = fma(p.a1[0], p.m[j], fma(p.a1[1], p.m[3 + j], p.a1[2] * p.m[6 + j]));
  }
  p.bareXX = fma(p.b0[0], p.b0[0], fma(p.b0[1], p.b0[1], p.b0[2] * p.b0[2]));
  p.bareYY = fma(p.b1[0], p.b1[0], fma(p.b1[1], p.b1[1], p.b1[2] * p.b1[2]));
  p.xy = fma(p.b0[0], p.b1[0], fma(p.b0[1], p.b1[1], p.b0[2] * p.b1[2]));
  p.xx = p.bareXX + set(kDilation);
  p.yy = p.bareYY + set(kDilation);
  // |B0 × B1|² is the bare determinant without the cancellation of xx·yy − xy².
  const Float c0 = p.b0[1] * p.b1[2] - p.b0[2] * p.b1[1];
  const Float c1 = p.b0[2] * p.b1[0] - p.b0[0] * p.b1[2];
  const Float c2 = p.b0[0] * p.b1[1] - p.b0[1] * p.b1[0];
  p.bareDet = fma(c0, c0, fma(c1, c1, c2 * c2));
  p.det = p.bareDet + set(kDilation) * (p.bareXX + p.bareYY) + set(kDilation * kDilation);
  // A quaternion that is all but zero has no direction: nothing is drawn rather than an arbitrary one.
  p.regular = less(p.det, set(3.0e38f)) & less(set(0.0f), p.det) & less(set(kNoRotation), norm2);
  const Float inverseDet = one / p.det;
  p.conicA = p.yy * inverseDet;
  p.conicB = -(p.xy * inverseDet);
  p.conicC = p.xx * inverseDet;
  p.compensation = view.antialiased ? sqrt(max(p.bareDet * inverseDet, set(0.0f))) : one;
  return p;
}

/** Whether a whole number i in [0, size) lies in [low, high]. */
LEGATO_INLINE Mask spansCentre(Float low, Float high, float size) {
  const Float zero = set(0.0f), one = set(1.0f);
  // ceil(low): round, and one more where rounding went down. Far-off values are clamped, so that round() stays exact.
  const Float l = min(max(low, set(-2.0f)), set(size + 2.0f));
  Float up = round(l);
  up = select(less(up, l), up + one, up);
  const Float first = max(up, zero);
  return less(first, set(size)) & greaterEqual(high, first);
}

}  // namespace legato::LEGATO_ISA
