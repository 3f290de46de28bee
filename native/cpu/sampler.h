/**
 * Semantics and uncertainty at single pixels of the last picture, without rendering the rest: the weights of what each pixel sees,
 * then a small sparse product per channel. The weights are constants of the semantics (METHOD §1), so its gradient is the transpose.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rasterizer.h"

namespace legato {

class Sampler {
 public:
  /** Finds the weights at pixels (y·width + x) of the rasteriser's last picture. Throws std::invalid_argument for one outside. */
  void gather(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int count);

  int pixels() const { return static_cast<int>(offsets_.size()) - 1; }
  size_t pairs() const { return offsets_.back(); }
  const uint32_t* offsets() const { return offsets_.data(); }
  const uint32_t* rows() const { return rows_.data(); }
  const float* weights() const { return weights_.data(); }

  /** Σ w·S_G (8), Σ w·u, Σ w per pixel. @param semantics  [count, 9] @param out  [pixels, 10] */
  void composite(const KernelTable& kernels, const float* semantics, int count, float* out);

  /** ∂L/∂semantics [rows, 9], all rows written, from ∂L/∂out [pixels, 10]; the last column of out (Σ w) passes nothing. */
  void scatter(const KernelTable& kernels, const float* semantics, int count, const float* dOut, float* dSemantics, int rows);

  size_t memoryBytes() const;

 private:
  struct Group {
    int tile, begin, end;      // of order_
    int worker;
    size_t at;                 // in the worker's arena
  };
  struct Arena {
    std::vector<uint32_t> rows;
    std::vector<float> weights;
    std::vector<uint32_t> laneRows;
    std::vector<float> laneWeights;
  };
  void requireRows(int count) const;
  void sigmoids(const KernelTable& kernels, const float* semantics, int count);

  std::vector<uint32_t> offsets_{0};   // [pixels + 1]
  std::vector<uint32_t> rows_;
  std::vector<float> weights_;
  uint32_t highestRow_ = 0;
  std::vector<int32_t> order_;         // pixels' numbers, by tile
  std::vector<int32_t> place_;         // pixels' places, in that order
  std::vector<int> tileBegin_;
  std::vector<Group> groups_;
  std::vector<Arena> arenas_;          // by worker
  std::vector<float> u_;
  std::vector<std::vector<float>> sums_;  // by thread
};

}  // namespace legato
