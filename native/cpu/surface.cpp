#include "surface.h"

#include <algorithm>
#include <cmath>

#include "pool.h"

namespace legato {

namespace {

constexpr double kThinnest = 1e-9;
constexpr double kDeviations = 3;
/** Of the depth: what lies this near to it is the same surface. */
constexpr float kSameSurface = 0.03f;
constexpr int kRowsPerTask = 1024;
constexpr int kPatch = 4;  // pixels of a vector lie together, so that they go dark together

}  // namespace

void SurfaceSampler::sample(const KernelTable& kernels, const Rasterizer& rasterizer, const float* geometry, const float* u,
                            const uint16_t* labels, int labelCount, const SurfacePlanes& out) {
  if (rasterizer.tiles() == 0) return;
  const View& view = *rasterizer.tile(0).view;
  const double* m = view.pose;
  double centre[3];
  for (int j = 0; j < 3; j++) centre[j] = -(m[j] * m[3] + m[4 + j] * m[7] + m[8 + j] * m[11]);
  const int rows = rasterizer.rows();
  shapes_.resize(std::max<size_t>(shapes_.size(), rows));
  pool().run((rows + kRowsPerTask - 1) / kRowsPerTask, [&](int task, int) {
    for (int row = task * kRowsPerTask; row < std::min(rows, (task + 1) * kRowsPerTask); row++) {
      const float* g = geometry + static_cast<size_t>(row) * kGeometryColumns;
      double q[4], norm = 0;
      for (int k = 0; k < 4; k++) norm += static_cast<double>(g[6 + k]) * g[6 + k];
      for (int k = 0; k < 4; k++) q[k] = g[6 + k] / std::sqrt(norm);
      const double w = q[0], a = q[1], b = q[2], c = q[3];
      // Columns of the rotation: the splat's axes.
      const double axes[3][3] = {{1 - 2 * (b * b + c * c), 2 * (a * b + w * c), 2 * (a * c - w * b)},
                                 {2 * (a * b - w * c), 1 - 2 * (a * a + c * c), 2 * (b * c + w * a)},
                                 {2 * (a * c + w * b), 2 * (b * c - w * a), 1 - 2 * (a * a + b * b)}};
      Shape& shape = shapes_[row];
      double largest = 0;
      for (int k = 0; k < 3; k++) {
        const double scale = std::exp(static_cast<double>(g[3 + k]));
        largest = std::max(largest, scale);
        const double inverse = 1 / std::max(scale, kThinnest);
        double offset = 0;
        for (int j = 0; j < 3; j++) {
          shape.inverse[3 * k + j] = static_cast<float>(inverse * axes[k][j]);
          offset += inverse * axes[k][j] * (g[j] - centre[j]);
        }
        shape.offset[k] = static_cast<float>(offset);
      }
      const double z = m[8] * g[0] + m[9] * g[1] + m[10] * g[2] + m[11], reach = kDeviations * largest;
      shape.low = static_cast<float>(std::max(z - reach, static_cast<double>(kNear)));
      shape.high = static_cast<float>(z + reach);
    }
  });

  const int lanes = kernels.sampleLanes(), width = rasterizer.width(), height = rasterizer.height();
  const int patchHeight = lanes / kPatch;
  scratch_.resize(std::max<size_t>(scratch_.size(), pool().threads()));
  for (Scratch& s : scratch_)
    if (s.votes.size() < static_cast<size_t>(labelCount)) s.votes.assign(labelCount, 0.0f);

  const auto finish = [&](Scratch& s, int pixel, const uint32_t* seen, const float* weights, int count) {
    const double ray[2] = {(pixel % width + 0.5 - view.cx) / view.fx, (pixel / width + 0.5 - view.cy) / view.fy};
    float direction[3];
    for (int j = 0; j < 3; j++) direction[j] = static_cast<float>(m[j] * ray[0] + m[4 + j] * ray[1] + m[8 + j]);
    s.crossings.clear();
    float alpha = 0, doubt = 0;
    for (int i = 0; i < count; i++) {
      const Shape& shape = shapes_[seen[i]];
      alpha += weights[i];
      doubt += weights[i] * u[seen[i]];
      float along = 0, across = 0;
      for (int k = 0; k < 3; k++) {
        const float* r = shape.inverse + 3 * k;
        const float d = r[0] * direction[0] + r[1] * direction[1] + r[2] * direction[2];
        along += d * shape.offset[k];
        across += d * d;
      }
      s.crossings.push_back({std::min(shape.high, std::max(shape.low, along / across)), weights[i], seen[i]});
    }
    out.alpha[pixel] = alpha;
    out.uncertainty[pixel] = alpha > 0 ? doubt / alpha : 0;
    out.depth[pixel] = 0;
    out.confidence[pixel] = 0;
    out.labels[pixel] = 0;
    if (count == 0) return;
    std::sort(s.crossings.begin(), s.crossings.end(),
              [](const Crossing& a, const Crossing& b) { return a.depth < b.depth || (a.depth == b.depth && a.row < b.row); });
    float sum = 0, depth = 0;
    for (const Crossing& c : s.crossings) {
      sum += c.weight;
      depth = c.depth;
      if (sum >= 0.5f * alpha) break;
    }
    const float reach = kSameSurface * depth;
    float near = 0;
    for (const Crossing& c : s.crossings) {
      if (std::fabs(c.depth - depth) > reach) continue;
      near += c.weight;
      s.votes[labels[c.row]] += c.weight;
    }
    float most = 0;
    for (const Crossing& c : s.crossings) {
      const uint16_t label = labels[c.row];
      float& vote = s.votes[label];
      if (vote > most || (vote == most && vote > 0 && label < out.labels[pixel])) {
        most = vote;
        out.labels[pixel] = label;
      }
      vote = 0;
    }
    if (alpha < 0.5f) return;
    out.depth[pixel] = depth;
    out.confidence[pixel] = near;
  };

  pool().run(rasterizer.tiles(), [&](int index, int worker) {
    const TileJob job = rasterizer.tile(index);
    Scratch& s = scratch_[worker];
    const size_t room = static_cast<size_t>(lanes) * job.count;
    if (s.rows.size() < room) {
      s.rows.resize(room);
      s.weights.resize(room);
    }
    int32_t pixels[64], lengths[64];
    for (int y0 = job.tileY * kTile; y0 < std::min(height, (job.tileY + 1) * kTile); y0 += patchHeight)
      for (int x0 = job.tileX * kTile; x0 < std::min(width, (job.tileX + 1) * kTile); x0 += kPatch) {
        int count = 0;
        for (int y = y0; y < std::min(height, y0 + patchHeight); y++)
          for (int x = x0; x < std::min(width, x0 + kPatch); x++) pixels[count++] = y * width + x;
        kernels.tileWeights(job, pixels, count, 0.0f, s.rows.data(), s.weights.data(), lengths);
        for (int l = 0; l < count; l++)
          finish(s, pixels[l], s.rows.data() + static_cast<size_t>(l) * job.count, s.weights.data() + static_cast<size_t>(l) * job.count, lengths[l]);
      }
  });
}

size_t SurfaceSampler::memoryBytes() const {
  size_t bytes = shapes_.capacity() * sizeof(Shape);
  for (const Scratch& s : scratch_)
    bytes += (s.rows.capacity() + s.weights.capacity() + s.votes.capacity()) * 4 + s.crossings.capacity() * sizeof(Crossing);
  return bytes;
}

}  // namespace legato
