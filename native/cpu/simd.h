/**
 * One vector of floats, as wide as the instruction set allows, and the few operations that the kernels need.
 *
 * Every translation unit that does arithmetic is compiled once per instruction set (native/build.mjs) with LEGATO_ISA naming the
 * namespace and LEGATO_SIMD the flavour: 512 (AVX-512), 256 (AVX2 + FMA), 128 (NEON, two registers) or 0 (plain C++ that the
 * compiler may vectorise as it likes). Nothing here has external linkage outside that namespace, because the linker would
 * otherwise be free to keep the AVX-512 copy of a shared inline function for a machine that lacks it.
 *
 * Contraction is off (-ffp-contract=off): a fused multiply-add happens where `fma` is written and nowhere else, so that the
 * forward and the backward pass see bit-identical alphas and take the same decisions at every cut-off.
 */
#pragma once

#include <bit>
#include <cstdint>

#if LEGATO_SIMD == 512 || LEGATO_SIMD == 256
#include <immintrin.h>
#elif LEGATO_SIMD == 128
#include <arm_neon.h>
#else
#include <cmath>
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define LEGATO_INLINE __forceinline
#else
#define LEGATO_INLINE inline __attribute__((always_inline))
#endif

namespace legato::LEGATO_ISA {

/** Asks for a cache line that will be needed soon; never faults. */
LEGATO_INLINE void prefetch(const void* p) {
#if defined(_MSC_VER) && !defined(__clang__)
#if LEGATO_SIMD == 512 || LEGATO_SIMD == 256
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
#endif
#else
  __builtin_prefetch(p);
#endif
}

#if LEGATO_SIMD == 512

constexpr int W = 16;
struct Mask {
  __mmask16 m;
};
struct Float {
  __m512 v;
};

LEGATO_INLINE Float set(float x) { return {_mm512_set1_ps(x)}; }
LEGATO_INLINE Float load(const float* p) { return {_mm512_loadu_ps(p)}; }
LEGATO_INLINE void store(float* p, Float a) { _mm512_storeu_ps(p, a.v); }
LEGATO_INLINE Float operator+(Float a, Float b) { return {_mm512_add_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator-(Float a, Float b) { return {_mm512_sub_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator*(Float a, Float b) { return {_mm512_mul_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator/(Float a, Float b) { return {_mm512_div_ps(a.v, b.v)}; }
LEGATO_INLINE Float fma(Float a, Float b, Float c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
LEGATO_INLINE Float fnma(Float a, Float b, Float c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
LEGATO_INLINE Float min(Float a, Float b) { return {_mm512_min_ps(a.v, b.v)}; }
LEGATO_INLINE Float max(Float a, Float b) { return {_mm512_max_ps(a.v, b.v)}; }
LEGATO_INLINE Float sqrt(Float a) { return {_mm512_sqrt_ps(a.v)}; }
LEGATO_INLINE Float round(Float a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
/** 2^n for whole n */
LEGATO_INLINE Float scale(Float a, Float n) { return {_mm512_scalef_ps(a.v, n.v)}; }
/** 1/a to about 2^-23: the 14-bit estimate and one Newton step */
LEGATO_INLINE Float reciprocal(Float a) {
  const __m512 r = _mm512_rcp14_ps(a.v);
  return {_mm512_mul_ps(r, _mm512_fnmadd_ps(a.v, r, _mm512_set1_ps(2.0f)))};
}
LEGATO_INLINE Mask less(Float a, Float b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
LEGATO_INLINE Mask greaterEqual(Float a, Float b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
LEGATO_INLINE Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
LEGATO_INLINE Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.m | b.m)}; }
/** a and not b */
LEGATO_INLINE Mask without(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & ~b.m)}; }
LEGATO_INLINE bool any(Mask a) { return a.m != 0; }
LEGATO_INLINE uint32_t bits(Mask a) { return a.m; }
LEGATO_INLINE Mask maskOf(uint32_t b) { return {static_cast<__mmask16>(b)}; }
LEGATO_INLINE Float select(Mask m, Float yes, Float no) { return {_mm512_mask_blend_ps(m.m, no.v, yes.v)}; }
LEGATO_INLINE Float zeroUnless(Mask m, Float a) { return {_mm512_maskz_mov_ps(m.m, a.v)}; }
LEGATO_INLINE float sum(Float a) { return _mm512_reduce_add_ps(a.v); }
LEGATO_INLINE Float exponent(Float a) { return {_mm512_getexp_ps(a.v)}; }
LEGATO_INLINE Float mantissa(Float a) { return {_mm512_getmant_ps(a.v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero)}; }

#elif LEGATO_SIMD == 256

constexpr int W = 8;
struct Mask {
  __m256 m;
};
struct Float {
  __m256 v;
};

LEGATO_INLINE Float set(float x) { return {_mm256_set1_ps(x)}; }
LEGATO_INLINE Float load(const float* p) { return {_mm256_loadu_ps(p)}; }
LEGATO_INLINE void store(float* p, Float a) { _mm256_storeu_ps(p, a.v); }
LEGATO_INLINE Float operator+(Float a, Float b) { return {_mm256_add_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator-(Float a, Float b) { return {_mm256_sub_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator*(Float a, Float b) { return {_mm256_mul_ps(a.v, b.v)}; }
LEGATO_INLINE Float operator/(Float a, Float b) { return {_mm256_div_ps(a.v, b.v)}; }
LEGATO_INLINE Float fma(Float a, Float b, Float c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
LEGATO_INLINE Float fnma(Float a, Float b, Float c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
LEGATO_INLINE Float min(Float a, Float b) { return {_mm256_min_ps(a.v, b.v)}; }
LEGATO_INLINE Float max(Float a, Float b) { return {_mm256_max_ps(a.v, b.v)}; }
LEGATO_INLINE Float sqrt(Float a) { return {_mm256_sqrt_ps(a.v)}; }
LEGATO_INLINE Float round(Float a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
LEGATO_INLINE Float scale(Float a, Float n) {
  const __m256i e = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
  return {_mm256_mul_ps(a.v, _mm256_castsi256_ps(e))};
}
LEGATO_INLINE Float reciprocal(Float a) {
  const __m256 r0 = _mm256_rcp_ps(a.v);
  const __m256 r = _mm256_mul_ps(r0, _mm256_fnmadd_ps(a.v, r0, _mm256_set1_ps(2.0f)));
  return {r};
}
LEGATO_INLINE Mask less(Float a, Float b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
LEGATO_INLINE Mask greaterEqual(Float a, Float b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
LEGATO_INLINE Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.m, b.m)}; }
LEGATO_INLINE Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.m, b.m)}; }
LEGATO_INLINE Mask without(Mask a, Mask b) { return {_mm256_andnot_ps(b.m, a.m)}; }
LEGATO_INLINE bool any(Mask a) { return _mm256_movemask_ps(a.m) != 0; }
LEGATO_INLINE uint32_t bits(Mask a) { return static_cast<uint32_t>(_mm256_movemask_ps(a.m)); }
LEGATO_INLINE Mask maskOf(uint32_t b) {
  const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i set1 = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(b)), lane);
  return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(set1, lane))};
}
LEGATO_INLINE Float select(Mask m, Float yes, Float no) { return {_mm256_blendv_ps(no.v, yes.v, m.m)}; }
LEGATO_INLINE Float zeroUnless(Mask m, Float a) { return {_mm256_and_ps(m.m, a.v)}; }
LEGATO_INLINE float sum(Float a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  s = _mm_add_ss(s, _mm_shuffle_ps(s, s, 1));
  return _mm_cvtss_f32(s);
}
LEGATO_INLINE Float exponent(Float a) {
  const __m256i e = _mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(a.v), 23), _mm256_set1_epi32(127));
  return {_mm256_cvtepi32_ps(e)};
}
LEGATO_INLINE Float mantissa(Float a) {
  const __m256i m = _mm256_or_si256(_mm256_and_si256(_mm256_castps_si256(a.v), _mm256_set1_epi32(0x007fffff)),
                                    _mm256_set1_epi32(0x3f800000));
  return {_mm256_castsi256_ps(m)};
}

#elif LEGATO_SIMD == 128

constexpr int W = 8;
struct Mask {
  uint32x4_t a, b;
};
struct Float {
  float32x4_t a, b;
};

LEGATO_INLINE Float set(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
LEGATO_INLINE Float load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
LEGATO_INLINE void store(float* p, Float x) {
  vst1q_f32(p, x.a);
  vst1q_f32(p + 4, x.b);
}
LEGATO_INLINE Float operator+(Float x, Float y) { return {vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b)}; }
LEGATO_INLINE Float operator-(Float x, Float y) { return {vsubq_f32(x.a, y.a), vsubq_f32(x.b, y.b)}; }
LEGATO_INLINE Float operator*(Float x, Float y) { return {vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b)}; }
LEGATO_INLINE Float operator/(Float x, Float y) { return {vdivq_f32(x.a, y.a), vdivq_f32(x.b, y.b)}; }
LEGATO_INLINE Float fma(Float x, Float y, Float z) { return {vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b)}; }
LEGATO_INLINE Float fnma(Float x, Float y, Float z) { return {vfmsq_f32(z.a, x.a, y.a), vfmsq_f32(z.b, x.b, y.b)}; }
LEGATO_INLINE Float min(Float x, Float y) { return {vminq_f32(x.a, y.a), vminq_f32(x.b, y.b)}; }
LEGATO_INLINE Float max(Float x, Float y) { return {vmaxq_f32(x.a, y.a), vmaxq_f32(x.b, y.b)}; }
LEGATO_INLINE Float sqrt(Float x) { return {vsqrtq_f32(x.a), vsqrtq_f32(x.b)}; }
LEGATO_INLINE Float round(Float x) { return {vrndnq_f32(x.a), vrndnq_f32(x.b)}; }
LEGATO_INLINE Float scale(Float x, Float n) {
  const int32x4_t ea = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n.a), vdupq_n_s32(127)), 23);
  const int32x4_t eb = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n.b), vdupq_n_s32(127)), 23);
  return {vmulq_f32(x.a, vreinterpretq_f32_s32(ea)), vmulq_f32(x.b, vreinterpretq_f32_s32(eb))};
}
LEGATO_INLINE Float reciprocal(Float x) { return set(1.0f) / x; }
LEGATO_INLINE Mask less(Float x, Float y) { return {vcltq_f32(x.a, y.a), vcltq_f32(x.b, y.b)}; }
LEGATO_INLINE Mask greaterEqual(Float x, Float y) { return {vcgeq_f32(x.a, y.a), vcgeq_f32(x.b, y.b)}; }
LEGATO_INLINE Mask operator&(Mask x, Mask y) { return {vandq_u32(x.a, y.a), vandq_u32(x.b, y.b)}; }
LEGATO_INLINE Mask operator|(Mask x, Mask y) { return {vorrq_u32(x.a, y.a), vorrq_u32(x.b, y.b)}; }
LEGATO_INLINE Mask without(Mask x, Mask y) { return {vbicq_u32(x.a, y.a), vbicq_u32(x.b, y.b)}; }
LEGATO_INLINE bool any(Mask x) { return vmaxvq_u32(vorrq_u32(x.a, x.b)) != 0; }
LEGATO_INLINE uint32_t bits(Mask x) {
  const uint32_t lane[4] = {1, 2, 4, 8};
  const uint32x4_t l = vld1q_u32(lane);
  return vaddvq_u32(vandq_u32(x.a, l)) | (vaddvq_u32(vandq_u32(x.b, l)) << 4);
}
LEGATO_INLINE Mask maskOf(uint32_t b) {
  const uint32_t lane[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  return {vtstq_u32(vdupq_n_u32(b), vld1q_u32(lane)), vtstq_u32(vdupq_n_u32(b), vld1q_u32(lane + 4))};
}
LEGATO_INLINE Float select(Mask m, Float yes, Float no) {
  return {vbslq_f32(m.a, yes.a, no.a), vbslq_f32(m.b, yes.b, no.b)};
}
LEGATO_INLINE Float zeroUnless(Mask m, Float x) { return select(m, x, set(0.0f)); }
LEGATO_INLINE float sum(Float x) { return vaddvq_f32(vaddq_f32(x.a, x.b)); }
LEGATO_INLINE Float exponent(Float x) {
  const int32x4_t o = vdupq_n_s32(127);
  return {vcvtq_f32_s32(vsubq_s32(vshrq_n_s32(vreinterpretq_s32_f32(x.a), 23), o)),
          vcvtq_f32_s32(vsubq_s32(vshrq_n_s32(vreinterpretq_s32_f32(x.b), 23), o))};
}
LEGATO_INLINE Float mantissa(Float x) {
  const uint32x4_t k = vdupq_n_u32(0x007fffff), one = vdupq_n_u32(0x3f800000);
  return {vreinterpretq_f32_u32(vorrq_u32(vandq_u32(vreinterpretq_u32_f32(x.a), k), one)),
          vreinterpretq_f32_u32(vorrq_u32(vandq_u32(vreinterpretq_u32_f32(x.b), k), one))};
}

#else

constexpr int W = 8;
struct Mask {
  uint32_t m;
};
struct Float {
  float v[W];
};

#define LEGATO_LANES(expression)           \
  Float r;                                 \
  for (int i = 0; i < W; i++) r.v[i] = (expression); \
  return r
#define LEGATO_LANE_MASK(condition)                                        \
  Mask r{0};                                                               \
  for (int i = 0; i < W; i++) r.m |= static_cast<uint32_t>(condition) << i; \
  return r

LEGATO_INLINE Float set(float x) { LEGATO_LANES(x); }
LEGATO_INLINE Float load(const float* p) { LEGATO_LANES(p[i]); }
LEGATO_INLINE void store(float* p, Float a) {
  for (int i = 0; i < W; i++) p[i] = a.v[i];
}
LEGATO_INLINE Float operator+(Float a, Float b) { LEGATO_LANES(a.v[i] + b.v[i]); }
LEGATO_INLINE Float operator-(Float a, Float b) { LEGATO_LANES(a.v[i] - b.v[i]); }
LEGATO_INLINE Float operator*(Float a, Float b) { LEGATO_LANES(a.v[i] * b.v[i]); }
LEGATO_INLINE Float operator/(Float a, Float b) { LEGATO_LANES(a.v[i] / b.v[i]); }
LEGATO_INLINE Float fma(Float a, Float b, Float c) { LEGATO_LANES(a.v[i] * b.v[i] + c.v[i]); }
LEGATO_INLINE Float fnma(Float a, Float b, Float c) { LEGATO_LANES(c.v[i] - a.v[i] * b.v[i]); }
LEGATO_INLINE Float min(Float a, Float b) { LEGATO_LANES(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
LEGATO_INLINE Float max(Float a, Float b) { LEGATO_LANES(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
LEGATO_INLINE Float sqrt(Float a) { LEGATO_LANES(std::sqrt(a.v[i])); }
/** Nearest whole number for |a| < 2^22: the addition pushes the fraction out of the mantissa. */
LEGATO_INLINE Float round(Float a) { LEGATO_LANES((a.v[i] + 12582912.0f) - 12582912.0f); }
LEGATO_INLINE Float scale(Float a, Float n) {
  LEGATO_LANES(a.v[i] * std::bit_cast<float>((static_cast<int32_t>(n.v[i]) + 127) << 23));
}
LEGATO_INLINE Float reciprocal(Float a) { LEGATO_LANES(1.0f / a.v[i]); }
LEGATO_INLINE Mask less(Float a, Float b) { LEGATO_LANE_MASK(a.v[i] < b.v[i]); }
LEGATO_INLINE Mask greaterEqual(Float a, Float b) { LEGATO_LANE_MASK(a.v[i] >= b.v[i]); }
LEGATO_INLINE Mask operator&(Mask a, Mask b) { return {a.m & b.m}; }
LEGATO_INLINE Mask operator|(Mask a, Mask b) { return {a.m | b.m}; }
LEGATO_INLINE Mask without(Mask a, Mask b) { return {a.m & ~b.m}; }
LEGATO_INLINE bool any(Mask a) { return a.m != 0; }
LEGATO_INLINE uint32_t bits(Mask a) { return a.m; }
LEGATO_INLINE Mask maskOf(uint32_t b) { return {b & 255u}; }
LEGATO_INLINE Float select(Mask m, Float yes, Float no) { LEGATO_LANES((m.m >> i) & 1u ? yes.v[i] : no.v[i]); }
LEGATO_INLINE Float zeroUnless(Mask m, Float a) { LEGATO_LANES((m.m >> i) & 1u ? a.v[i] : 0.0f); }
LEGATO_INLINE float sum(Float a) {
  return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
}
LEGATO_INLINE Float exponent(Float a) {
  LEGATO_LANES(static_cast<float>(static_cast<int32_t>(std::bit_cast<uint32_t>(a.v[i]) >> 23) - 127));
}
LEGATO_INLINE Float mantissa(Float a) {
  LEGATO_LANES(std::bit_cast<float>((std::bit_cast<uint32_t>(a.v[i]) & 0x007fffffu) | 0x3f800000u));
}

#undef LEGATO_LANES
#undef LEGATO_LANE_MASK

#endif

LEGATO_INLINE Float operator-(Float a) { return set(0.0f) - a; }

/** The largest lane. */
LEGATO_INLINE float largest(Float a) {
  float lanes[W];
  store(lanes, a);
  float most = lanes[0];
  for (int i = 1; i < W; i++) most = lanes[i] > most ? lanes[i] : most;
  return most;
}

/**
 * 2^x for x ≤ 127, relative error < 3e-7, vanishing for x far below 0: nearest whole power times a degree-5 polynomial on
 * [-0.5, 0.5], fitted for the smallest relative error.
 */
LEGATO_INLINE Float exp2(Float x) {
#if LEGATO_SIMD != 512
  x = max(x, set(-126.0f));  // scale() builds the power from bits; AVX-512's goes to zero by itself
#endif
  const Float n = round(x);
  const Float f = x - n;
  Float p = set(1.327647013e-3f);
  p = fma(p, f, set(9.675540961e-3f));
  p = fma(p, f, set(5.550713465e-2f));
  p = fma(p, f, set(2.402212024e-1f));
  p = fma(p, f, set(6.931469440e-1f));
  p = fma(p, f, set(1.000000119f));
  return scale(p, n);
}

/** e^x, clamped to where the result is a normal float. The split constant keeps the error of x·log2(e) out of the exponent. */
LEGATO_INLINE Float exp(Float x) {
  x = min(max(x, set(-87.0f)), set(88.0f));
  const Float n = round(x * set(1.44269504f));
  Float r = fnma(n, set(0.693359375f), x);
  r = fnma(n, set(-2.12194440e-4f), r);
  Float p = set(1.3981999507e-3f);
  p = fma(p, r, set(8.3334519073e-3f));
  p = fma(p, r, set(4.1665795894e-2f));
  p = fma(p, r, set(1.6666665459e-1f));
  p = fma(p, r, set(5.0000001201e-1f));
  p = fma(p * r, r, r) + set(1.0f);
  return scale(p, n);
}

/** log2 of a positive normal number, absolute error < 2e-7·max(1, |result|): atanh series of the mantissa around 1. */
LEGATO_INLINE Float log2(Float x) {
  Float e = exponent(x);
  Float m = mantissa(x);
  const Mask high = greaterEqual(m, set(1.41421356f));
  m = select(high, m * set(0.5f), m);
  e = select(high, e + set(1.0f), e);
  const Float t = (m - set(1.0f)) / (m + set(1.0f));
  const Float t2 = t * t;
  Float p = set(0.32059893f);
  p = fma(p, t2, set(0.41219858f));
  p = fma(p, t2, set(0.57707802f));
  p = fma(p, t2, set(0.96179669f));
  p = fma(p, t2, set(2.88539008f));
  return fma(p, t, e);
}

LEGATO_INLINE Float sigmoid(Float x) { return set(1.0f) / (set(1.0f) + exp(-x)); }

}  // namespace legato::LEGATO_ISA
