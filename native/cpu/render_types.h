/**
 * What the stages of the rasteriser hand to each other: plain structures of pointers, without behaviour and without memory of
 * their own, so that the per-instruction-set code (project, blend and their gradients) shares no inline function with the rest.
 *
 * The pipeline, METHOD §1:   project → sort by depth → bin into tiles → blend          (forward)
 *                            blend gradient per tile → project gradient per splat     (backward)
 */
#pragma once

#include <cstddef>
#include <cstdint>

namespace legato {

constexpr int kGeometryColumns = 11;   // mean 3, log-scale 3, quaternion wxyz 4, opacity logit 1
constexpr int kHarmonicColumns = 48;   // coefficient-major: k*3 + channel
constexpr int kSemanticColumns = 9;    // S_G 8, u logit 1
constexpr int kSampleColumns = 10;     // S_G 8, R_u, α of a sampled pixel
constexpr int kScatterColumns = 16;    // a pixel's row of gradients in whole vectors of every instruction set
constexpr int kProbeColumns = 3;       // screen gradient x, y in NDC; radius in px

constexpr int kTile = 16;              // pixels along a side
constexpr float kNear = 0.2f;          // world units before the camera
constexpr float kDilation = 0.3f;      // px², added to the projected covariance
constexpr float kNoRotation = 1e-30f;  // squared length up to which a quaternion has no direction
constexpr float kAlphaCap = 0.99f;
constexpr float kAlphaCut = 1.0f / 255.0f;
constexpr float kTransmittanceStop = 1e-4f;

/** Bits of RenderArgs.channels, in the order of the output planes. */
enum ChannelBit : uint32_t { kRgb = 1, kSemantics = 2, kUncertainty = 4, kDepth = 8, kAlpha = 16 };

/**
 * Where each kind of channel lies in the feature row of a splat. The order differs from the output planes: the channels whose
 * gradient moves geometry (rgb, depth, alpha) come first, so that "those that move geometry" is a prefix.
 */
struct ChannelPlan {
  int count;           // channels rendered
  int stride;          // floats a feature row occupies (count, rounded up to a compiled variant)
  int geometric;       // length of the prefix whose gradient moves geometry and opacity
  int rgb, semantics, uncertainty, depth, alpha;  // first feature of each, -1 if absent
  int plane[16];       // output plane of each feature
};

struct View {
  int width, height;
  float fx, fy, cx, cy;
  double pose[12];     // world to camera, 3×4 row-major, OpenCV axes
  float rotation[9];   // its 3×3 part
  float centre[3];     // camera centre, world
  float background[3];
  int degree;          // of the spherical harmonics, 0–3
  bool antialiased;
};

struct Parameters {
  const float* geometry;   // [count, 11]
  const float* harmonics;  // [count, 48]
  const float* semantics;  // [count, 9] or null
  int count;
};

/**
 * A visible splat on the screen: log2 α = log2Opacity − (across·dx + skew·dy)² − (down·dy)² before the cap. The conic comes as its
 * Cholesky factor, times sqrt(½·log2 e), because for a needle the three terms of the plain quadratic form cancel.
 */
struct Splat2D {
  float x, y;                    // mean, px
  float across, skew, down;
  float log2Opacity;
  float extentX, extentY;        // half extents of { α ≥ 1/255 }, px
  float rightDy;                 // dy at which the ellipse reaches its right-most point; the left-most is at −rightDy
  float slope, reach, decay;     // boundary at dy: dx = −slope·dy ± sqrt(reach − decay·dy²)
  float depth;                   // z in the camera
  float opacity;                 // effective, in (0, 1)
  float radius;                  // ceil(3·sqrt(λmax)), px
  uint32_t row;                  // row of the parameters
};
static_assert(sizeof(Splat2D) == 64);

/** Splats are projected in chunks; chunk k writes its visible ones to slots k·kChunk … so that no compaction is needed. */
constexpr int kChunk = 1024;

enum ParameterGroup : int32_t { kMeans, kLogScales, kQuaternions, kOpacityLogits, kHarmonics, kSemanticVectors, kUncertaintyLogits };

struct ChunkReport {
  int visible;       // slots filled
  int badRow;        // first row with a non-finite parameter, or -1
  int badGroup;      // its ParameterGroup
};

/** Sums over pixels that the blend gradient collects for each slot: v = ∂L/∂(ln α). */
enum GradientSum { kSumV, kSumVx, kSumVy, kSumVxx, kSumVxy, kSumVyy, kGradientSums };

struct TileJob {
  const uint32_t* slots;       // depth order
  int count;
  int tileX, tileY;
  const Splat2D* splats;       // by slot
  const float* features;       // by slot, plan.stride apart
  const ChannelPlan* plan;
  const View* view;
  float* scratch;              // per thread, scratchFloats()
};

struct Photometric {
  const float* image;      // [3, H, W] (or more planes)
  const float* target;     // [3, H, W]
  const float* mask;       // [H, W] or null
  int width, height;
  float l1Scale;           // weight of L1 / (3·n)
  float ssimScale;         // weight of 1 − SSIM, over (3·n)
  float* gradient;         // [3, H, W] or null
};

struct AdamArgs {
  float* parameter;
  const float* gradient;
  float* first;
  float* second;
  int columns;             // of a row
  int activeColumns;       // leading columns with a rate; the rest are frozen, moments too
  const float* pattern;    // rates, 16 rows long: pattern[i] serves element i of every 16 rows
  float beta1, beta2;
  float gain1, gain2;              // 1 − β, rounded once: 1.0f − 0.999f would be off by 1e-5
  float correction1, correction2;  // 1/(1−β1^t), 1/(1−β2^t)
  float epsilon;
  float decay;                     // decoupled weight decay (AdamW), times the rate
};

/** How many floats the blend gradient sums for each slot. */
inline int sumStride(const ChannelPlan& plan) { return kGradientSums + plan.stride; }

}  // namespace legato
