/** Small perceptrons over all threads: outputs, gradients, and the decoder's cross-entropy (METHOD §4). */
#pragma once

#include <cstdint>

#include "network_types.h"

namespace legato {

struct NetworkRequest {
  int layers;
  int width[kMaxLayers + 1];
  const float* kernel[kMaxLayers];  // [in, out]
  const float* bias[kMaxLayers];    // [out]
  int rows;
};

struct NetworkGradients {
  float* kernel[kMaxLayers];        // [in, out]
  float* bias[kMaxLayers];          // [out]
};

/** out [rows, width of the last layer] from input [rows, width of the first]. */
void networkOutputs(const NetworkRequest&, const float* input, float* out);

/** Gradients of kernels and biases, and of the input unless dInput is null, from dOut [rows, last width]. */
void networkGradients(const NetworkRequest&, const float* input, const float* dOut, const NetworkGradients& out, float* dInput);

enum class UncertaintyForm { kLog, kLinear };

struct DecodeOptions {
  float cross, uncertainty;     // λ_CE, λ_u
  float trust;                  // β: share of CE that is the label's; the rest is the most probable entry's own
  UncertaintyForm form;
  bool held;                    // u counts as 0 and is not taught
  float coverage;               // pixels with less accumulated α are left out
  float highest;                // R_u at most
};

struct DecodeReport {
  double loss;
  double crossEntropy;          // mean, nats, without the factor 1 − R_u
  double uncertainty;           // mean R_u
  int right;                    // samples whose most probable entry is their label
  int used;
};

/**
 * L_s of sampled pixels. samples [rows, 10]: S_G (8), R_u, α. labels [rows]: 1 … N, 0 = none. priced [rows]: the labels that u is
 * priced by, looked at where labels is not 0, and 1 … N there.
 * dSamples [rows, 10] and `out` are filled unless dSamples is null.
 */
DecodeReport decodeLoss(const NetworkRequest&, const DecodeOptions&, const float* samples, const uint8_t* labels,
                        const uint8_t* priced, const NetworkGradients& out, float* dSamples);

/** What rows of features [rows, 8] decode to: the most probable entry, its probability, and Σ_i p_i·value_i, each unless null. */
void decodeRows(const NetworkRequest&, const float* features, const float* values, uint8_t* entry, float* probability, float* score);

/**
 * The `top` most probable entries of rows of features [rows, 8], most probable first and the lower entry on ties: entries and
 * probabilities [rows, top]; and Σ_i p_i·value_i for every row of values [sets, N], into scores [rows, sets], unless sets is 0.
 */
void decodeTop(const NetworkRequest&, const float* features, int top, const float* values, int sets, uint8_t* entries,
               float* probabilities, float* scores);

}  // namespace legato
