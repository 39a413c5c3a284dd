// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"
#include "nodes/model/shared_norm.h"

namespace feedline::inline nodes {

/// Can fused_norm() do it? On the CPU, in float32 with channels last, a multiple of 16 of them.
[[nodiscard]] bool fused_norm_fits(const at::Tensor& x);

/// Batch norm by the batch's own mean and variance, what is added to it and ReLU, with gradients: what LibTorch does in
/// nine passes over the numbers forward and eleven backward, in two (the moments; all else) and two. `other`: of x's
/// shape, or undefined. The running statistics are updated as LibTorch does it.
///
/// Sums are float32 over 64 rows, then double, in an order that depends on no number of threads.
[[nodiscard]] at::Tensor fused_norm(const at::Tensor& x, const NormTensors& norm, const at::Tensor& other, bool relu,
                                    double momentum, double epsilon);

}  // namespace feedline::inline nodes

#endif
