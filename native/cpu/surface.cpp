#include "surface.h"

#include <algorithm>
#include <cmath>

#include "pool.h"

namespace legato {

namespace {

constexpr double kThinnest = 1e-9;
constexpr double kDeviations = 3;

/** Depth at which a pixel's ray comes nearest to a splat in units of its deviations. */
double peakDepth(const View& view, const float* g, double x, double y) {
  const double ray[3] = {(x - view.cx) / view.fx, (y - view.cy) / view.fy, 1};
  const double* m = view.pose;
  double direction[3], offset[3], centre[3];
  for (int j = 0; j < 3; j++) {
    direction[j] = m[j] * ray[0] + m[4 + j] * ray[1] + m[8 + j] * ray[2];
    centre[j] = -(m[j] * m[3] + m[4 + j] * m[7] + m[8 + j] * m[11]);
    offset[j] = g[j] - centre[j];
  }
  const double norm = std::sqrt(static_cast<double>(g[6]) * g[6] + static_cast<double>(g[7]) * g[7] +
                                static_cast<double>(g[8]) * g[8] + static_cast<double>(g[9]) * g[9]);
  const double w = g[6] / norm, a = g[7] / norm, b = g[8] / norm, c = g[9] / norm;
  // Columns of the rotation: the splat's axes.
  const double axes[3][3] = {{1 - 2 * (b * b + c * c), 2 * (a * b + w * c), 2 * (a * c - w * b)},
                             {2 * (a * b - w * c), 1 - 2 * (a * a + c * c), 2 * (b * c + w * a)},
                             {2 * (a * c + w * b), 2 * (b * c - w * a), 1 - 2 * (a * a + b * b)}};
  double along = 0, across = 0, largest = 0;
  for (int k = 0; k < 3; k++) {
    const double scale = std::exp(static_cast<double>(g[3 + k]));
    largest = std::max(largest, scale);
    const double inverse = 1 / std::max(scale, kThinnest);
    const double d = inverse * (axes[k][0] * direction[0] + axes[k][1] * direction[1] + axes[k][2] * direction[2]);
    const double o = inverse * (axes[k][0] * offset[0] + axes[k][1] * offset[1] + axes[k][2] * offset[2]);
    along += d * o;
    across += d * d;
  }
  const double z = m[8] * g[0] + m[9] * g[1] + m[10] * g[2] + m[11];
  const double reach = kDeviations * largest;
  return std::clamp(along / across, std::max(z - reach, static_cast<double>(kNear)), z + reach);
}

}  // namespace

void SurfaceSampler::sample(const KernelTable& kernels, const Rasterizer& rasterizer, const float* geometry, const float* u,
                            const uint16_t* labels, int labelCount, const SurfacePlanes& out) {
  const int lanes = kernels.sampleLanes(), width = rasterizer.width(), height = rasterizer.height();
  constexpr int kPatch = 4;  // pixels of a vector lie together, so that they go dark together
  const int patchHeight = lanes / kPatch;
  votes_.resize(std::max<size_t>(votes_.size(), pool().threads()));
  const size_t room = static_cast<size_t>(lanes) * labelCount;
  for (auto& votes : votes_)
    if (votes.size() < room) votes.assign(room, 0.0f);

  pool().run(rasterizer.tiles(), [&](int index, int worker) {
    const TileJob job = rasterizer.tile(index);
    int32_t pixels[64];
    SurfaceLane found[64];
    for (int y0 = job.tileY * kTile; y0 < std::min(height, (job.tileY + 1) * kTile); y0 += patchHeight)
      for (int x0 = job.tileX * kTile; x0 < std::min(width, (job.tileX + 1) * kTile); x0 += kPatch) {
        int count = 0;
        for (int y = y0; y < std::min(height, y0 + patchHeight); y++)
          for (int x = x0; x < std::min(width, x0 + kPatch); x++) pixels[count++] = y * width + x;
        kernels.tileSurface(job, pixels, count, u, labels, labelCount, votes_[worker].data(), found);
        for (int l = 0; l < count; l++) {
          const int pixel = pixels[l];
          const SurfaceLane& lane = found[l];
          out.alpha[pixel] = lane.alpha;
          out.labels[pixel] = lane.label;
          out.share[pixel] = lane.alpha > 0 ? lane.vote / lane.alpha : 0;
          out.uncertainty[pixel] = lane.alpha > 0 ? lane.uncertainty / lane.alpha : 0;
          out.depth[pixel] = lane.row == kNoRow ? 0
                                                : static_cast<float>(peakDepth(*job.view, geometry + static_cast<size_t>(lane.row) * kGeometryColumns,
                                                                               pixel % width + 0.5, pixel / width + 0.5));
        }
      }
  });
}

size_t SurfaceSampler::memoryBytes() const {
  size_t bytes = 0;
  for (const auto& votes : votes_) bytes += votes.capacity() * 4;
  return bytes;
}

}  // namespace legato
