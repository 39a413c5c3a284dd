// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/packed/packed_job.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"

namespace feedline::inline nodes {

/// Is winograd_conv() the better way for a convolution with stride 1 and a padding of one pixel? On the CPU, with 3×3
/// filters, in float32 with channels last, where channels and pixels are many enough.
///
/// It asks nothing that a pass without gradients would answer otherwise: what is computed again for the backward pass
/// (`recompute`) has the same bytes.
[[nodiscard]] bool winograd_fits(const at::Tensor& x, const at::Tensor& weight);

/// at::conv2d(x, weight, bias, 1, 1), with gradients, by minimal filtering (Winograd, 1980; Lavin and Gray 2016,
/// F(4×4, 3×3)): 36 products in place of 144. x: N×C×H×W; weight: K×C×3×3, both with channels last; bias: K, or
/// undefined. What is rounded away is about twice as much as in the direct sum. The bytes depend on no number of
/// threads.
[[nodiscard]] at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

/// The same without gradients, brought to a range.
[[nodiscard]] at::Tensor winograd_conv_within(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                              OutputRange range);

}  // namespace feedline::inline nodes

#endif
