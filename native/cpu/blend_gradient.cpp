/**
 * Gradient of the blending of one tile, front to back (METHOD §1).
 *
 *   ∂L/∂c_i = Σ_px w_i·g                         g = ∂L/∂C, per channel
 *   ∂L/∂α_i = T_i·q_i − R_i/(1 − α_i)            q_i = Σ_c g_c·c_i,  R_i = Σ_{j>i} w_j·q_j + T_N·(g·background)
 *
 * R needs no second sweep: it starts at Σ_c g_c·C_c, which the forward pass left behind, and every splat takes its own w·q away.
 * Splats are the outer loop here, because what is summed belongs to them: six sums of v = α·∂L/∂α over the pixels (1, dx, dy,
 * dx², dx·dy, dy²) carry everything that position, conic and opacity need, and one sum a channel the features. The sums of a
 * splat stay in registers over the vectors it touches and are reduced across lanes once.
 *
 * Only the first plan.geometric channels enter q: the others see the weights as constants (semantics never moves geometry).
 */
#include "lane_sums.h"
#include "render_types.h"
#include "simd.h"
#include "tile.h"

namespace legato::LEGATO_ISA {

namespace {

/** Template argument: as many channels move geometry as the plan says. 0 and 3 (rgb alone) have code of their own. */
constexpr int kAnyGeometric = -1;

/** Splats whose sums are asked for ahead of their turn: they lie anywhere in memory. */
constexpr int kSumsAhead = 6;

struct GradientScratch {
  float* batch;
  float* gradient;   // [kVectors][C][W]
  float* light;      // [kVectors][W]
  float* rest;       // [kVectors][W]  R
  uint32_t* masks;   // [kBatch]
  uint32_t* active;  // [kVectors]
};

constexpr int gradientFloats(int stride) {
  return kBatch * (kBatchHead + stride) + kVectors * W * (stride + 2) + kBatch + kVectors;
}

GradientScratch carve(float* p, int stride) {
  GradientScratch s;
  s.gradient = p;
  p += kVectors * stride * W;
  s.light = p;
  p += kVectors * W;
  s.rest = p;
  p += kVectors * W;
  s.batch = p;
  p += kBatch * (kBatchHead + stride);
  s.masks = reinterpret_cast<uint32_t*>(p);
  p += kBatch;
  s.active = reinterpret_cast<uint32_t*>(p);
  return s;
}

/** One splat over the vectors `touched`; vectors that end are taken out of `live`. Of the C channels, `geometric` move geometry. */
template <int C, int G>
LEGATO_INLINE void splatGradient(const GradientScratch& s, const TilePixels& pixels, const float* splat, uint32_t touched,
                                 uint32_t& live, int geometric, float* out) {
  constexpr int n = kGradientSums + C;
  Float sums[n];
#pragma GCC unroll 24
  for (int k = 0; k < n; k++) sums[k] = set(0.0f);
  const Float stop = set(kTransmittanceStop), one = set(1.0f);
  for (; touched; touched &= touched - 1) {
    const int v = std::countr_zero(touched);
    const Shade a = shade(splat, pixels.x(v), pixels.y(v));
    const Float light = load(s.light + v * W);
    const Float next = fnma(light, a.alpha, light);
    const Mask hit = a.hit & maskOf(s.active[v]);
    if (!any(hit)) continue;
    const Mask ends = hit & less(next, stop);
    const Mask blends = without(hit, ends);
    if (any(ends)) {
      s.active[v] &= ~bits(ends);
      if (!s.active[v]) live &= ~(1u << v);
    }
    const Float weight = zeroUnless(blends, a.alpha * light);
    store(s.light + v * W, select(blends, next, light));
    const float* g = s.gradient + static_cast<size_t>(v) * C * W;
    if constexpr (G != 0) {
      Float q = load(g) * set(splat[kBatchHead]);
#pragma GCC unroll 16
      for (int c = 1; c < (G > 0 ? G : geometric); c++) q = fma(load(g + c * W), set(splat[kBatchHead + c]), q);
      // v = α·∂L/∂α = w·q − R·α/(1 − α), with R after this splat has been taken away.
      const Float own = weight * q;
      const Float rest = load(s.rest + v * W) - own;
      store(s.rest + v * W, rest);
      const Mask moves = blends & less(a.uncapped, set(kAlphaCap));
      const Float value = zeroUnless(moves, fnma(rest, a.alpha * reciprocal(one - a.alpha), own));
      const Float vx = value * a.dx, vy = value * a.dy;
      sums[kSumV] = sums[kSumV] + value;
      sums[kSumVx] = sums[kSumVx] + vx;
      sums[kSumVy] = sums[kSumVy] + vy;
      sums[kSumVxx] = fma(vx, a.dx, sums[kSumVxx]);
      sums[kSumVxy] = fma(vx, a.dy, sums[kSumVxy]);
      sums[kSumVyy] = fma(vy, a.dy, sums[kSumVyy]);
    }
#pragma GCC unroll 16
    for (int c = 0; c < C; c++) sums[kGradientSums + c] = fma(weight, load(g + c * W), sums[kGradientSums + c]);
  }
  addLaneSums<n>(sums, out);
}

template <int C, int G>
void gradientTile(const TileJob& job, const float* carried, const float* gradient, float* out) {
  const GradientScratch s = carve(job.scratch, C);
  const TilePixels pixels = tilePixels();
  const ChannelPlan& plan = *job.plan;
  const size_t planeSize = static_cast<size_t>(job.view->width) * job.view->height;
  uint32_t live = 0;
  for (int v = 0; v < kVectors; v++) {
    const uint32_t inside = lanesInside(job, v);
    s.active[v] = inside;
    if (inside) live |= 1u << v;
    store(s.light + v * W, set(1.0f));
    Float rest = set(0.0f);
    for (int c = 0; c < C; c++) {
      float* g = s.gradient + (static_cast<size_t>(v) * C + c) * W;
      if (c < plan.count)
        loadPixels(job, v, inside, gradient + plan.plane[c] * planeSize, g);
      else
        store(g, set(0.0f));
      if (c < plan.geometric) rest = fma(load(g), load(carried + (static_cast<size_t>(v) * plan.geometric + c) * W), rest);
    }
    store(s.rest + v * W, rest);
  }
  for (int first = 0; first < job.count && live; first += kBatch) {
    const int count = fetchBatch(job, first, s.batch, VectorsOfSplats{s.masks});
    const auto sumsOf = [&](int j) {
      const uint32_t slot = std::bit_cast<uint32_t>(s.batch[static_cast<size_t>(j) * (kBatchHead + C) + 6]);
      return out + static_cast<size_t>(slot) * (kGradientSums + C);
    };
    for (int j = 0; j < count && live; j++) {
      if (j + kSumsAhead < count && (s.masks[j + kSumsAhead] & live)) {
        const float* ahead = sumsOf(j + kSumsAhead);
        prefetch(ahead);
        prefetch(ahead + kGradientSums + C - 1);
      }
      const uint32_t touched = s.masks[j] & live;
      if (!touched) continue;
      const float* splat = s.batch + static_cast<size_t>(j) * (kBatchHead + C);
      splatGradient<C, G>(s, pixels, splat, touched, live, plan.geometric, sumsOf(j));
    }
  }
}

template <int C>
void dispatch(const TileJob& job, const float* carried, const float* gradient, float* out) {
  const int geometric = job.plan->geometric;
  if (geometric == 0) return gradientTile<C, 0>(job, carried, gradient, out);
  if constexpr (C >= 3)
    if (geometric == 3) return gradientTile<C, 3>(job, carried, gradient, out);
  return gradientTile<C, kAnyGeometric>(job, carried, gradient, out);
}

}  // namespace

int gradientScratch(const ChannelPlan& plan) { return gradientFloats(plan.stride); }

void blendGradient(const TileJob& job, const float* carried, const float* gradient, float* sums) {
  switch (job.plan->stride) {
    case 1: return dispatch<1>(job, carried, gradient, sums);
    case 3: return dispatch<3>(job, carried, gradient, sums);
    case 5: return dispatch<5>(job, carried, gradient, sums);
    case 9: return dispatch<9>(job, carried, gradient, sums);
    case 12: return dispatch<12>(job, carried, gradient, sums);
    default: return dispatch<14>(job, carried, gradient, sums);
  }
}

}  // namespace legato::LEGATO_ISA
