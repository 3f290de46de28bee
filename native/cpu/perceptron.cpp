#include "perceptron.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "dispatch.h"
#include "pool.h"
#include "render_types.h"

namespace legato {

namespace {

constexpr int kFeatures = kSemanticColumns - 1;
constexpr float kShortest = 1e-6f;  // length below which a feature is not stretched to 1

struct Worker {
  std::vector<float> activations, gradients, sums;
  NetworkRows act, grad;
  NetworkSums sum;
};

/** Packed weights and the threads' memory; grows and is kept. */
struct Workspace {
  std::vector<float> packed[kMaxLayers][3];
  std::vector<Worker> workers;
  std::vector<float> values;
};
Workspace workspace;

int padded(int width) {
  const int columns = kernels().panelColumns();
  return (width + columns - 1) / columns * columns;
}

Network prepare(const NetworkRequest& q) {
  Network net{};
  net.layers = q.layers;
  for (int l = 0; l <= q.layers; l++) {
    net.width[l] = q.width[l];
    net.stride[l] = padded(q.width[l]);
  }
  for (int l = 0; l < q.layers; l++) {
    auto& [forward, backward, bias] = workspace.packed[l];
    forward.resize(static_cast<size_t>(net.stride[l + 1]) * q.width[l]);
    backward.resize(static_cast<size_t>(net.stride[l]) * q.width[l + 1]);
    bias.assign(net.stride[l + 1], 0.0f);
    kernels().packLayer(q.kernel[l], q.width[l], q.width[l + 1], forward.data(), backward.data());
    std::copy_n(q.bias[l], q.width[l + 1], bias.begin());
    net.forward[l] = forward.data();
    net.backward[l] = backward.data();
    net.bias[l] = bias.data();
  }
  auto& workers = workspace.workers;
  workers.resize(std::max<size_t>(workers.size(), pool().threads()));
  for (Worker& w : workers) {
    size_t rows = 0, sums = 0;
    for (int l = 0; l <= net.layers; l++) rows += static_cast<size_t>(kNetworkRows) * net.stride[l];
    for (int l = 0; l < net.layers; l++) sums += static_cast<size_t>(net.width[l] + 1) * net.stride[l + 1];
    if (w.activations.size() < rows) {
      w.activations.resize(rows);
      w.gradients.resize(rows);
    }
    w.sums.assign(sums, 0.0f);
    float *a = w.activations.data(), *g = w.gradients.data(), *s = w.sums.data();
    for (int l = 0; l <= net.layers; l++) {
      w.act.layer[l] = a;
      w.grad.layer[l] = g;
      a += static_cast<size_t>(kNetworkRows) * net.stride[l];
      g += static_cast<size_t>(kNetworkRows) * net.stride[l];
      if (l == net.layers) break;
      w.sum.kernel[l] = s;
      s += static_cast<size_t>(net.width[l]) * net.stride[l + 1];
      w.sum.bias[l] = s;
      s += net.stride[l + 1];
    }
  }
  return net;
}

/** block(begin, rows, worker) over a static partition of the rows: sums never depend on timing. */
template <class F>
void overBlocks(int rows, F&& block) {
  const int threads = pool().threads(), blocks = (rows + kNetworkRows - 1) / kNetworkRows;
  pool().run(threads, [&](int t, int) {
    const int from = static_cast<int>(static_cast<int64_t>(blocks) * t / threads);
    const int to = static_cast<int>(static_cast<int64_t>(blocks) * (t + 1) / threads);
    for (int b = from; b < to; b++) block(b * kNetworkRows, std::min(kNetworkRows, rows - b * kNetworkRows), workspace.workers[t]);
  });
}

/** Copies rows into a padded layer; everything else becomes 0. */
void fill(float* layer, int stride, const float* from, int rows, int width) {
  std::memset(layer, 0, sizeof(float) * kNetworkRows * stride);
  for (int r = 0; r < rows; r++) std::copy_n(from + static_cast<size_t>(r) * width, width, layer + static_cast<size_t>(r) * stride);
}

void collect(const Network& net, const NetworkGradients& out) {
  const int threads = pool().threads();
  for (int l = 0; l < net.layers; l++) {
    const int stride = net.stride[l + 1], width = net.width[l + 1];
    const auto add = [&](float* to, const auto& part, int row) {
      for (int c = 0; c < width; c++) {
        float total = 0.0f;
        for (int t = 0; t < threads; t++) total += part(workspace.workers[t])[static_cast<size_t>(row) * stride + c];
        to[static_cast<size_t>(row) * width + c] = total;
      }
    };
    for (int i = 0; i < net.width[l]; i++) add(out.kernel[l], [l](const Worker& w) { return w.sum.kernel[l]; }, i);
    add(out.bias[l], [l](const Worker& w) { return w.sum.bias[l]; }, 0);
  }
}

float lengthOf(const float* feature) {
  float squares = 0.0f;
  for (int k = 0; k < kFeatures; k++) squares += feature[k] * feature[k];
  return std::sqrt(squares);
}

/** Unit features in layer 0: R / max(‖R‖, 1e-6). */
void normalised(const Network& net, const float* features, int columns, int rows, float* layer) {
  std::memset(layer, 0, sizeof(float) * kNetworkRows * net.stride[0]);
  for (int r = 0; r < rows; r++) {
    const float* feature = features + static_cast<size_t>(r) * columns;
    const float inverse = 1.0f / std::max(lengthOf(feature), kShortest);
    for (int k = 0; k < kFeatures; k++) layer[static_cast<size_t>(r) * net.stride[0] + k] = feature[k] * inverse;
  }
}

/** Rows of values at the stride of the last layer, zeros behind the last class. */
void padValues(const float* values, int sets, int classes, int stride) {
  workspace.values.assign(static_cast<size_t>(sets) * stride, 0.0f);
  for (int s = 0; s < sets; s++)
    std::copy_n(values + static_cast<size_t>(s) * classes, classes, workspace.values.data() + static_cast<size_t>(s) * stride);
}

/** One block of rows, decoded. */
struct Decoded {
  const float* probabilities;  // [rows][stride]
  int32_t top[kNetworkRows];
};

Decoded decodeBlock(const Network& net, const float* features, int rows, Worker& w) {
  Decoded block{w.act.layer[net.layers], {}};
  normalised(net, features, kFeatures, rows, w.act.layer[0]);
  kernels().networkForward(net, rows, w.act);
  float most[kNetworkRows];
  kernels().softmaxLogits(w.act.layer[net.layers], rows, net.width[net.layers], net.stride[net.layers], block.top, most);
  return block;
}

}  // namespace

void networkOutputs(const NetworkRequest& q, const float* input, float* out) {
  const Network net = prepare(q);
  const int in = q.width[0], last = q.width[q.layers];
  overBlocks(q.rows, [&](int begin, int rows, Worker& w) {
    fill(w.act.layer[0], net.stride[0], input + static_cast<size_t>(begin) * in, rows, in);
    kernels().networkForward(net, rows, w.act);
    for (int r = 0; r < rows; r++)
      std::copy_n(w.act.layer[q.layers] + static_cast<size_t>(r) * net.stride[q.layers], last, out + static_cast<size_t>(begin + r) * last);
  });
}

void networkGradients(const NetworkRequest& q, const float* input, const float* dOut, const NetworkGradients& out, float* dInput) {
  const Network net = prepare(q);
  const int in = q.width[0], last = q.width[q.layers];
  overBlocks(q.rows, [&](int begin, int rows, Worker& w) {
    fill(w.act.layer[0], net.stride[0], input + static_cast<size_t>(begin) * in, rows, in);
    kernels().networkForward(net, rows, w.act);
    fill(w.grad.layer[q.layers], net.stride[q.layers], dOut + static_cast<size_t>(begin) * last, rows, last);
    kernels().networkBackward(net, rows, w.act, w.grad, w.sum, dInput != nullptr);
    if (dInput)
      for (int r = 0; r < rows; r++)
        std::copy_n(w.grad.layer[0] + static_cast<size_t>(r) * net.stride[0], in, dInput + static_cast<size_t>(begin + r) * in);
  });
  collect(net, out);
}

DecodeReport decodeLoss(const NetworkRequest& q, const DecodeOptions& options, const float* samples, const uint8_t* labels,
                        const uint8_t* priced, const NetworkGradients& out, float* dSamples) {
  const int classes = q.width[q.layers];
  DecodeReport report{0, 0, 0, 0, 0};
  for (int i = 0; i < q.rows; i++) {
    if (labels[i] > classes)
      throw std::invalid_argument("label " + std::to_string(labels[i]) + " of sample " + std::to_string(i) + " is above the " +
                                  std::to_string(classes) + " entries of the codebook");
    if (labels[i] > 0 && (priced[i] == 0 || priced[i] > classes))
      throw std::invalid_argument("sample " + std::to_string(i) + " has a label, but u is priced by " + std::to_string(priced[i]));
    report.used += labels[i] > 0 && samples[static_cast<size_t>(i) * kSampleColumns + kSampleColumns - 1] >= options.coverage;
  }
  const Network net = prepare(q);
  const float each = report.used > 0 ? 1.0f / static_cast<float>(report.used) : 0.0f;
  struct Sums {
    double cross = 0, weighted = 0, uncertainty = 0, penalty = 0;
    int right = 0;
  };
  std::vector<Sums> sums(workspace.workers.size());
  overBlocks(q.rows, [&](int begin, int rows, Worker& w) {
    Sums& s = sums[&w - workspace.workers.data()];
    const float* block = samples + static_cast<size_t>(begin) * kSampleColumns;
    normalised(net, block, kSampleColumns, rows, w.act.layer[0]);
    kernels().networkForward(net, rows, w.act);
    float* logits = w.act.layer[q.layers];
    const int stride = net.stride[q.layers];
    // Logits of both labels, before the softmax replaces them.
    float margin[kNetworkRows] = {}, pricedMargin[kNetworkRows] = {};
    for (int r = 0; r < rows; r++) {
      if (labels[begin + r] == 0) continue;
      const float* row = logits + static_cast<size_t>(r) * stride;
      margin[r] = row[labels[begin + r] - 1];
      pricedMargin[r] = row[priced[begin + r] - 1];
    }
    int32_t top[kNetworkRows];
    float most[kNetworkRows];
    kernels().softmaxLogits(logits, rows, classes, stride, top, most);
    // CE from log-sum-exp, since the probability of a hopeless label is 0 in float32.
    float cross[kNetworkRows], pricedCross[kNetworkRows];
    for (int r = 0; r < rows; r++) {
      cross[r] = most[r] - margin[r];
      pricedCross[r] = most[r] - pricedMargin[r];
    }
    float* d = w.grad.layer[q.layers];
    std::memset(d, 0, sizeof(float) * kNetworkRows * stride);
    float* dBlock = dSamples ? dSamples + static_cast<size_t>(begin) * kSampleColumns : nullptr;
    if (dBlock) std::memset(dBlock, 0, sizeof(float) * rows * kSampleColumns);
    for (int r = 0; r < rows; r++) {
      const float* sample = block + static_cast<size_t>(r) * kSampleColumns;
      const int label = labels[begin + r];
      if (label == 0 || sample[kSampleColumns - 1] < options.coverage) continue;
      const float* p = logits + static_cast<size_t>(r) * stride;
      const float own = -std::log(p[top[r]]);  // log Σ exp(logit − top) = −log p_top
      cross[r] += own;
      const float believed = options.trust * cross[r] + (1.0f - options.trust) * own;
      const float price = options.trust * (pricedCross[r] + own) + (1.0f - options.trust) * own;
      const float u = options.held ? 0.0f : std::min(sample[kSemanticColumns - 1], options.highest);
      const float trust = 1.0f - u;
      s.cross += static_cast<double>(cross[r]);
      s.weighted += static_cast<double>(believed * trust);
      s.uncertainty += static_cast<double>(std::min(sample[kSemanticColumns - 1], options.highest));
      if (!options.held) s.penalty += static_cast<double>(options.form == UncertaintyForm::kLog ? -std::log(trust) : u);
      s.right += top[r] == label - 1;
      if (!dBlock) continue;
      float* to = d + static_cast<size_t>(r) * stride;
      const float scale = options.cross * trust * each;
      for (int i = 0; i < classes; i++) to[i] = scale * p[i];
      to[label - 1] -= scale * options.trust;
      to[top[r]] -= scale * (1.0f - options.trust);
      if (!options.held)
        dBlock[static_cast<size_t>(r) * kSampleColumns + kSemanticColumns - 1] =
            each * (options.uncertainty * (options.form == UncertaintyForm::kLog ? 1.0f / trust : 1.0f) - options.cross * price);
    }
    if (!dBlock) return;
    kernels().networkBackward(net, rows, w.act, w.grad, w.sum, true);
    for (int r = 0; r < rows; r++) {
      // Through R̂ = R / max(‖R‖, 1e-6).
      const float* g = w.grad.layer[0] + static_cast<size_t>(r) * net.stride[0];
      const float* unit = w.act.layer[0] + static_cast<size_t>(r) * net.stride[0];
      const float length = lengthOf(block + static_cast<size_t>(r) * kSampleColumns);
      float along = 0.0f;
      if (length > kShortest)
        for (int k = 0; k < kFeatures; k++) along += g[k] * unit[k];
      const float inverse = 1.0f / std::max(length, kShortest);
      for (int k = 0; k < kFeatures; k++) dBlock[static_cast<size_t>(r) * kSampleColumns + k] = (g[k] - along * unit[k]) * inverse;
    }
  });
  if (dSamples) collect(net, out);
  for (const Sums& s : sums) {
    report.loss += (static_cast<double>(options.cross) * s.weighted + static_cast<double>(options.uncertainty) * s.penalty) * each;
    report.crossEntropy += s.cross * each;
    report.uncertainty += s.uncertainty * each;
    report.right += s.right;
  }
  return report;
}

void decodeRows(const NetworkRequest& q, const float* features, const float* values, uint8_t* entry, float* probability, float* score) {
  const Network net = prepare(q);
  const int classes = q.width[q.layers], stride = net.stride[q.layers];
  if (score) padValues(values, 1, classes, stride);
  overBlocks(q.rows, [&](int begin, int rows, Worker& w) {
    const Decoded block = decodeBlock(net, features + static_cast<size_t>(begin) * kFeatures, rows, w);
    for (int r = 0; r < rows; r++) {
      const float* row = block.probabilities + static_cast<size_t>(r) * stride;
      if (entry) entry[begin + r] = static_cast<uint8_t>(block.top[r]);
      if (probability) probability[begin + r] = row[block.top[r]];
      if (score) kernels().weightedSums(row, stride, workspace.values.data(), 1, score + begin + r);
    }
  });
}

void decodeTop(const NetworkRequest& q, const float* features, int top, const float* values, int sets, uint8_t* entries,
               float* probabilities, float* scores) {
  const Network net = prepare(q);
  const int classes = q.width[q.layers], stride = net.stride[q.layers];
  padValues(values, sets, classes, stride);
  overBlocks(q.rows, [&](int begin, int rows, Worker& w) {
    const Decoded block = decodeBlock(net, features + static_cast<size_t>(begin) * kFeatures, rows, w);
    for (int r = 0; r < rows; r++) {
      const float* row = block.probabilities + static_cast<size_t>(r) * stride;
      const size_t at = static_cast<size_t>(begin + r);
      kernels().largestEntries(row, classes, stride, top, entries + at * top, probabilities + at * top);
      kernels().weightedSums(row, stride, workspace.values.data(), sets, scores + at * sets);
    }
  });
}

}  // namespace legato
