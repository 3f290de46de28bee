#include "dispatch.h"

#include <stdexcept>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace legato {

namespace {

#if defined(LEGATO_HAS_AVX2)
#if defined(_MSC_VER) && !defined(__clang__)
bool cpuHas(int leaf7Bit, bool wide) {
  int r[4];
  __cpuid(r, 1);
  if (!((r[2] >> 27) & 1) || !((r[2] >> 12) & 1)) return false;  // OSXSAVE, FMA
  const unsigned long long state = _xgetbv(0);
  if ((state & 6) != 6 || (wide && (state & 0xe0) != 0xe0)) return false;
  __cpuidex(r, 7, 0);
  return (r[1] >> leaf7Bit) & 1;
}
bool hasAvx2() { return cpuHas(5, false); }
bool hasAvx512() { return cpuHas(16, true) && cpuHas(17, true) && cpuHas(30, true) && cpuHas(31, true); }
#else
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}
#endif
#endif

const KernelTable* chosen = nullptr;

}  // namespace

std::vector<const KernelTable*> availableKernels() {
  std::vector<const KernelTable*> tables{genericKernels()};
#if defined(LEGATO_HAS_NEON)
  tables.push_back(neonKernels());
#endif
#if defined(LEGATO_HAS_AVX2)
  if (hasAvx2()) tables.push_back(avx2Kernels());
  if (hasAvx2() && hasAvx512()) tables.push_back(avx512Kernels());
#endif
  return tables;
}

const KernelTable& kernels() {
  if (!chosen) chosen = availableKernels().back();
  return *chosen;
}

void chooseKernels(const std::string& name) {
  std::string known;
  for (const KernelTable* table : availableKernels()) {
    if (name == table->name) {
      chosen = table;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(table->name);
  }
  throw std::invalid_argument("instruction set \"" + name + "\" is not available here; choose one of " + known);
}

}  // namespace legato
