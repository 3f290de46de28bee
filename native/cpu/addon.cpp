/**
 * The door to Node: checks what crosses (types, lengths) and hands plain pointers to the kernels. Nothing here computes.
 * The TypeScript side of this door is src-main/kernels/addon.ts.
 */
#include <napi.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "dispatch.h"
#include "neighbours.h"
#include "pool.h"
#include "quantise.h"
#include "rasterizer.h"

namespace legato {

namespace {

[[noreturn]] void refuse(Napi::Env env, const std::string& message) { throw Napi::TypeError::New(env, message); }

double number(const Napi::Object& o, const char* key) {
  const Napi::Value v = o.Get(key);
  if (!v.IsNumber()) refuse(o.Env(), std::string(key) + " must be a number");
  return v.As<Napi::Number>().DoubleValue();
}

int whole(const Napi::Object& o, const char* key, int low, int high) {
  const double v = number(o, key);
  if (!(v >= low && v <= high) || v != std::floor(v))
    refuse(o.Env(), std::string(key) + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return static_cast<int>(v);
}

bool flag(const Napi::Object& o, const char* key) { return o.Get(key).ToBoolean().Value(); }

struct Floats {
  float* data;
  size_t length;
};

Floats floats(const Napi::Value& v, const char* name) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array)
    refuse(v.Env(), std::string(name) + " must be a Float32Array");
  auto array = v.As<Napi::Float32Array>();
  return {array.Data(), array.ElementLength()};
}

Floats floatsOf(const Napi::Value& v, const char* name, size_t atLeast) {
  const Floats f = floats(v, name);
  if (f.length < atLeast)
    refuse(v.Env(), std::string(name) + " holds " + std::to_string(f.length) + " floats, " + std::to_string(atLeast) + " are needed");
  return f;
}

Floats optional(const Napi::Value& v, const char* name, size_t atLeast) {
  if (v.IsNull() || v.IsUndefined()) return {nullptr, 0};
  return floatsOf(v, name, atLeast);
}

constexpr int kMaxSide = 1 << 15;
constexpr int kMaxRows = 1 << 28;

struct RenderRequest {
  View view{};
  Parameters in{};
  uint32_t channels = 0;
  bool semanticsMovesGeometry = false;
};

RenderRequest parseRender(const Napi::Object& o) {
  RenderRequest r;
  View& v = r.view;
  v.width = whole(o, "width", 1, kMaxSide);
  v.height = whole(o, "height", 1, kMaxSide);
  v.fx = static_cast<float>(number(o, "fx"));
  v.fy = static_cast<float>(number(o, "fy"));
  v.cx = static_cast<float>(number(o, "cx"));
  v.cy = static_cast<float>(number(o, "cy"));
  v.degree = whole(o, "shDegree", 0, 3);
  v.antialiased = flag(o, "antialiased");
  const Napi::Object pose = o.Get("worldToCamera").As<Napi::Object>();
  const Napi::Object background = o.Get("background").As<Napi::Object>();
  for (uint32_t i = 0; i < 12; i++) {
    v.pose[i] = pose.Get(i).ToNumber().DoubleValue();
    if (!std::isfinite(v.pose[i])) refuse(o.Env(), "worldToCamera must hold 16 finite numbers, row by row");
  }
  for (uint32_t i = 0; i < 3; i++) v.background[i] = background.Get(i).ToNumber().FloatValue();
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) v.rotation[i * 3 + j] = static_cast<float>(v.pose[i * 4 + j]);
  for (int j = 0; j < 3; j++)
    v.centre[j] = static_cast<float>(-(v.pose[j] * v.pose[3] + v.pose[4 + j] * v.pose[7] + v.pose[8 + j] * v.pose[11]));
  if (!std::isfinite(v.fx) || !std::isfinite(v.fy) || v.fx <= 0 || v.fy <= 0 || !std::isfinite(v.cx) || !std::isfinite(v.cy))
    refuse(o.Env(), "fx and fy must be positive, cx and cy finite");
  r.channels = static_cast<uint32_t>(whole(o, "channels", 1, 31));
  r.semanticsMovesGeometry = flag(o, "semanticsMovesGeometry");
  const int count = whole(o, "count", 0, kMaxRows);
  const size_t rows = static_cast<size_t>(count);
  r.in.count = count;
  r.in.geometry = floatsOf(o.Get("geometry"), "geometry", rows * kGeometryColumns).data;
  r.in.harmonics = floatsOf(o.Get("sphericalHarmonics"), "sphericalHarmonics", rows * kHarmonicColumns).data;
  r.in.semantics = optional(o.Get("semantics"), "semantics", rows * kSemanticColumns).data;
  if ((r.channels & (kSemantics | kUncertainty)) && !r.in.semantics && count > 0)
    refuse(o.Env(), "semantics are needed to render semantics or uncertainty");
  return r;
}

