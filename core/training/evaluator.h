// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/evaluation_tally.h"
#include "training/replicas.h"
#include "training/residual_tally.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace feedline::inline training {

/// Gathers an Evaluation and a ResidualPlot from the batches of one validation pass. What a GPU found stays there until
/// a good many rows have come together, because reading it waits for all work in flight.
class Evaluator {
 public:
  /// Looks at the first loss that compares classes, or else labels, and the first that compares numbers, if there are
  /// such.
  explicit Evaluator(const ModelPlan& plan);

  /// `parts` hold the rows of `record_ids` in order.
  void add(const std::vector<Part>& parts, std::span<const std::uint64_t> record_ids);
  /// What was found since the last time; without samples: none of it has classes. Names and files are left to the
  /// caller.
  [[nodiscard]] Evaluation take();
  /// The same of numbers.
  [[nodiscard]] ResidualPlot take_residuals();

 private:
  void add_classes(const Compared& compared);
  void add_labels(const Compared& compared, std::span<const std::uint64_t> ids);
  void add_numbers(const Compared& compared);
  void collect_labels();
  void collect();

  std::optional<std::size_t> classes_{};  ///< of comparisons()
  std::optional<std::size_t> numbers_{};
  std::optional<std::size_t> labels_{};  ///< looked at where classes_ is none
  EvaluationTally tally_{};
  std::vector<at::Tensor> pending_{};  ///< rows × (label, predicted, truth, confidence), f32
  std::vector<std::uint64_t> pending_ids_{};
  /// The worst rows of some rows: row × (which of `ids`, truth, a predicted label each, a true label each), f32.
  struct PendingLabels {
    at::Tensor worst{};
    std::vector<std::uint64_t> ids{};
  };
  std::vector<PendingLabels> pending_labels_{};
  ResidualTally residuals_{};
  std::vector<at::Tensor> pending_pairs_{};  ///< pairs × (target, predicted), f64
  std::int64_t pending_pair_count_ = 0;
};

}  // namespace feedline::inline training
