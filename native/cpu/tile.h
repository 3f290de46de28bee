/**
 * What the blend and its gradient share: the pixels of a tile in vectors, which splat touches which vector, and α itself.
 *
 * A tile of 16×16 pixels is cut into vectors of W pixels, 4 wide and W/4 tall. For every splat a bit mask says which vectors the
 * ellipse { α ≥ 1/255 } can touch: per row of vectors its left and right boundary over that row's pixels, in closed form. The
 * splats of a tile are taken in batches that fit the first-level cache.
 */
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

constexpr int kVectorWidth = 4;
constexpr int kVectorHeight = W / kVectorWidth;
constexpr int kVectorRows = kTile / kVectorHeight;
constexpr int kVectors = kTile * kTile / W;
constexpr int kBatch = 128;
constexpr int kBatchWords = kBatch / 64;
constexpr int kFetchAhead = 2 * W;
/** Floats before the features in a batch's splat: x, y (relative to the tile), across, skew, down, log2 opacity, slot, unused. */
constexpr int kBatchHead = 8;

/** Pixel centres relative to the tile, by column and by row of vectors. */
struct TilePixels {
  Float columns[kTile / kVectorWidth];
  Float rows[kVectorRows];

  LEGATO_INLINE Float x(int vector) const { return columns[vector % (kTile / kVectorWidth)]; }
  LEGATO_INLINE Float y(int vector) const { return rows[vector / (kTile / kVectorWidth)]; }
};

LEGATO_INLINE TilePixels tilePixels() {
  alignas(64) float x[W], y[W];
  for (int l = 0; l < W; l++) {
    x[l] = static_cast<float>(l % kVectorWidth) + 0.5f;
    y[l] = static_cast<float>(l / kVectorWidth) + 0.5f;
  }
  TilePixels p;
  for (int c = 0; c < kTile / kVectorWidth; c++) p.columns[c] = load(x) + set(static_cast<float>(c * kVectorWidth));
  for (int r = 0; r < kVectorRows; r++) p.rows[r] = load(y) + set(static_cast<float>(r * kVectorHeight));
  return p;
}

/** Which of W splats can touch each vector, as found(vector, mask); columns as listed in Splat2D, positions relative to the tile. */
template <class F>
LEGATO_INLINE void coverage(const float (*s)[W], F&& found) {
  const Float x = load(s[0]) - set(0.5f), y = load(s[1]);
  const Float ey = load(s[2]), rightDy = load(s[3]), slope = load(s[4]), reach = load(s[5]), decay = load(s[6]);
  // Rounding must never drop a pixel that α would keep, hence the slack.
  const Float slack = set(2e-3f), zero = set(0.0f);
  for (int r = 0; r < kVectorRows; r++) {
    const Float top = set(static_cast<float>(r * kVectorHeight) + 0.5f) - y;
    const Float bottom = top + set(static_cast<float>(kVectorHeight - 1));
    const Float dr = min(max(rightDy, top), bottom);
    const Float dl = min(max(zero - rightDy, top), bottom);
    const Float right = x + slack - slope * dr + sqrt(max(reach - decay * dr * dr, zero));
    const Float left = x - slack - slope * dl - sqrt(max(reach - decay * dl * dl, zero));
    const Mask row = greaterEqual(ey + slack, top) & greaterEqual(bottom, zero - ey - slack);
    for (int c = 0; c < kTile / kVectorWidth; c++) {
      const Mask touched = row & greaterEqual(set(static_cast<float>(c * kVectorWidth + kVectorWidth - 1)), left) &
                           greaterEqual(right, set(static_cast<float>(c * kVectorWidth)));
      found(r * (kTile / kVectorWidth) + c, touched);
    }
  }
}

/** Bits of the vectors that each splat of a batch can touch, [kBatch]: for those who go splat by splat. */
struct VectorsOfSplats {
  uint32_t* masks;

  LEGATO_INLINE void clear() const {}

  LEGATO_INLINE void operator()(const float (*s)[W], int base, int lanes) const {
    // Whole floats, 16 bits each, since vectors of whole numbers are none of the operations.
    Float low = set(0.0f), high = set(0.0f);
    coverage(s, [&](int vector, Mask touched) {
      Float& half = vector < 16 ? low : high;
      half = half + zeroUnless(touched, set(static_cast<float>(1 << (vector & 15))));
    });
    alignas(64) float l[W], h[W];
    store(l, low);
    store(h, high);
    for (int i = 0; i < lanes; i++) masks[base + i] = static_cast<uint32_t>(l[i]) | static_cast<uint32_t>(h[i]) << 16;
  }
};

/** Bits of the splats of a batch that can touch each vector, [kVectors][kBatchWords]: for those who go vector by vector. */
struct SplatsOfVectors {
  uint64_t* words;

  LEGATO_INLINE void clear() const {
    for (int i = 0; i < kVectors * kBatchWords; i++) words[i] = 0;
  }

  LEGATO_INLINE void operator()(const float (*s)[W], int base, int lanes) const {
    const uint32_t real = (1u << lanes) - 1u;
    coverage(s, [&](int vector, Mask touched) {
      words[vector * kBatchWords + base / 64] |= static_cast<uint64_t>(bits(touched) & real) << (base % 64);
    });
  }
};