/** Runs a kernel and turns a C++ exception into a JavaScript one. */
template <class F>
auto guarded(Napi::Env env, F&& f) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    throw Napi::RangeError::New(env, "out of memory; train fewer splats or a lower resolution");
  } catch (const std::invalid_argument& e) {
    throw Napi::RangeError::New(env, e.what());
  } catch (const std::logic_error& e) {
    throw Napi::Error::New(env, e.what());
  }
}

class RasterizerObject : public Napi::ObjectWrap<RasterizerObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Rasterizer",
                       {InstanceMethod("forward", &RasterizerObject::forward), InstanceMethod("backward", &RasterizerObject::backward),
                        InstanceMethod("memoryBytes", &RasterizerObject::memoryBytes)});
  }
  explicit RasterizerObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<RasterizerObject>(info) {}

 private:
  Napi::Value forward(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const RenderRequest r = parseRender(info[0].As<Napi::Object>());
    const size_t pixels = static_cast<size_t>(r.view.width) * r.view.height;
    const int planes = planChannels(r.channels, false).count;
    const Floats image = floatsOf(info[1], "image", pixels * planes);
    const Floats radii = optional(info[2], "radii", static_cast<size_t>(r.in.count));
    const ForwardReport report = guarded(env, [&] {
      return rasterizer_.forward(kernels(), r.view, r.in, r.channels, r.semanticsMovesGeometry, image.data, radii.data);
    });
    Napi::Object out = Napi::Object::New(env);
    out.Set("visible", report.visible);
    out.Set("instances", static_cast<double>(report.instances));
    out.Set("vectors", static_cast<double>(report.vectors));
    out.Set("frame", static_cast<double>(report.frame));
    return out;
  }

  Napi::Value backward(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const RenderRequest r = parseRender(info[0].As<Napi::Object>());
    const auto frame = static_cast<uint64_t>(info[1].ToNumber().Int64Value());
    const size_t pixels = static_cast<size_t>(r.view.width) * r.view.height;
    const int planes = planChannels(r.channels, false).count;
    const Floats dImage = floatsOf(info[2], "dImage", pixels * planes);
    const Napi::Object o = info[3].As<Napi::Object>();
    const size_t rows = static_cast<size_t>(r.in.count);
    const Floats g = optional(o.Get("geometry"), "geometry gradient", rows * kGeometryColumns);
    const Floats h = optional(o.Get("sphericalHarmonics"), "sphericalHarmonics gradient", rows * kHarmonicColumns);
    const Floats s = optional(o.Get("semantics"), "semantics gradient", rows * kSemanticColumns);
    const Floats p = optional(o.Get("probe"), "probe gradient", rows * kProbeColumns);
    const auto rowsOf = [](const Floats& f, int columns) { return static_cast<int>(f.length / columns); };
    const Gradients out{g.data, h.data, s.data, p.data, rowsOf(g, kGeometryColumns), rowsOf(h, kHarmonicColumns),
                        rowsOf(s, kSemanticColumns), rowsOf(p, kProbeColumns)};
    guarded(env, [&] { rasterizer_.backward(kernels(), r.in, frame, dImage.data, out); });
    return env.Undefined();
  }

  Napi::Value memoryBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(rasterizer_.memoryBytes()));
  }

  Rasterizer rasterizer_;
};

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

