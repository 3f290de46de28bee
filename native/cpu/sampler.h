/** Which splats single pixels of the last picture see, and how much of each: lists by pixel, for lifting, picking and scoring. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pixel_groups.h"
#include "rasterizer.h"

namespace legato {

class Sampler {
 public:
  /** Finds the weights ≥ least at pixels (y·width + x) of the rasteriser's last picture. Throws std::invalid_argument for one outside. */
  void gather(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int count, float least);

  int pixels() const { return static_cast<int>(offsets_.size()) - 1; }
  size_t pairs() const { return offsets_.back(); }
  const uint32_t* offsets() const { return offsets_.data(); }
  const uint32_t* rows() const { return rows_.data(); }
  const float* weights() const { return weights_.data(); }

  size_t memoryBytes() const;

 private:
  struct Place {
    int worker;
    size_t at;                         // in the worker's arena
  };
  struct Arena {
    std::vector<uint32_t> rows;
    std::vector<float> weights;
    std::vector<uint32_t> laneRows;
    std::vector<float> laneWeights;
  };

  PixelGroups groups_;
  std::vector<uint32_t> offsets_{0};   // [pixels + 1]
  std::vector<uint32_t> rows_;
  std::vector<float> weights_;
  std::vector<Place> lists_;           // by group
  std::vector<Arena> arenas_;          // by worker
};

}  // namespace legato
