/** The rasteriser as a JavaScript object: pictures, their gradients, and samples of them. */
#include <algorithm>

#include "arguments.h"
#include "dispatch.h"
#include "rasterizer.h"
#include "sampler.h"
#include "semantic_sampler.h"
#include "surface.h"

namespace legato {

namespace {

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

class RasterizerObject : public Napi::ObjectWrap<RasterizerObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Rasterizer",
                       {InstanceMethod("forward", &RasterizerObject::forward), InstanceMethod("backward", &RasterizerObject::backward),
                        InstanceMethod("compositeSamples", &RasterizerObject::compositeSamples),
                        InstanceMethod("scatterSamples", &RasterizerObject::scatterSamples),
                        InstanceMethod("voteSamples", &RasterizerObject::voteSamples),
                        InstanceMethod("sampleWeights", &RasterizerObject::sampleWeights),
                        InstanceMethod("surface", &RasterizerObject::surface),
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

  /** compositeSamples(frame, pixels, semantics, count, out [pixels, 10]) → the number that names this sample */
  Napi::Value compositeSamples(const Napi::CallbackInfo& info) {
    const auto frame = static_cast<uint64_t>(info[0].ToNumber().Int64Value());
    const int pixels = pixelsOf(info[1]);
    const int count = info[3].ToNumber().Int32Value();
    if (count < 0 || count > kMaxRows) refuse(info.Env(), "count is out of range");
    const Floats semantics = floatsOf(info[2], "semantics", static_cast<size_t>(count) * kSemanticColumns);
    const Floats out = floatsOf(info[4], "out", static_cast<size_t>(pixels) * kSampleColumns);
    guarded(info.Env(), [&] {
      rasterizer_.require(frame);
      semanticSampler_.composite(kernels(), rasterizer_, info[1].As<Napi::Int32Array>().Data(), pixels, semantics.data, count, out.data);
    });
    return Napi::Number::New(info.Env(), static_cast<double>(++sample_));
  }

  /** scatterSamples(sample, dOut [pixels, 10], dSemantics) */
  Napi::Value scatterSamples(const Napi::CallbackInfo& info) {
    if (info[0].ToNumber().Int64Value() != static_cast<int64_t>(sample_))
      refuse(info.Env(), "another sample was taken on this rasteriser since");
    const Floats dOut = floatsOf(info[1], "dOut", static_cast<size_t>(semanticSampler_.pixels()) * kSampleColumns);
    const Floats to = floatsOf(info[2], "semantics gradient", static_cast<size_t>(semanticSampler_.count()) * kSemanticColumns);
    const int capacity = static_cast<int>(to.length / kSemanticColumns);
    guarded(info.Env(), [&] { semanticSampler_.scatter(kernels(), dOut.data, to.data, capacity); });
    return info.Env().Undefined();
  }

  /** voteSamples(sample, labels of splats [count], labels [pixels]): those that are not 0 are overwritten */
  Napi::Value voteSamples(const Napi::CallbackInfo& info) {
    if (info[0].ToNumber().Int64Value() != static_cast<int64_t>(sample_))
      refuse(info.Env(), "another sample was taken on this rasteriser since");
    const uint8_t* splats = bytesOf(info[1], "labels of splats", static_cast<size_t>(semanticSampler_.count()));
    uint8_t* labels = bytesOf(info[2], "labels", static_cast<size_t>(semanticSampler_.pixels()));
    guarded(info.Env(), [&] { semanticSampler_.vote(kernels(), splats, labels); });
    return info.Env().Undefined();
  }

  /** sampleWeights(frame, pixels, least weight) → copies { offsets, rows, weights } */
  Napi::Value sampleWeights(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto frame = static_cast<uint64_t>(info[0].ToNumber().Int64Value());
    const int count = pixelsOf(info[1]);
    const float least = info[2].ToNumber().FloatValue();
    guarded(env, [&] {
      rasterizer_.require(frame);
      sampler_.gather(kernels(), rasterizer_, info[1].As<Napi::Int32Array>().Data(), count, least);
    });
    const size_t pixels = static_cast<size_t>(sampler_.pixels()), pairs = sampler_.pairs();
    auto offsets = Napi::Uint32Array::New(env, pixels + 1);
    auto rows = Napi::Uint32Array::New(env, pairs);
    auto weights = Napi::Float32Array::New(env, pairs);
    std::copy_n(sampler_.offsets(), pixels + 1, offsets.Data());
    std::copy_n(sampler_.rows(), pairs, rows.Data());
    std::copy_n(sampler_.weights(), pairs, weights.Data());
    Napi::Object out = Napi::Object::New(env);
    out.Set("offsets", offsets);
    out.Set("rows", rows);
    out.Set("weights", weights);
    return out;
  }

  /** surface(frame, { geometry, uncertainty, labels, labelCount }, { depth, alpha, confidence, uncertainty, labels }) */
  Napi::Value surface(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto frame = static_cast<uint64_t>(info[0].ToNumber().Int64Value());
    guarded(env, [&] { rasterizer_.require(frame); });
    const Napi::Object in = info[1].As<Napi::Object>(), o = info[2].As<Napi::Object>();
    const size_t rows = static_cast<size_t>(rasterizer_.rows());
    const size_t pixels = static_cast<size_t>(rasterizer_.width()) * rasterizer_.height();
    const int labelCount = whole(in, "labelCount", 1, 1 << 16);
    const uint16_t* labels = shortsOf(in.Get("labels"), "labels", rows);
    for (size_t row = 0; row < rows; row++)
      if (labels[row] >= labelCount) refuse(env, "labels: that of splat " + std::to_string(row) + " is not below labelCount");
    const float* geometry = floatsOf(in.Get("geometry"), "geometry", rows * kGeometryColumns).data;
    const float* u = floatsOf(in.Get("uncertainty"), "uncertainty", rows).data;
    const SurfacePlanes out{floatsOf(o.Get("depth"), "depth", pixels).data, floatsOf(o.Get("alpha"), "alpha", pixels).data,
                            floatsOf(o.Get("confidence"), "confidence", pixels).data, floatsOf(o.Get("uncertainty"), "uncertainty", pixels).data,
                            shortsOf(o.Get("labels"), "labels", pixels)};
    guarded(env, [&] { surface_.sample(kernels(), rasterizer_, geometry, u, labels, labelCount, out); });
    return env.Undefined();
  }

  /** How many pixels are asked for. */
  static int pixelsOf(const Napi::Value& value) {
    integersOf(value, "pixels", 0);
    const auto count = value.As<Napi::Int32Array>().ElementLength();
    if (count > kMaxRows) refuse(value.Env(), "pixels: too many");
    return static_cast<int>(count);
  }

  Napi::Value memoryBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(rasterizer_.memoryBytes() + sampler_.memoryBytes() + semanticSampler_.memoryBytes() +
                                                                                  surface_.memoryBytes()));
  }

  Rasterizer rasterizer_;
  Sampler sampler_;
  SemanticSampler semanticSampler_;
  SurfaceSampler surface_;
  uint64_t sample_ = 0;
};

}  // namespace

void exportRasterizer(Napi::Env env, Napi::Object exports) { exports.Set("Rasterizer", RasterizerObject::define(env)); }

}  // namespace legato
