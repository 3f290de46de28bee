/**
 * L_RGB = (1 − λ)·L1 + λ·(1 − SSIM) and its gradient in one sweep (METHOD §1; SSIM: Wang et al. 2004).
 *
 *   window: 11×11 Gaussian, σ = 1.5, zero padding;  μ_x, μ_y, p = E[x² + y²], r = E[xy]
 *   SSIM = (2μ_xμ_y + C1)(2(r − μ_xμ_y) + C2) / ((μ_x² + μ_y² + C1)(p − μ_x² − μ_y² + C2))
 *
 * Only the sum of the variances enters, so four filtered maps serve instead of five, and the way back needs three:
 * ∂L/∂x = F(∂/∂μ_x) + 2x·F(∂/∂p) + y·F(∂/∂r), F being the same symmetric filter.
 *
 * The sweep goes down the rows of one plane. Two rings of eleven rows hold what the vertical filter needs: the horizontally
 * filtered maps on the way in, the horizontally filtered derivatives on the way out. So the picture is read once, the gradient is
 * written once, and all between stays in the second-level cache.
 */
#include <cstddef>

#include "render_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

namespace {

constexpr int kRadius = 5;
constexpr int kTaps = 2 * kRadius + 1;
constexpr float kC1 = 1e-4f, kC2 = 9e-4f;
/** exp(−i²/(2·1.5²)), normalised to sum 1 */
constexpr float kWindow[kTaps] = {0.00102838f, 0.00759876f, 0.03600077f, 0.10936069f, 0.21300554f, 0.26601172f,
                                  0.21300554f, 0.10936069f, 0.03600077f, 0.00759876f, 0.00102838f};
constexpr int kMaps = 4, kDerivatives = 3;

/** Row length with room for the window on both sides and for whole vectors. */
int paddedWidth(int width) { return (width + 2 * kRadius + 2 * W) / W * W; }

void filterRow(const float* in, float* out, int width) {
  for (int x = 0; x < width; x += W) {
    Float s = set(kWindow[0]) * load(in + x);
    for (int t = 1; t < kTaps; t++) s = fma(set(kWindow[t]), load(in + x + t), s);
    store(out + x, s);
  }
}

LEGATO_INLINE Float filterColumn(const float* ring, int row, int pitch, int x) {
  // Rows row−5 … row+5 live at (row mod 11) of the ring.
  Float s = set(0.0f);
  int at = (row - kRadius + kTaps) % kTaps;
  for (int t = 0; t < kTaps; t++) {
    s = fma(set(kWindow[t]), load(ring + static_cast<size_t>(at) * pitch + x), s);
    at = at + 1 == kTaps ? 0 : at + 1;
  }
  return s;
}

}  // namespace

int photometricScratch(int width) {
  const int pitch = paddedWidth(width);
  return pitch * (kTaps * (kMaps + kDerivatives) + kMaps + kDerivatives + 1);
}

