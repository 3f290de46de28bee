#include "quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "codebook_types.h"
#include "dispatch.h"
#include "pool.h"

namespace legato {

namespace {

constexpr int kCellChunk = 384;  // cells at a time: a whole number of row groups, whose similarities stay in the cache
constexpr int kSlack = 64;   // floats behind the last row of similarities that a group of entries may read

/** Grows and is kept: a step allocates nothing once the largest batch has been seen. */
struct Scratch {
  std::vector<double> inverseNorms;       // of the entries' halves
  std::vector<float> unit, panels;        // the codebook
  std::vector<float> similarity, norms;   // of all cells
  std::vector<float> share;               // r
  std::vector<std::vector<float>> gradients, blocks;  // by thread
  std::vector<std::vector<double>> sums;  // by thread
};
Scratch scratch;

/** The codebook with unit halves, the DINO half times its weight, packed for the kernels. */
Codes prepare(const CodebookRequest& q) {
  const int width = q.clipWidth + q.dinoWidth;
  const size_t size = static_cast<size_t>(q.entries) * width;
  scratch.unit.resize(size);
  scratch.inverseNorms.resize(static_cast<size_t>(q.entries) * 2);
  for (int i = 0; i < q.entries; i++) {
    const float* entry = q.codebook + static_cast<size_t>(i) * width;
    float* unit = scratch.unit.data() + static_cast<size_t>(i) * width;
    double squares[2] = {0, 0};
    for (int k = 0; k < width; k++) squares[k >= q.clipWidth] += static_cast<double>(entry[k]) * entry[k];
    for (int half = 0; half < 2; half++)
      scratch.inverseNorms[i * 2 + half] = squares[half] > 0 ? 1.0 / std::sqrt(squares[half]) : 0.0;
    for (int k = 0; k < width; k++) {
      const bool dino = k >= q.clipWidth;
      unit[k] = static_cast<float>(entry[k] * scratch.inverseNorms[i * 2 + dino] * (dino ? static_cast<double>(q.dinoWeight) : 1.0));
    }
  }
  const int columns = kernels().panelColumns();
  const int stride = (q.entries + columns - 1) / columns * columns;
  scratch.panels.resize(static_cast<size_t>(stride) * width);
  kernels().packCodes(scratch.unit.data(), q.entries, width, scratch.panels.data());
  return {scratch.panels.data(), q.entries, stride, q.clipWidth, q.dinoWidth};
}

/** Calls share(begin, end, worker's number) over a static partition of the cells, so that sums never depend on timing. */
template <class F>
void overCells(int count, F&& share) {
  const int threads = pool().threads();
  const int groups = (count + kCellChunk - 1) / kCellChunk;
  pool().run(threads, [&](int t, int) {
    const int begin = static_cast<int>(static_cast<int64_t>(groups) * t / threads) * kCellChunk;
    const int end = std::min(count, static_cast<int>(static_cast<int64_t>(groups) * (t + 1) / threads) * kCellChunk);
    if (begin < end) share(begin, end, t);
  });
}

/** A buffer for each thread, of at least `size`. */
template <class T>
void sizeByThread(std::vector<std::vector<T>>& buffers, size_t size) {
  buffers.resize(std::max<size_t>(buffers.size(), pool().threads()));
  for (auto& buffer : buffers)
    if (buffer.size() < size) buffer.resize(size);
}

}  // namespace

void cellSimilarities(const CodebookRequest& q, float* out) {
  const Codes codes = prepare(q);
  sizeByThread(scratch.blocks, static_cast<size_t>(kCellChunk) * (codes.stride + 2));
  overCells(q.count, [&](int begin, int end, int t) {
    float* rows = scratch.blocks[t].data();
    float* norms = rows + static_cast<size_t>(kCellChunk) * codes.stride;
    for (int at = begin; at < end; at += kCellChunk) {
      const int stop = std::min(end, at + kCellChunk);
      float* target = out + static_cast<size_t>(at) * codes.entries;
      kernels().similarities(codes, q.cells, at, stop, norms, codes.stride == codes.entries ? target : rows);
      if (codes.stride != codes.entries)
        for (int r = 0; r < stop - at; r++)
          std::memcpy(target + static_cast<size_t>(r) * codes.entries, rows + static_cast<size_t>(r) * codes.stride,
                      sizeof(float) * codes.entries);
    }
  });
}

void assignCells(const CodebookRequest& q, int32_t* indices, float* similarity) {
  const Codes codes = prepare(q);
  sizeByThread(scratch.blocks, static_cast<size_t>(kCellChunk) * (codes.stride + 3));
  overCells(q.count, [&](int begin, int end, int t) {
    float* rows = scratch.blocks[t].data();
    float* norms = rows + static_cast<size_t>(kCellChunk) * codes.stride;
    float* best = norms + 2 * kCellChunk;
    for (int at = begin; at < end; at += kCellChunk) {
      const int stop = std::min(end, at + kCellChunk);
      kernels().similarities(codes, q.cells, at, stop, norms, rows);
      kernels().nearestCodes(rows, stop - at, codes.entries, codes.stride, indices + at, similarity ? similarity + at : best);
    }
  });
}

LossParts codebookLoss(const CodebookRequest& q, const LossWeights& weights, float* gradient, int32_t* assigned, int32_t* counts) {
  const Codes codes = prepare(q);
  const KernelTable& k = kernels();
  const int width = q.clipWidth + q.dinoWidth;
  const int threads = pool().threads();
  std::fill_n(counts, q.entries, 0);
  if (gradient) std::fill_n(gradient, static_cast<size_t>(q.entries) * width, 0.0f);
  if (q.count == 0) return {0, 0, 0, 0};

  // First sweep: similarities, m, softmax, and the sums that the second needs from all cells.
  const size_t stride = codes.stride;
  scratch.similarity.resize(std::max(scratch.similarity.size(), q.count * stride + kSlack));
  scratch.norms.resize(std::max(scratch.norms.size(), static_cast<size_t>(q.count) * 2));
  sizeByThread(scratch.sums, stride + 2);
  sizeByThread(scratch.blocks, std::max<size_t>(kCellChunk, k.codeGradientScratch()));
  for (int t = 0; t < threads; t++) std::fill(scratch.sums[t].begin(), scratch.sums[t].end(), 0.0);
  float* slopes = scratch.similarity.data();
  overCells(q.count, [&](int begin, int end, int t) {
    double* sums = scratch.sums[t].data();
    for (int at = begin; at < end; at += kCellChunk) {
      const int stop = std::min(end, at + kCellChunk);
      float* rows = slopes + at * stride;
      float* norms = scratch.norms.data() + static_cast<size_t>(at) * 2;
      k.similarities(codes, q.cells, at, stop, norms, rows);
      k.nearestCodes(rows, stop - at, q.entries, codes.stride, assigned + at, scratch.blocks[t].data());
      for (int cell = at; cell < stop; cell++) {
        float clip, dino;
        k.cosines(codes, q.cells + static_cast<size_t>(cell) * width, norms + static_cast<size_t>(cell - at) * 2, assigned[cell],
                  q.dinoWeight, &clip, &dino);
        sums[stride] += static_cast<double>(clip);
        sums[stride + 1] += static_cast<double>(dino);
      }
      k.softmaxRows(rows, stop - at, q.entries, codes.stride, static_cast<float>(1.0 / weights.temperature), sums);
    }
  });
  for (int cell = 0; cell < q.count; cell++) counts[assigned[cell]]++;

  LossParts parts{0, 0, 0, 0};
  scratch.share.assign(stride, 0.0f);
  for (int t = 0; t < threads; t++) {
    parts.cosineClip += scratch.sums[t][stride] / q.count;
    parts.cosineDino += scratch.sums[t][stride + 1] / q.count;
  }
  for (int i = 0; i < q.entries; i++) {
    const double share = static_cast<double>(counts[i]) / q.count;
    double mean = 0;
    for (int t = 0; t < threads; t++) mean += scratch.sums[t][i] / q.count;
    parts.balance += share * mean;
    scratch.share[i] = static_cast<float>(share);
  }
  parts.loss = weights.cosine * ((1.0 - parts.cosineClip) + static_cast<double>(q.dinoWeight) * (1.0 - parts.cosineDino)) +
               weights.balance * parts.balance;
  if (!gradient) return parts;

  // Second sweep: ∂L/∂D in place of the softmax, times the unit cells.
  const BalanceTerms terms{scratch.share.data(), static_cast<float>(weights.cosine / q.count),
                           static_cast<float>(weights.balance / (q.count * weights.temperature))};
  const size_t size = static_cast<size_t>(q.entries) * width;
  sizeByThread(scratch.gradients, size);
  for (int t = 0; t < threads; t++) std::fill_n(scratch.gradients[t].begin(), size, 0.0f);
  overCells(q.count, [&](int begin, int end, int t) {
    for (int at = begin; at < end; at += kCellChunk) {
      const int stop = std::min(end, at + kCellChunk);
      float* rows = slopes + at * stride;
      k.similarityGradient(terms, rows, stop - at, codes.stride, assigned + at);
      k.codeGradient(codes, q.cells, at, stop, scratch.norms.data() + static_cast<size_t>(at) * 2, rows, scratch.blocks[t].data(),
                     scratch.gradients[t].data());
    }
  });

  // Through the normalisation of each half: dL/dc = (g − ĉ (ĉ·g)) / ‖c‖, times the half's weight.
  for (int i = 0; i < q.entries; i++)
    for (int half = 0; half < 2; half++) {
      const int from = half ? q.clipWidth : 0, to = half ? width : q.clipWidth;
      const size_t row = static_cast<size_t>(i) * width;
      const double weight = half ? static_cast<double>(q.dinoWeight) : 1.0, inverse = scratch.inverseNorms[i * 2 + half];
      double along = 0;
      for (int c = from; c < to; c++) {
        float total = 0.0f;
        for (int t = 0; t < threads; t++) total += scratch.gradients[t][row + c];
        gradient[row + c] = total;
        along += static_cast<double>(q.codebook[row + c]) * inverse * static_cast<double>(total);
      }
      for (int c = from; c < to; c++) {
        const double unit = static_cast<double>(q.codebook[row + c]) * inverse;
        gradient[row + c] = static_cast<float>(weight * inverse * (static_cast<double>(gradient[row + c]) - unit * along));
      }
    }
  return parts;
}

void indexMap(const float* similarities, int rows, int columns, int entries, int width, int height, uint8_t* out) {
  const KernelTable& k = kernels();
  const int panel = k.panelColumns();
  const size_t stride = (entries + panel - 1) / panel * panel;
  const size_t cells = static_cast<size_t>(rows) * columns;
  scratch.similarity.resize(std::max(scratch.similarity.size(), cells * stride));
  for (size_t cell = 0; cell < cells; cell++) {
    float* row = scratch.similarity.data() + cell * stride;
    std::memcpy(row, similarities + cell * entries, sizeof(float) * entries);
    std::fill(row + entries, row + stride, -1e30f);
  }
  sizeByThread(scratch.blocks, static_cast<size_t>(columns + 1) * stride);
  constexpr int kRows = 8;
  pool().run((height + kRows - 1) / kRows, [&](int share, int worker) {
    k.upsampledArgmax(scratch.similarity.data(), rows, columns, entries, static_cast<int>(stride), width, height, share * kRows,
                      std::min(height, (share + 1) * kRows), scratch.blocks[worker].data(), out);
  });
}

}  // namespace legato
