// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/winograd; free of LibTorch.

#include "nodes/model/winograd/winograd_job.h"

#include <cstddef>

namespace feedline::inline nodes {

/// WinogradLoops, built for a processor.
struct WinogradKernels {
  void (*see)(const WinogradJob& job, std::size_t first, std::size_t last) = nullptr;
  void (*take)(const WinogradJob& job, std::size_t first, std::size_t last) = nullptr;
  void (*convolve)(const WinogradJob& job, std::size_t channel, float* scratch) = nullptr;
  void (*convolve_back)(const WinogradJob& job, std::size_t channel, float* scratch) = nullptr;
  void (*learn)(const WinogradJob& job, std::size_t to, std::size_t channel, float* scratch) = nullptr;
};

/// For AVX-512, or for AVX2 with fused multiply-add. Null where the processor has neither: a library's convolution is
/// the quicker one there.
[[nodiscard]] const WinogradKernels* winograd_kernels();

}  // namespace feedline::inline nodes
