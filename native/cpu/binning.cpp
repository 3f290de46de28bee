#include "binning.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "pool.h"

namespace legato {

namespace {

/** Splats ahead in depth order, which is random order in memory, asked for before their turn. */
constexpr size_t kAhead = 12;

inline void prefetch([[maybe_unused]] const void* p) {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(p);
#endif
}

}  // namespace

/** Least-significant-digit radix sort, 3 × 11 bits: positive floats order like their bits. Stable. */
void Binning::sortByDepth(const Splat2D* splats, const std::vector<uint32_t>& slots) {
  const size_t n = slots.size();
  order_.assign(slots.begin(), slots.end());
  keys_.resize(n);
  orderSwap_.resize(n);
  keysSwap_.resize(n);
  constexpr int kBits = 11, kBuckets = 1 << kBits;
  uint32_t histogram[3][kBuckets] = {};
  for (size_t i = 0; i < n; i++) {
    const uint32_t key = std::bit_cast<uint32_t>(splats[slots[i]].depth);
    keys_[i] = key;
    for (int pass = 0; pass < 3; pass++) histogram[pass][(key >> (pass * kBits)) & (kBuckets - 1)]++;
  }
  for (int pass = 0; pass < 3; pass++) {
    uint32_t* const counts = histogram[pass];
    if (n > 0 && counts[(keys_[0] >> (pass * kBits)) & (kBuckets - 1)] == n) continue;  // all share this digit
    uint32_t total = 0;
    for (int b = 0; b < kBuckets; b++) {
      const uint32_t c = counts[b];
      counts[b] = total;
      total += c;
    }
    for (size_t i = 0; i < n; i++) {
      const uint32_t at = counts[(keys_[i] >> (pass * kBits)) & (kBuckets - 1)]++;
      keysSwap_[at] = keys_[i];
      orderSwap_[at] = order_[i];
    }
    keys_.swap(keysSwap_);
    order_.swap(orderSwap_);
  }
}

void Binning::build(const View& view, const Splat2D* splats, const std::vector<uint32_t>& slots) {
  tilesX_ = (view.width + kTile - 1) / kTile;
  tilesY_ = (view.height + kTile - 1) / kTile;
  sortByDepth(splats, slots);
  const int shares = pool().threads();
  const size_t n = order_.size();
  spans_.resize(shares);
  spanCounts_.resize(shares);
  cursors_.resize(shares);

  pool().run(shares, [&](int share, int) {
    auto& spans = spans_[share];
    auto& spanCounts = spanCounts_[share];
    auto& counts = cursors_[share];
    spans.clear();
    spanCounts.clear();
    counts.assign(tiles(), 0);
    for (size_t i = n * share / shares; i < n * (share + 1) / shares; i++) {
      if (i + kAhead < n) prefetch(splats + order_[i + kAhead]);
      const Splat2D& s = splats[order_[i]];
      constexpr float slack = 2e-3f;  // as in tile.h: rounding must never drop a pixel
      const float low = s.y - s.extentY - slack, high = s.y + s.extentY + slack;
      const int y0 = std::max(0, static_cast<int>(std::max(0.0f, low) / kTile));
      const int y1 = static_cast<int>(std::min(static_cast<float>(view.height) - 0.5f, high) / kTile);
      uint32_t found = 0;
      for (int y = y0; y <= y1 && y < tilesY_; y++) {
        const float top = static_cast<float>(y * kTile) + 0.5f - s.y, bottom = top + (kTile - 1);
        if (top > s.extentY + slack || bottom < -s.extentY - slack) continue;
        const float dr = std::min(std::max(s.rightDy, top), bottom);
        const float dl = std::min(std::max(-s.rightDy, top), bottom);
        const float right = s.x + slack - 0.5f - s.slope * dr + std::sqrt(std::max(s.reach - s.decay * dr * dr, 0.0f));
        const float left = s.x - slack - 0.5f - s.slope * dl - std::sqrt(std::max(s.reach - s.decay * dl * dl, 0.0f));
        // Pixel i is touched when left ≤ i ≤ right; a tile when one of its pixels is.
        const float lastPixel = static_cast<float>(view.width - 1);
        if (right < 0.0f || left > lastPixel) continue;
        const int x0 = static_cast<int>(std::ceil(std::max(left, 0.0f))) / kTile;
        const int x1 = static_cast<int>(std::min(right, lastPixel)) / kTile;
        if (x1 < x0) continue;
        spans.push_back({static_cast<uint16_t>(x0), static_cast<uint16_t>(x1), static_cast<uint16_t>(y)});
        for (int x = x0; x <= x1; x++) counts[y * tilesX_ + x]++;
        found++;
      }
      spanCounts.push_back(found);
    }
  });

  offsets_.resize(tiles() + 1);
  uint32_t total = 0;
  for (int t = 0; t < tiles(); t++) {
    offsets_[t] = total;
    for (int share = 0; share < shares; share++) {
      const uint32_t c = cursors_[share][t];
      cursors_[share][t] = total;
      total += c;
    }
  }
  offsets_[tiles()] = total;
  if (instances_.size() < total) instances_.resize(total + total / 4);

  pool().run(shares, [&](int share, int) {
    const auto& spanCounts = spanCounts_[share];
    const Span* span = spans_[share].data();
    uint32_t* const cursors = cursors_[share].data();
    size_t i = n * share / shares;
    for (const uint32_t found : spanCounts) {
      const uint32_t slot = order_[i++];
      for (uint32_t k = 0; k < found; k++, span++)
        for (int x = span->x0; x <= span->x1; x++) instances_[cursors[span->row * tilesX_ + x]++] = slot;
    }
  });
}

size_t Binning::memoryBytes() const {
  size_t bytes = 4 * (order_.capacity() + keys_.capacity() + orderSwap_.capacity() + keysSwap_.capacity() + offsets_.capacity() +
                      instances_.capacity());
  for (const auto& s : spans_) bytes += s.capacity() * sizeof(Span);
  for (const auto& s : spanCounts_) bytes += s.capacity() * 4;
  for (const auto& s : cursors_) bytes += s.capacity() * 4;
  return bytes;
}

}  // namespace legato
