/** How a kernel's arguments are taken out of JavaScript: types and lengths are checked here, and every refusal names the argument. */
#pragma once

#include <napi.h>

#include <cmath>
#include <new>
#include <stdexcept>
#include <string>

namespace legato {

[[noreturn]] inline void refuse(Napi::Env env, const std::string& message) { throw Napi::TypeError::New(env, message); }

inline double number(const Napi::Object& o, const char* key) {
  const Napi::Value v = o.Get(key);
  if (!v.IsNumber()) refuse(o.Env(), std::string(key) + " must be a number");
  return v.As<Napi::Number>().DoubleValue();
}

inline int whole(const Napi::Object& o, const char* key, int low, int high) {
  const double v = number(o, key);
  if (!(v >= low && v <= high) || v != std::floor(v))
    refuse(o.Env(), std::string(key) + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return static_cast<int>(v);
}

inline bool flag(const Napi::Object& o, const char* key) { return o.Get(key).ToBoolean().Value(); }

struct Floats {
  float* data;
  size_t length;
};

inline Floats floats(const Napi::Value& v, const char* name) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array)
    refuse(v.Env(), std::string(name) + " must be a Float32Array");
  auto array = v.As<Napi::Float32Array>();
  return {array.Data(), array.ElementLength()};
}

inline Floats floatsOf(const Napi::Value& v, const char* name, size_t atLeast) {
  const Floats f = floats(v, name);
  if (f.length < atLeast)
    refuse(v.Env(), std::string(name) + " holds " + std::to_string(f.length) + " floats, " + std::to_string(atLeast) + " are needed");
  return f;
}

inline Floats optional(const Napi::Value& v, const char* name, size_t atLeast) {
  if (v.IsNull() || v.IsUndefined()) return {nullptr, 0};
  return floatsOf(v, name, atLeast);
}

constexpr int kMaxSide = 1 << 15;
constexpr int kMaxRows = 1 << 28;

inline int32_t* integersOf(const Napi::Value& v, const char* name, size_t atLeast) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    refuse(v.Env(), std::string(name) + " must be an Int32Array");
  auto array = v.As<Napi::Int32Array>();
  if (array.ElementLength() < atLeast) refuse(v.Env(), std::string(name) + " is too short: " + std::to_string(atLeast) + " are needed");
  return array.Data();
}

inline uint16_t* shortsOf(const Napi::Value& v, const char* name, size_t atLeast) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_uint16_array)
    refuse(v.Env(), std::string(name) + " must be a Uint16Array");
  auto array = v.As<Napi::Uint16Array>();
  if (array.ElementLength() < atLeast) refuse(v.Env(), std::string(name) + " is too short: " + std::to_string(atLeast) + " are needed");
  return array.Data();
}

inline uint8_t* bytesOf(const Napi::Value& v, const char* name, size_t atLeast) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse(v.Env(), std::string(name) + " must be a Uint8Array");
  auto array = v.As<Napi::Uint8Array>();
  if (array.ElementLength() < atLeast) refuse(v.Env(), std::string(name) + " is too short: " + std::to_string(atLeast) + " are needed");
  return array.Data();
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

/** Each file of kernels adds its functions to the addon. */
void exportRasterizer(Napi::Env env, Napi::Object exports);
void exportElementwise(Napi::Env env, Napi::Object exports);
void exportCodebook(Napi::Env env, Napi::Object exports);
void exportNetwork(Napi::Env env, Napi::Object exports);
void exportPack(Napi::Env env, Napi::Object exports);
void exportVolume(Napi::Env env, Napi::Object exports);

}  // namespace legato
