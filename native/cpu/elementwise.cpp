/**
 * The kernels that go once over an array: Adam in place, and photos from bytes to planes.
 */
#include <cstddef>

#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

namespace {

LEGATO_INLINE void adamVector(const AdamArgs& a, size_t at, Float rate) {
  const Float g = load(a.gradient + at);
  const Float m = fma(set(a.beta1), load(a.first + at), set(a.gain1) * g);
  const Float v = fma(set(a.beta2), load(a.second + at), set(a.gain2) * (g * g));
  store(a.first + at, m);
  store(a.second + at, v);
  const Float step = m * set(a.correction1) / (sqrt(v * set(a.correction2)) + set(a.epsilon));
  const Float p = load(a.parameter + at);
  store(a.parameter + at, fnma(rate, fma(set(a.decay), p, step), p));
}

}  // namespace

/**
 * Adam (Kingma & Ba 2015): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − rate·(m̂/(√v̂ + ε) + decay·p), a rate per column;
 * the decay is the decoupled one of AdamW (Loshchilov & Hutter 2019).
 * Bound by memory: seven floats move for every parameter. Trailing columns without a rate are not touched, so that spherical
 * harmonics of a degree that is not trained yet cost nothing.
 */
void adam(const AdamArgs& a, int rowBegin, int rowEnd) {
  if (a.activeColumns == a.columns) {
    // The pattern of rates repeats every 16 rows, a whole number of vectors for any number of columns.
    const size_t period = static_cast<size_t>(a.columns) * 16;
    const size_t end = static_cast<size_t>(rowEnd) * a.columns;
    size_t at = static_cast<size_t>(rowBegin) * a.columns;
    size_t phase = at % period;
    for (; at + W <= end && phase % W == 0; at += W) {
      adamVector(a, at, load(a.pattern + phase));
      phase = phase + W == period ? 0 : phase + W;
    }
    for (; at < end; at++) {
      const float g = a.gradient[at];
      const float m = a.first[at] = a.beta1 * a.first[at] + a.gain1 * g;
      const float v = a.second[at] = a.beta2 * a.second[at] + a.gain2 * (g * g);
      alignas(64) float root[W];
      store(root, sqrt(set(v * a.correction2)));
      a.parameter[at] -= a.pattern[phase] * (m * a.correction1 / (root[0] + a.epsilon) + a.decay * a.parameter[at]);
      phase = phase + 1 == period ? 0 : phase + 1;
    }
    return;
  }
  for (int row = rowBegin; row < rowEnd; row++)
    for (int c = 0; c < a.activeColumns; c += W) {
      const size_t at = static_cast<size_t>(row) * a.columns + c;
      const int lanes = a.activeColumns - c < W ? a.activeColumns - c : W;
      alignas(64) float g[W] = {}, m[W] = {}, v[W] = {}, p[W] = {};
      for (int l = 0; l < lanes; l++) {
        g[l] = a.gradient[at + l];
        m[l] = a.first[at + l];
        v[l] = a.second[at + l];
        p[l] = a.parameter[at + l];
      }
      const AdamArgs lane{p,           g,          m,          v, a.columns, a.columns, a.pattern, a.beta1, a.beta2, a.gain1, a.gain2,
                          a.correction1, a.correction2, a.epsilon, a.decay};
      adamVector(lane, 0, load(a.pattern + c));
      for (int l = 0; l < lanes; l++) {
        a.first[at + l] = m[l];
        a.second[at + l] = v[l];
        a.parameter[at + l] = p[l];
      }
    }
}

/** [H, W, 3] bytes → [3, H, W] floats in [0, 1]. */
void photoToPlanes(const uint8_t* rgb, int pixels, float* planes, int begin, int end) {
  float* r = planes;
  float* g = r + pixels;
  float* b = g + pixels;
  const float scale = 1.0f / 255.0f;
  for (int i = begin; i < end; i++) {
    r[i] = static_cast<float>(rgb[3 * static_cast<size_t>(i)]) * scale;
    g[i] = static_cast<float>(rgb[3 * static_cast<size_t>(i) + 1]) * scale;
    b[i] = static_cast<float>(rgb[3 * static_cast<size_t>(i) + 2]) * scale;
  }
}

}  // namespace legato::LEGATO_ISA
