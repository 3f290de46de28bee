/**
 * Layers of a small perceptron, out = relu(in·kernel + bias), the last one without relu, and their gradients; softmax
 * cross-entropy behind it (METHOD §4; formulas in src-main/kernels/network.reference.ts).
 *
 * A block of rows goes through all layers before the next one starts, so that activations never leave the cache, and so does its
 * gradient: nothing of the size rows × widths is kept.
 */
#include <bit>
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

/** What each lane of a row holds at most. @param row  [stride] */
static LEGATO_INLINE Float mostOfLanes(const float* row, int stride) {
  // A row is whole panels: as many maxima side by side as a panel has vectors hide the latency of one.
  Float lanes[kVectors];
  for (int v = 0; v < kVectors; v++) lanes[v] = load(row + v * W);
  for (int i = kColumns; i < stride; i += kColumns)
    for (int v = 0; v < kVectors; v++) lanes[v] = max(lanes[v], load(row + i + v * W));
  for (int v = 1; v < kVectors; v++) lanes[0] = max(lanes[0], lanes[v]);
  return lanes[0];
}

/** Where the largest of a row lies, the lowest place on ties, and the largest itself. @param row  [stride], row[0] behind the last class */
static LEGATO_INLINE int largestOf(const float* row, int stride, float& most) {
  most = largest(mostOfLanes(row, stride));
  for (int i = 0; i < stride; i += W)
    if (const uint32_t found = bits(greaterEqual(load(row + i), set(most)))) return i + std::countr_zero(found);
  return 0;
}

/**
 * Softmax of logits in place, a row at a time, zeros behind the last class.
 *
 * @param logits  [rows][stride]
 * @param top     [rows] receives the position of the largest logit, the lowest on ties
 * @param most    [rows] receives that logit
 */
void softmaxLogits(float* logits, int rows, int classes, int stride, int32_t* top, float* most) {
  for (int r = 0; r < rows; r++) {
    float* row = logits + static_cast<size_t>(r) * stride;
    for (int i = classes; i < stride; i++) row[i] = row[0];
    top[r] = largestOf(row, stride, most[r]);
    const float origin = most[r];
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

/** A value that at least `top` of a row reach: the `top`-th largest of what each lane holds at most. 0 where lanes are too few. */
static LEGATO_INLINE float reachedBy(int top, const float* row, int stride) {
  if (top > W) return 0.0f;
  float lanes[W];
  store(lanes, mostOfLanes(row, stride));
  for (int i = 1; i < W; i++)
    for (int k = i; k > 0 && lanes[k] > lanes[k - 1]; k--) {
      const float swapped = lanes[k];
      lanes[k] = lanes[k - 1];
      lanes[k - 1] = swapped;
    }
  return lanes[top - 1];
}

/**
 * The `top` largest of a row, largest first, the lowest place first on ties.
 *
 * @param row  [stride], not negative, zeros behind the last class
 */
void largestEntries(const float* row, int classes, int stride, int top, uint8_t* entry, float* value) {
  int held = 0;
  // Hardly more than `top` values come as far as being compared with those that are held.
  const float bar = reachedBy(top, row, stride);
  for (int i = 0; i < stride; i += W) {
    uint32_t left = bits(greaterEqual(load(row + i), set(bar)));
    for (; left != 0; left &= left - 1) {
      const int at = i + std::countr_zero(left);
      if (at >= classes) break;
      if (held == top && row[at] <= value[top - 1]) continue;
      int place = held < top ? held++ : top - 1;
      for (; place > 0 && row[at] > value[place - 1]; place--) {
        entry[place] = entry[place - 1];
        value[place] = value[place - 1];
      }
      entry[place] = static_cast<uint8_t>(at);
      value[place] = row[at];
    }
  }
}

/** Σ_i row_i·value_i for every set of values. @param values  [sets][stride], zeros behind the last class */
void weightedSums(const float* row, int stride, const float* values, int sets, float* out) {
  for (int s = 0; s < sets; s++) {
    const float* value = values + static_cast<size_t>(s) * stride;
    Float lanes[kVectors];
    for (int v = 0; v < kVectors; v++) lanes[v] = set(0.0f);
    for (int i = 0; i < stride; i += kColumns)
      for (int v = 0; v < kVectors; v++) lanes[v] = fma(load(row + i + v * W), load(value + i + v * W), lanes[v]);
    for (int v = 1; v < kVectors; v++) lanes[0] = lanes[0] + lanes[v];
    out[s] = sum(lanes[0]);
  }
}

}  // namespace legato::LEGATO_ISA
