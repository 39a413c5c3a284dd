// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/metrics: what the metrics share that count classes.

#include "training/metric.h"

#include <limits>

namespace feedline::inline training {

/// Hits, predictions and truths of each class, from which the value follows.
class ClassSums : public Metric {
 public:
  void add(const Compared& rows) override { add(rows.class_counts()); }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const ClassSums&>(other);
    if (more.counts_.defined()) add(more.counts_);
  }

  [[nodiscard]] double value() const override {
    if (!counts_.defined()) return std::numeric_limits<double>::quiet_NaN();
    const at::Tensor counts = counts_.cpu().to(at::kDouble);
    return of(counts[Compared::kHits], counts[Compared::kPredicted], counts[Compared::kTrue]);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (!counts_.defined()) return {};
    return {counts_};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1 && state[0].dim() == 2 && state[0].size(0) == 3) counts_ = state[0];
  }

 protected:
  /// f64, one a class, on the host.
  [[nodiscard]] virtual double of(const at::Tensor& hits, const at::Tensor& predicted,
                                  const at::Tensor& truth) const = 0;

  /// The mean of `part / whole` over the classes that the data or the predictions have; a class without a whole counts
  /// as 0, as scikit-learn's zero_division = 0 has it.
  [[nodiscard]] static double macro_mean(const at::Tensor& part, const at::Tensor& whole, const at::Tensor& predicted,
                                         const at::Tensor& truth) {
    return (part / whole.clamp_min(1)).masked_select(predicted + truth > 0).mean().item<double>();
  }

 private:
  void add(const at::Tensor& found) { counts_ = counts_.defined() ? counts_ + found : found; }

  at::Tensor counts_{};  ///< i64, 3×classes, where the predictions are
};

}  // namespace feedline::inline training
