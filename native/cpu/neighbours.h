/** Mean distance from every point to its k nearest others (METHOD §1: the first scale of a splat). */
#pragma once

namespace legato {

/**
 * @param points         [count, 3], finite
 * @param meanDistances  [count]; over fewer than k neighbours where the set is smaller, 0 for a single point
 */
void meanNeighbourDistances(const float* points, int count, int k, float* meanDistances);

}  // namespace legato
