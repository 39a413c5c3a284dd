// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/class_sums.h"
#include "training/metrics/label_sums.h"

namespace feedline::inline training {
namespace {

/// The harmonic mean of precision and recall of all decisions together, so that frequent classes or labels count more:
/// scikit-learn's f1_score(average="micro", zero_division=0).
double micro_f1_of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) {
  return (2 * hits.sum() / (predicted + truth).sum().clamp_min(1)).item<double>();
}

/// Where each row is of one class and predicted to be of one, it is the accuracy.
class MicroF1 final : public ClassSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    return micro_f1_of(hits, predicted, truth);
  }
};

class MicroLabelF1 final : public LabelSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    return micro_f1_of(hits, predicted, truth);
  }
};

const MetricRule kMicroF1{.name = "micro F1",
                          .target = TargetKind::Classes,
                          .unit = kShareUnit,
                          .while_training = false,  // as of macro F1
                          .by_default = false,
                          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MicroF1>(); }};

const MetricRule kMicroLabelF1{.name = "micro F1",
                               .target = TargetKind::Labels,
                               .unit = kShareUnit,
                               .while_training = false,
                               .by_default = false,
                               .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MicroLabelF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMicroF1)
FEEDLINE_METRIC(kMicroLabelF1)
