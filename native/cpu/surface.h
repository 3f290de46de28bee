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
  float* uncertainty;  // mean, 0 where nothing is seen
  float* share;        // of the label in alpha
  uint16_t* labels;
};

class SurfaceSampler {
 public:
  /** @param u [rows]; @param labels [rows], below labelCount */
  void sample(const KernelTable& kernels, const Rasterizer& rasterizer, const float* geometry, const float* u, const uint16_t* labels,
              int labelCount, const SurfacePlanes& out);

  size_t memoryBytes() const;

 private:
  std::vector<std::vector<float>> votes_;  // by worker, zeros between calls
};

}  // namespace legato
