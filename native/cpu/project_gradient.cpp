/**
 * From the sums of the blend gradient back to the parameters of each splat: the transpose of project.cpp (METHOD §1).
 *
 *   ln α = ln o − ½ q:   ∂/∂mean2D = conic·Σ v·d,   ∂/∂cov = ½ conic·(Σ v·d·dᵀ)·conic,   ∂/∂o = Σ v / o
 *   cov = B·Bᵀ, B = A·M, A = J·R, M = Q·diag(s):   ∂B = 2·∂cov·B,   ∂M = Aᵀ·∂B,   ∂A = ∂B·Mᵀ
 *
 * The projection is computed again rather than stored: it costs less than the memory traffic would. Rows that were not visible are
 * left alone (the caller has cleared them).
 */
#include "camera_splat.h"
#include "harmonics.h"
#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

namespace {

/** ∂L/∂(unit quaternion) from ∂L/∂(rotation matrix), then through the normalisation. */
LEGATO_INLINE void quaternionGradient(const Projection& p, const Float* d, Float out[4]) {
  const Float two = set(2.0f);
  const Float w = p.q[0], x = p.q[1], y = p.q[2], z = p.q[3];
  Float g[4];
  g[0] = two * (x * (d[7] - d[5]) + y * (d[2] - d[6]) + z * (d[3] - d[1]));
  g[1] = two * (y * (d[1] + d[3]) + z * (d[2] + d[6]) + w * (d[7] - d[5]) - two * x * (d[4] + d[8]));
  g[2] = two * (x * (d[1] + d[3]) + z * (d[5] + d[7]) + w * (d[2] - d[6]) - two * y * (d[0] + d[8]));
  g[3] = two * (x * (d[2] + d[6]) + y * (d[5] + d[7]) + w * (d[3] - d[1]) - two * z * (d[0] + d[4]));
  const Float along = g[0] * w + g[1] * x + g[2] * y + g[3] * z;
  for (int i = 0; i < 4; i++) out[i] = (g[i] - along * p.q[i]) * p.quaternionInverse;
}

/**
 * ½·K·S·K with S = Σ v·d·dᵀ, in double: along a needle at 45° the terms of K·S cancel to a hundredth of themselves twice over,
 * which costs float32 three more digits (measured: 9e-4 of the scales' gradient against 5e-6).
 */
LEGATO_INLINE void covarianceGradient(const Projection& p, const Float* v, Float& dxx, Float& dxy, Float& dyy) {
  alignas(64) float a[W], b[W], c[W], xx[W], xy[W], yy[W];
  store(a, p.conicA);
  store(b, p.conicB);
  store(c, p.conicC);
  store(xx, v[kSumVxx]);
  store(xy, v[kSumVxy]);
  store(yy, v[kSumVyy]);
  for (int l = 0; l < W; l++) {
    const double ka = a[l], kb = b[l], kc = c[l], sxx = xx[l], sxy = xy[l], syy = yy[l];
    const double r0 = ka * sxx + kb * sxy, r1 = ka * sxy + kb * syy;
    const double t0 = kb * sxx + kc * sxy, t1 = kb * sxy + kc * syy;
    xx[l] = static_cast<float>(0.5 * (r0 * ka + r1 * kb));
    xy[l] = static_cast<float>(r0 * kb + r1 * kc);
    yy[l] = static_cast<float>(0.5 * (t0 * kb + t1 * kc));
  }
  dxx = load(xx);
  dxy = load(xy);
  dyy = load(yy);
}

struct GeometryGradient {
  Float column[kGeometryColumns];
  Float screenX, screenY;
};

/** v: the six sums of ∂L/∂(ln α); depth: ∂L/∂z from the depth channel. What colour's direction adds is the caller's. */
LEGATO_INLINE GeometryGradient geometryGradient(const View& view, const SplatLanes& rows, const Projection& p, const Float* v,
                                                Float depth) {
  GeometryGradient out;
  const Float zero = set(0.0f), one = set(1.0f), half = set(0.5f), two = set(2.0f);
  const Float a = p.conicA, b = p.conicB, c = p.conicC;
  out.screenX = a * v[kSumVx] + b * v[kSumVy];
  out.screenY = b * v[kSumVx] + c * v[kSumVy];
  Float dxx, dxy, dyy;
  covarianceGradient(p, v, dxx, dxy, dyy);

  // o_effective = σ(logit)·compensation, and v is already relative to it: ∂L/∂logit = Σ v·(1 − σ), and 1 − σ(x) = σ(−x) keeps
  // its digits where the splat is all but opaque.
  out.column[10] = v[kSumV] * sigmoid(zero - load(rows.g[10]));
  if (view.antialiased) {
    // ln compensation = ½(ln det_bare − ln det)
    const Mask some = less(zero, p.bareDet);
    const Float inverseBare = zeroUnless(some, one / select(some, p.bareDet, one));
    const Float inverse = one / p.det;
    const Float g = zeroUnless(some, half * v[kSumV]);
    dxx = dxx + g * (p.bareYY * inverseBare - p.yy * inverse);
    dyy = dyy + g * (p.bareXX * inverseBare - p.xx * inverse);
    dxy = dxy - two * g * p.xy * (inverseBare - inverse);
  }

  Float db0[3], db1[3], da0[3], da1[3], dm[9], drq[9];
  for (int j = 0; j < 3; j++) {
    db0[j] = two * dxx * p.b0[j] + dxy * p.b1[j];
    db1[j] = two * dyy * p.b1[j] + dxy * p.b0[j];
  }
  for (int k = 0; k < 3; k++) {
    da0[k] = db0[0] * p.m[k * 3] + db0[1] * p.m[k * 3 + 1] + db0[2] * p.m[k * 3 + 2];
    da1[k] = db1[0] * p.m[k * 3] + db1[1] * p.m[k * 3 + 1] + db1[2] * p.m[k * 3 + 2];
    for (int j = 0; j < 3; j++) dm[k * 3 + j] = p.a0[k] * db0[j] + p.a1[k] * db1[j];
  }
  for (int j = 0; j < 3; j++) {
    out.column[3 + j] = dm[j] * p.m[j] + dm[3 + j] * p.m[3 + j] + dm[6 + j] * p.m[6 + j];
    for (int k = 0; k < 3; k++) drq[k * 3 + j] = dm[k * 3 + j] * p.s[j];
  }
  quaternionGradient(p, drq, out.column + 6);

  // A's rows are fx/z·(r_x − cu·r_z) and fy/z·(r_y − cv·r_z).
  const float* r = view.rotation;
  const Float dotX = da0[0] * p.a0[0] + da0[1] * p.a0[1] + da0[2] * p.a0[2];
  const Float dotY = da1[0] * p.a1[0] + da1[1] * p.a1[1] + da1[2] * p.a1[2];
  const Float fx = set(view.fx) * p.inverseZ, fy = set(view.fy) * p.inverseZ;
  const Float dcu = -(fx * (da0[0] * set(r[6]) + da0[1] * set(r[7]) + da0[2] * set(r[8])));
  const Float dcv = -(fy * (da1[0] * set(r[6]) + da1[1] * set(r[7]) + da1[2] * set(r[8])));
  const Float u = load(rows.px) * p.inverseZ, w = load(rows.py) * p.inverseZ;
  const Float dcuFree = select(p.clampedX, zero, dcu), dcvFree = select(p.clampedY, zero, dcv);
  const Float dx = dcuFree * p.inverseZ + fx * out.screenX;
  const Float dy = dcvFree * p.inverseZ + fy * out.screenY;
  const Float dz = depth - p.inverseZ * (dotX + dotY + dcuFree * u + dcvFree * w) - fx * u * out.screenX - fy * w * out.screenY;
  for (int k = 0; k < 3; k++) out.column[k] = set(r[k]) * dx + set(r[3 + k]) * dy + set(r[6 + k]) * dz;
  return out;
}

}  // namespace

