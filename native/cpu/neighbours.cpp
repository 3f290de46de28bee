/**
 * A k-d tree laid out in one array: every node is a range of the permuted points, split at its median along its widest side,
 * so that children are found by halving and nothing is allocated per node. Queries run over the pool.
 */
#include "neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "pool.h"

namespace legato {

namespace {

constexpr int kLeaf = 12;

struct Tree {
  const float* points;
  std::vector<int> order;
  std::vector<uint8_t> axis;  // by the middle of the node's range

  void build(int begin, int end) {
    if (end - begin <= kLeaf) return;
    float low[3], high[3];
    for (int a = 0; a < 3; a++) low[a] = std::numeric_limits<float>::max(), high[a] = -low[a];
    for (int i = begin; i < end; i++)
      for (int a = 0; a < 3; a++) {
        const float x = points[static_cast<size_t>(order[i]) * 3 + a];
        low[a] = std::min(low[a], x);
        high[a] = std::max(high[a], x);
      }
    int widest = 0;
    for (int a = 1; a < 3; a++)
      if (high[a] - low[a] > high[widest] - low[widest]) widest = a;
    const int middle = (begin + end) / 2;
    std::nth_element(order.begin() + begin, order.begin() + middle, order.begin() + end, [&](int i, int j) {
      return points[static_cast<size_t>(i) * 3 + widest] < points[static_cast<size_t>(j) * 3 + widest];
    });
    axis[middle] = static_cast<uint8_t>(widest);
    build(begin, middle);
    build(middle + 1, end);
  }

  struct Query {
    const float* at;
    int self;
    int k;
    double nearest[64];  // squared distances, ascending
  };

  void visit(Query& q, int i) const {
    if (i == q.self) return;
    const float* p = points + static_cast<size_t>(i) * 3;
    double d = 0;
    for (int a = 0; a < 3; a++) d += (static_cast<double>(p[a]) - q.at[a]) * (static_cast<double>(p[a]) - q.at[a]);
    if (d >= q.nearest[q.k - 1]) return;
    int slot = q.k - 1;
    for (; slot > 0 && q.nearest[slot - 1] > d; slot--) q.nearest[slot] = q.nearest[slot - 1];
    q.nearest[slot] = d;
  }

  void search(Query& q, int begin, int end) const {
    if (end - begin <= kLeaf) {
      for (int i = begin; i < end; i++) visit(q, order[i]);
      return;
    }
    const int middle = (begin + end) / 2;
    const int a = axis[middle];
    const double offset = static_cast<double>(q.at[a]) - points[static_cast<size_t>(order[middle]) * 3 + a];
    const bool left = offset < 0;
    search(q, left ? begin : middle + 1, left ? middle : end);
    visit(q, order[middle]);
    if (offset * offset <= q.nearest[q.k - 1]) search(q, left ? middle + 1 : begin, left ? end : middle);
  }
};

}  // namespace

void meanNeighbourDistances(const float* points, int count, int k, float* meanDistances) {
  k = std::min({k, count - 1, 64});
  if (k <= 0) {
    std::fill(meanDistances, meanDistances + std::max(count, 0), 0.0f);
    return;
  }
  Tree tree{points, std::vector<int>(count), std::vector<uint8_t>(count)};
  std::iota(tree.order.begin(), tree.order.end(), 0);
  tree.build(0, count);
  constexpr int kShare = 512;
  pool().run((count + kShare - 1) / kShare, [&](int share, int) {
    // Queries in tree order, so that neighbouring queries walk the same branches.
    for (int i = share * kShare; i < std::min(count, (share + 1) * kShare); i++) {
      const int self = tree.order[i];
      Tree::Query q{points + static_cast<size_t>(self) * 3, self, k, {}};
      std::fill(q.nearest, q.nearest + k, std::numeric_limits<double>::infinity());
      tree.search(q, 0, count);
      double total = 0;
      for (int j = 0; j < k; j++) total += std::sqrt(q.nearest[j]);
      meanDistances[self] = static_cast<float>(total / k);
    }
  });
}

}  // namespace legato
