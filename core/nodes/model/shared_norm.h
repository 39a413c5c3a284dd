// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"

namespace feedline::inline nodes {

/// What a norm has learnt, and what it remembers.
struct NormTensors {
  at::Tensor scale{};
  at::Tensor shift{};
  at::Tensor mean{};
  at::Tensor variance{};
};

/// What stands behind a norm: `other` is added, where it is given; then what is below 0 becomes 0.
struct BehindNorm {
  at::Tensor other{};
  bool relu = false;
};

/// Batch norm of each channel (the second dimension of x). With `measures` by the mean and variance of the batch, which
/// go into the running ones with the weight `momentum`; else by the running ones, and so too where a channel has a
/// single number, which has no variance.
///
/// Where the replicas of the network tell each other (ReplicaExchange::current()), the batch is that of all of them,
/// forward and backward, as with torch.nn.SyncBatchNorm: means and squares of the parts are put together as in Chan,
/// Golub and LeVeque 1979, in double and in the replicas' order, so that all have the same bytes.
///
/// What stands behind it costs no pass of its own where fused_norm() can do it.
[[nodiscard]] at::Tensor batch_normalised(const at::Tensor& x, const NormTensors& norm, bool measures, double momentum,
                                          double epsilon, const BehindNorm& behind = {});

}  // namespace feedline::inline nodes

#endif
