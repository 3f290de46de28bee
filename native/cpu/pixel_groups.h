/**
 * Single pixels of a picture in groups of one tile, at most a vector of them: one walk of the tile's list of splats serves a group.
 *
 * Groups depend on the pixels alone, so that whatever is summed in their order never depends on timing.
 */
#pragma once

#include <cstdint>
#include <vector>

#include "rasterizer.h"

namespace legato {

class PixelGroups {
 public:
  struct Group {
    int tile, begin, end;  // of order() and places()
  };

  /** @param pixels  y·width + x. Throws std::invalid_argument for one outside the picture. */
  void sort(const Rasterizer& rasterizer, const int32_t* pixels, int count, int lanes);

  const std::vector<Group>& groups() const { return groups_; }
  /** numbers of the pixels, tile by tile, in their own order within one */
  const int32_t* order() const { return order_.data(); }
  /** the pixels themselves, in that order */
  const int32_t* places() const { return places_.data(); }
  size_t memoryBytes() const;

 private:
  std::vector<Group> groups_;
  std::vector<int32_t> order_, places_;
  std::vector<int> tileBegin_, next_;
};

}  // namespace legato
