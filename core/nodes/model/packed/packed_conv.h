// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/packed/packed_job.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"

#include <cstdint>

namespace feedline::inline nodes {

/// Filters that do not change, in the order in which a product reads them, with a bias.
struct PackedFilters {
  at::Tensor panels{};  ///< out/32 × (kernel · kernel · in) × 32
  at::Tensor bias{};    ///< of all columns
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 0;

  /// weight: out × in × kernel × kernel; bias: out.
  [[nodiscard]] static PackedFilters of(const at::Tensor& weight, const at::Tensor& bias);
};

/// Is packed_conv() the better way? On the CPU, in float32 with channels last, where no gradient is asked of it and few
/// of the columns are empty. weight: as PackedFilters::of() takes it.
[[nodiscard]] bool packed_fits(const at::Tensor& x, const at::Tensor& weight);

/// at::conv2d(x, weight, bias, stride, (kernel - 1) / 2) + other, brought to a range, in one pass over the output: x
/// and `other` (undefined: none) are N×C×H×W with channels last. Where pixels lie side by side already the product
/// reads them there; else a few rows at a time are gathered in the second cache. No gradients. The bytes depend on no
/// number of threads, and those of a picture on no other one. `into`: where to write; undefined: memory of its own.
[[nodiscard]] at::Tensor packed_conv(const at::Tensor& x, const PackedFilters& filters, std::int64_t stride,
                                     OutputRange range = {}, const at::Tensor& other = {}, const at::Tensor& into = {});

}  // namespace feedline::inline nodes

#endif