int32_t* integersOf(const Napi::Value& v, const char* name, size_t atLeast) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    refuse(v.Env(), std::string(name) + " must be an Int32Array");
  auto array = v.As<Napi::Int32Array>();
  if (array.ElementLength() < atLeast) refuse(v.Env(), std::string(name) + " is too short: " + std::to_string(atLeast) + " are needed");
  return array.Data();
}

CodebookRequest parseCodebook(const Napi::Object& o) {
  CodebookRequest q{};
  q.count = whole(o, "count", 0, kMaxRows);
  q.entries = whole(o, "entries", 1, 255);
  q.clipWidth = whole(o, "clipWidth", 0, 1 << 16);
  q.dinoWidth = whole(o, "dinoWidth", 0, 1 << 16);
  q.dinoWeight = static_cast<float>(number(o, "dinoWeight"));
  const size_t width = static_cast<size_t>(q.clipWidth) + static_cast<size_t>(q.dinoWidth);
  if (width == 0) refuse(o.Env(), "clipWidth and dinoWidth must not both be 0");
  q.cells = floatsOf(o.Get("cells"), "cells", static_cast<size_t>(q.count) * width).data;
  q.codebook = floatsOf(o.Get("codebook"), "codebook", static_cast<size_t>(q.entries) * width).data;
  return q;
}

Napi::Value similaritiesOfCells(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const CodebookRequest q = parseCodebook(o);
  const Floats out = floatsOf(o.Get("similarity"), "similarity", static_cast<size_t>(q.count) * q.entries);
  guarded(info.Env(), [&] { cellSimilarities(q, out.data); });
  return info.Env().Undefined();
}

Napi::Value assign(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const CodebookRequest q = parseCodebook(o);
  int32_t* indices = integersOf(o.Get("indices"), "indices", q.count);
  const Floats best = optional(o.Get("similarity"), "similarity", q.count);
  guarded(info.Env(), [&] { assignCells(q, indices, best.data); });
  return info.Env().Undefined();
}

Napi::Value lossOfCodebook(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const CodebookRequest q = parseCodebook(o);
  const LossWeights weights{number(o, "cosineWeight"), number(o, "balanceWeight"), number(o, "temperature")};
  if (!(weights.temperature > 0)) refuse(info.Env(), "temperature must be positive");
  const Floats gradient = optional(o.Get("gradient"), "gradient", static_cast<size_t>(q.entries) * (q.clipWidth + q.dinoWidth));
  int32_t* assigned = integersOf(o.Get("assigned"), "assigned", q.count);
  int32_t* counts = integersOf(o.Get("counts"), "counts", q.entries);
  const LossParts parts = guarded(info.Env(), [&] { return codebookLoss(q, weights, gradient.data, assigned, counts); });
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("loss", parts.loss);
  result.Set("cosineClip", parts.cosineClip);
  result.Set("cosineDino", parts.cosineDino);
  result.Set("balance", parts.balance);
  return result;
}

