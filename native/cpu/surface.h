/** What the whole of a picture shows as a surface: median depth, labels, uncertainty; formulas in src-main/kernels/surface.reference.ts. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rasterizer.h"

namespace legato {

/** [height, width] each. */
struct SurfacePlanes {
  float* depth;        // along the camera's axis, 0 where less than half of the light is stopped
  float* alpha;
  float* confidence;   // light that is stopped near that depth
  float* uncertainty;  // mean, 0 where nothing is seen
  uint16_t* labels;
};

class SurfaceSampler {
 public:
  /** @param u [rows]; @param labels [rows], below labelCount */
  void sample(const KernelTable& kernels, const Rasterizer& rasterizer, const float* geometry, const float* u, const uint16_t* labels,
              int labelCount, const SurfacePlanes& out);

  size_t memoryBytes() const;

 private:
  /** A splat as rays meet it: with d' = inverse·direction, t* = (d'·offset)/(d'·d'). */
  struct Shape {
    float inverse[9];  // diag(1/s)·Rᵀ
    float offset[3];   // inverse·(mean − camera)
    float low, high;   // depths between which t* is believed
  };
  struct Crossing {
    float depth, weight;
    uint32_t row;
  };
  struct Scratch {
    std::vector<uint32_t> rows;
    std::vector<float> weights;
    std::vector<float> votes;  // zeros between pixels
    std::vector<Crossing> crossings;
  };

  std::vector<Shape> shapes_;     // by row
  std::vector<Scratch> scratch_;  // by worker
};

}  // namespace legato
