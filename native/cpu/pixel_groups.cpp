#include "pixel_groups.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace legato {

void PixelGroups::sort(const Rasterizer& rasterizer, const int32_t* pixels, int count, int lanes) {
  const int width = rasterizer.width(), tiles = rasterizer.tiles();
  const int64_t size = static_cast<int64_t>(width) * rasterizer.height();
  const auto tileOf = [&](int32_t pixel) { return (pixel / width / kTile) * rasterizer.tilesX() + pixel % width / kTile; };
  tileBegin_.assign(static_cast<size_t>(tiles) + 1, 0);
  for (int i = 0; i < count; i++) {
    if (pixels[i] < 0 || pixels[i] >= size)
      throw std::invalid_argument("pixel " + std::to_string(i) + " is " + std::to_string(pixels[i]) + ", outside the picture");
    tileBegin_[tileOf(pixels[i]) + 1]++;
  }
  for (int t = 0; t < tiles; t++) tileBegin_[t + 1] += tileBegin_[t];
  order_.resize(count);
  places_.resize(count);
  next_.assign(tileBegin_.begin(), tileBegin_.end() - 1);
  for (int i = 0; i < count; i++) {
    const int at = next_[tileOf(pixels[i])]++;
    order_[at] = i;
    places_[at] = pixels[i];
  }
  groups_.clear();
  for (int t = 0; t < tiles; t++)
    for (int begin = tileBegin_[t]; begin < tileBegin_[t + 1]; begin += lanes)
      groups_.push_back({t, begin, std::min(begin + lanes, tileBegin_[t + 1])});
}

size_t PixelGroups::memoryBytes() const {
  return groups_.capacity() * sizeof(Group) + (order_.capacity() + places_.capacity() + tileBegin_.capacity() + next_.capacity()) * 4;
}

}  // namespace legato
