/** Photometric loss, Adam, nearest neighbours and photos, as JavaScript functions. */
#include <algorithm>
#include <vector>

#include "arguments.h"
#include "dispatch.h"
#include "neighbours.h"
#include "pool.h"

namespace legato {

namespace {

Napi::Value photometric(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object o = info[0].As<Napi::Object>();
  Photometric p{};
  p.width = whole(o, "width", 1, kMaxSide);
  p.height = whole(o, "height", 1, kMaxSide);
  const size_t pixels = static_cast<size_t>(p.width) * p.height;
  p.image = floatsOf(o.Get("image"), "image", 3 * pixels).data;
  p.target = floatsOf(o.Get("target"), "target", 3 * pixels).data;
  p.mask = optional(o.Get("mask"), "mask", pixels).data;
  p.gradient = optional(o.Get("gradient"), "gradient", 3 * pixels).data;
  const float ssimWeight = static_cast<float>(number(o, "ssimWeight"));
  double counted = static_cast<double>(pixels);
  if (p.mask) {
    counted = 0;
    for (size_t i = 0; i < pixels; i++) counted += p.mask[i];
  }
  const double each = counted > 0 ? 1.0 / (3.0 * counted) : 0.0;
  p.l1Scale = static_cast<float>((1.0 - ssimWeight) * each);
  p.ssimScale = static_cast<float>(ssimWeight * each);

  // The 3·H rows, planes one after another, in one static share a thread: at most one plane is cut a thread.
  const int rows = 3 * p.height, shares = std::min(pool().threads(), rows);
  const KernelTable& k = kernels();
  static std::vector<std::vector<float>> scratch;
  scratch.resize(std::max<size_t>(scratch.size(), static_cast<size_t>(shares)));
  std::vector<double> losses(static_cast<size_t>(shares), 0.0);
  guarded(env, [&] {
    pool().run(shares, [&](int share, int) {
      auto& memory = scratch[share];
      const size_t needed = static_cast<size_t>(k.photometricScratch(p.width));
      if (memory.size() < needed) memory.resize(needed);
      const int begin = static_cast<int>(static_cast<int64_t>(rows) * share / shares);
      const int end = static_cast<int>(static_cast<int64_t>(rows) * (share + 1) / shares);
      for (int plane = begin / p.height; plane * p.height < end; plane++) {
        const int first = std::max(begin - plane * p.height, 0), last = std::min(end - plane * p.height, p.height);
        losses[share] += k.photometricRows(p, plane, first, last, memory.data());
      }
    });
  });
  double loss = 0;
  for (const double l : losses) loss += l;
  return Napi::Number::New(env, loss);
}

Napi::Value adam(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object o = info[0].As<Napi::Object>();
  const int count = whole(o, "count", 0, kMaxRows);
  const int columns = whole(o, "columns", 1, 4096);
  const size_t n = static_cast<size_t>(count) * columns;
  const Floats rates = floatsOf(o.Get("rates"), "rates", static_cast<size_t>(columns));
  const double step = number(o, "step");
  if (!(step >= 1)) refuse(env, "step counts from 1");
  AdamArgs a{};
  a.parameter = floatsOf(o.Get("parameter"), "parameter", n).data;
  a.gradient = floatsOf(o.Get("gradient"), "gradient", n).data;
  a.first = floatsOf(o.Get("firstMoment"), "firstMoment", n).data;
  a.second = floatsOf(o.Get("secondMoment"), "secondMoment", n).data;
  a.columns = columns;
  a.activeColumns = columns;
  while (a.activeColumns > 0 && rates.data[a.activeColumns - 1] == 0.0f) a.activeColumns--;
  const double beta1 = number(o, "beta1"), beta2 = number(o, "beta2");
  a.beta1 = static_cast<float>(beta1);
  a.beta2 = static_cast<float>(beta2);
  a.gain1 = static_cast<float>(1.0 - beta1);
  a.gain2 = static_cast<float>(1.0 - beta2);
  a.correction1 = static_cast<float>(1.0 / (1.0 - std::pow(beta1, step)));
  a.correction2 = static_cast<float>(1.0 / (1.0 - std::pow(beta2, step)));
  a.epsilon = static_cast<float>(number(o, "epsilon"));
  a.decay = static_cast<float>(number(o, "weightDecay"));
  static std::vector<float> pattern;
  pattern.resize(static_cast<size_t>(columns) * 17);
  for (size_t i = 0; i < pattern.size(); i++) pattern[i] = rates.data[i % columns];
  a.pattern = pattern.data();
  // Shares start at a multiple of 16 rows, where the pattern of rates starts too.
  constexpr int kRows = 4096;
  pool().run((count + kRows - 1) / kRows, [&](int share, int) { kernels().adam(a, share * kRows, std::min(count, (share + 1) * kRows)); });
  return env.Undefined();
}

Napi::Value neighbours(const Napi::CallbackInfo& info) {
  const int count = info[1].ToNumber().Int32Value(), k = info[2].ToNumber().Int32Value();
  if (count < 0 || k < 1 || k > 64) refuse(info.Env(), "neighbours: count must not be negative, k lies in 1 … 64");
  const Floats points = floatsOf(info[0], "points", static_cast<size_t>(count) * 3);
  const Floats out = floatsOf(info[3], "meanDistances", static_cast<size_t>(count));
  for (size_t i = 0; i < static_cast<size_t>(count) * 3; i++)
    if (!std::isfinite(points.data[i])) refuse(info.Env(), "point " + std::to_string(i / 3) + " is not finite");
  guarded(info.Env(), [&] { meanNeighbourDistances(points.data, count, k, out.data); });
  return info.Env().Undefined();
}

Napi::Value photoToPlanes(const Napi::CallbackInfo& info) {
  const int64_t pixels = static_cast<int64_t>(info[1].ToNumber().Int32Value()) * info[2].ToNumber().Int32Value();
  if (!info[0].IsTypedArray() || pixels < 1 || pixels > (1 << 30)) refuse(info.Env(), "photoToPlanes: a photo and its size");
  auto rgb = info[0].As<Napi::Uint8Array>();
  if (static_cast<int64_t>(rgb.ElementLength()) < pixels * 3) refuse(info.Env(), "the photo is shorter than its size says");
  const Floats planes = floatsOf(info[3], "planes", static_cast<size_t>(pixels) * 3);
  kernels().photoToPlanes(rgb.Data(), static_cast<int>(pixels), planes.data, 0, static_cast<int>(pixels));
  return info.Env().Undefined();
}

}  // namespace

void exportElementwise(Napi::Env env, Napi::Object exports) {
  exports.Set("photometric", Napi::Function::New(env, photometric));
  exports.Set("adam", Napi::Function::New(env, adam));
  exports.Set("neighbours", Napi::Function::New(env, neighbours));
  exports.Set("photoToPlanes", Napi::Function::New(env, photoToPlanes));
}

}  // namespace legato
