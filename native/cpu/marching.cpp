/**
 * Marching cubes over the blocks of a volume, with one vertex an edge of the grid that the surface crosses.
 *
 * A cell belongs to the block of its lowest voxel, an edge to that of its lower end. Blocks count first, so that each knows where
 * its vertices and triangles begin; both come out in the order of the blocks' coordinates and of voxels inside, whatever the threads.
 */
#include <algorithm>
#include <numeric>

#include "pool.h"
#include "volume.h"

namespace legato {

namespace {

/** Corner c of a cell lies at (c & 1, c >> 1 & 1, c >> 2); edge e runs along axis e / 4 from this corner. */
constexpr int kEdgeCorner[kCellEdges] = {0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3};

/** A voxel of a block or of its neighbours upwards. */
struct Place {
  int block;  // 0 … 7 of the neighbourhood
  int voxel;
};

Place placeOf(int i, int j, int k) {
  const int bi = i >= kBlockSide, bj = j >= kBlockSide, bk = k >= kBlockSide;
  return {bi | bj << 1 | bk << 2,
          (i - bi * kBlockSide) + kBlockSide * ((j - bj * kBlockSide) + kBlockSide * (k - bk * kBlockSide))};
}

/** Most votes over both ends of an edge, each weighted by its nearness; the smaller label on ties. */
uint16_t labelBetween(const VoxelBlock& a, int va, const VoxelBlock& b, int vb, float t) {
  uint16_t labels[2 * kVoxelLabels];
  float votes[2 * kVoxelLabels];
  int found = 0;
  const auto add = [&](const VoxelBlock& block, int voxel, float share) {
    for (int s = 0; s < kVoxelLabels; s++) {
      const float vote = share * block.votes[s][voxel];
      if (!(vote > 0)) continue;
      int at = 0;
      while (at < found && labels[at] != block.labels[s][voxel]) at++;
      if (at == found) {
        labels[found] = block.labels[s][voxel];
        votes[found++] = 0;
      }
      votes[at] += vote;
    }
  };
  add(a, va, 1 - t);
  add(b, vb, t);
  uint16_t best = 0;
  float most = 0;
  for (int at = 0; at < found; at++)
    if (votes[at] > most || (votes[at] == most && labels[at] < best)) {
      best = labels[at];
      most = votes[at];
    }
  return best;
}

}  // namespace

void Volume::march(const uint8_t* table, float leastWeight, SurfaceMesh& out) const {
  const int count = static_cast<int>(blocks_.size());
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return packKey(blocks_[a]->key) < packKey(blocks_[b]->key); });

  std::vector<uint32_t> firstVertex(count), firstTriangle(count);  // by block number
  const auto seen = [&](const VoxelBlock* block, int voxel) { return block && block->weight[voxel] > leastWeight; };

  /** Calls visit(edge owner voxel, axis, a's block and voxel, b's block and voxel) for every crossed edge of a block. */
  const auto edges = [&](const VoxelBlock* const (&near)[8], auto&& visit) {
    for (int k = 0, voxel = 0; k < kBlockSide; k++)
      for (int j = 0; j < kBlockSide; j++)
        for (int i = 0; i < kBlockSide; i++, voxel++) {
          if (!seen(near[0], voxel)) continue;
          const bool inside = near[0]->distance[voxel] < 0;
          for (int axis = 0; axis < 3; axis++) {
            const Place other = placeOf(i + (axis == 0), j + (axis == 1), k + (axis == 2));
            const VoxelBlock* block = near[other.block];
            if (seen(block, other.voxel) && inside != (block->distance[other.voxel] < 0)) visit(voxel, axis, *block, other.voxel);
          }
        }
  };
  /** Calls visit(i, j, k, case) for every cell of a block whose eight corners were seen and that the surface crosses. */
  const auto cells = [&](const VoxelBlock* const (&near)[8], auto&& visit) {
    for (int k = 0; k < kBlockSide; k++)
      for (int j = 0; j < kBlockSide; j++)
        for (int i = 0; i < kBlockSide; i++) {
          int mask = 0;
          bool whole = true;
          for (int corner = 0; corner < 8 && whole; corner++) {
            const Place p = placeOf(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
            whole = seen(near[p.block], p.voxel);
            if (whole) mask |= static_cast<int>(near[p.block]->distance[p.voxel] < 0) << corner;
          }
          if (whole && mask != 0 && mask != 255) visit(i, j, k, mask);
        }
  };

  pool().run(count, [&](int b, int) {
    const VoxelBlock* near[8];
    int32_t index[8];
    around(*blocks_[b], near, index);
    uint32_t vertices = 0, triangles = 0;
    edges(near, [&](int, int, const VoxelBlock&, int) { vertices++; });
    cells(near, [&](int, int, int, int mask) { triangles += table[mask * kTableRow]; });
    firstVertex[b] = vertices;
    firstTriangle[b] = triangles;
  });
  uint32_t vertices = 0, triangles = 0;
  for (const int b : order) {
    const uint32_t ownVertices = firstVertex[b], ownTriangles = firstTriangle[b];
    firstVertex[b] = vertices;
    firstTriangle[b] = triangles;
    vertices += ownVertices;
    triangles += ownTriangles;
  }
  out.positions.resize(static_cast<size_t>(vertices) * 3);
  out.colours.resize(static_cast<size_t>(vertices) * 3);
  out.uncertainties.resize(vertices);
  out.labels.resize(vertices);
  out.triangles.resize(static_cast<size_t>(triangles) * 3);

  // Vertex of each edge, by block: [voxel, axis].
  std::vector<std::unique_ptr<uint32_t[]>> vertexOf(count);
  pool().run(count, [&](int b, int) {
    const VoxelBlock& block = *blocks_[b];
    const VoxelBlock* near[8];
    int32_t index[8];
    around(block, near, index);
    uint32_t next = firstVertex[b];
    edges(near, [&](int voxel, int axis, const VoxelBlock& other, int otherVoxel) {
      if (!vertexOf[b]) vertexOf[b] = std::make_unique<uint32_t[]>(3 * kBlockVoxels);
      const float from = block.distance[voxel], to = other.distance[otherVoxel];
      const float t = from / (from - to);
      const int local[3] = {voxel % kBlockSide, voxel / kBlockSide % kBlockSide, voxel / (kBlockSide * kBlockSide)};
      for (int j = 0; j < 3; j++) {
        const float base = static_cast<float>(block.key[j] * kBlockSide + local[j]) + 0.5f;
        out.positions[3 * static_cast<size_t>(next) + j] = (j == axis ? base + t : base) * voxel_;
        out.colours[3 * static_cast<size_t>(next) + j] =
            block.colour[j][voxel] + t * (other.colour[j][otherVoxel] - block.colour[j][voxel]);
      }
      out.uncertainties[next] = block.uncertainty[voxel] + t * (other.uncertainty[otherVoxel] - block.uncertainty[voxel]);
      out.labels[next] = labelBetween(block, voxel, other, otherVoxel, t);
      vertexOf[b][3 * voxel + axis] = next++;
    });
  });
  pool().run(count, [&](int b, int) {
    const VoxelBlock* near[8];
    int32_t index[8];
    around(*blocks_[b], near, index);
    size_t at = 3 * static_cast<size_t>(firstTriangle[b]);
    cells(near, [&](int i, int j, int k, int mask) {
      const uint8_t* row = table + mask * kTableRow;
      for (int e = 0; e < 3 * row[0]; e++) {
        const int edge = row[1 + e], corner = kEdgeCorner[edge];
        const Place p = placeOf(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
        out.triangles[at++] = vertexOf[index[p.block]][3 * p.voxel + edge / 4];
      }
    });
  });
}

}  // namespace legato
