/**
 * Which splats a tile must blend, nearest first.
 *
 * All visible splats are sorted by depth once; then every thread walks its share of the sorted order, finds the tiles that each
 * ellipse { α ≥ 1/255 } really touches (exactly, row of tiles by row of tiles), and scatters it. The scatter is stable, so the
 * lists come out in depth order with ties by row, whatever the number of threads.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "render_types.h"

namespace legato {

class Binning {
 public:
  /** slots: visible splats in any order with rows ascending */
  void build(const View& view, const Splat2D* splats, const std::vector<uint32_t>& slots);

  int tilesX() const { return tilesX_; }
  int tilesY() const { return tilesY_; }
  int tiles() const { return tilesX_ * tilesY_; }
  const uint32_t* list(int tile) const { return instances_.data() + offsets_[tile]; }
  int length(int tile) const { return static_cast<int>(offsets_[tile + 1] - offsets_[tile]); }
  size_t instances() const { return offsets_.empty() ? 0 : offsets_.back(); }
  size_t memoryBytes() const;

 private:
  void sortByDepth(const Splat2D* splats, const std::vector<uint32_t>& slots);

  /** Tiles [x0, x1] of one row of tiles. */
  struct Span {
    uint16_t x0, x1, row;
  };

  int tilesX_ = 0, tilesY_ = 0;
  std::vector<uint32_t> order_, keys_, orderSwap_, keysSwap_;
  std::vector<std::vector<Span>> spans_;             // per share
  std::vector<std::vector<uint32_t>> spanCounts_;    // per share, spans of each of its splats
  std::vector<std::vector<uint32_t>> cursors_;       // per share, per tile
  std::vector<uint32_t> offsets_, instances_;
};

}  // namespace legato
