#include "pack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "pool.h"

namespace legato {

namespace {

constexpr int kRows = 4096;
constexpr double kC0 = 0.28209479177387814;
constexpr double kPi = 3.14159265358979323846;

struct Band {
  int from, values, bits, words;
};
constexpr Band kBands[3] = {{3, 9, 7, 2}, {12, 15, 8, 4}, {27, 21, 6, 4}};

double clamp(double value, double low, double high) { return std::min(high, std::max(low, value)); }
uint32_t byteOf(double share) { return static_cast<uint32_t>(clamp(std::floor(255.0 * share + 0.5), 0.0, 255.0)); }

/** To the nearest half float, even on ties; beyond the largest it is that. */
uint32_t halfBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  uint32_t size = bits & 0x7fffffffu;
  if (size >= 0x477fe000u) return sign | 0x7bffu;
  if (size < 0x38800000u) {
    // Below 2^-14 a half has no leading one: adding 0.5 puts its last place where that of the sum is, and the sum rounds.
    float shifted;
    std::memcpy(&shifted, &size, sizeof shifted);
    shifted += 0.5f;
    std::memcpy(&size, &shifted, sizeof size);
    return sign | (size - 0x3f000000u);
  }
  size += 0xfffu + ((size >> 13) & 1u);
  return sign | ((size - 0x38000000u) >> 13);
}

uint32_t rotationBits(const float* q) {
  const double length = std::sqrt(static_cast<double>(q[0]) * q[0] + static_cast<double>(q[1]) * q[1] +
                                  static_cast<double>(q[2]) * q[2] + static_cast<double>(q[3]) * q[3]);
  const double turn = (q[0] < 0 ? -1.0 : 1.0) / (length > 0 ? length : 1.0);
  const double w = length > 0 ? std::min(1.0, q[0] * turn) : 1.0;
  double x = q[1] * turn, y = q[2] * turn, z = q[3] * turn;
  if (std::sqrt(x * x + y * y + z * z) < 1e-6) x = 1, y = 0, z = 0;
  const double sum = std::fabs(x) + std::fabs(y) + std::fabs(z);
  double u = x / sum, v = y / sum;
  if (z < 0) {
    const double folded = (1.0 - std::fabs(v)) * (u >= 0 ? 1.0 : -1.0);
    v = (1.0 - std::fabs(u)) * (v >= 0 ? 1.0 : -1.0);
    u = folded;
  }
  return byteOf((u + 1.0) / 2.0) | (byteOf((v + 1.0) / 2.0) << 8) | (byteOf(2.0 * std::acos(w) / kPi) << 16);
}

void packBand(const float* values, const Band& band, double max, uint32_t* out) {
  const int limit = (1 << (band.bits - 1)) - 1;
  const float scale = static_cast<float>(limit / max), high = static_cast<float>(limit);
  const uint32_t mask = (1u << band.bits) - 1u;
  uint64_t waiting = 0;
  int held = 0, word = 0;
  for (int i = 0; i < band.values; i++) {
    const float rounded = std::floor(values[i] * scale + 0.5f);
    const int value = static_cast<int>(std::min(high, std::max(-high, rounded)));
    waiting |= static_cast<uint64_t>(static_cast<uint32_t>(value) & mask) << held;
    held += band.bits;
    if (held >= 32) {
      out[word++] = static_cast<uint32_t>(waiting);
      waiting >>= 32;
      held -= 32;
    }
  }
  if (word < band.words) out[word] = static_cast<uint32_t>(waiting);
}

}  // namespace

