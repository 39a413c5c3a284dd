// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline training {

/// All parameters of a model in one block of memory, and as many blocks of gradients of the same layout as there are
/// replicas. Summing gradients is then one vectorised addition, and an optimiser's step a handful of operations instead
/// of a handful a layer (training/flat_optimizer.h).
///
/// Parameters of one type on one device; each keeps its shape and memory format. Between them stand a few unused
/// numbers, which stay 0, so that each begins on a cache line.
///
/// The stages of a network may have devices of their own. Then the numbers of each lie there (away()), and the blocks,
/// which are on the host, show them only behind fetch().
class FlatParameters {
 public:
  /// A piece of the block. Evenly cut into `shards`, at cache lines.
  struct Range {
    std::int64_t first = 0;
    std::int64_t count = 0;
    [[nodiscard]] bool holds(std::int64_t place) const { return place >= first && place < first + count; }
  };
  /// Neighbouring parameters that lie on their own device.
  struct Away {
    Range place{};
    at::Tensor values{};
    at::Tensor gradients{};
  };

  /// Moves `parameters` into the block: their tensors become views of it, their gradients views of the first block.
  /// `groups`: of each parameter, which of them lie together on the device where they are; empty: all lie in the block.
  explicit FlatParameters(const std::vector<at::Tensor>& parameters, std::size_t replicas = 1,
                          std::span<const std::size_t> groups = {});

  /// Makes the parameters of a replica (at least 1) views of the same numbers, with gradients in its own block.
  /// `parameters` must be those of a model of the same build, and none of them away.
  void share(const std::vector<at::Tensor>& parameters, std::size_t replica);

  [[nodiscard]] Range range(std::size_t shard, std::size_t shards) const;
  /// Where each parameter begins, and where the last one ends, with the unused numbers behind it.
  [[nodiscard]] const std::vector<std::int64_t>& borders() const { return borders_; }
  [[nodiscard]] std::size_t replicas() const { return gradients_.size(); }

  /// The parts of a block of this layout, such as one that an optimiser keeps, that belong to each of the parameters:
  /// views of it in their shapes.
  [[nodiscard]] static std::vector<at::Tensor> parts(const at::Tensor& block,
                                                     const std::vector<at::Tensor>& parameters);

  [[nodiscard]] const at::Tensor& values() const { return values_; }
  [[nodiscard]] const at::Tensor& gradients(std::size_t replica) const { return gradients_[replica]; }

  /// In the order of the parameters; empty: all lie in the block.
  [[nodiscard]] const std::vector<Away>& away() const { return away_; }
  /// Which of away() has the number at that place; null: it lies in the block.
  [[nodiscard]] const Away* away_at(std::int64_t place) const;
  /// The blocks have what lies away: values, and gradients of the first. Waits for the devices. And the way back.
  void fetch() const;
  void send() const;

 private:
  void point(const at::Tensor& parameter, std::int64_t offset, std::size_t replica) const;
  void move_away(const std::vector<at::Tensor>& parameters, std::span<const std::size_t> groups);

  at::Tensor values_{};
  std::vector<at::Tensor> gradients_{};
  std::vector<std::int64_t> borders_{0};
  std::vector<Away> away_{};
};

}  // namespace feedline::inline training
