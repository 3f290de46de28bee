/**
 * Single pixels of a picture: which splats they see, how much of each, and what their semantics blend to (METHOD §1).
 *
 * Pixels of one tile are the lanes of a vector, at whatever places they have, and run through the tile's list exactly as the whole
 * picture does: same instructions, same decisions at every cut-off, so that a sampled pixel equals the rendered one.
 */
#include "render_types.h"
#include "simd.h"
#include "tile.h"

namespace legato::LEGATO_ISA {

namespace {

/** Up to W pixels of a tile, and how much light still passes at each. */
struct SampledTile {
  float originX, originY;
  Float x, y, light;
  Mask active;

  SampledTile(const TileJob& job, const int32_t* pixels, int count)
      : originX(static_cast<float>(job.tileX * kTile)), originY(static_cast<float>(job.tileY * kTile)) {
    alignas(64) float px[W] = {}, py[W] = {};
    for (int l = 0; l < count; l++) {
      px[l] = static_cast<float>(pixels[l] % job.view->width - job.tileX * kTile) + 0.5f;
      py[l] = static_cast<float>(pixels[l] / job.view->width - job.tileY * kTile) + 0.5f;
    }
    x = load(px);
    y = load(py);
    light = set(1.0f);
    active = maskOf((1u << count) - 1u);
  }

  /** Passes one splat: the lanes that blend it, and α·T for all lanes. */
  LEGATO_INLINE Mask blend(const Splat2D& p, Float& weight) {
    const float splat[6] = {p.x - originX, p.y - originY, p.across, p.skew, p.down, p.log2Opacity};
    const Shade a = shade(splat, x, y);
    const Float next = fnma(light, a.alpha, light);
    const Mask hit = a.hit & active;
    const Mask ends = hit & less(next, set(kTransmittanceStop));
    const Mask blends = without(hit, ends);
    weight = a.alpha * light;
    light = select(blends, next, light);
    active = without(active, ends);
    return blends;
  }
};

}  // namespace

int sampleLanes() { return W; }

/**
 * @param job      the tile; features are not read
 * @param pixels   [count ≤ W] positions in the picture, y·width + x, all in the tile
 * @param least    weights below it are left out
 * @param rows     [W][job.count] receives the parameters' rows of what each pixel blends, in order
 * @param weights  [W][job.count] receives α·T
 * @param lengths  [W] receives how many
 */
void tileWeights(const TileJob& job, const int32_t* pixels, int count, float least, uint32_t* rows, float* weights, int32_t* lengths) {
  SampledTile tile(job, pixels, count);
  for (int l = 0; l < count; l++) lengths[l] = 0;
  for (int i = 0; i < job.count && any(tile.active); i++) {
    if (i + kFetchAhead < job.count) prefetch(job.splats + job.slots[i + kFetchAhead]);
    const Splat2D& p = job.splats[job.slots[i]];
    Float lanes;
    const Mask blends = tile.blend(p, lanes);
    const Mask kept = without(blends, less(lanes, set(least)));
    if (!any(kept)) continue;
    alignas(64) float weight[W];
    store(weight, lanes);
    for (uint32_t m = bits(kept); m; m &= m - 1) {
      const int l = std::countr_zero(m);
      const size_t at = static_cast<size_t>(l) * job.count + lengths[l]++;
      rows[at] = p.row;
      weights[at] = weight[l];
    }
  }
}

/**
 * The same walk for semantics: composites them at up to W pixels of a tile, and keeps what each splat lends them for the gradient.
 *
 * @param semantics  [splats, 9]
 * @param u          [splats] uncertainty, after the sigmoid
 * @param out        [10][W]: Σ w·S_G, Σ w·u, Σ w of each lane's pixel
 * @param rows       [job.count] receives the rows of splats that any of the pixels blends, in order
 * @param weights    [job.count][W] receives their α·T, 0 where a pixel does not blend one
 * @return how many rows
 */
int tileComposite(const TileJob& job, const int32_t* pixels, int count, const float* semantics, const float* u, float* out,
                  uint32_t* rows, float* weights) {
  SampledTile tile(job, pixels, count);
  Float sum[kSampleColumns];
  for (Float& s : sum) s = set(0.0f);
  int found = 0;
  for (int i = 0; i < job.count && any(tile.active); i++) {
    if (i + kFetchAhead < job.count) prefetch(job.splats + job.slots[i + kFetchAhead]);
    if (i + W < job.count) prefetch(semantics + static_cast<size_t>(job.splats[job.slots[i + W]].row) * kSemanticColumns);
    const Splat2D& p = job.splats[job.slots[i]];
    Float weight;
    const Mask blends = tile.blend(p, weight);
    if (!any(blends)) continue;
    weight = zeroUnless(blends, weight);
    const float* s = semantics + static_cast<size_t>(p.row) * kSemanticColumns;
    for (int k = 0; k < kSemanticColumns - 1; k++) sum[k] = fma(weight, set(s[k]), sum[k]);
    sum[kSemanticColumns - 1] = fma(weight, set(u[p.row]), sum[kSemanticColumns - 1]);
    sum[kSemanticColumns] = sum[kSemanticColumns] + weight;
    rows[found] = p.row;
    store(weights + static_cast<size_t>(found++) * W, weight);
  }
  for (int k = 0; k < kSampleColumns; k++) store(out + k * W, sum[k]);
  return found;
}

/**
 * The transpose: adds w·∂L/∂out of a tile's pixels to sums; the last column is ∂L/∂u.
 *
 * @param dOut  [W][kScatterColumns]: the pixels' ∂L/∂out, its first nine columns; zeros behind them and for lanes without a pixel
 * @param sums  [splats, 9], and room for kScatterColumns floats from the last row on
 */
void tileScatter(const uint32_t* rows, const float* weights, int count, const float* dOut, float* sums) {
  constexpr int kParts = kScatterColumns / W;
  for (int i = 0; i < count; i++) {
    const float* w = weights + static_cast<size_t>(i) * W;
    float* to = sums + static_cast<size_t>(rows[i]) * kSemanticColumns;
    // Two chains of sums, since one would wait for every multiply-add before the next.
    Float even[kParts], odd[kParts];
    for (int v = 0; v < kParts; v++) {
      even[v] = load(to + v * W);
      odd[v] = set(0.0f);
    }
    for (int l = 0; l < W; l += 2)
      for (int v = 0; v < kParts; v++) {
        even[v] = fma(set(w[l]), load(dOut + l * kScatterColumns + v * W), even[v]);
        odd[v] = fma(set(w[l + 1]), load(dOut + (l + 1) * kScatterColumns + v * W), odd[v]);
      }
    for (int v = 0; v < kParts; v++) store(to + v * W, even[v] + odd[v]);
  }
}

/** σ of the u logits of the rows [begin, end) of semantics. */
void uncertainties(const float* semantics, int begin, int end, float* u) {
  for (int row = begin; row < end; row += W) {
    alignas(64) float logit[W] = {}, value[W];
    const int lanes = end - row < W ? end - row : W;
    for (int l = 0; l < lanes; l++) logit[l] = semantics[static_cast<size_t>(row + l) * kSemanticColumns + kSemanticColumns - 1];
    store(value, sigmoid(load(logit)));
    for (int l = 0; l < lanes; l++) u[row + l] = value[l];
  }
}

}  // namespace legato::LEGATO_ISA
