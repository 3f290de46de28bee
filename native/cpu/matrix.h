/**
 * The inner loop of a matrix product: a few rows of A against one panel of B, sums kept in registers over the whole depth.
 *
 * B lies in panels of kColumns columns, [depth][kColumns], so that its loads are sequential. A is read in place, one broadcast a
 * value. On AVX-512 that is 24 multiply-adds for 4 loads and 6 broadcasts, on AVX2 12 for 2 and 6: bound by arithmetic.
 */
#pragma once

#include <cstddef>

#include "simd.h"

namespace legato::LEGATO_ISA {

#if LEGATO_SIMD == 512
constexpr int kRows = 6, kVectors = 4;
#elif LEGATO_SIMD == 256 || LEGATO_SIMD == 128
constexpr int kRows = 6, kVectors = 2;
#else
constexpr int kRows = 4, kVectors = 1;
#endif
constexpr int kColumns = kVectors * W;

/** Sums of kRows × kColumns products. */
struct Tile {
  Float sum[kRows][kVectors];
};

/**
 * Σ_k A[r][k] · B[k][c].
 *
 * @param a      where A[r][0] lies, for each row
 * @param step   floats from A[r][k] to A[r][k + 1]
 * @param panel  where B[0][0] lies
 * @param next   floats from B[k][0] to B[k + 1][0]; kColumns in a packed panel
 */
LEGATO_INLINE Tile multiply(const float* const (&a)[kRows], ptrdiff_t step, const float* panel, ptrdiff_t next, int depth) {
  Tile t;
#pragma GCC unroll 8
  for (int r = 0; r < kRows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) t.sum[r][v] = set(0.0f);
  for (int k = 0; k < depth; k++) {
    Float b[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) b[v] = load(panel + k * next + v * W);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) {
      const Float x = set(a[r][k * step]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) t.sum[r][v] = fma(x, b[v], t.sum[r][v]);
    }
  }
  return t;
}

}  // namespace legato::LEGATO_ISA
