/**
 * Blending weights at single pixels: which splats a pixel sees, and how much of each (METHOD §1).
 *
 * Pixels of one tile are the lanes of a vector, at whatever places they have, and run through the tile's list exactly as the whole
 * picture does: same instructions, same decisions at every cut-off, so that a sampled pixel equals the rendered one.
 */
#include "render_types.h"
#include "simd.h"
#include "tile.h"

namespace legato::LEGATO_ISA {

int sampleLanes() { return W; }

/**
 * @param job      the tile; features are not read
 * @param pixels   [count ≤ W] positions in the picture, y·width + x, all in the tile
 * @param rows     [W][job.count] receives the parameters' rows of what each pixel blends, in order
 * @param weights  [W][job.count] receives α·T
 * @param lengths  [W] receives how many
 */
void tileWeights(const TileJob& job, const int32_t* pixels, int count, uint32_t* rows, float* weights, int32_t* lengths) {
  const float originX = static_cast<float>(job.tileX * kTile), originY = static_cast<float>(job.tileY * kTile);
  alignas(64) float x[W] = {}, y[W] = {};
  for (int l = 0; l < count; l++) {
    x[l] = static_cast<float>(pixels[l] % job.view->width - job.tileX * kTile) + 0.5f;
    y[l] = static_cast<float>(pixels[l] / job.view->width - job.tileY * kTile) + 0.5f;
    lengths[l] = 0;
  }
  const Float px = load(x), py = load(y), stop = set(kTransmittanceStop);
  Float light = set(1.0f);
  Mask active = maskOf((1u << count) - 1u);
  for (int i = 0; i < job.count && any(active); i++) {
    if (i + kFetchAhead < job.count) prefetch(job.splats + job.slots[i + kFetchAhead]);
    const Splat2D& p = job.splats[job.slots[i]];
    const float splat[6] = {p.x - originX, p.y - originY, p.across, p.skew, p.down, p.log2Opacity};
    const Shade a = shade(splat, px, py);
    const Float next = fnma(light, a.alpha, light);
    const Mask hit = a.hit & active;
    if (!any(hit)) continue;
    const Mask ends = hit & less(next, stop);
    const Mask blends = without(hit, ends);
    alignas(64) float weight[W];
    store(weight, a.alpha * light);
    for (uint32_t m = bits(blends); m; m &= m - 1) {
      const int l = std::countr_zero(m);
      const size_t at = static_cast<size_t>(l) * job.count + lengths[l]++;
      rows[at] = p.row;
      weights[at] = weight[l];
    }
    light = select(blends, next, light);
    active = without(active, ends);
  }
}

/**
 * Composites rows of semantics at sampled pixels [begin, end): Σ w·S_G, Σ w·u, Σ w.
 *
 * @param offsets  [pixels + 1] into rows and weights
 * @param u        [splats] uncertainty, after the sigmoid
 * @param out      [pixels, 10]
 */
void compositeSamples(const uint32_t* offsets, const uint32_t* rows, const float* weights, const float* semantics, const float* u,
                      int begin, int end, float* out) {
  for (int pixel = begin; pixel < end; pixel++) {
    float sum[kSemanticColumns - 1] = {}, unsure = 0.0f, covered = 0.0f;
    for (uint32_t i = offsets[pixel]; i < offsets[pixel + 1]; i++) {
      const float* s = semantics + static_cast<size_t>(rows[i]) * kSemanticColumns;
      const float w = weights[i];
      for (int k = 0; k < kSemanticColumns - 1; k++) sum[k] += w * s[k];
      unsure += w * u[rows[i]];
      covered += w;
    }
    float* to = out + static_cast<size_t>(pixel) * (kSemanticColumns + 1);
    for (int k = 0; k < kSemanticColumns - 1; k++) to[k] = sum[k];
    to[kSemanticColumns - 1] = unsure;
    to[kSemanticColumns] = covered;
  }
}

/** The transpose: adds w·∂L/∂out of the pixels [begin, end) to sums [splats, 9]; the last column is ∂L/∂u. */
void scatterSamples(const uint32_t* offsets, const uint32_t* rows, const float* weights, const float* dOut, int begin, int end,
                    float* sums) {
  for (int pixel = begin; pixel < end; pixel++) {
    const float* d = dOut + static_cast<size_t>(pixel) * (kSemanticColumns + 1);
    for (uint32_t i = offsets[pixel]; i < offsets[pixel + 1]; i++) {
      float* to = sums + static_cast<size_t>(rows[i]) * kSemanticColumns;
      const float w = weights[i];
      for (int k = 0; k < kSemanticColumns; k++) to[k] += w * d[k];
    }
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
