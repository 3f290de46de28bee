/**
 * One picture after another from one set of scratch memory: the stages of render_types.h, in order, over the pool.
 *
 * The memory grows with the scene and is never given back before the rasteriser is; no step allocates once the scene has stopped
 * growing. A forward pass leaves what its backward pass needs; the frame number tells them apart.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "binning.h"
#include "kernel_table.h"

namespace legato {

struct ForwardReport {
  int visible;
  size_t instances;    // (splat, tile) pairs
  uint64_t vectors;    // (splat, vector of pixels) pairs worked on before the stop
  uint64_t frame;
};

struct Gradients {
  float* geometry;     // [capacity, 11] or null; every row is written
  float* harmonics;    // [capacity, 48] or null
  float* semantics;    // [capacity, 9] or null
  float* probe;        // [capacity, 3] or null
  int geometryRows, harmonicRows, semanticRows, probeRows;
};

class Rasterizer {
 public:
  /** Throws std::invalid_argument naming the group and row of a non-finite parameter. radii: [count] px or null. */
  ForwardReport forward(const KernelTable& kernels, const View& view, const Parameters& in, uint32_t channels,
                        bool semanticsMovesGeometry, float* image, float* radii);

  /** For the last forward pass; `in` must be unchanged. dImage is [C, H, W]. */
  void backward(const KernelTable& kernels, const Parameters& in, uint64_t frame, const float* dImage, const Gradients& out);

  /** The last forward pass, and its tiles. Throws std::logic_error if another one has run since. */
  void require(uint64_t frame) const;
  int width() const { return view_.width; }
  int height() const { return view_.height; }
  int tilesX() const { return binning_.tilesX(); }
  int tiles() const { return binning_.tiles(); }
  /** rows of the parameters that the last picture was drawn from */
  int rows() const { return rows_; }
  TileJob tile(int index) const;

  size_t memoryBytes() const;

 private:
  void partitionTiles(int shares);
  float* scratch(int worker, int floats);

  View view_{};
  ChannelPlan plan_{};
  Binning binning_;
  uint64_t frame_ = 0;
  int rows_ = 0;
  std::vector<ChunkReport> chunks_;
  std::vector<Splat2D> splats_;             // by slot
  std::vector<float> features_;             // by slot
  std::vector<uint32_t> slots_;             // visible slots, rows ascending
  std::vector<float> carried_;              // per tile: pictures of the geometric channels, in vectors
  std::vector<int> cost_;                   // per tile: vectors blended
  std::vector<int> shareEnds_;              // tiles of each share of the backward pass
  std::vector<std::vector<float>> sums_;    // per share, by slot
  std::vector<const float*> sumParts_;      // where each share's sums begin
  std::vector<std::vector<float>> scratch_; // per worker
};

ChannelPlan planChannels(uint32_t channels, bool semanticsMovesGeometry);

}  // namespace legato