void projectGradient(const View& view, const ChannelPlan& plan, const Parameters& in, const Splat2D* splats, const float* features,
                     const float* const* sums, int sumsCount, int slotBegin, int slotEnd, float* dGeometry, float* dHarmonics,
                     float* dSemantics, float* probe) {
  const int n = sumStride(plan);
  const int terms = (view.degree + 1) * (view.degree + 1);
  const bool moves = dGeometry != nullptr && plan.geometric > 0;
  const float ndcX = 0.5f * static_cast<float>(view.width), ndcY = 0.5f * static_cast<float>(view.height);
  for (int base = slotBegin; base < slotEnd; base += W) {
    const int lanes = slotEnd - base < W ? slotEnd - base : W;
    alignas(64) float total[kGradientSums + 16][W];
    SplatLanes rows;
    for (int l = 0; l < W; l++) {
      const int slot = base + (l < lanes ? l : 0);
      for (int k = 0; k < n; k++) {
        float t = 0.0f;
        for (int i = 0; i < sumsCount; i++) t += sums[i][static_cast<size_t>(slot) * n + k];
        total[k][l] = t;
      }
      gatherLane(view, in.geometry + static_cast<size_t>(splats[slot].row) * kGeometryColumns, l, rows);
    }
    const float(*channel)[W] = total + kGradientSums;

    Float toMean[3] = {set(0.0f), set(0.0f), set(0.0f)};
    if (plan.rgb >= 0 && (dHarmonics || moves)) {
      alignas(64) float sh[kHarmonicColumns][W], colour[3][W];
      for (int l = 0; l < W; l++) {
        const int slot = base + (l < lanes ? l : 0);
        const float* c = in.harmonics + static_cast<size_t>(splats[slot].row) * kHarmonicColumns;
        for (int k = 0; k < terms * 3; k++) sh[k][l] = c[k];
        for (int k = 0; k < 3; k++) colour[k][l] = features[static_cast<size_t>(slot) * plan.stride + plan.rgb + k];
      }
      const float* centre = view.centre;
      const Direction d = normalise(load(rows.g[0]) - set(centre[0]), load(rows.g[1]) - set(centre[1]), load(rows.g[2]) - set(centre[2]));
      Float basis[16], weight[16];
      harmonicBasis(view.degree, d, basis);
      Float dColour[3];
      for (int k = 0; k < 3; k++)  // max(0, ·) passes nothing where it holds
        dColour[k] = zeroUnless(less(set(0.0f), load(colour[k])), load(channel[plan.rgb + k]));
      for (int k = 0; k < terms; k++) {
        weight[k] = load(sh[k * 3]) * dColour[0] + load(sh[k * 3 + 1]) * dColour[1] + load(sh[k * 3 + 2]) * dColour[2];
        for (int ch = 0; ch < 3; ch++) store(sh[k * 3 + ch], basis[k] * dColour[ch]);
      }
      harmonicDirectionGradient(view.degree, d, weight, toMean);
      if (dHarmonics)
        for (int l = 0; l < lanes; l++) {
          float* out = dHarmonics + static_cast<size_t>(splats[base + l].row) * kHarmonicColumns;
          for (int k = 0; k < terms * 3; k++) out[k] = sh[k][l];
        }
    }

    if (moves || probe) {
      const Projection p = projectSplats(view, rows);
      Float v[kGradientSums];
      for (int k = 0; k < kGradientSums; k++) v[k] = load(total[k]);
      const Float depth = plan.depth >= 0 ? load(channel[plan.depth]) : set(0.0f);
      GeometryGradient g = geometryGradient(view, rows, p, v, depth);
      for (int k = 0; k < 3; k++) g.column[k] = g.column[k] + toMean[k];
      alignas(64) float out[kGeometryColumns + 2][W];
      for (int k = 0; k < kGeometryColumns; k++) store(out[k], g.column[k]);
      store(out[kGeometryColumns], g.screenX * set(ndcX));
      store(out[kGeometryColumns + 1], g.screenY * set(ndcY));
      for (int l = 0; l < lanes; l++) {
        const Splat2D& s = splats[base + l];
        if (moves)
          for (int k = 0; k < kGeometryColumns; k++) dGeometry[static_cast<size_t>(s.row) * kGeometryColumns + k] = out[k][l];
        if (probe) {
          float* r = probe + static_cast<size_t>(s.row) * kProbeColumns;
          r[0] = out[kGeometryColumns][l];
          r[1] = out[kGeometryColumns + 1][l];
          r[2] = s.radius;
        }
      }
    }

    if (dSemantics)
      for (int l = 0; l < lanes; l++) {
        const Splat2D& s = splats[base + l];
        float* out = dSemantics + static_cast<size_t>(s.row) * kSemanticColumns;
        if (plan.semantics >= 0)
          for (int k = 0; k < 8; k++) out[k] = channel[plan.semantics + k][l];
        if (plan.uncertainty >= 0) {
          const float u = features[static_cast<size_t>(base + l) * plan.stride + plan.uncertainty];
          out[8] = channel[plan.uncertainty][l] * u * (1.0f - u);
        }
      }
  }
}

}  // namespace legato::LEGATO_ISA
