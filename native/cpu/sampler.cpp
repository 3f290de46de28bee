#include "sampler.h"

#include <algorithm>

#include "pool.h"

namespace legato {

void Sampler::gather(const KernelTable& kernels, const Rasterizer& rasterizer, const int32_t* pixels, int count, float least) {
  const int lanes = kernels.sampleLanes();
  groups_.sort(rasterizer, pixels, count, lanes);
  const auto& groups = groups_.groups();
  const int32_t* order = groups_.order();
  lists_.resize(groups.size());

  // Each worker collects the lists of the groups that it happens to take; their place in the result depends on the pixel alone.
  arenas_.resize(std::max<size_t>(arenas_.size(), pool().threads()));
  for (Arena& arena : arenas_) {
    arena.rows.clear();
    arena.weights.clear();
  }
  offsets_.assign(static_cast<size_t>(count) + 1, 0);
  pool().run(static_cast<int>(groups.size()), [&](int g, int worker) {
    const PixelGroups::Group& group = groups[g];
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
      kernels.tileWeights(job, groups_.places() + group.begin, used, least, arena.laneRows.data(), arena.laneWeights.data(), lengths);
    lists_[g] = {worker, arena.rows.size()};
    for (int l = 0; l < used; l++) {
      const size_t from = static_cast<size_t>(l) * job.count;
      offsets_[order[group.begin + l] + 1] = static_cast<uint32_t>(lengths[l]);
      arena.rows.insert(arena.rows.end(), arena.laneRows.begin() + from, arena.laneRows.begin() + from + lengths[l]);
      arena.weights.insert(arena.weights.end(), arena.laneWeights.begin() + from, arena.laneWeights.begin() + from + lengths[l]);
    }
  });
  for (int i = 0; i < count; i++) offsets_[i + 1] += offsets_[i];
  rows_.resize(offsets_.back());
  weights_.resize(offsets_.back());
  for (size_t g = 0; g < groups.size(); g++) {
    const Arena& arena = arenas_[lists_[g].worker];
    size_t from = lists_[g].at;
    for (int i = groups[g].begin; i < groups[g].end; i++) {
      const uint32_t to = offsets_[order[i]], length = offsets_[order[i] + 1] - to;
      std::copy_n(arena.rows.begin() + from, length, rows_.begin() + to);
      std::copy_n(arena.weights.begin() + from, length, weights_.begin() + to);
      from += length;
    }
  }
}

size_t Sampler::memoryBytes() const {
  size_t bytes = groups_.memoryBytes() + (offsets_.capacity() + rows_.capacity() + weights_.capacity()) * 4 + lists_.capacity() * sizeof(Place);
  for (const Arena& a : arenas_)
    bytes += (a.rows.capacity() + a.weights.capacity() + a.laneRows.capacity() + a.laneWeights.capacity()) * 4;
  return bytes;
}

}  // namespace legato
