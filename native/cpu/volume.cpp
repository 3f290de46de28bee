#include "volume.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "pool.h"

namespace legato {

namespace {

/** Surfaces seen at a flatter angle than this cosine say too little. */
constexpr float kFlattest = 0.1f;
/** Neighbouring pixels whose depths differ by more than the truncation and this share of the depth lie on different surfaces. */
constexpr float kDepthShare = 0.05f;
constexpr int kRowsPerTask = 8;

}  // namespace

uint64_t packKey(const int32_t* key) {
  const auto part = [](int32_t v) { return static_cast<uint64_t>(v + kBlockReach); };
  return part(key[2]) << 42 | part(key[1]) << 21 | part(key[0]);
}

void Volume::fitPlanes(const Observation& v) {
  planes_.resize(static_cast<size_t>(v.width) * v.height);
  const auto point = [&](int x, int y, float* p) {
    const float d = v.depth[static_cast<size_t>(y) * v.width + x];
    p[0] = d * ((static_cast<float>(x) + 0.5f - v.cx) / v.fx);
    p[1] = d * ((static_cast<float>(y) + 0.5f - v.cy) / v.fy);
    p[2] = d;
  };
  pool().run((v.height + kRowsPerTask - 1) / kRowsPerTask, [&](int task, int) {
    for (int y = task * kRowsPerTask; y < std::min(v.height, (task + 1) * kRowsPerTask); y++)
      for (int x = 0; x < v.width; x++) {
        const size_t at = static_cast<size_t>(y) * v.width + x;
        PixelPlane& plane = planes_[at];
        plane = {};
        const float d = v.depth[at];
        if (!(d > 0) || !std::isfinite(d)) continue;
        const float jump = truncation_ + kDepthShare * d;
        const auto joins = [&](int nx, int ny) {
          if (nx < 0 || ny < 0 || nx >= v.width || ny >= v.height) return false;
          const float other = v.depth[static_cast<size_t>(ny) * v.width + nx];
          return other > 0 && std::fabs(other - d) <= jump;
        };
        const int left = joins(x - 1, y), right = joins(x + 1, y), up = joins(x, y - 1), down = joins(x, y + 1);
        if (left + right == 0 || up + down == 0) continue;
        float p[3], a[3], b[3], c[3], e[3];
        point(x, y, p);
        point(x - left, y, a);
        point(x + right, y, b);
        point(x, y - up, c);
        point(x, y + down, e);
        const float s[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, t[3] = {e[0] - c[0], e[1] - c[1], e[2] - c[2]};
        float n[3] = {s[1] * t[2] - s[2] * t[1], s[2] * t[0] - s[0] * t[2], s[0] * t[1] - s[1] * t[0]};
        const float length = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        if (!(length > 0)) continue;
        float offset = (n[0] * p[0] + n[1] * p[1] + n[2] * p[2]) / length;
        const float turn = offset > 0 ? -1.0f : 1.0f;  // towards the camera
        offset *= turn;
        for (int k = 0; k < 3; k++) plane.n[k] = turn * n[k] / length;
        plane.offset = offset;
        const float cosine = -offset / std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
        if (cosine < kFlattest) continue;
        const float sharpness = std::min(1.0f, voxel_ * v.fx / d);
        plane.weight = v.weight * v.confidence[at] * cosine * sharpness * sharpness;
      }
  });
}

void Volume::allocate(const Observation& v) {
  wanted_.resize(std::max<size_t>(wanted_.size(), pool().threads()));
  for (auto& keys : wanted_) keys.clear();
  const float side = voxel_ * kBlockSide;
  const float* m = v.pose;
  pool().run((v.height + kRowsPerTask - 1) / kRowsPerTask, [&](int task, int worker) {
    auto& keys = wanted_[worker];
    uint64_t last = ~uint64_t{0};
    for (int y = task * kRowsPerTask; y < std::min(v.height, (task + 1) * kRowsPerTask); y++)
      for (int x = 0; x < v.width; x++) {
        const size_t at = static_cast<size_t>(y) * v.width + x;
        const PixelPlane& plane = planes_[at];
        if (!(plane.weight > 0)) continue;
        const float d = v.depth[at];
        const float p[3] = {d * ((static_cast<float>(x) + 0.5f - v.cx) / v.fx), d * ((static_cast<float>(y) + 0.5f - v.cy) / v.fy), d};
        for (int step = -1; step <= 1; step++) {
          float c[3];
          for (int k = 0; k < 3; k++) c[k] = p[k] + static_cast<float>(step) * truncation_ * plane.n[k] - m[4 * k + 3];
          int32_t key[3];
          bool within = true;
          for (int j = 0; j < 3; j++) {
            const float world = (m[j] * c[0] + m[4 + j] * c[1] + m[8 + j] * c[2]) / side;
            within = within && std::fabs(world) < static_cast<float>(kBlockReach - 2);
            key[j] = within ? static_cast<int32_t>(std::floor(world)) : 0;
          }
          if (!within) continue;
          const uint64_t packed = packKey(key);
          if (packed == last) continue;
          last = packed;
          if (!index_.contains(packed)) keys.push_back(packed);
        }
      }
  });
  std::vector<uint64_t> fresh;
  for (const auto& keys : wanted_) fresh.insert(fresh.end(), keys.begin(), keys.end());
  std::sort(fresh.begin(), fresh.end());
  fresh.erase(std::unique(fresh.begin(), fresh.end()), fresh.end());
  if (blocks_.size() + fresh.size() > static_cast<size_t>(maxBlocks_))
    throw std::length_error("more than " + std::to_string(maxBlocks_) + " blocks of voxels are needed; use larger voxels");
  for (const uint64_t packed : fresh) {
    auto block = std::make_unique<VoxelBlock>();
    for (int j = 0; j < 3; j++) block->key[j] = static_cast<int32_t>(packed >> (21 * j) & ((1u << 21) - 1)) - kBlockReach;
    index_.emplace(packed, static_cast<int32_t>(blocks_.size()));
    blocks_.push_back(std::move(block));
  }
}

void Volume::fuse(const Observation& v, VoxelBlock& block) const {
  const float* m = v.pose;
  const float half = 0.5f * voxel_ * kBlockSide;
  const auto toCamera = [&](const float* w, float* c) {
    for (int k = 0; k < 3; k++) c[k] = m[4 * k] * w[0] + m[4 * k + 1] * w[1] + m[4 * k + 2] * w[2] + m[4 * k + 3];
  };
  float middle[3], c[3];
  for (int j = 0; j < 3; j++) middle[j] = (static_cast<float>(block.key[j]) * kBlockSide + 0.5f * kBlockSide) * voxel_;
  toCamera(middle, c);
  const float radius = half * 1.7320508f;
  if (c[2] <= -radius) return;
  if (c[2] > radius) {
    // Half-spaces of the picture's sides, widened by the block's sphere.
    const float nearest = c[2] - radius;
    const float spanX = v.fx * radius / nearest, spanY = v.fy * radius / nearest;
    const float u = v.fx * c[0] / c[2] + v.cx, w = v.fy * c[1] / c[2] + v.cy;
    const float slackX = spanX * (1 + std::fabs(c[0]) / c[2]), slackY = spanY * (1 + std::fabs(c[1]) / c[2]);
    if (u + slackX < 0 || u - slackX > static_cast<float>(v.width) || w + slackY < 0 || w - slackY > static_cast<float>(v.height)) return;
  }
  const size_t plane = static_cast<size_t>(v.width) * v.height;
  int voxel = 0;
  for (int k = 0; k < kBlockSide; k++)
    for (int j = 0; j < kBlockSide; j++)
      for (int i = 0; i < kBlockSide; i++, voxel++) {
        const float world[3] = {(static_cast<float>(block.key[0] * kBlockSide + i) + 0.5f) * voxel_,
                                (static_cast<float>(block.key[1] * kBlockSide + j) + 0.5f) * voxel_,
                                (static_cast<float>(block.key[2] * kBlockSide + k) + 0.5f) * voxel_};
        float p[3];
        toCamera(world, p);
        if (!(p[2] > 0)) continue;
        const float x = v.fx * p[0] / p[2] + v.cx, y = v.fy * p[1] / p[2] + v.cy;
        if (!(x >= 0 && y >= 0 && x < static_cast<float>(v.width) && y < static_cast<float>(v.height))) continue;
        const size_t at = static_cast<size_t>(y) * v.width + static_cast<size_t>(x);
        const PixelPlane& pixel = planes_[at];
        if (!(pixel.weight > 0) || p[2] - v.depth[at] > truncation_) continue;
        const float raw = pixel.n[0] * p[0] + pixel.n[1] * p[1] + pixel.n[2] * p[2] - pixel.offset;
        if (raw < -truncation_) continue;
        const float w = pixel.weight;
        const float total = block.weight[voxel] + w, share = w / total;
        block.distance[voxel] += share * (std::min(raw, truncation_) - block.distance[voxel]);
        block.weight[voxel] = total;
        if (raw > truncation_) continue;
        const float nearTotal = block.near[voxel] + w, nearShare = w / nearTotal;
        block.near[voxel] = nearTotal;
        block.uncertainty[voxel] += nearShare * (v.uncertainty[at] - block.uncertainty[voxel]);
        for (int n = 0; n < 3; n++) block.colour[n][voxel] += nearShare * (v.rgb[n * plane + at] - block.colour[n][voxel]);
        const uint16_t label = v.labels[at];
        int slot = 0;
        for (; slot < kVoxelLabels; slot++)
          if (block.votes[slot][voxel] == 0 || block.labels[slot][voxel] == label) break;
        if (slot < kVoxelLabels) {
          block.labels[slot][voxel] = label;
          block.votes[slot][voxel] += w;
          continue;
        }
        int least = 0;
        for (int s = 1; s < kVoxelLabels; s++)
          if (block.votes[s][voxel] < block.votes[least][voxel]) least = s;
        block.votes[least][voxel] -= w;
        if (block.votes[least][voxel] < 0) {
          block.votes[least][voxel] = -block.votes[least][voxel];
          block.labels[least][voxel] = label;
        }
      }
}

void Volume::integrate(const Observation& view) {
  fitPlanes(view);
  allocate(view);
  pool().run(static_cast<int>(blocks_.size()), [&](int block, int) { fuse(view, *blocks_[block]); });
}

void Volume::around(const VoxelBlock& block, const VoxelBlock* (&out)[8], int32_t (&index)[8]) const {
  for (int corner = 0; corner < 8; corner++) {
    const int32_t key[3] = {block.key[0] + (corner & 1), block.key[1] + (corner >> 1 & 1), block.key[2] + (corner >> 2)};
    const auto found = index_.find(packKey(key));
    index[corner] = found == index_.end() ? -1 : found->second;
    out[corner] = index[corner] < 0 ? nullptr : blocks_[index[corner]].get();
  }
}

size_t Volume::memoryBytes() const {
  size_t bytes = blocks_.size() * (sizeof(VoxelBlock) + 64) + planes_.capacity() * sizeof(PixelPlane);
  for (const auto& keys : wanted_) bytes += keys.capacity() * 8;
  return bytes;
}

}  // namespace legato
