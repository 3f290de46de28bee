/**
 * Front-to-back blending of one tile (METHOD §1).
 *
 *   w_i = α_i·T_i,   T_{i+1} = T_i·(1 − α_i),   C = Σ_i w_i·c_i (+ T·background for rgb)
 *
 * Vectors are the outer loop: transmittance and all sums of W pixels stay in registers while the splats that touch them stream by
 * from the batch. A vector whose pixels are all opaque leaves the loop; a tile whose vectors have all left stops reading splats.
 */
#include "render_types.h"
#include "simd.h"
#include "tile.h"

namespace legato::LEGATO_ISA {

namespace {

struct BlendScratch {
  float* batch;        // [kBatch][kBatchHead + stride]
  float* sums;         // [kVectors][stride][W]
  float* light;        // [kVectors][W] transmittance
  uint32_t* active;    // [kVectors] lanes still receiving
};

constexpr int blendFloats(int stride) {
  return kBatch * (kBatchHead + stride) + kVectors * W * (stride + 1) + kVectors;
}

BlendScratch carve(float* p, int stride) {
  BlendScratch s;
  s.sums = p;
  p += kVectors * stride * W;
  s.light = p;
  p += kVectors * W;
  s.batch = p;
  p += kBatch * (kBatchHead + stride);
  s.active = reinterpret_cast<uint32_t*>(p);
  return s;
}

/** One vector of pixels against its splats of the batch. @param touching  bits of the splats, [kBatchWords] */
template <int C>
LEGATO_INLINE void blendVector(const BlendScratch& s, int v, const uint64_t* touching, Float px, Float py) {
  constexpr int step = kBatchHead + C;
  Float sums[C];
  float* kept = s.sums + static_cast<size_t>(v) * C * W;
#pragma GCC unroll 16
  for (int c = 0; c < C; c++) sums[c] = load(kept + c * W);
  Float light = load(s.light + v * W);
  Mask active = maskOf(s.active[v]);
  const Float stop = set(kTransmittanceStop);
  bool open = true;
  for (int word = 0; word < kBatchWords && open; word++) {
    const float* splats = s.batch + static_cast<size_t>(64 * word) * step;
    for (uint64_t left = touching[word]; left != 0 && open; left &= left - 1) {
      const float* splat = splats + static_cast<size_t>(std::countr_zero(left)) * step;
      const Shade a = shade(splat, px, py);
      const Float next = fnma(light, a.alpha, light);
      const Mask hit = a.hit & active;
      const Mask ends = hit & less(next, stop);
      const Mask blends = without(hit, ends);
      const Float weight = zeroUnless(blends, a.alpha * light);
      light = select(blends, next, light);
#pragma GCC unroll 16
      for (int c = 0; c < C; c++) sums[c] = fma(weight, set(splat[kBatchHead + c]), sums[c]);
      active = without(active, ends);
      open = any(active);
    }
  }
#pragma GCC unroll 16
  for (int c = 0; c < C; c++) store(kept + c * W, sums[c]);
  store(s.light + v * W, light);
  s.active[v] = bits(active);
}

template <int C>
int blendTile(const TileJob& job, float* image, float* carried) {
  const BlendScratch s = carve(job.scratch, C);
  const TilePixels pixels = tilePixels();
  const ChannelPlan& plan = *job.plan;
  uint32_t live = 0;
  for (int v = 0; v < kVectors; v++) {
    s.active[v] = lanesInside(job, v);
    if (s.active[v]) live |= 1u << v;
    store(s.light + v * W, set(1.0f));
  }
  for (int i = 0; i < kVectors * C; i++) store(s.sums + i * W, set(0.0f));

  int worked = 0;
  uint64_t touching[kVectors * kBatchWords];
  for (int first = 0; first < job.count && live; first += kBatch) {
    fetchBatch(job, first, s.batch, SplatsOfVectors{touching});
    for (uint32_t m = live; m; m &= m - 1) {
      const int v = std::countr_zero(m);
      const uint64_t* own = touching + v * kBatchWords;
      for (int word = 0; word < kBatchWords; word++) worked += std::popcount(own[word]);
      blendVector<C>(s, v, own, pixels.x(v), pixels.y(v));
      if (!s.active[v]) live &= ~(1u << v);
    }
  }

  const size_t planeSize = static_cast<size_t>(job.view->width) * job.view->height;
  for (int v = 0; v < kVectors; v++) {
    const uint32_t inside = lanesInside(job, v);
    for (int c = 0; c < plan.count; c++) {
      float* lanes = s.sums + (static_cast<size_t>(v) * C + c) * W;
      const int rgb = c - plan.rgb;
      if (plan.rgb >= 0 && rgb >= 0 && rgb < 3)
        store(lanes, fma(load(s.light + v * W), set(job.view->background[rgb]), load(lanes)));
      if (inside) storePixels(job, v, inside, lanes, image + plan.plane[c] * planeSize);
      if (carried && c < plan.geometric) store(carried + (static_cast<size_t>(v) * plan.geometric + c) * W, load(lanes));
    }
  }
  return worked;
}

}  // namespace

int blendScratch(const ChannelPlan& plan) { return blendFloats(plan.stride); }

int blend(const TileJob& job, float* image, float* carried) {
  switch (job.plan->stride) {
    case 1: return blendTile<1>(job, image, carried);
    case 3: return blendTile<3>(job, image, carried);
    case 5: return blendTile<5>(job, image, carried);
    case 9: return blendTile<9>(job, image, carried);
    case 12: return blendTile<12>(job, image, carried);
    default: return blendTile<14>(job, image, carried);
  }
}

}  // namespace legato::LEGATO_ISA
