/** Packing for viewers, as JavaScript functions. */
#include "arguments.h"
#include "pack.h"

namespace legato {

namespace {

PackInput inputOf(const Napi::Object& o) {
  PackInput input{};
  input.count = whole(o, "count", 0, kMaxRows);
  input.shDegree = whole(o, "shDegree", 0, 3);
  input.geometry = floatsOf(o.Get("geometry"), "geometry", static_cast<size_t>(input.count) * 11).data;
  input.harmonics = floatsOf(o.Get("sphericalHarmonics"), "sphericalHarmonics", static_cast<size_t>(input.count) * 48).data;
  return input;
}

uint32_t* wordsOf(const Napi::Value& v, const char* name, size_t atLeast) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    refuse(v.Env(), std::string(name) + " must be a Uint32Array");
  auto array = v.As<Napi::Uint32Array>();
  if (array.ElementLength() < atLeast) refuse(v.Env(), std::string(name) + " is too short: " + std::to_string(atLeast) + " are needed");
  return array.Data();
}

Napi::Value extremes(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const PackInput input = inputOf(info[0].As<Napi::Object>());
  const PackExtremes found = guarded(env, [&] { return packExtremes(input); });
  Napi::Object o = Napi::Object::New(env);
  o.Set("lnScaleMin", found.lnScaleMin);
  o.Set("lnScaleMax", found.lnScaleMax);
  o.Set("dcMin", found.dcMin);
  o.Set("dcMax", found.dcMax);
  Napi::Array largest = Napi::Array::New(env), squares = Napi::Array::New(env);
  for (uint32_t b = 0; b < 3; b++) {
    largest.Set(b, Napi::Number::New(env, found.largest[b]));
    squares.Set(b, Napi::Number::New(env, found.squares[b]));
  }
  o.Set("largest", largest);
  o.Set("squares", squares);
  return o;
}

Napi::Value pack(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object o = info[0].As<Napi::Object>();
  const PackInput input = inputOf(o);
  const size_t rows = static_cast<size_t>(input.count);
  PackRange range{};
  const Napi::Object origin = o.Get("origin").As<Napi::Object>();
  for (uint32_t k = 0; k < 3; k++) range.origin[k] = origin.Get(k).ToNumber().DoubleValue();
  range.rgbMin = number(o, "rgbMin");
  range.rgbMax = number(o, "rgbMax");
  range.lnScaleMin = number(o, "lnScaleMin");
  range.lnScaleMax = number(o, "lnScaleMax");
  if (!(range.rgbMax > range.rgbMin) || !(range.lnScaleMax > range.lnScaleMin)) refuse(env, "a range is empty");
  PackedWords out{};
  out.splats = wordsOf(o.Get("splats"), "splats", rows * 4);
  const char* names[3] = {"sh1", "sh2", "sh3"};
  const char* limits[3] = {"sh1Max", "sh2Max", "sh3Max"};
  const size_t words[3] = {2, 4, 4};
  for (int b = 0; b < input.shDegree; b++) {
    range.shMax[b] = number(o, limits[b]);
    if (!(range.shMax[b] > 0)) refuse(env, std::string(limits[b]) + " must be positive");
    out.bands[b] = wordsOf(o.Get(names[b]), names[b], rows * words[b]);
  }
  guarded(env, [&] { packSplats(input, range, out); });
  return env.Undefined();
}

}  // namespace

void exportPack(Napi::Env env, Napi::Object exports) {
  exports.Set("packExtremes", Napi::Function::New(env, extremes));
  exports.Set("packSplats", Napi::Function::New(env, pack));
}

}  // namespace legato
