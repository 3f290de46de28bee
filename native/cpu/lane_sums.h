/**
 * Sums n vectors across their lanes and adds the n results to consecutive floats.
 *
 * Done as a transposition: four vectors are interleaved and added into one that holds their four partial sums side by side, which
 * takes about three instructions a vector instead of the eight of a plain horizontal sum. Writes whole vectors, so up to W − 1
 * floats after the n-th are read and written back unchanged: the buffer must be padded by W.
 */
#pragma once

#include "simd.h"

namespace legato::LEGATO_ISA {

#if LEGATO_SIMD == 512

LEGATO_INLINE __m512 interleavedSums(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  const __m512d x = _mm512_castps_pd(ab), y = _mm512_castps_pd(cd);
  return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
}

LEGATO_INLINE __m512 quarterSums(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
}

template <int n>
LEGATO_INLINE void addLaneSums(const Float* s, float* out) {
#pragma GCC unroll 2
  for (int base = 0; base < n; base += 16) {
    const auto at = [&](int i) { return base + i < n ? s[base + i].v : _mm512_setzero_ps(); };
    const int left = n - base;
    const __m512 zero = _mm512_setzero_ps();
    const __m512 u0 = interleavedSums(at(0), at(1), at(2), at(3));
    const __m512 u1 = left > 4 ? interleavedSums(at(4), at(5), at(6), at(7)) : zero;
    const __m512 u2 = left > 8 ? interleavedSums(at(8), at(9), at(10), at(11)) : zero;
    const __m512 u3 = left > 12 ? interleavedSums(at(12), at(13), at(14), at(15)) : zero;
    const __m512 total = quarterSums(quarterSums(u0, u1), left > 8 ? quarterSums(u2, u3) : zero);
    _mm512_storeu_ps(out + base, _mm512_add_ps(_mm512_loadu_ps(out + base), total));
  }
}

#elif LEGATO_SIMD == 256

LEGATO_INLINE __m256 interleavedSums(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  const __m256d x = _mm256_castps_pd(ab), y = _mm256_castps_pd(cd);
  return _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(x, y)), _mm256_castpd_ps(_mm256_unpackhi_pd(x, y)));
}

template <int n>
LEGATO_INLINE void addLaneSums(const Float* s, float* out) {
#pragma GCC unroll 3
  for (int base = 0; base < n; base += 8) {
    const auto at = [&](int i) { return base + i < n ? s[base + i].v : _mm256_setzero_ps(); };
    const __m256 u0 = interleavedSums(at(0), at(1), at(2), at(3));
    const __m256 u1 = n - base > 4 ? interleavedSums(at(4), at(5), at(6), at(7)) : _mm256_setzero_ps();
    const __m256 total = _mm256_add_ps(_mm256_permute2f128_ps(u0, u1, 0x20), _mm256_permute2f128_ps(u0, u1, 0x31));
    _mm256_storeu_ps(out + base, _mm256_add_ps(_mm256_loadu_ps(out + base), total));
  }
}

#else

template <int n>
LEGATO_INLINE void addLaneSums(const Float* s, float* out) {
  for (int i = 0; i < n; i++) out[i] += sum(s[i]);
}

#endif

}  // namespace legato::LEGATO_ISA