PackExtremes packExtremes(const PackInput& input) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const PackExtremes none{kFar, -kFar, kFar, -kFar, {0, 0, 0}, {0, 0, 0}};
  const int shares = (input.count + kRows - 1) / kRows;
  std::vector<PackExtremes> parts(static_cast<size_t>(shares), none);
  pool().run(shares, [&](int share, int) {
    float lowest = std::numeric_limits<float>::infinity(), highest = -lowest, darkest = lowest, brightest = -lowest;
    float largest[3] = {0, 0, 0};
    double squares[3] = {0, 0, 0};
    const int end = std::min(input.count, (share + 1) * kRows);
    for (int row = share * kRows; row < end; row++) {
      const float* g = input.geometry + static_cast<size_t>(row) * 11 + 3;
      const float* h = input.harmonics + static_cast<size_t>(row) * 48;
      for (int k = 0; k < 3; k++) {
        lowest = std::min(lowest, g[k]);
        highest = std::max(highest, g[k]);
        darkest = std::min(darkest, h[k]);
        brightest = std::max(brightest, h[k]);
      }
      for (int b = 0; b < input.shDegree; b++) {
        float sum = 0, most = largest[b];
        for (int i = 0; i < kBands[b].values; i++) {
          const float value = h[kBands[b].from + i];
          most = std::max(most, std::fabs(value));
          sum += value * value;
        }
        largest[b] = most;
        squares[b] += sum;
      }
    }
    PackExtremes& p = parts[share];
    p.lnScaleMin = lowest, p.lnScaleMax = highest, p.dcMin = darkest, p.dcMax = brightest;
    for (int b = 0; b < 3; b++) p.largest[b] = largest[b], p.squares[b] = squares[b];
  });
  PackExtremes all = none;
  for (const PackExtremes& p : parts) {
    all.lnScaleMin = std::min(all.lnScaleMin, p.lnScaleMin);
    all.lnScaleMax = std::max(all.lnScaleMax, p.lnScaleMax);
    all.dcMin = std::min(all.dcMin, p.dcMin);
    all.dcMax = std::max(all.dcMax, p.dcMax);
    for (int b = 0; b < 3; b++) {
      all.largest[b] = std::max(all.largest[b], p.largest[b]);
      all.squares[b] += p.squares[b];
    }
  }
  return all;
}

void packSplats(const PackInput& input, const PackRange& r, const PackedWords& out) {
  const double colour = 1.0 / (r.rgbMax - r.rgbMin), scale = 254.0 / (r.lnScaleMax - r.lnScaleMin);
  pool().run((input.count + kRows - 1) / kRows, [&](int share, int) {
    const int end = std::min(input.count, (share + 1) * kRows);
    for (int row = share * kRows; row < end; row++) {
      const float* g = input.geometry + static_cast<size_t>(row) * 11;
      const float* h = input.harmonics + static_cast<size_t>(row) * 48;
      uint32_t* words = out.splats + static_cast<size_t>(row) * 4;
      uint32_t half[3], size[3], rgb[3];
      for (int k = 0; k < 3; k++) {
        half[k] = halfBits(static_cast<float>(g[k] - r.origin[k]));
        size[k] = static_cast<uint32_t>(clamp(1.0 + std::floor((g[3 + k] - r.lnScaleMin) * scale + 0.5), 1.0, 255.0));
        rgb[k] = byteOf((0.5 + kC0 * h[k] - r.rgbMin) * colour);
      }
      const uint32_t opacity = byteOf(1.0 / (1.0 + std::exp(-static_cast<double>(g[10]))));
      const uint32_t rotation = rotationBits(g + 6);
      words[0] = rgb[0] | (rgb[1] << 8) | (rgb[2] << 16) | (opacity << 24);
      words[1] = half[0] | (half[1] << 16);
      words[2] = half[2] | ((rotation & 0xffffu) << 16);
      words[3] = size[0] | (size[1] << 8) | (size[2] << 16) | ((rotation >> 16) << 24);
      for (int b = 0; b < input.shDegree; b++)
        packBand(h + kBands[b].from, kBands[b], r.shMax[b], out.bands[b] + static_cast<size_t>(row) * kBands[b].words);
    }
  });
}

}  // namespace legato
