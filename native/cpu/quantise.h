/** The codebook over all threads: similarities, assignment, the quantisation loss with its gradient, index maps (METHOD §3). */
#pragma once

#include <cstdint>

namespace legato {

struct CodebookRequest {
  const float* cells;     // [count, clipWidth + dinoWidth]
  int count;
  const float* codebook;  // [entries, clipWidth + dinoWidth]
  int entries;
  int clipWidth, dinoWidth;
  float dinoWeight;
};

struct LossWeights {
  double cosine, balance, temperature;
};

struct LossParts {
  double loss;
  double cosineClip, cosineDino;  // means over the cells
  double balance;                 // L_lb
};

/** D of every cell with every entry, out [count, entries]. */
void cellSimilarities(const CodebookRequest&, float* out);

/** argmax_i D per cell, the lowest entry on ties, and that D unless similarity is null. */
void assignCells(const CodebookRequest&, int32_t* indices, float* similarity);

/** L_q over the cells. @param gradient  [entries, width] ∂L_q/∂codebook, or null. @param counts  [entries] cells of each entry */
LossParts codebookLoss(const CodebookRequest&, const LossWeights&, float* gradient, int32_t* assigned, int32_t* counts);

/** Entry per pixel, out [height, width], from similarities [rows, columns, entries]. */
void indexMap(const float* similarities, int rows, int columns, int entries, int width, int height, uint8_t* out);

}  // namespace legato
