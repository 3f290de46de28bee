/**
 * Splats to the screen: elliptical weighted averaging (Zwicker et al. 2001) and colour from spherical harmonics (METHOD §1).
 *
 *   p = R·mean + t;  Σ = Q·diag(e^{2s})·Qᵀ;  cov = J·R·Σ·Rᵀ·Jᵀ + 0.3·I;  conic = cov⁻¹
 *   α(d) = o·exp(−½ dᵀ·conic·d);  rgb = max(0, Σ_k SH_k·Y_k(dir) + ½)
 *
 * Works on W splats at a time: rows are transposed into lanes on the stack, the arithmetic runs across lanes, and the visible
 * lanes are appended to the chunk's slots. The camera-space mean is computed in double, because a float product of world
 * coordinates and a focal length would cost the sub-pixel digits that small splats need.
 */
#include "camera_splat.h"
#include "harmonics.h"
#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

namespace {

/** First offending parameter of a row, by group; called only when a block is known to hold a non-finite value. */
int badGroupOf(const float* g) {
  for (int k = 0; k < kGeometryColumns; k++) {
    const float x = g[k];
    if (!(x - x == 0.0f)) return k < 3 ? kMeans : k < 6 ? kLogScales : k < 10 ? kQuaternions : kOpacityLogits;
  }
  return -1;
}

/** Colour, semantics and uncertainty of the chunk's visible splats; also checks that they are finite. */
void fillFeatures(const View& view, const ChannelPlan& plan, const Parameters& in, int visible, const Splat2D* splats,
                  float* features, ChunkReport& report) {
  const int terms = (view.degree + 1) * (view.degree + 1);
  for (int base = 0; base < visible; base += W) {
    const int lanes = visible - base < W ? visible - base : W;
    const Splat2D* block = splats + base;
    if (plan.rgb >= 0) {
      alignas(64) float dir[3][W];
      alignas(64) float sh[kHarmonicColumns][W];
      for (int l = 0; l < W; l++) {
        const uint32_t row = block[l < lanes ? l : 0].row;
        const float* mean = in.geometry + static_cast<size_t>(row) * kGeometryColumns;
        const float* c = in.harmonics + static_cast<size_t>(row) * kHarmonicColumns;
        for (int k = 0; k < 3; k++) dir[k][l] = mean[k] - view.centre[k];
        for (int k = 0; k < terms * 3; k++) sh[k][l] = c[k];
      }
      Direction d = normalise(load(dir[0]), load(dir[1]), load(dir[2]));
      Float basis[16];
      harmonicBasis(view.degree, d, basis);
      Float finite = set(0.0f);
      for (int channel = 0; channel < 3; channel++) {
        Float colour = set(0.5f);
        for (int k = 0; k < terms; k++) colour = fma(basis[k], load(sh[k * 3 + channel]), colour);
        finite = finite + (colour - colour);
        alignas(64) float out[W];
        store(out, max(colour, set(0.0f)));
        for (int l = 0; l < lanes; l++) features[static_cast<size_t>(base + l) * plan.stride + plan.rgb + channel] = out[l];
      }
      const uint32_t good = bits(greaterEqual(finite, set(0.0f)));
      for (int l = 0; l < lanes; l++)
        if (!((good >> l) & 1u) && report.badRow < 0) {
          report.badRow = static_cast<int>(block[l].row);
          report.badGroup = kHarmonics;
        }
    }
    for (int l = 0; l < lanes; l++) {
      float* f = features + static_cast<size_t>(base + l) * plan.stride;
      if (plan.depth >= 0) f[plan.depth] = block[l].depth;
      if (plan.alpha >= 0) f[plan.alpha] = 1.0f;
      if (plan.semantics >= 0 || plan.uncertainty >= 0) {
        const float* s = in.semantics + static_cast<size_t>(block[l].row) * kSemanticColumns;
        float check = 0.0f;
        if (plan.semantics >= 0)
          for (int k = 0; k < 8; k++) {
            f[plan.semantics + k] = s[k];
            check += s[k] - s[k];
          }
        const bool vectorsFinite = check == 0.0f;
        if (plan.uncertainty >= 0) f[plan.uncertainty] = s[8];
        const bool logitFinite = plan.uncertainty < 0 || s[8] - s[8] == 0.0f;
        if ((!vectorsFinite || !logitFinite) && report.badRow < 0) {
          report.badRow = static_cast<int>(block[l].row);
          report.badGroup = vectorsFinite ? kUncertaintyLogits : kSemanticVectors;
        }
      }
      for (int k = plan.count; k < plan.stride; k++) f[k] = 0.0f;
    }
    if (plan.uncertainty >= 0) {
      alignas(64) float u[W];
      for (int l = 0; l < W; l++) u[l] = features[static_cast<size_t>(base + (l < lanes ? l : 0)) * plan.stride + plan.uncertainty];
      store(u, sigmoid(load(u)));
      for (int l = 0; l < lanes; l++) features[static_cast<size_t>(base + l) * plan.stride + plan.uncertainty] = u[l];
    }
  }
}

}  // namespace

