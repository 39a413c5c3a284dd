// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/metric.h"

#include <limits>

namespace feedline::inline training {

/// Hits, predictions and truths of each label, from which the value follows.
class LabelSums : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor predicted = rows.prediction().gt(0);
    const at::Tensor truth = rows.target().gt(0.5).view_as(predicted);
    add(at::stack({predicted.logical_and(truth).sum(0), predicted.sum(0), truth.sum(0)}));
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const LabelSums&>(other);
    if (more.counts_.defined()) add(more.counts_);
  }

  [[nodiscard]] double value() const override {
    if (!counts_.defined()) return std::numeric_limits<double>::quiet_NaN();
    const at::Tensor counts = counts_.cpu().to(at::kDouble);
    return of(counts[0], counts[1], counts[2]);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (!counts_.defined()) return {};
    return {counts_};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1 && state[0].dim() == 2 && state[0].size(0) == 3) counts_ = state[0];
  }

 protected:
  /// f64, one a label, on the host.
  [[nodiscard]] virtual double of(const at::Tensor& hits, const at::Tensor& predicted,
                                  const at::Tensor& truth) const = 0;

 private:
  void add(const at::Tensor& found) { counts_ = counts_.defined() ? counts_ + found : found; }

  at::Tensor counts_{};  ///< i64, 3×labels: hits, predicted, true; where the predictions are
};

}  // namespace feedline::inline training
