// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/evaluation_tally.h"
#include "training/replicas.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace feedline::inline training {

/// Gathers an Evaluation from the batches of one validation pass. What a GPU found stays there until a good many rows
/// have come together, because reading it waits for all work in flight.
class Evaluator {
 public:
  /// Looks at the first loss that compares classes, if there is one.
  explicit Evaluator(const ModelPlan& plan);

  /// `parts` hold the rows of `record_ids` in order.
  void add(const std::vector<Part>& parts, std::span<const std::uint64_t> record_ids);
  /// What was found since the last time; without samples: none of it has classes. Names and files are left to the
  /// caller.
  [[nodiscard]] Evaluation take();

 private:
  void collect();

  std::optional<std::size_t> comparison_{};  ///< of comparisons()
  EvaluationTally tally_{};
  std::vector<at::Tensor> pending_{};  ///< rows × (label, predicted, truth, confidence), f32
  std::vector<std::uint64_t> pending_ids_{};
};

}  // namespace feedline::inline training
