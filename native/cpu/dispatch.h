/** Chooses the kernels for the processor that is here, at run time. */
#pragma once

#include <string>
#include <vector>

#include "kernel_table.h"

namespace legato {

/** The tables that were compiled in and that this processor can run, slowest first. */
std::vector<const KernelTable*> availableKernels();

/** The table in use; the fastest available unless chooseKernels said otherwise. */
const KernelTable& kernels();

/** Throws std::invalid_argument for a name that is not available. */
void chooseKernels(const std::string& name);

}  // namespace legato
