// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <limits>

namespace feedline::inline training {
namespace {

/// The mean over labels of the harmonic mean of precision and recall, 2·hits / (predicted + true): scikit-learn's
/// f1_score(average="macro", zero_division=0) of labels. One that is neither there nor predicted counts as 0.
class LabelF1 final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor predicted = rows.prediction().gt(0);
    const at::Tensor truth = rows.target().gt(0.5).view_as(predicted);
    add(at::stack({predicted.logical_and(truth).sum(0), predicted.sum(0), truth.sum(0)}));
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const LabelF1&>(other);
    if (more.counts_.defined()) add(more.counts_);
  }

  [[nodiscard]] double value() const override {
    if (!counts_.defined()) return std::numeric_limits<double>::quiet_NaN();
    const at::Tensor counts = counts_.cpu().to(at::kDouble);
    return (2 * counts[0] / (counts[1] + counts[2]).clamp_min(1)).mean().item<double>();
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (!counts_.defined()) return {};
    return {counts_};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1 && state[0].dim() == 2 && state[0].size(0) == 3) counts_ = state[0];
  }

 private:
  void add(const at::Tensor& found) { counts_ = counts_.defined() ? counts_ + found : found; }

  at::Tensor counts_{};  ///< i64, 3×labels: hits, predicted, true; where the predictions are
};

const MetricRule kLabelF1{.name = "label F1",
                          .target = TargetKind::Labels,
                          .unit = kShareUnit,
                          .while_training = false,  // eight small operations a step
                          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<LabelF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kLabelF1)
