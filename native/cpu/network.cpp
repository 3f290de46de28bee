/**
 * Layers of a small perceptron, out = relu(in·kernel + bias), the last one without relu, and their gradients; softmax
 * cross-entropy behind it (METHOD §4; formulas in src-main/kernels/network.reference.ts).
 *
 * A block of rows goes through all layers before the next one starts, so that activations never leave the cache, and so does its
 * gradient: nothing of the size rows × widths is kept.
 */
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "matrix.h"
#include "network_types.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

/** @param kernel  [in, out] row-major; forward and backward: see Network */
void packLayer(const float* kernel, int in, int out, float* forward, float* backward) {
  const auto pack = [](int columns, int depth, float* to, auto at) {
    for (int panel = 0; panel < columns; panel += kColumns)
      for (int k = 0; k < depth; k++)
        for (int c = panel; c < panel + kColumns; c++) *to++ = c < columns ? at(k, c) : 0.0f;
  };
  pack(out, in, forward, [&](int k, int c) { return kernel[static_cast<size_t>(k) * out + c]; });
  pack(in, out, backward, [&](int k, int c) { return kernel[static_cast<size_t>(c) * out + k]; });
}

/** Fills layers 1 … of `act` from its layer 0; rows up to a multiple of kRows are computed. */
void networkForward(const Network& net, int rows, const NetworkRows& act) {
  for (int l = 0; l < net.layers; l++) {
    const bool last = l + 1 == net.layers;
    const int in = net.width[l], inStride = net.stride[l], outStride = net.stride[l + 1];
    for (int row = 0; row < rows; row += kRows) {
      const float* a[kRows];
      for (int r = 0; r < kRows; r++) a[r] = act.layer[l] + static_cast<size_t>(row + r) * inStride;
      for (int column = 0; column < outStride; column += kColumns) {
        const Tile t = multiply(a, 1, net.forward[l] + static_cast<size_t>(column) * in, kColumns, in);
        for (int r = 0; r < kRows; r++)
          for (int v = 0; v < kVectors; v++) {
            const Float x = t.sum[r][v] + load(net.bias[l] + column + v * W);
            store(act.layer[l + 1] + static_cast<size_t>(row + r) * outStride + column + v * W, last ? x : max(x, set(0.0f)));
          }
      }
    }
  }
}

/**
 * Adds the gradients of kernels and biases to `sums`, given layer `layers` of `grad`; leaves ∂L/∂input in layer 0 if asked to.
 * Rows of `grad`'s last layer up to a multiple of kRows must be set, with zeros in rows and columns that do not exist.
 */
void networkBackward(const Network& net, int rows, const NetworkRows& act, const NetworkRows& grad, const NetworkSums& sums,
                     bool toInput) {
  const int all = (rows + kRows - 1) / kRows * kRows;
  for (int l = net.layers - 1; l >= 0; l--) {
    const int in = net.width[l], inStride = net.stride[l], out = net.width[l + 1], outStride = net.stride[l + 1];
    const float* d = grad.layer[l + 1];
    for (int i = 0; i < in; i += kRows) {
      const float* a[kRows];
      for (int r = 0; r < kRows; r++) a[r] = act.layer[l] + (i + r < in ? i + r : i);
      const int live = in - i < kRows ? in - i : kRows;
      for (int column = 0; column < outStride; column += kColumns) {
        const Tile t = multiply(a, inStride, d + column, outStride, all);
        for (int r = 0; r < live; r++) {
          float* to = sums.kernel[l] + static_cast<size_t>(i + r) * outStride + column;
          for (int v = 0; v < kVectors; v++) store(to + v * W, load(to + v * W) + t.sum[r][v]);
        }
      }
    }
    for (int column = 0; column < outStride; column += W) {
      Float total = load(sums.bias[l] + column);
      for (int row = 0; row < rows; row++) total = total + load(d + static_cast<size_t>(row) * outStride + column);
      store(sums.bias[l] + column, total);
    }
    if (l == 0 && !toInput) return;
    for (int row = 0; row < all; row += kRows) {
      const float* a[kRows];
      for (int r = 0; r < kRows; r++) a[r] = d + static_cast<size_t>(row + r) * outStride;
      for (int column = 0; column < inStride; column += kColumns) {
        const Tile t = multiply(a, 1, net.backward[l] + static_cast<size_t>(column) * out, kColumns, out);
        for (int r = 0; r < kRows; r++)
          for (int v = 0; v < kVectors; v++) {
            const size_t at = static_cast<size_t>(row + r) * inStride + column + v * W;
            // Where relu held, nothing passes; an input has no relu before it.
            const Float x = l == 0 ? t.sum[r][v] : zeroUnless(less(set(0.0f), load(act.layer[l] + at)), t.sum[r][v]);
            store(grad.layer[l] + at, x);
          }
      }
    }
  }
}

/**
 * Softmax of logits in place, a row at a time, zeros behind the last class.
 *
 * @param logits  [rows][stride]
 * @param top     [rows] receives the position of the largest logit, the lowest on ties
 */
void softmaxLogits(float* logits, int rows, int classes, int stride, int32_t* top) {
  for (int r = 0; r < rows; r++) {
    float* row = logits + static_cast<size_t>(r) * stride;
    int best = 0;
    for (int i = 1; i < classes; i++)
      if (row[i] > row[best]) best = i;
    top[r] = best;
    const float origin = row[best];
    for (int i = classes; i < stride; i++) row[i] = origin - 87.0f;
    Float total = set(0.0f);
    for (int i = 0; i < stride; i += W) {
      const Float e = exp(load(row + i) - set(origin));
      store(row + i, e);
      total = total + e;
    }
    for (int i = classes; i < stride; i++) row[i] = 0.0f;
    const Float scale = set(1.0f / sum(total));
    for (int i = 0; i < stride; i += W) store(row + i, load(row + i) * scale);
  }
}

}  // namespace legato::LEGATO_ISA
