// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/metrics: what the metrics share that count classes.

#include "training/metrics/decision_sums.h"

namespace feedline::inline training {

/// Of rows that are each of one class.
class ClassSums : public DecisionSums {
 public:
  void add(const Compared& rows) override { count(rows.class_counts()); }

 protected:
  /// The mean of `part / whole` over the classes that the data or the predictions have; a class without a whole counts
  /// as 0, as scikit-learn's zero_division = 0 has it.
  [[nodiscard]] static double macro_mean(const at::Tensor& part, const at::Tensor& whole, const at::Tensor& predicted,
                                         const at::Tensor& truth) {
    return (part / whole.clamp_min(1)).masked_select(predicted + truth > 0).mean().item<double>();
  }
};

}  // namespace feedline::inline training
