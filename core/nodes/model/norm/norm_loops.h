// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/norm; free of LibTorch.

#include <cstddef>

namespace feedline::inline nodes {

/// Channels are a multiple of it.
inline constexpr std::size_t kNormLanes = 16;
/// Rows whose sums make one partial sum: they are added in order, by however many threads they were made.
inline constexpr std::size_t kNormPiece = 1024;

/// A norm over rows × channels numbers, with what stands around it: y = max(x · slope + shift + other, 0).
struct NormJob {
  std::size_t channels = 0;
  const float* x = nullptr;
  const float* other = nullptr;  ///< null: nothing is added
  float* y = nullptr;
  bool relu = false;
  const float* slope = nullptr;  ///< one a channel, as all that follow
  const float* shift = nullptr;
  const float* mean = nullptr;
  const float* gradient = nullptr;  ///< of y
  const float* result = nullptr;    ///< y, where `other` and `relu` hide what became 0; else null
  float* to_x = nullptr;
  float* to_other = nullptr;    ///< null: nobody asks
  const float* by_x = nullptr;  ///< to_x = gradient · slope + (x - mean) · by_x + constant
  const float* constant = nullptr;
};

struct NormLoops {
  /// Sums of x - mean and of its squares over rows [first, last): sums[2 · channels].
  void (*sum)(const NormJob& job, std::size_t first, std::size_t last, double* sums) = nullptr;
  void (*normalise)(const NormJob& job, std::size_t first, std::size_t last) = nullptr;
  /// Sums of the gradient, and of it times x - mean.
  void (*sum_back)(const NormJob& job, std::size_t first, std::size_t last, double* sums) = nullptr;
  void (*back)(const NormJob& job, std::size_t first, std::size_t last) = nullptr;
};

/// For AVX-512, or for AVX2 with fused multiply-add. Null where the processor has neither.
[[nodiscard]] const NormLoops* norm_loops();

}  // namespace feedline::inline nodes
