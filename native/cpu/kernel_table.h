/** Every kernel that is compiled once per instruction set, as the dispatcher hands them out. */
#pragma once

#include "codebook_types.h"
#include "network_types.h"
#include "render_types.h"

namespace legato {

/** The code of one instruction set. */
struct KernelTable {
  const char* name;
  ChunkReport (*project)(const View&, const ChannelPlan&, const Parameters&, int begin, int end, Splat2D* splats, float* features);
  int (*blendScratch)(const ChannelPlan&);
  /** returns the (splat, vector of pixels) pairs worked on: the tile's cost */
  int (*blend)(const TileJob&, float* image, float* carried);
  int (*gradientScratch)(const ChannelPlan&);
  void (*blendGradient)(const TileJob&, const float* carried, const float* gradient, float* sums);
  void (*projectGradient)(const View&, const ChannelPlan&, const Parameters&, const Splat2D* splats, const float* features,
                          const float* const* sums, int sumsCount, int slotBegin, int slotEnd, float* dGeometry, float* dHarmonics,
                          float* dSemantics, float* probe);
  int (*photometricScratch)(int width);
  double (*photometricRows)(const Photometric&, int plane, int rowBegin, int rowEnd, float* scratch);
  void (*adam)(const AdamArgs&, int rowBegin, int rowEnd);
  void (*photoToPlanes)(const uint8_t* rgb, int pixels, float* planes, int begin, int end);
  int (*panelColumns)();
  void (*packCodes)(const float* unit, int entries, int width, float* panels);
  void (*similarities)(const Codes&, const float* cells, int begin, int end, float* norms, float* out);
  void (*nearestCodes)(const float* similarity, int rows, int entries, int stride, int32_t* index, float* value);
  void (*cosines)(const Codes&, const float* cell, const float* norms, int entry, float dinoWeight, float* clip, float* dino);
  void (*softmaxRows)(float* rows, int count, int entries, int stride, float inverseTemperature, double* sums);
  void (*similarityGradient)(const BalanceTerms&, float* rows, int count, int stride, const int32_t* index);
  int (*codeGradientScratch)();
  void (*codeGradient)(const Codes&, const float* cells, int begin, int end, const float* norms, const float* slopes, float* scratch,
                       float* gradient);
  void (*upsampledArgmax)(const float* grid, int rows, int columns, int entries, int stride, int width, int height, int begin, int end,
                          float* scratch, uint8_t* out);
  void (*packLayer)(const float* kernel, int in, int out, float* forward, float* backward);
  void (*networkForward)(const Network&, int rows, const NetworkRows& act);
  void (*networkBackward)(const Network&, int rows, const NetworkRows& act, const NetworkRows& grad, const NetworkSums& sums, bool toInput);
  void (*softmaxLogits)(float* logits, int rows, int classes, int stride, int32_t* top, float* most);
  void (*largestEntries)(const float* row, int classes, int stride, int top, uint8_t* entry, float* value);
  void (*weightedSums)(const float* row, int stride, const float* values, int sets, float* out);
  int (*sampleLanes)();
  void (*tileWeights)(const TileJob&, const int32_t* pixels, int count, float least, uint32_t* rows, float* weights, int32_t* lengths);
  int (*tileComposite)(const TileJob&, const int32_t* pixels, int count, const float* semantics, const float* u, float* out,
                       uint32_t* rows, float* weights);
  void (*tileScatter)(const uint32_t* rows, const float* weights, int count, const float* dOut, float* sums);
  void (*uncertainties)(const float* semantics, int begin, int end, float* u);
  double (*multiplyAdds)(int rounds, float* sink);
  void (*streamRead)(const float* data, size_t length, float* sink);
};

const KernelTable* genericKernels();
const KernelTable* avx2Kernels();
const KernelTable* avx512Kernels();
const KernelTable* neonKernels();

}  // namespace legato
