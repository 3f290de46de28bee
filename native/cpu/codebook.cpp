/**
 * The codebook's arithmetic (METHOD §3; the formulas are in src-main/kernels/codebook.reference.ts).
 *
 * Similarities are one matrix product of cells with unit entries; a cell's own norms are divided out of the two sums, so that cells
 * are read once and never copied. The gradient is a second product of the same size, of similarity gradients with unit cells.
 */
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codebook_types.h"
#include "matrix.h"
#include "simd.h"

namespace legato::LEGATO_ISA {

namespace {

/** Cells whose unit copies are held at a time for the gradient: one panel of them stays in the first-level cache. */
constexpr int kBlock = 64;

LEGATO_INLINE float rootOf(float x) {
  alignas(64) float lanes[W];
  store(lanes, sqrt(set(x)));
  return lanes[0];
}

/** 1/‖x‖, and 0 for a vector of zeros. */
float inverseNorm(const float* x, int n) {
  Float s0 = set(0.0f), s1 = s0;
  int i = 0;
  for (; i + 2 * W <= n; i += 2 * W) {
    const Float a = load(x + i), b = load(x + i + W);
    s0 = fma(a, a, s0);
    s1 = fma(b, b, s1);
  }
  float total = sum(s0 + s1);
  for (; i < n; i++) total += x[i] * x[i];
  return total > 0.0f ? 1.0f / rootOf(total) : 0.0f;
}

float dot(const float* x, const float* y, int n, int yStep) {
  float total = 0.0f;
  for (int i = 0; i < n; i++) total += x[i] * y[static_cast<ptrdiff_t>(i) * yStep];
  return total;
}

/** Position and value of the largest of n values; the lowest position on ties. */
LEGATO_INLINE int largest(const float* values, int n, float* value) {
  Float best = set(-3.0e38f), at = set(0.0f);
  alignas(64) float lane[W], place[W];
  for (int l = 0; l < W; l++) lane[l] = static_cast<float>(l);
  const Float lanes = load(lane);
  int i = 0;
  for (; i + W <= n; i += W) {
    const Float v = load(values + i);
    const Mask higher = less(best, v);
    best = select(higher, v, best);
    at = select(higher, lanes + set(static_cast<float>(i)), at);
  }
  store(lane, best);
  store(place, at);
  float top = lane[0];
  int where = static_cast<int>(place[0]);
  for (int l = 1; l < W; l++)
    if (lane[l] > top || (lane[l] == top && place[l] < static_cast<float>(where))) {
      top = lane[l];
      where = static_cast<int>(place[l]);
    }
  for (; i < n; i++)
    if (values[i] > top) {
      top = values[i];
      where = i;
    }
  *value = top;
  return where;
}

}  // namespace

int panelColumns() { return kColumns; }

/** @param unit  [entries, width]; @param panels  [ceil(entries / kColumns)][width][kColumns] */
void packCodes(const float* unit, int entries, int width, float* panels) {
  const int count = (entries + kColumns - 1) / kColumns;
  for (int p = 0; p < count; p++)
    for (int k = 0; k < width; k++)
      for (int c = 0; c < kColumns; c++) {
        const int entry = p * kColumns + c;
        *panels++ = entry < entries ? unit[static_cast<size_t>(entry) * width + k] : 0.0f;
      }
}

/**
 * D of the cells [begin, end): out[(cell − begin)·stride + entry].
 *
 * @param norms  [end − begin, 2] receives 1/‖F_CLIP‖ and 1/‖F_DINO‖
 */
void similarities(const Codes& codes, const float* cells, int begin, int end, float* norms, float* out) {
  const int width = codes.clipWidth + codes.dinoWidth;
  const int panels = codes.stride / kColumns;
  for (int cell = begin; cell < end; cell += kRows) {
    const int rows = end - cell < kRows ? end - cell : kRows;
    const float* clip[kRows];
    const float* dino[kRows];
    float inverse[kRows][2];
    for (int r = 0; r < kRows; r++) {
      clip[r] = cells + static_cast<size_t>(r < rows ? cell + r : cell) * width;
      dino[r] = clip[r] + codes.clipWidth;
      inverse[r][0] = inverseNorm(clip[r], codes.clipWidth);
      inverse[r][1] = inverseNorm(dino[r], codes.dinoWidth);
      if (r < rows) std::memcpy(norms + static_cast<size_t>(cell - begin + r) * 2, inverse[r], sizeof inverse[r]);
    }
    for (int p = 0; p < panels; p++) {
      const float* panel = codes.panels + static_cast<size_t>(p) * width * kColumns;
      const Tile c = multiply(clip, 1, panel, kColumns, codes.clipWidth);
      alignas(64) float half[kRows][kColumns];
      for (int r = 0; r < kRows; r++)
        for (int v = 0; v < kVectors; v++) store(half[r] + v * W, c.sum[r][v] * set(inverse[r][0]));
      const Tile d = multiply(dino, 1, panel + static_cast<size_t>(codes.clipWidth) * kColumns, kColumns, codes.dinoWidth);
      for (int r = 0; r < rows; r++) {
        float* row = out + static_cast<size_t>(cell - begin + r) * codes.stride + p * kColumns;
        for (int v = 0; v < kVectors; v++) store(row + v * W, fma(d.sum[r][v], set(inverse[r][1]), load(half[r] + v * W)));
      }
    }
  }
}

/** argmax and max of each row of similarities. */
void nearestCodes(const float* similarity, int rows, int entries, int stride, int32_t* index, float* value) {
  for (int r = 0; r < rows; r++) index[r] = largest(similarity + static_cast<size_t>(r) * stride, entries, value + r);
}

/** The CLIP and the DINO part of D between a cell and one entry, each without its weight; dinoWeight undoes the packing's. */
void cosines(const Codes& codes, const float* cell, const float* norms, int entry, float dinoWeight, float* clip, float* dino) {
  const int width = codes.clipWidth + codes.dinoWidth;
  const float* code = codes.panels + static_cast<size_t>(entry / kColumns) * width * kColumns + entry % kColumns;
  *clip = dot(cell, code, codes.clipWidth, kColumns) * norms[0];
  const float weighted =
      dot(cell + codes.clipWidth, code + static_cast<size_t>(codes.clipWidth) * kColumns, codes.dinoWidth, kColumns) * norms[1];
  *dino = dinoWeight > 0.0f ? weighted / dinoWeight : 0.0f;
}

/** Each row becomes softmax(row / T), zeros behind the last entry; adds the rows to sums [stride]. */
void softmaxRows(float* rows, int count, int entries, int stride, float inverseTemperature, double* sums) {
  for (int r = 0; r < count; r++) {
    float* row = rows + static_cast<size_t>(r) * stride;
    float top;
    largest(row, entries, &top);
    for (int i = entries; i < stride; i++) row[i] = top - 88.0f / inverseTemperature;
    Float total = set(0.0f);
    const Float t = set(inverseTemperature), origin = set(top);
    for (int i = 0; i < stride; i += W) {
      const Float e = exp((load(row + i) - origin) * t);
      store(row + i, e);
      total = total + e;
    }
    for (int i = entries; i < stride; i++) row[i] = 0.0f;
    const Float scale = set(1.0f / sum(total));
    for (int i = 0; i < stride; i += W) store(row + i, load(row + i) * scale);
    for (int i = 0; i < entries; i++) sums[i] += static_cast<double>(row[i]);
  }
}

/**
 * ∂L_q/∂D in place of softmax rows s: balance·s_i·(r_i − Σ_j r_j s_j) − cosine·[i = m].
 *
 * @param index  m of each row
 */
void similarityGradient(const BalanceTerms& terms, float* rows, int count, int stride, const int32_t* index) {
  for (int r = 0; r < count; r++) {
    float* row = rows + static_cast<size_t>(r) * stride;
    Float mixed = set(0.0f);
    for (int i = 0; i < stride; i += W) mixed = fma(load(terms.share + i), load(row + i), mixed);
    const Float mean = set(sum(mixed)), weight = set(terms.balance);
    for (int i = 0; i < stride; i += W) store(row + i, weight * load(row + i) * (load(terms.share + i) - mean));
    row[index[r]] -= terms.cosine;
  }
}

/** Floats of scratch that codeGradient needs. */
int codeGradientScratch() { return kBlock * kColumns; }

/**
 * gradient [entries, width] += Σ_cells ∂L/∂D ⊗ unit cell, over the cells [begin, end).
 *
 * @param slopes  ∂L/∂D, row 0 for cell `begin`, with kRows floats of slack behind the last row
 * @param norms   row 0 for cell `begin`
 */
void codeGradient(const Codes& codes, const float* cells, int begin, int end, const float* norms, const float* slopes, float* scratch,
                  float* gradient) {
  const int width = codes.clipWidth + codes.dinoWidth;
  for (int block = begin; block < end; block += kBlock) {
    const int depth = end - block < kBlock ? end - block : kBlock;
    const float* slope = slopes + static_cast<size_t>(block - begin) * codes.stride;
    for (int half = 0; half < 2; half++) {
      const int from = half ? codes.clipWidth : 0, to = half ? width : codes.clipWidth;
      for (int column = from; column < to; column += kColumns) {
        const int columns = to - column < kColumns ? to - column : kColumns;
        for (int k = 0; k < depth; k++) {
          const float* cell = cells + static_cast<size_t>(block + k) * width + column;
          const float inverse = norms[static_cast<size_t>(block - begin + k) * 2 + half];
          float* unit = scratch + k * kColumns;
          for (int c = 0; c < columns; c++) unit[c] = cell[c] * inverse;
          for (int c = columns; c < kColumns; c++) unit[c] = 0.0f;
        }
        for (int entry = 0; entry < codes.entries; entry += kRows) {
          const float* a[kRows];
          for (int r = 0; r < kRows; r++) a[r] = slope + entry + r;
          const Tile t = multiply(a, codes.stride, scratch, kColumns, depth);
          const int rows = codes.entries - entry < kRows ? codes.entries - entry : kRows;
          for (int r = 0; r < rows; r++) {
            float* g = gradient + static_cast<size_t>(entry + r) * width + column;
            if (columns == kColumns) {
              for (int v = 0; v < kVectors; v++) store(g + v * W, load(g + v * W) + t.sum[r][v]);
            } else {
              alignas(64) float lanes[kColumns];
              for (int v = 0; v < kVectors; v++) store(lanes + v * W, t.sum[r][v]);
              for (int c = 0; c < columns; c++) g[c] += lanes[c];
            }
          }
        }
      }
    }
  }
}

/**
 * Rows [begin, end) of an index map: D of a grid, upsampled bilinearly (half-pixel centres, edges held), argmax per pixel.
 *
 * @param grid     [rows, columns, stride], stride a multiple of W, what lies behind the last entry very negative
 * @param scratch  [columns + 1, stride]
 */
void upsampledArgmax(const float* grid, int rows, int columns, int entries, int stride, int width, int height, int begin, int end,
                     float* scratch, uint8_t* out) {
  float* mixed = scratch;
  float* pixel = scratch + static_cast<size_t>(columns) * stride;
  const size_t line = static_cast<size_t>(columns) * stride;
  for (int y = begin; y < end; y++) {
    float v = (static_cast<float>(y) + 0.5f) * static_cast<float>(rows) / static_cast<float>(height) - 0.5f;
    v = v < 0.0f ? 0.0f : v > static_cast<float>(rows - 1) ? static_cast<float>(rows - 1) : v;
    const int top = static_cast<int>(v), bottom = top + 1 < rows ? top + 1 : top;
    const Float below = set(v - static_cast<float>(top));
    const float* a = grid + top * line;
    const float* b = grid + bottom * line;
    for (size_t i = 0; i < line; i += W) {
      const Float x = load(a + i);
      store(mixed + i, fma(load(b + i) - x, below, x));
    }
    for (int x = 0; x < width; x++) {
      float u = (static_cast<float>(x) + 0.5f) * static_cast<float>(columns) / static_cast<float>(width) - 0.5f;
      u = u < 0.0f ? 0.0f : u > static_cast<float>(columns - 1) ? static_cast<float>(columns - 1) : u;
      const int left = static_cast<int>(u), right = left + 1 < columns ? left + 1 : left;
      const Float beside = set(u - static_cast<float>(left));
      const float* l = mixed + static_cast<size_t>(left) * stride;
      const float* r = mixed + static_cast<size_t>(right) * stride;
      for (int i = 0; i < stride; i += W) {
        const Float s = load(l + i);
        store(pixel + i, fma(load(r + i) - s, beside, s));
      }
      float value;
      out[static_cast<size_t>(y) * width + x] = static_cast<uint8_t>(largest(pixel, entries, &value));
    }
  }
}

}  // namespace legato::LEGATO_ISA