/** Rows [rowBegin, rowEnd) of one plane: their part of the loss, and their gradient. Each band filters its own margins. */
double photometricRows(const Photometric& in, int plane, int rowBegin, int rowEnd, float* scratch) {
  const int width = in.width, height = in.height, pitch = paddedWidth(width);
  const size_t planeSize = static_cast<size_t>(width) * height;
  const float* image = in.image + plane * planeSize;
  const float* target = in.target + plane * planeSize;
  float* gradient = in.gradient ? in.gradient + plane * planeSize : nullptr;
  float* maps[kMaps];
  float* derivatives[kDerivatives];
  for (int k = 0; k < kMaps; k++, scratch += static_cast<size_t>(pitch) * kTaps) maps[k] = scratch;
  for (int k = 0; k < kDerivatives; k++, scratch += static_cast<size_t>(pitch) * kTaps) derivatives[k] = scratch;
  float* line = scratch;  // kMaps padded rows before the horizontal filter, then kDerivatives of them
  for (int i = 0; i < pitch * (kMaps + kDerivatives + 1); i++) line[i] = 0.0f;
  float* derivativeLine = line + static_cast<size_t>(pitch) * kMaps;

  const int margin = gradient ? kRadius : 0;
  const int ssimBegin = rowBegin - margin, ssimEnd = rowEnd + margin;
  double loss = 0.0;
  for (int y = ssimBegin - kRadius; y < ssimEnd + kRadius; y++) {
    // 1. One more row of the four maps, filtered horizontally; rows outside the picture are zero.
    float* ring[kMaps];
    for (int k = 0; k < kMaps; k++) ring[k] = maps[k] + static_cast<size_t>((y + 4 * kTaps) % kTaps) * pitch;
    if (y < 0 || y >= height) {
      for (int k = 0; k < kMaps; k++)
        for (int x = 0; x < pitch; x++) ring[k][x] = 0.0f;
    } else {
      const float* xs = image + static_cast<size_t>(y) * width;
      const float* ys = target + static_cast<size_t>(y) * width;
      float* l0 = line + kRadius;
      float* l1 = l0 + pitch;
      float* l2 = l1 + pitch;
      float* l3 = l2 + pitch;
      for (int x = 0; x < width; x++) {
        const float a = xs[x], b = ys[x];
        l0[x] = a;
        l1[x] = b;
        l2[x] = a * a + b * b;
        l3[x] = a * b;
      }
      for (int k = 0; k < kMaps; k++) filterRow(line + static_cast<size_t>(k) * pitch, ring[k], width);
    }

    // 2. SSIM and its derivatives at the row whose window is now complete.
    const int s = y - kRadius;
    if (s < ssimBegin || s >= ssimEnd) continue;
    if (s >= 0 && s < height) {
      const bool owned = s >= rowBegin && s < rowEnd;
      const float* mask = in.mask ? in.mask + static_cast<size_t>(s) * width : nullptr;
      Float rowLoss = set(0.0f);
      const int mod = (s + 4 * kTaps);
      for (int x = 0; x < width; x += W) {
        const Float one = set(1.0f), two = set(2.0f), c1 = set(kC1), c2 = set(kC2);
        const Float mx = filterColumn(maps[0], mod, pitch, x), my = filterColumn(maps[1], mod, pitch, x);
        const Float power = filterColumn(maps[2], mod, pitch, x), product = filterColumn(maps[3], mod, pitch, x);
        const Float mxy = mx * my, mm = mx * mx + my * my;
        const Float a1 = two * mxy + c1, a2 = two * (product - mxy) + c2;
        const Float b1 = mm + c1, b2 = power - mm + c2;
        const Float inverse = one / (b1 * b2);
        const Float ssim = a1 * a2 * inverse;
        // Lanes beyond the row, and masked pixels, carry weight 0.
        alignas(64) float lanes[W];
        for (int l = 0; l < W; l++) lanes[l] = x + l < width ? (mask ? mask[x + l] : 1.0f) : 0.0f;
        const Float weight = load(lanes) * set(in.ssimScale);
        if (owned) rowLoss = fma(weight, one - ssim, rowLoss);
        if (gradient) {
          const Float dA1 = a2 * inverse, dA2 = a1 * inverse;
          const Float dB1 = ssim / b1, dB2 = ssim / b2;  // taken away below
          const Float dMx = two * my * (dA1 - dA2) - two * mx * (dB1 - dB2);
          store(derivativeLine + kRadius + x, -(weight * dMx));
          store(derivativeLine + pitch + kRadius + x, weight * dB2);
          store(derivativeLine + 2 * static_cast<size_t>(pitch) + kRadius + x, -(weight * two * dA2));
        }
      }
      if (owned) loss += sum(rowLoss);
    }
    if (!gradient) continue;

    // 3. One more row of the three derivative maps, filtered horizontally; then the gradient of the row they complete.
    for (int k = 0; k < kDerivatives; k++) {
      float* out = derivatives[k] + static_cast<size_t>((s + 4 * kTaps) % kTaps) * pitch;
      float* in1 = derivativeLine + static_cast<size_t>(k) * pitch;
      if (s < 0 || s >= height) {
        for (int x = 0; x < pitch; x++) out[x] = 0.0f;
      } else {
        for (int x = kRadius + width; x < kRadius + width + W && x < pitch; x++) in1[x] = 0.0f;
        filterRow(in1, out, width);
      }
    }
    const int g = s - kRadius;
    if (g < rowBegin || g >= rowEnd) continue;
    const float* xs = image + static_cast<size_t>(g) * width;
    const float* ys = target + static_cast<size_t>(g) * width;
    const float* mask = in.mask ? in.mask + static_cast<size_t>(g) * width : nullptr;
    float* out = gradient + static_cast<size_t>(g) * width;
    for (int x = 0; x < width; x += W) {
      const int mod = g + 4 * kTaps;
      const Float dMx = filterColumn(derivatives[0], mod, pitch, x);
      const Float dPower = filterColumn(derivatives[1], mod, pitch, x);
      const Float dProduct = filterColumn(derivatives[2], mod, pitch, x);
      alignas(64) float a[W], b[W], m[W], r[W];
      for (int l = 0; l < W; l++) {
        const bool inside = x + l < width;
        a[l] = inside ? xs[x + l] : 0.0f;
        b[l] = inside ? ys[x + l] : 0.0f;
        m[l] = inside ? (mask ? mask[x + l] : 1.0f) : 0.0f;
      }
      const Float va = load(a), vb = load(b), zero = set(0.0f), one = set(1.0f);
      const Float difference = va - vb;
      const Float sign = zeroUnless(less(zero, difference), one) - zeroUnless(less(difference, zero), one);
      const Float scale = load(m) * set(in.l1Scale);
      loss += sum(scale * max(difference, -difference));
      store(r, dMx + set(2.0f) * va * dPower + vb * dProduct + scale * sign);
      for (int l = 0; l < W && x + l < width; l++) out[x + l] = r[l];
    }
  }
  if (!gradient)
    for (int y = rowBegin; y < rowEnd; y++)
      for (int x = 0; x < width; x++) {
        const size_t i = static_cast<size_t>(y) * width + x;
        const float d = image[i] - target[i];
        loss += in.l1Scale * (in.mask ? in.mask[i] : 1.0f) * (d < 0 ? -d : d);
      }
  return loss;
}

}  // namespace legato::LEGATO_ISA
