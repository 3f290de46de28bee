#include "sampler.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "pool.h"

namespace legato {

void Sampler::gather(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int count) {
  const int width = rasterizer.width(), tiles = rasterizer.tiles(), lanes = kernels.sampleLanes();
  const int64_t size = static_cast<int64_t>(width) * rasterizer.height();
  const auto tileOf = [&](int32_t pixel) { return (pixel / width / kTile) * rasterizer.tilesX() + pixel % width / kTile; };

  // Pixels by tile, in their own order within one: a counting sort.
  tileBegin_.assign(static_cast<size_t>(tiles) + 1, 0);
  for (int i = 0; i < count; i++) {
    if (pixels[i] < 0 || pixels[i] >= size)
      throw std::invalid_argument("pixel " + std::to_string(i) + " is " + std::to_string(pixels[i]) + ", outside the picture");
    tileBegin_[tileOf(pixels[i]) + 1]++;
  }
  for (int t = 0; t < tiles; t++) tileBegin_[t + 1] += tileBegin_[t];
  order_.resize(count);
  place_.resize(count);
  std::vector<int> next(tileBegin_.begin(), tileBegin_.end() - 1);
  for (int i = 0; i < count; i++) {
    const int at = next[tileOf(pixels[i])]++;
    order_[at] = i;
    place_[at] = pixels[i];
  }
  groups_.clear();
  for (int t = 0; t < tiles; t++)
    for (int begin = tileBegin_[t]; begin < tileBegin_[t + 1]; begin += lanes)
      groups_.push_back({t, begin, std::min(begin + lanes, tileBegin_[t + 1]), 0, 0});

  // Each worker collects the lists of the groups that it happens to take; their place in the result depends on the pixel alone.
  arenas_.resize(std::max<size_t>(arenas_.size(), pool().threads()));
  for (Arena& arena : arenas_) {
    arena.rows.clear();
    arena.weights.clear();
  }
  offsets_.assign(static_cast<size_t>(count) + 1, 0);
  pool().run(static_cast<int>(groups_.size()), [&](int g, int worker) {
    Group& group = groups_[g];
    Arena& arena = arenas_[worker];
    const TileJob job = rasterizer.tile(group.tile);
    const size_t room = static_cast<size_t>(lanes) * job.count;
    if (arena.laneRows.size() < room) {
      arena.laneRows.resize(room);
      arena.laneWeights.resize(room);
    }
    int32_t lengths[64] = {};
    const int used = group.end - group.begin;
    if (job.count > 0)
      kernels.tileWeights(job, place_.data() + group.begin, used, arena.laneRows.data(), arena.laneWeights.data(), lengths);
    group.worker = worker;
    group.at = arena.rows.size();
    for (int l = 0; l < used; l++) {
      const size_t from = static_cast<size_t>(l) * job.count;
      offsets_[order_[group.begin + l] + 1] = static_cast<uint32_t>(lengths[l]);
      arena.rows.insert(arena.rows.end(), arena.laneRows.begin() + from, arena.laneRows.begin() + from + lengths[l]);
      arena.weights.insert(arena.weights.end(), arena.laneWeights.begin() + from, arena.laneWeights.begin() + from + lengths[l]);
    }
  });
  for (int i = 0; i < count; i++) offsets_[i + 1] += offsets_[i];
  rows_.resize(offsets_.back());
  weights_.resize(offsets_.back());
  highestRow_ = 0;
  for (const Group& group : groups_) {
    const Arena& arena = arenas_[group.worker];
    size_t from = group.at;
    for (int i = group.begin; i < group.end; i++) {
      const uint32_t to = offsets_[order_[i]], length = offsets_[order_[i] + 1] - to;
      std::copy_n(arena.rows.begin() + from, length, rows_.begin() + to);
      std::copy_n(arena.weights.begin() + from, length, weights_.begin() + to);
      from += length;
    }
  }
  for (const uint32_t row : rows_) highestRow_ = std::max(highestRow_, row);
}

void Sampler::requireRows(int count) const {
  if (pairs() > 0 && highestRow_ >= static_cast<uint32_t>(count))
    throw std::invalid_argument("semantics have " + std::to_string(count) + " rows, the picture saw row " + std::to_string(highestRow_));
}

void Sampler::sigmoids(const KernelTable& kernels, const float* semantics, int count) {
  if (u_.size() < static_cast<size_t>(count)) u_.resize(count);
  pool().run((count + kChunk - 1) / kChunk,
             [&](int chunk, int) { kernels.uncertainties(semantics, chunk * kChunk, std::min(count, (chunk + 1) * kChunk), u_.data()); });
}

void Sampler::composite(const KernelTable& kernels, const float* semantics, int count, float* out) {
  requireRows(count);
  sigmoids(kernels, semantics, count);
  constexpr int kPixels = 256;
  pool().run((pixels() + kPixels - 1) / kPixels, [&](int share, int) {
    kernels.compositeSamples(offsets_.data(), rows_.data(), weights_.data(), semantics, u_.data(), share * kPixels,
                             std::min(pixels(), (share + 1) * kPixels), out);
  });
}

void Sampler::scatter(const KernelTable& kernels, const float* semantics, int count, const float* dOut, float* dSemantics, int rows) {
  requireRows(count);
  sigmoids(kernels, semantics, count);
  const int threads = pool().threads();
  const size_t size = static_cast<size_t>(count) * kSemanticColumns;
  sums_.resize(std::max<size_t>(sums_.size(), threads));
  pool().run(threads, [&](int t, int) {
    auto& sums = sums_[t];
    if (sums.size() < size) sums.resize(size);
    std::fill_n(sums.begin(), size, 0.0f);
    // Shares of about equal numbers of pairs, fixed by the pixels alone.
    const auto cut = [&](int part) {
      const auto pairsBefore = static_cast<uint32_t>(static_cast<uint64_t>(offsets_.back()) * part / threads);
      return part == threads ? pixels()
                             : static_cast<int>(std::lower_bound(offsets_.begin(), offsets_.end() - 1, pairsBefore) - offsets_.begin());
    };
    kernels.scatterSamples(offsets_.data(), rows_.data(), weights_.data(), dOut, cut(t), cut(t + 1), sums.data());
  });
  pool().run((rows + kChunk - 1) / kChunk, [&](int chunk, int) {
    const int begin = chunk * kChunk, end = std::min(rows, begin + kChunk);
    for (int row = begin; row < end; row++)
      for (int k = 0; k < kSemanticColumns; k++) {
        const size_t at = static_cast<size_t>(row) * kSemanticColumns + k;
        float total = 0.0f;
        if (row < count)
          for (int t = 0; t < threads; t++) total += sums_[t][at];
        if (k == kSemanticColumns - 1 && row < count) total *= u_[row] * (1.0f - u_[row]);
        dSemantics[at] = total;
      }
  });
}

size_t Sampler::memoryBytes() const {
  size_t bytes = (offsets_.capacity() + rows_.capacity() + weights_.capacity() + order_.capacity() + place_.capacity() + u_.capacity()) * 4;
  for (const Arena& a : arenas_)
    bytes += (a.rows.capacity() + a.weights.capacity() + a.laneRows.capacity() + a.laneWeights.capacity()) * 4;
  for (const auto& s : sums_) bytes += s.capacity() * 4;
  return bytes;
}

}  // namespace legato