Napi::Value indexMapOf(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const int rows = whole(o, "rows", 1, kMaxSide), columns = whole(o, "columns", 1, kMaxSide), entries = whole(o, "entries", 1, 255);
  const int width = whole(o, "width", 1, kMaxSide), height = whole(o, "height", 1, kMaxSide);
  const Floats similarity = floatsOf(o.Get("similarity"), "similarity", static_cast<size_t>(rows) * columns * entries);
  const Napi::Value map = o.Get("map");
  if (!map.IsTypedArray() || map.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array ||
      map.As<Napi::Uint8Array>().ElementLength() < static_cast<size_t>(width) * height)
    refuse(info.Env(), "map must be a Uint8Array of width · height");
  uint8_t* pixels = map.As<Napi::Uint8Array>().Data();
  guarded(info.Env(), [&] { indexMap(similarity.data, rows, columns, entries, width, height, pixels); });
  return info.Env().Undefined();
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  Napi::Object o = Napi::Object::New(info.Env());
  o.Set("instructionSet", kernels().name);
  Napi::Array available = Napi::Array::New(info.Env());
  uint32_t i = 0;
  for (const KernelTable* table : availableKernels()) available.Set(i++, Napi::String::New(info.Env(), table->name));
  o.Set("available", available);
  o.Set("threads", pool().threads());
  o.Set("version", LEGATO_VERSION);
  return o;
}

/** The best of several tries at { gigaflops, gigabytesPerSecond } with the present pool and instruction set. */
Napi::Value measureMachine(const Napi::CallbackInfo& info) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); };
  const int threads = pool().threads();
  const KernelTable& k = kernels();
  constexpr int kTries = 7, kRounds = 200000;
  constexpr size_t kFloats = size_t{1} << 24;  // 64 MB a thread, beyond any cache
  std::vector<float> sinks(static_cast<size_t>(threads) * 16);
  std::vector<std::vector<float>> memory(threads);
  pool().run(threads, [&](int share, int) { memory[share].assign(kFloats, 1.0f); });
  double flops = 0, bytes = 0;
  for (int t = 0; t < kTries; t++) {
    std::vector<double> done(threads);
    auto from = Clock::now();
    pool().run(threads, [&](int share, int) { done[share] = k.multiplyAdds(kRounds, &sinks[share * 16]); });
    const double rate = std::accumulate(done.begin(), done.end(), 0.0) / seconds(from);
    flops = std::max(flops, rate);
    from = Clock::now();
    pool().run(threads, [&](int share, int) { k.streamRead(memory[share].data(), kFloats, &sinks[share * 16]); });
    bytes = std::max(bytes, static_cast<double>(kFloats) * sizeof(float) * threads / seconds(from));
  }
  Napi::Object o = Napi::Object::New(info.Env());
  o.Set("gigaflops", flops * 1e-9);
  o.Set("gigabytesPerSecond", bytes * 1e-9);
  return o;
}

Napi::Value setThreads(const Napi::CallbackInfo& info) {
  const int threads = info[0].ToNumber().Int32Value();
  if (threads < 1 || threads > 1024) refuse(info.Env(), "threads must lie in 1 … 1024");
  if (threads != pool().threads()) pool().resize(threads);
  return info.Env().Undefined();
}

Napi::Value setInstructionSet(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { chooseKernels(info[0].ToString().Utf8Value()); });
  return info.Env().Undefined();
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  exports.Set("info", Napi::Function::New(env, describe));
  exports.Set("measureMachine", Napi::Function::New(env, measureMachine));
  exports.Set("setThreads", Napi::Function::New(env, setThreads));
  exports.Set("setInstructionSet", Napi::Function::New(env, setInstructionSet));
  exports.Set("Rasterizer", RasterizerObject::define(env));
  exports.Set("photometric", Napi::Function::New(env, photometric));
  exports.Set("adam", Napi::Function::New(env, adam));
  exports.Set("neighbours", Napi::Function::New(env, neighbours));
  exports.Set("cellSimilarities", Napi::Function::New(env, similaritiesOfCells));
  exports.Set("assignCells", Napi::Function::New(env, assign));
  exports.Set("codebookLoss", Napi::Function::New(env, lossOfCodebook));
  exports.Set("upsampledArgmax", Napi::Function::New(env, indexMapOf));
  exports.Set("photoToPlanes", Napi::Function::New(env, photoToPlanes));
  return exports;
}

}  // namespace

}  // namespace legato

static Napi::Object legatoLoad(Napi::Env env, Napi::Object exports) { return legato::load(env, exports); }

NODE_API_MODULE(legato, legatoLoad)
