#include "semantic_sampler.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "pool.h"

namespace legato {

namespace {

constexpr int kMostLanes = 16;

}  // namespace

void SemanticSampler::composite(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int pixelCount,
                                const float* semantics, int count, float* out) {
  if (count < rasterizer.rows())
    throw std::invalid_argument("semantics have " + std::to_string(count) + " rows, the picture was drawn from " +
                                std::to_string(rasterizer.rows()));
  const int lanes = kernels.sampleLanes();
  groups_.sort(rasterizer, pixels, pixelCount, lanes);
  pixelCount_ = pixelCount;
  count_ = count;
  if (u_.size() < static_cast<size_t>(count)) u_.resize(count);
  pool().run((count + kChunk - 1) / kChunk,
             [&](int chunk, int) { kernels.uncertainties(semantics, chunk * kChunk, std::min(count, (chunk + 1) * kChunk), u_.data()); });

  const auto& groups = groups_.groups();
  lent_.resize(groups.size());
  arenas_.resize(std::max<size_t>(arenas_.size(), pool().threads()));
  for (Arena& arena : arenas_) arena.used = 0;
  pool().run(static_cast<int>(groups.size()), [&](int g, int worker) {
    const PixelGroups::Group& group = groups[g];
    Arena& arena = arenas_[worker];
    const TileJob job = rasterizer.tile(group.tile);
    if (arena.rows.size() < arena.used + job.count) {
      arena.rows.resize(arena.used + job.count + arena.used / 2);
      arena.weights.resize(arena.rows.size() * lanes);
    }
    const int used = group.end - group.begin;
    float sums[kSampleColumns * kMostLanes] = {};
    const int length = kernels.tileComposite(job, groups_.places() + group.begin, used, semantics, u_.data(), sums,
                                             arena.rows.data() + arena.used, arena.weights.data() + arena.used * lanes);
    lent_[g] = {worker, length, arena.used};
    arena.used += length;
    for (int l = 0; l < used; l++) {
      float* to = out + static_cast<size_t>(groups_.order()[group.begin + l]) * kSampleColumns;
      for (int k = 0; k < kSampleColumns; k++) to[k] = sums[k * lanes + l];
    }
  });
}

/** Where each of some parts of the groups begins, so that all have about as many entries; fixed by the pixels alone. */
std::vector<size_t> SemanticSampler::shares(int parts) const {
  size_t total = 0, before = 0;
  for (const Lent& lent : lent_) total += lent.length;
  std::vector<size_t> begins(static_cast<size_t>(parts) + 1, lent_.size());
  begins[0] = 0;
  int part = 1;
  for (size_t g = 0; g < lent_.size(); g++) {
    while (part < parts && before * parts >= total * part) begins[part++] = g;
    before += lent_[g].length;
  }
  return begins;
}

void SemanticSampler::scatter(const KernelTable& kernels, const float* dOut, float* dSemantics, int rows) {
  const int threads = pool().threads(), lanes = kernels.sampleLanes();
  const auto& groups = groups_.groups();
  const size_t size = static_cast<size_t>(count_) * kSemanticColumns;
  const std::vector<size_t> begins = shares(threads);
  sums_.resize(std::max<size_t>(sums_.size(), threads));
  pool().run(threads, [&](int t, int) {
    auto& sums = sums_[t];
    if (sums.size() < size + kScatterColumns) sums.resize(size + kScatterColumns);
    std::fill_n(sums.begin(), size, 0.0f);
    for (size_t g = begins[t]; g < begins[t + 1]; g++) {
      float slopes[kMostLanes * kScatterColumns] = {};
      for (int l = 0; l < groups[g].end - groups[g].begin; l++)
        std::copy_n(dOut + static_cast<size_t>(groups_.order()[groups[g].begin + l]) * kSampleColumns, kSemanticColumns,
                    slopes + l * kScatterColumns);
      const Arena& arena = arenas_[lent_[g].worker];
      kernels.tileScatter(arena.rows.data() + lent_[g].at, arena.weights.data() + lent_[g].at * lanes, lent_[g].length, slopes, sums.data());
    }
  });
  pool().run((rows + kChunk - 1) / kChunk, [&](int chunk, int) {
    const size_t begin = static_cast<size_t>(chunk) * kChunk * kSemanticColumns;
    const size_t end = std::min(static_cast<size_t>(rows) * kSemanticColumns, begin + static_cast<size_t>(kChunk) * kSemanticColumns);
    const size_t live = std::clamp(size, begin, end);
    std::copy(sums_[0].begin() + begin, sums_[0].begin() + live, dSemantics + begin);
    std::fill(dSemantics + live, dSemantics + end, 0.0f);
    for (int t = 1; t < threads; t++)
      for (size_t at = begin; at < live; at++) dSemantics[at] += sums_[t][at];
    // Through u = σ(logit).
    for (size_t row = begin / kSemanticColumns; row < live / kSemanticColumns; row++)
      dSemantics[row * kSemanticColumns + kSemanticColumns - 1] *= u_[row] * (1.0f - u_[row]);
  });
}

void SemanticSampler::vote(const KernelTable& kernels, const uint8_t* splats, uint8_t* labels) {
  const int lanes = kernels.sampleLanes();
  const auto& groups = groups_.groups();
  pool().run(static_cast<int>(groups.size()), [&](int g, int) {
    const PixelGroups::Group& group = groups[g];
    const Arena& arena = arenas_[lent_[g].worker];
    const uint32_t* rows = arena.rows.data() + lent_[g].at;
    const float* weights = arena.weights.data() + lent_[g].at * lanes;
    float votes[256][kMostLanes];
    bool heard[256] = {};
    for (int i = 0; i < lent_[g].length; i++) {
      const uint8_t label = splats[rows[i]];
      if (label == 0) continue;
      if (!heard[label]) std::fill_n(votes[label], lanes, 0.0f);
      heard[label] = true;
      for (int l = 0; l < lanes; l++) votes[label][l] += weights[static_cast<size_t>(i) * lanes + l];
    }
    for (int l = 0; l < group.end - group.begin; l++) {
      uint8_t& own = labels[groups_.order()[group.begin + l]];
      if (own == 0) continue;
      float most = 0.0f;
      for (int label = 1; label < 256; label++)
        if (heard[label] && votes[label][l] > most) {
          most = votes[label][l];
          own = static_cast<uint8_t>(label);
        }
    }
  });
}

size_t SemanticSampler::memoryBytes() const {
  size_t bytes = groups_.memoryBytes() + lent_.capacity() * sizeof(Lent) + u_.capacity() * 4;
  for (const Arena& a : arenas_) bytes += (a.rows.capacity() + a.weights.capacity()) * 4;
  for (const auto& s : sums_) bytes += s.capacity() * 4;
  return bytes;
}

}  // namespace legato
