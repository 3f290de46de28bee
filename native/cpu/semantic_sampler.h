/**
 * Semantics and uncertainty at single pixels of the last picture, without rendering the rest, and the gradient to them (formulas in
 * src-main/kernels/sample.reference.ts). The blending weights are constants of the semantics (METHOD §1), so the gradient is the
 * transpose of the same sparse product: a walk of a tile's list composites its pixels and leaves the weights, a vector a splat.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pixel_groups.h"
#include "rasterizer.h"

namespace legato {

class SemanticSampler {
 public:
  /**
   * Σ w·S_G (8), Σ w·u, Σ w at pixels (y·width + x) of the rasteriser's last picture.
   *
   * @param semantics  [count, 9]
   * @param out        [pixels, 10]
   * Throws std::invalid_argument for a pixel outside, and for a picture of more splats than `count`.
   */
  void composite(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int pixelCount,
                 const float* semantics, int count, float* out);

  /**
   * ∂L/∂semantics of the semantics that were composited last, from ∂L/∂out [pixels, 10], whose last column passes nothing.
   *
   * @param dSemantics  [rows ≥ count, 9]; all rows are written
   */
  void scatter(const KernelTable& kernels, const float* dOut, float* dSemantics, int rows);

  /**
   * Labels of the pixels that were composited last, by the vote of the splats that each blends: argmax_k Σ_i w_i·[splats_i = k], the
   * lower label of equals.
   *
   * @param splats  [count], 0 = no label, no vote
   * @param labels  [pixels]; those that are 0, and those whose splats have no vote, stay as they are
   */
  void vote(const KernelTable& kernels, const uint8_t* splats, uint8_t* labels);

  int pixels() const { return pixelCount_; }
  int count() const { return count_; }
  size_t memoryBytes() const;

 private:
  /** What the splats of a group's tile lend its pixels. */
  struct Lent {
    int worker, length;
    size_t at;                           // entries before it in the worker's arena
  };
  struct Arena {
    std::vector<uint32_t> rows;
    std::vector<float> weights;          // a vector a row
    size_t used = 0;
  };
  std::vector<size_t> shares(int parts) const;

  PixelGroups groups_;
  int pixelCount_ = 0, count_ = 0;
  std::vector<Lent> lent_;               // by group
  std::vector<Arena> arenas_;            // by worker
  std::vector<float> u_;                 // [count]
  std::vector<std::vector<float>> sums_; // by thread, [count, 9] and slack
};

}  // namespace legato
