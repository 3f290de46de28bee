#include "rasterizer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "pool.h"

namespace legato {

namespace {

const char* groupName(int group) {
  switch (group) {
    case kMeans: return "means";
    case kLogScales: return "logScales";
    case kQuaternions: return "quaternions";
    case kOpacityLogits: return "opacityLogits";
    case kHarmonics: return "sphericalHarmonics";
    case kSemanticVectors: return "semantics";
    default: return "uncertainty";
  }
}

template <class T>
void grow(std::vector<T>& v, size_t size) {
  if (v.size() < size) v.resize(std::max(size, v.size() + v.size() / 4));
}

}  // namespace

ChannelPlan planChannels(uint32_t channels, bool semanticsMovesGeometry) {
  ChannelPlan plan{};
  plan.rgb = plan.semantics = plan.uncertainty = plan.depth = plan.alpha = -1;
  int plane = 0;
  int planes[5];
  const int widths[5] = {3, 8, 1, 1, 1};
  for (int k = 0; k < 5; k++) {
    planes[k] = plane;
    if (channels & (1u << k)) plane += widths[k];
  }
  int feature = 0;
  const auto place = [&](int kind, int& first) {
    if (!(channels & (1u << kind))) return;
    first = feature;
    for (int k = 0; k < widths[kind]; k++) plan.plane[feature++] = planes[kind] + k;
  };
  place(0, plan.rgb);
  place(3, plan.depth);
  place(4, plan.alpha);
  plan.geometric = feature;
  place(1, plan.semantics);
  place(2, plan.uncertainty);
  plan.count = feature;
  if (semanticsMovesGeometry) plan.geometric = feature;
  for (const int variant : {1, 3, 5, 9, 12, 14})
    if (feature <= variant) {
      plan.stride = variant;
      break;
    }
  return plan;
}

float* Rasterizer::scratch(int worker, int floats) {
  grow(scratch_[worker], static_cast<size_t>(floats));
  return scratch_[worker].data();
}

ForwardReport Rasterizer::forward(const KernelTable& kernels, const View& view, const Parameters& in, uint32_t channels,
                                  bool semanticsMovesGeometry, float* image, float* radii) {
  frame_++;
  view_ = view;
  plan_ = planChannels(channels, semanticsMovesGeometry);
  scratch_.resize(pool().threads());
  rows_ = in.count;
  const int chunkCount = (in.count + kChunk - 1) / kChunk;
  const size_t slotCount = static_cast<size_t>(chunkCount) * kChunk;
  grow(splats_, slotCount);
  grow(features_, slotCount * plan_.stride);
  grow(chunks_, static_cast<size_t>(chunkCount));

  pool().run(chunkCount, [&](int chunk, int) {
    const int begin = chunk * kChunk, end = std::min(in.count, begin + kChunk);
    chunks_[chunk] = kernels.project(view_, plan_, in, begin, end, splats_.data() + begin,
                                     features_.data() + static_cast<size_t>(begin) * plan_.stride);
  });

  slots_.clear();
  for (int chunk = 0; chunk < chunkCount; chunk++) {
    const ChunkReport& r = chunks_[chunk];
    if (r.badRow >= 0)
      throw std::invalid_argument(std::string(groupName(r.badGroup)) + " of splat " + std::to_string(r.badRow) +
                                  " is not finite; lower its learning rate or resume from the last checkpoint");
    for (int k = 0; k < r.visible; k++) slots_.push_back(static_cast<uint32_t>(chunk * kChunk + k));
  }
  if (radii) {
    std::memset(radii, 0, sizeof(float) * in.count);
    for (const uint32_t slot : slots_) radii[splats_[slot].row] = splats_[slot].radius;
  }

  binning_.build(view_, splats_.data(), slots_);
  const int tiles = binning_.tiles();
  const size_t carriedPerTile = static_cast<size_t>(kTile) * kTile * plan_.geometric;
  grow(carried_, carriedPerTile * tiles);
  grow(cost_, static_cast<size_t>(tiles));
  const int floats = kernels.blendScratch(plan_);
  pool().run(tiles, [&](int tile, int worker) {
    TileJob job = this->tile(tile);
    job.scratch = scratch(worker, floats);
    cost_[tile] = kernels.blend(job, image, carried_.data() + carriedPerTile * tile);
  });
  uint64_t vectors = 0;
  for (int tile = 0; tile < tiles; tile++) vectors += cost_[tile];
  return {static_cast<int>(slots_.size()), binning_.instances(), vectors, frame_};
}

void Rasterizer::require(uint64_t frame) const {
  if (frame != frame_) throw std::logic_error("another forward pass has run on this rasteriser since");
}

TileJob Rasterizer::tile(int index) const {
  return {binning_.list(index), binning_.length(index), index % binning_.tilesX(), index / binning_.tilesX(),
          splats_.data(),       features_.data(),       &plan_,                    &view_,
          nullptr};
}

/** Consecutive tiles of about equal cost a share, as the forward pass measured it: static, hence the same sums every time. */
void Rasterizer::partitionTiles(int shares) {
  const int tiles = binning_.tiles();
  constexpr int kTileOverhead = 64;  // an empty tile still loads its gradient
  uint64_t total = 0;
  for (int t = 0; t < tiles; t++) total += cost_[t] + kTileOverhead;
  shareEnds_.assign(shares, tiles);
  uint64_t sum = 0;
  int share = 0;
  for (int t = 0; t < tiles && share < shares - 1; t++) {
    sum += cost_[t] + kTileOverhead;
    if (sum * shares >= total * (share + 1)) shareEnds_[share++] = t + 1;
  }
}

void Rasterizer::backward(const KernelTable& kernels, const Parameters& in, uint64_t frame, const float* dImage,
                          const Gradients& out) {
  require(frame);
  const int shares = pool().threads();
  const int n = sumStride(plan_);
  const int chunkCount = (in.count + kChunk - 1) / kChunk;
  partitionTiles(shares);
  sums_.resize(shares);
  const int floats = kernels.gradientScratch(plan_);
  const size_t carriedPerTile = static_cast<size_t>(kTile) * kTile * plan_.geometric;

  pool().run(shares, [&](int share, int worker) {
    auto& sums = sums_[share];
    grow(sums, static_cast<size_t>(chunkCount) * kChunk * n + 64);
    for (int chunk = 0; chunk < chunkCount; chunk++)
      std::memset(sums.data() + static_cast<size_t>(chunk) * kChunk * n, 0, sizeof(float) * n * chunks_[chunk].visible);
    for (int tile = share ? shareEnds_[share - 1] : 0; tile < shareEnds_[share]; tile++) {
      TileJob job = this->tile(tile);
      job.scratch = scratch(worker, floats);
      kernels.blendGradient(job, carried_.data() + carriedPerTile * tile, dImage, sums.data());
    }
  });

  sumParts_.clear();
  for (const auto& s : sums_) sumParts_.push_back(s.data());
  const auto clear = [](float* p, int rows, int columns, int begin, int end) {
    if (p && begin < rows) std::memset(p + static_cast<size_t>(begin) * columns, 0, sizeof(float) * columns * (std::min(end, rows) - begin));
  };
  const int rows = std::max({out.geometryRows, out.harmonicRows, out.semanticRows, out.probeRows, in.count});
  pool().run((rows + kChunk - 1) / kChunk, [&](int chunk, int) {
    const int begin = chunk * kChunk, end = begin + kChunk;
    clear(out.geometry, out.geometryRows, kGeometryColumns, begin, end);
    clear(out.harmonics, out.harmonicRows, kHarmonicColumns, begin, end);
    clear(out.semantics, out.semanticRows, kSemanticColumns, begin, end);
    clear(out.probe, out.probeRows, kProbeColumns, begin, end);
    if (chunk < chunkCount)
      kernels.projectGradient(view_, plan_, in, splats_.data(), features_.data(), sumParts_.data(), shares, begin,
                              begin + chunks_[chunk].visible, out.geometry, out.harmonics, out.semantics, out.probe);
  });
}

size_t Rasterizer::memoryBytes() const {
  size_t bytes = binning_.memoryBytes() + splats_.capacity() * sizeof(Splat2D) + slots_.capacity() * 4 +
                 (features_.capacity() + carried_.capacity() + cost_.capacity()) * 4;
  for (const auto& s : sums_) bytes += s.capacity() * 4;
  for (const auto& s : scratch_) bytes += s.capacity() * 4;
  return bytes;
}

}  // namespace legato
