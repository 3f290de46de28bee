/**
 * A truncated signed distance field in sparse blocks of 8³ voxels, fused from depth pictures, and the surface in it.
 * Formulas in src-main/kernels/volume.reference.ts and marching.reference.ts.
 *
 * Blocks are numbered in the order in which views ask for them and, within a view, of their coordinates, and every voxel sums its
 * views in their order: nothing depends on threads.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace legato {

constexpr int kBlockSide = 8;
constexpr int kBlockVoxels = kBlockSide * kBlockSide * kBlockSide;
/** Labels that a voxel remembers. */
constexpr int kVoxelLabels = 4;
/** Blocks lie within ±kBlockReach along every axis. */
constexpr int kBlockReach = 1 << 20;

struct VoxelBlock {
  int32_t key[3];
  float distance[kBlockVoxels];  // world units, positive before the surface
  float weight[kBlockVoxels];
  float uncertainty[kBlockVoxels];
  float colour[3][kBlockVoxels];
  float near[kBlockVoxels];      // weight of the views that saw it within the truncation
  float votes[kVoxelLabels][kBlockVoxels];
  uint16_t labels[kVoxelLabels][kBlockVoxels];
};

/** A picture to fuse; planes are [height, width]. */
struct Observation {
  int width, height;
  float fx, fy, cx, cy;
  float pose[12];             // world to camera, 3×4 row-major
  float weight;               // of the view
  const float* depth;         // along the axis, 0 = nothing
  const float* confidence;    // 0 … 1
  const float* rgb;           // [3, height, width]
  const uint16_t* labels;
  const float* uncertainty;
};

struct SurfaceMesh {
  std::vector<float> positions;     // [vertices, 3]
  std::vector<float> colours;       // [vertices, 3]
  std::vector<float> uncertainties; // [vertices]
  std::vector<uint16_t> labels;     // [vertices]
  std::vector<uint32_t> triangles;  // [triangles, 3], counter-clockwise seen from before the surface
};

class Volume {
 public:
  Volume(float voxel, float truncation, int maxBlocks) : voxel_(voxel), truncation_(truncation), maxBlocks_(maxBlocks) {}

  /** Throws std::length_error when more blocks are needed than allowed; nothing of the view is fused then. */
  void integrate(const Observation& view);

  /** @param table  [256][kTableRow]: number of triangles, then three edges of each; marchingTable.ts */
  void march(const uint8_t* table, float leastWeight, SurfaceMesh& out) const;

  const std::vector<std::unique_ptr<VoxelBlock>>& blocks() const { return blocks_; }
  size_t memoryBytes() const;

 private:
  /** Plane of a pixel in camera axes: n·p = offset; weight 0 = not to be used. */
  struct PixelPlane {
    float n[3], offset, weight;
  };

  void fitPlanes(const Observation& view);
  void allocate(const Observation& view);
  void fuse(const Observation& view, VoxelBlock& block) const;
  /** The block at a key plus 0 or 1 along every axis, [8], null where there is none. */
  void around(const VoxelBlock& block, const VoxelBlock* (&out)[8], int32_t (&index)[8]) const;

  float voxel_, truncation_;
  int maxBlocks_;
  std::vector<std::unique_ptr<VoxelBlock>> blocks_;
  std::unordered_map<uint64_t, int32_t> index_;
  std::vector<PixelPlane> planes_;
  std::vector<std::vector<uint64_t>> wanted_;  // by worker
};

constexpr int kTableRow = 25;  // up to eight triangles
constexpr int kCellEdges = 12;

uint64_t packKey(const int32_t* key);

}  // namespace legato
