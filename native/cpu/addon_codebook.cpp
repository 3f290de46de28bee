/** The codebook as JavaScript functions. */
#include "arguments.h"
#include "quantise.h"

namespace legato {

namespace {

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
  uint8_t* pixels = bytesOf(o.Get("map"), "map", static_cast<size_t>(width) * height);
  guarded(info.Env(), [&] { indexMap(similarity.data, rows, columns, entries, width, height, pixels); });
  return info.Env().Undefined();
}

}  // namespace

void exportCodebook(Napi::Env env, Napi::Object exports) {
  exports.Set("cellSimilarities", Napi::Function::New(env, similaritiesOfCells));
  exports.Set("assignCells", Napi::Function::New(env, assign));
  exports.Set("codebookLoss", Napi::Function::New(env, lossOfCodebook));
  exports.Set("upsampledArgmax", Napi::Function::New(env, indexMapOf));
}

}  // namespace legato
