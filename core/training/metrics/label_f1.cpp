// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/label_sums.h"

namespace feedline::inline training {
namespace {

/// The mean over labels of the harmonic mean of precision and recall, 2·hits / (predicted + true): scikit-learn's
/// f1_score(average="macro", zero_division=0) of labels. One that is neither there nor predicted counts as 0.
class LabelF1 final : public LabelSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    return (2 * hits / (predicted + truth).clamp_min(1)).mean().item<double>();
  }
};

const MetricRule kLabelF1{.name = "label F1",
                          .target = TargetKind::Labels,
                          .unit = kShareUnit,
                          .while_training = false,  // eight small operations a step
                          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<LabelF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kLabelF1)
