// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "plan/plan.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The part of a network that gives the same of a record in every epoch, and where it ends: there its outputs are kept
/// by record (training/frozen_features.h).
struct FrozenPart {
  /// A layer whose output is kept.
  struct Border {
    std::size_t layer = 0;
    std::string node{};
    std::vector<bool> run{};            ///< by layer: it, and what stands in front of it
    std::vector<std::size_t> fields{};  ///< of the batch, that these read
    std::vector<std::int64_t> shape{};  ///< of what it gives of one record
  };
  std::vector<Border> borders{};
  std::vector<bool> rest{};           ///< by layer: it runs where the borders' outputs are there already
  std::vector<std::size_t> spared{};  ///< fields that then nobody reads, each read by one border alone; by border
};

/// `constant`: by layer, as Model::constant_layers() says; `worth`: by layer, it is so costly that keeping what it
/// gives is worth it; `steady`: by field of the batch, see steady_fields(). A border must be of a known size.
[[nodiscard]] FrozenPart find_frozen_part(const ModelPlan& network, const std::vector<bool>& constant,
                                          const std::vector<bool>& worth, const std::vector<bool>& steady);

/// Which fields of the batches have the same value of a record in every epoch: no node in front of them draws.
[[nodiscard]] std::vector<bool> steady_fields(const DataPlan& data);

/// A field that is not wanted of records whose output is kept already.
inline constexpr std::size_t kNoField = static_cast<std::size_t>(-1);

}  // namespace feedline::inline training
