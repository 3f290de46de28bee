/** A small multi-layer perceptron as its kernels want it: plain structures, no behaviour. */
#pragma once

#include <cstdint>

namespace legato {

constexpr int kMaxLayers = 8;
/** Rows that go through all layers together: their activations stay in the second-level cache. */
constexpr int kNetworkRows = 48;

struct Network {
  int layers;
  int width[kMaxLayers + 1];               // of the input, then of each layer's output
  int stride[kMaxLayers + 1];              // the same, rounded up to whole panels: floats a row of activations takes
  const float* forward[kMaxLayers];        // kernel [in, out] in panels of output columns, [panels][in][panel columns]
  const float* backward[kMaxLayers];       // its transpose in panels of input columns, [panels][out][panel columns]
  const float* bias[kMaxLayers];           // [stride of the output], zeros behind the last
};

/** Activations of one block, or their gradients: layer l holds [kNetworkRows][stride[l]], l = 0 the input. */
struct NetworkRows {
  float* layer[kMaxLayers + 1];
};

/** Gradient sums of one thread. */
struct NetworkSums {
  float* kernel[kMaxLayers];               // [width in][stride out]
  float* bias[kMaxLayers];                 // [stride out]
};

}  // namespace legato