/**
 * Copies up to kBatch splats of the tile, from `first` on, next to each other, and has `touches` find what they touch. Returns how many.
 */
template <class Touches>
LEGATO_INLINE int fetchBatch(const TileJob& job, int first, float* batch, const Touches& touches) {
  touches.clear();
  const int count = job.count - first < kBatch ? job.count - first : kBatch;
  const int stride = job.plan->stride, step = kBatchHead + stride;
  const float originX = static_cast<float>(job.tileX * kTile), originY = static_cast<float>(job.tileY * kTile);
  for (int base = 0; base < count; base += W) {
    const int lanes = count - base < W ? count - base : W;
    alignas(64) float s[7][W];
    // Depth order is random order in memory: ask for the splats of the vector after next now, or every one of them is a cache miss.
    for (int l = 0; l < W; l++) {
      const int ahead = first + base + kFetchAhead + l;
      if (ahead >= job.count) break;
      const uint32_t slot = job.slots[ahead];
      prefetch(job.splats + slot);
      const float* f = job.features + static_cast<size_t>(slot) * stride;
      prefetch(f);
      prefetch(f + stride - 1);
    }
    for (int l = 0; l < W; l++) {
      const uint32_t slot = job.slots[first + base + (l < lanes ? l : 0)];
      const Splat2D& p = job.splats[slot];
      s[0][l] = p.x - originX;
      s[1][l] = p.y - originY;
      s[2][l] = p.extentY;
      s[3][l] = p.rightDy;
      s[4][l] = p.slope;
      s[5][l] = p.reach;
      s[6][l] = p.decay;
      if (l >= lanes) continue;
      float* b = batch + static_cast<size_t>(base + l) * step;
      b[0] = s[0][l];
      b[1] = s[1][l];
      b[2] = p.across;
      b[3] = p.skew;
      b[4] = p.down;
      b[5] = p.log2Opacity;
      b[6] = std::bit_cast<float>(slot);
      const float* f = job.features + static_cast<size_t>(slot) * stride;
      for (int k = 0; k < stride; k++) b[kBatchHead + k] = f[k];
    }
    touches(s, base, lanes);
  }
  return count;
}

struct Shade {
  Float dx, dy;
  Float uncapped;  // o·G
  Float alpha;     // min(0.99, o·G)
  Mask hit;        // α ≥ 1/255
};

/** α of one splat at W pixels; the same instructions forward and backward, so that both take the same decisions. */
LEGATO_INLINE Shade shade(const float* splat, Float px, Float py) {
  Shade s;
  s.dx = px - set(splat[0]);
  s.dy = py - set(splat[1]);
  const Float u = fma(set(splat[2]), s.dx, set(splat[3]) * s.dy);
  const Float v = set(splat[4]) * s.dy;
  const Float power = fnma(u, u, fnma(v, v, set(splat[5])));
  s.uncapped = exp2(power);
  s.alpha = min(s.uncapped, set(kAlphaCap));
  s.hit = greaterEqual(s.alpha, set(kAlphaCut));
  return s;
}

/** Lanes of vector v that lie in the picture. */
LEGATO_INLINE uint32_t lanesInside(const TileJob& job, int v) {
  const int x0 = job.tileX * kTile + (v % (kTile / kVectorWidth)) * kVectorWidth;
  const int y0 = job.tileY * kTile + (v / (kTile / kVectorWidth)) * kVectorHeight;
  uint32_t inside = 0;
  for (int l = 0; l < W; l++)
    inside |= static_cast<uint32_t>(x0 + l % kVectorWidth < job.view->width && y0 + l / kVectorWidth < job.view->height) << l;
  return inside;
}

/** Moves one vector of pixels to or from a plane of the picture. */
LEGATO_INLINE void storePixels(const TileJob& job, int v, uint32_t inside, const float* lanes, float* plane) {
  const int x0 = job.tileX * kTile + (v % (kTile / kVectorWidth)) * kVectorWidth;
  const int y0 = job.tileY * kTile + (v / (kTile / kVectorWidth)) * kVectorHeight;
  for (int l = 0; l < W; l++)
    if ((inside >> l) & 1u) plane[static_cast<size_t>(y0 + l / kVectorWidth) * job.view->width + x0 + l % kVectorWidth] = lanes[l];
}

LEGATO_INLINE void loadPixels(const TileJob& job, int v, uint32_t inside, const float* plane, float* lanes) {
  const int x0 = job.tileX * kTile + (v % (kTile / kVectorWidth)) * kVectorWidth;
  const int y0 = job.tileY * kTile + (v / (kTile / kVectorWidth)) * kVectorHeight;
  for (int l = 0; l < W; l++)
    lanes[l] = (inside >> l) & 1u
                   ? plane[static_cast<size_t>(y0 + l / kVectorWidth) * job.view->width + x0 + l % kVectorWidth]
                   : 0.0f;
}

}  // namespace legato::LEGATO_ISA
