/** Perceptrons and the decoder as JavaScript functions. */
#include "arguments.h"
#include "perceptron.h"
#include "render_types.h"

namespace legato {

namespace {

constexpr int kFeatures = kSemanticColumns - 1;

Napi::Value element(const Napi::Object& o, const char* key, int index) { return o.Get(key).As<Napi::Object>().Get(static_cast<uint32_t>(index)); }

NetworkRequest parseNetwork(const Napi::Object& o) {
  NetworkRequest q{};
  const Napi::Value widths = o.Get("widths");
  if (!widths.IsArray() || !o.Get("kernels").IsArray() || !o.Get("biases").IsArray())
    refuse(o.Env(), "widths, kernels and biases must be arrays");
  const auto length = widths.As<Napi::Array>().Length();
  if (length < 2 || length > kMaxLayers + 1) refuse(o.Env(), "widths: 1 … 8 layers");
  q.layers = static_cast<int>(length) - 1;
  for (int l = 0; l <= q.layers; l++) {
    const double width = element(o, "widths", l).ToNumber().DoubleValue();
    if (!(width >= 1 && width <= 4096) || width != std::floor(width)) refuse(o.Env(), "widths must be whole numbers from 1 to 4096");
    q.width[l] = static_cast<int>(width);
  }
  for (int l = 0; l < q.layers; l++) {
    q.kernel[l] = floatsOf(element(o, "kernels", l), "kernels", static_cast<size_t>(q.width[l]) * q.width[l + 1]).data;
    q.bias[l] = floatsOf(element(o, "biases", l), "biases", static_cast<size_t>(q.width[l + 1])).data;
  }
  q.rows = whole(o, "rows", 0, kMaxRows);
  return q;
}

NetworkGradients parseGradients(const Napi::Object& o, const NetworkRequest& q) {
  NetworkGradients g{};
  for (int l = 0; l < q.layers; l++) {
    g.kernel[l] = floatsOf(element(o, "dKernels", l), "dKernels", static_cast<size_t>(q.width[l]) * q.width[l + 1]).data;
    g.bias[l] = floatsOf(element(o, "dBiases", l), "dBiases", static_cast<size_t>(q.width[l + 1])).data;
  }
  return g;
}

Napi::Value outputs(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const NetworkRequest q = parseNetwork(o);
  const size_t rows = static_cast<size_t>(q.rows);
  const Floats input = floatsOf(o.Get("input"), "input", rows * q.width[0]);
  const Floats out = floatsOf(o.Get("output"), "output", rows * q.width[q.layers]);
  guarded(info.Env(), [&] { networkOutputs(q, input.data, out.data); });
  return info.Env().Undefined();
}

Napi::Value gradients(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const NetworkRequest q = parseNetwork(o);
  const size_t rows = static_cast<size_t>(q.rows);
  const Floats input = floatsOf(o.Get("input"), "input", rows * q.width[0]);
  const Floats dOutput = floatsOf(o.Get("dOutput"), "dOutput", rows * q.width[q.layers]);
  const Floats dInput = optional(o.Get("dInput"), "dInput", rows * q.width[0]);
  const NetworkGradients g = parseGradients(o, q);
  guarded(info.Env(), [&] { networkGradients(q, input.data, dOutput.data, g, dInput.data); });
  return info.Env().Undefined();
}

NetworkRequest parseDecoder(const Napi::Object& o) {
  const NetworkRequest q = parseNetwork(o);
  if (q.width[0] != kFeatures || q.width[q.layers] > 255) refuse(o.Env(), "a decoder goes from 8 values to at most 255 entries");
  return q;
}

Napi::Value decode(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const NetworkRequest q = parseDecoder(o);
  const size_t rows = static_cast<size_t>(q.rows);
  const Floats samples = floatsOf(o.Get("samples"), "samples", rows * kSampleColumns);
  const uint8_t* labels = bytesOf(o.Get("labels"), "labels", rows);
  const uint8_t* priced = bytesOf(o.Get("priced"), "priced", rows);
  DecodeOptions options{};
  options.cross = static_cast<float>(number(o, "crossEntropyWeight"));
  options.uncertainty = static_cast<float>(number(o, "uncertaintyWeight"));
  options.trust = static_cast<float>(number(o, "labelTrust"));
  options.form = flag(o, "linear") ? UncertaintyForm::kLinear : UncertaintyForm::kLog;
  options.held = flag(o, "held");
  options.coverage = static_cast<float>(number(o, "coverage"));
  options.highest = static_cast<float>(number(o, "highestUncertainty"));
  const Floats dSamples = optional(o.Get("dSamples"), "dSamples", rows * kSampleColumns);
  const NetworkGradients g = dSamples.data ? parseGradients(o, q) : NetworkGradients{};
  const DecodeReport report = guarded(info.Env(), [&] { return decodeLoss(q, options, samples.data, labels, priced, g, dSamples.data); });
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("loss", report.loss);
  result.Set("crossEntropy", report.crossEntropy);
  result.Set("uncertainty", report.uncertainty);
  result.Set("right", report.right);
  result.Set("used", report.used);
  return result;
}

Napi::Value rows(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const NetworkRequest q = parseDecoder(o);
  const size_t count = static_cast<size_t>(q.rows);
  const Floats features = floatsOf(o.Get("features"), "features", count * kFeatures);
  const Floats values = optional(o.Get("values"), "values", static_cast<size_t>(q.width[q.layers]));
  uint8_t* entries = o.Get("entries").IsTypedArray() ? bytesOf(o.Get("entries"), "entries", count) : nullptr;
  const Floats probability = optional(o.Get("probabilities"), "probabilities", count);
  const Floats scores = optional(o.Get("scores"), "scores", count);
  if (scores.data && !values.data) refuse(info.Env(), "scores need values");
  guarded(info.Env(), [&] { decodeRows(q, features.data, values.data, entries, probability.data, scores.data); });
  return info.Env().Undefined();
}

Napi::Value topEntries(const Napi::CallbackInfo& info) {
  const Napi::Object o = info[0].As<Napi::Object>();
  const NetworkRequest q = parseDecoder(o);
  const size_t count = static_cast<size_t>(q.rows);
  const int classes = q.width[q.layers];
  const int top = whole(o, "top", 1, classes);
  const int sets = whole(o, "sets", 0, 4096);
  const Floats features = floatsOf(o.Get("features"), "features", count * kFeatures);
  const Floats values = optional(o.Get("values"), "values", static_cast<size_t>(sets) * classes);
  const Floats scores = optional(o.Get("scores"), "scores", count * sets);
  if (sets > 0 && (!values.data || !scores.data)) refuse(info.Env(), "sets need values and scores");
  uint8_t* entries = bytesOf(o.Get("entries"), "entries", count * top);
  const Floats probabilities = floatsOf(o.Get("probabilities"), "probabilities", count * top);
  guarded(info.Env(), [&] { decodeTop(q, features.data, top, values.data, sets, entries, probabilities.data, scores.data); });
  return info.Env().Undefined();
}

}  // namespace

void exportNetwork(Napi::Env env, Napi::Object exports) {
  exports.Set("networkOutputs", Napi::Function::New(env, outputs));
  exports.Set("networkGradients", Napi::Function::New(env, gradients));
  exports.Set("decodeLoss", Napi::Function::New(env, decode));
  exports.Set("decodeRows", Napi::Function::New(env, rows));
  exports.Set("decodeTop", Napi::Function::New(env, topEntries));
}

}  // namespace legato
