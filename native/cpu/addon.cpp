/**
 * The door to Node: what is exported, and what this machine is. Checks live in arguments.h and addon_*.cpp; nothing here computes.
 * The TypeScript side of this door is src-main/kernels/addon.ts.
 */
#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "arguments.h"
#include "dispatch.h"
#include "pool.h"

namespace legato {

namespace {

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
  exportRasterizer(env, exports);
  exportElementwise(env, exports);
  exportCodebook(env, exports);
  exportNetwork(env, exports);
  exportPack(env, exports);
  exportVolume(env, exports);
  return exports;
}

}  // namespace

}  // namespace legato

static Napi::Object legatoLoad(Napi::Env env, Napi::Object exports) { return legato::load(env, exports); }

NODE_API_MODULE(legato, legatoLoad)
