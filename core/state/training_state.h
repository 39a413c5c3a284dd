// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline state {

/// How far a run has learnt: what its trainer has used, not what was read ahead for it.
struct TrainingPosition {
  std::uint32_t epoch = 1;  ///< from 1
  std::uint64_t batch = 0;  ///< of this epoch: how many have been used
  std::uint64_t step = 0;   ///< of all epochs
  bool operator==(const TrainingPosition&) const = default;
};

/// Everything that a run goes on from, as plain values. Nothing in it depends on how many replicas learnt: parameters
/// and what the optimiser keeps of them are whole, buffers are those of the first replica. Only `generators` holds one
/// entry a replica.
///
/// Names are "key.tensor": the node's key (graph/key.h), and what its layer calls the tensor, which is LibTorch's name:
/// "hidden.weight", "block/norm.running_mean". Keys have no dots. Where an optimiser keeps something for a parameter,
/// its name follows: "hidden.weight.exp_avg".
struct TrainingState {
  NamedTensors parameters{};
  NamedTensors buffers{};
  NamedTensors optimizer{};
  NamedTensors fitted{};      ///< of fitted nodes: "normalise.mean"
  NamedTensors generators{};  ///< by key: see pack_generators()
  /// What was measured so far of the running epoch, by replica: "0.loss", "1.accuracy.0".
  NamedTensors tallies{};
  NamedTensors best{};  ///< weights and buffers of the epoch to which early stopping may go back; empty: none
  /// Gradients of batches since the optimiser's last step, flat, by replica: "0"; and "counts": see
  /// Replicas::Accumulated. Empty: none.
  NamedTensors accumulated{};
  std::int64_t seed = 0;
  TrainingPosition position{};
  std::map<std::string, std::string, std::less<>> texts{};  ///< whatever else a caller wants to keep

  bool operator==(const TrainingState&) const = default;
};

/// "key.tensor" taken apart; an empty key: the name has no dot.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_tensor_name(std::string_view name);

/// The states of one layer's generators, one a replica, as one tensor of bytes: so many, then they themselves, for
/// each.
[[nodiscard]] TensorValue pack_generators(const std::vector<std::vector<std::byte>>& states);
/// Error: damaged.
[[nodiscard]] Result<std::vector<std::vector<std::byte>>> unpack_generators(const TensorValue& packed);

/// Writes one safetensors file, at once or not at all. Parameters and buffers have their own names in it, so that any
/// tool finds a network's weights there; the others carry "optimizer:", "fitted:", "generator:", "tally:", "best:" or
/// "accumulated:" in front. What is no tensor stands in its metadata, as JSON, and beside it a checksum over all of it.
/// Errors: cannot be written (file, remedy).
Status save_training_state(const TrainingState& state, const std::filesystem::path& path);

/// Errors name the file: see SafetensorsFile::open(); it was not written by save_training_state(), or by a newer
/// program; what it holds does not fit its checksum.
[[nodiscard]] Result<TrainingState> load_training_state(const std::filesystem::path& path);

}  // namespace feedline::inline state
