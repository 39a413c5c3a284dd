// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/packed; free of LibTorch.

#include "nodes/model/packed/packed_job.h"

#include <cstddef>

namespace feedline::inline nodes {

/// PackedLoops::multiply() for AVX-512, or for AVX2 with fused multiply-add: the columns of panels [first, last). Null
/// where the processor has neither.
using PackedKernel = void (*)(const PackedJob& job, std::size_t first, std::size_t last);
[[nodiscard]] PackedKernel packed_kernel();

}  // namespace feedline::inline nodes
