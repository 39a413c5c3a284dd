// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline training {

/// All parameters of a model in one block of memory, and as many blocks of gradients of the same layout as there are
/// replicas. Summing gradients is then one vectorised addition, and an optimiser's step a handful of operations instead
/// of a handful a layer.
///
/// Parameters of one type on one device; each keeps its shape and memory format. Between them stand a few unused
/// numbers, which stay 0, so that each begins on a cache line.
class FlatParameters {
 public:
  /// Moves `parameters` into the block: their tensors become views of it, their gradients views of the first block.
  explicit FlatParameters(const std::vector<at::Tensor>& parameters, std::size_t replicas = 1);

  /// Makes the parameters of a replica (at least 1) views of the same numbers, with gradients in its own block.
  /// `parameters` must be those of a model of the same build.
  void share(const std::vector<at::Tensor>& parameters, std::size_t replica);

  /// Splits the block evenly into leaf tensors, for optimisers that treat every parameter by itself (all those that
  /// Feedline has): each of `count` threads then steps its own part. Their gradients are parts of the first block.
  [[nodiscard]] std::vector<at::Tensor> shards(std::size_t count) const;

  /// Adds the gradients of all replicas within a part, in the replicas' order, into the first block.
  void sum_gradients(std::size_t shard, std::size_t shards) const;
  /// Within a part, all replicas.
  void zero_gradients(std::size_t shard, std::size_t shards) const;

  /// The parts of a block of this layout, such as one that an optimiser keeps, that belong to each of the parameters:
  /// views of it in their shapes.
  [[nodiscard]] static std::vector<at::Tensor> parts(const at::Tensor& block,
                                                     const std::vector<at::Tensor>& parameters);

  [[nodiscard]] const at::Tensor& values() const { return values_; }
  [[nodiscard]] const at::Tensor& gradients(std::size_t replica) const { return gradients_[replica]; }

 private:
  struct Range {
    std::int64_t first = 0;
    std::int64_t count = 0;
  };
  [[nodiscard]] Range range(std::size_t shard, std::size_t shards) const;
  void point(const at::Tensor& parameter, std::int64_t offset, std::size_t replica) const;

  at::Tensor values_{};
  std::vector<at::Tensor> gradients_{};
};

}  // namespace feedline::inline training