ChunkReport project(const View& view, const ChannelPlan& plan, const Parameters& in, int begin, int end, Splat2D* splats,
                    float* features) {
  ChunkReport report{0, -1, -1};
  const float width = static_cast<float>(view.width), height = static_cast<float>(view.height);
  for (int base = begin; base < end; base += W) {
    const int lanes = end - base < W ? end - base : W;
    SplatLanes rows;
    const Mask inFront = gather(view, in, base, lanes, rows);
    if (rows.bad) {
      for (int l = 0; l < lanes && report.badRow < 0; l++) {
        const int group = badGroupOf(in.geometry + static_cast<size_t>(base + l) * kGeometryColumns);
        if (group >= 0) report = {report.visible, base + l, group};
      }
    }
    if (!any(inFront)) continue;

    const Projection p = projectSplats(view, rows);
    const Float opacity = sigmoid(load(rows.g[10])) * p.compensation;
    // α ≥ 1/255  ⇔  q ≤ 2·ln(255·o): the exact support, so that no tile or radius ever shows in the picture.
    const Float log2Opacity = log2(max(opacity, set(1e-30f)));
    const Float qMax = set(1.38629436f) * (log2Opacity + set(7.99435344f));
    const Float ex = sqrt(max(qMax * p.xx, set(0.0f)));
    const Float ey = sqrt(max(qMax * p.yy, set(0.0f)));
    const Float mx = load(rows.mx), my = load(rows.my);
    Mask visible = inFront & greaterEqual(qMax, set(0.0f)) & p.regular;
    // The box of the support holds the centre of some pixel of the image.
    const Float half = set(0.5f);
    visible = visible & spansCentre(mx - ex - half, mx + ex - half, width) & spansCentre(my - ey - half, my + ey - half, height);
    const uint32_t chosen = bits(visible) & ((1u << lanes) - 1u);
    if (chosen == 0) continue;

    const Float invA = reciprocal(p.conicA);
    const Float mid = (p.xx + p.yy) * half;
    const Float lambda = mid + sqrt(max(mid * mid - p.det, set(0.0f)));
    const Float k = set(0.84932180f);  // sqrt(½·log2 e)
    // conic = cov⁻¹ = L·Lᵀ transposed: l₁₁ = sqrt(yy/det), l₂₁ = −xy/sqrt(yy·det), l₂₂ = 1/sqrt(yy)
    const Float across = sqrt(p.conicA);
    alignas(64) float o[12][W];
    store(o[0], across * k);
    store(o[1], p.conicB * k / across);
    store(o[2], k / sqrt(p.yy));
    store(o[3], log2Opacity);
    store(o[4], ex);
    store(o[5], ey);
    store(o[6], p.xy * reciprocal(p.xx) * ex);
    store(o[7], p.conicB * invA);
    store(o[8], qMax * invA);
    store(o[9], reciprocal(p.det) * invA * invA);
    store(o[10], opacity);
    store(o[11], sqrt(lambda) * set(3.0f));
    for (int l = 0; l < lanes; l++) {
      if (!((chosen >> l) & 1u)) continue;
      Splat2D& s = splats[report.visible++];
      const float radius = o[11][l] < 1e9f ? o[11][l] : 1e9f;
      const float whole = static_cast<float>(static_cast<int>(radius));
      s = {rows.mx[l], rows.my[l], o[0][l], o[1][l], o[2][l],  o[3][l],  o[4][l],
           o[5][l],    o[6][l],    o[7][l], o[8][l], o[9][l],  rows.z[l], o[10][l],
           whole < radius ? whole + 1.0f : whole, static_cast<uint32_t>(base + l)};
    }
  }
  fillFeatures(view, plan, in, report.visible, splats, features, report);
  return report;
}

}  // namespace legato::LEGATO_ISA
