/** Gaussians as words to draw from; formulas and layouts in src-main/kernels/pack.reference.ts. */
#pragma once

#include <cstdint>

namespace legato {

struct PackInput {
  const float* geometry;   // [count, 11]
  const float* harmonics;  // [count, 48]
  int count;
  int shDegree;
};

struct PackRange {
  double origin[3];
  double rgbMin, rgbMax;
  double lnScaleMin, lnScaleMax;
  double shMax[3];
};

struct PackExtremes {
  double lnScaleMin, lnScaleMax, dcMin, dcMax;
  double largest[3], squares[3];
};

/** Splats [count, 4]; the bands [count, 2], [count, 4], [count, 4] or null. */
struct PackedWords {
  uint32_t* splats;
  uint32_t* bands[3];
};

/** Over a static partition, so that sums do not depend on threads. */
PackExtremes packExtremes(const PackInput& input);
void packSplats(const PackInput& input, const PackRange& range, const PackedWords& out);

}  // namespace legato
