/**
 * What this machine can do at best, so that a benchmark can say what share of it a kernel reaches: multiply-adds in registers,
 * and reads that stream from memory.
 */
#include <cstddef>

#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

/** Independent chains of multiply-adds, enough to hide their latency. Returns the floating-point operations done. */
double multiplyAdds(int rounds, float* sink) {
  constexpr int kChains = 12;
  Float chain[kChains];
  for (int k = 0; k < kChains; k++) chain[k] = set(1.0f + static_cast<float>(k));
  const Float a = set(0.999f), b = set(1e-3f);
  for (int i = 0; i < rounds; i++)
#pragma GCC unroll 12
    for (int k = 0; k < kChains; k++) chain[k] = fma(chain[k], a, b);
  float total = 0.0f;
  for (int k = 0; k < kChains; k++) total += sum(chain[k]);
  *sink += total;
  return 2.0 * kChains * W * rounds;
}

/** Sums `length` floats, a multiple of 4·W; the sum keeps the reads from being left out. */
void streamRead(const float* data, size_t length, float* sink) {
  Float s0 = set(0.0f), s1 = s0, s2 = s0, s3 = s0;
  for (size_t i = 0; i + 4 * W <= length; i += 4 * W) {
    s0 = s0 + load(data + i);
    s1 = s1 + load(data + i + W);
    s2 = s2 + load(data + i + 2 * W);
    s3 = s3 + load(data + i + 3 * W);
  }
  *sink += sum((s0 + s1) + (s2 + s3));
}

}  // namespace legato::LEGATO_ISA
