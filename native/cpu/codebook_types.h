/** What the codebook's kernels and their driver hand to each other: plain structures, no behaviour. */
#pragma once

#include <cstdint>

namespace legato {

/** A codebook as the kernels want it: both halves of every entry of unit length, the DINO half times its weight. */
struct Codes {
  const float* panels;  // [panels][clipWidth + dinoWidth][panel columns], entries side by side, zeros behind the last
  int entries;
  int stride;  // entries rounded up to whole panels: floats from one cell's similarities to the next
  int clipWidth, dinoWidth;
};

/** Weights of one evaluation of the quantisation loss over `cells` cells (METHOD §3). */
struct BalanceTerms {
  const float* share;  // r_i, [stride]
  float cosine;        // λ_cos / cells
  float balance;       // λ_lb / (cells · T)
};

}  // namespace legato
