// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/class_sums.h"

namespace feedline::inline training {
namespace {

/// The mean of the classes' F1, each weighted by its share of the data: scikit-learn's f1_score(average="weighted").
class WeightedF1 final : public ClassSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    const at::Tensor f1 = 2 * hits / (predicted + truth).clamp_min(1);
    return ((f1 * truth).sum() / truth.sum()).item<double>();
  }
};

const MetricRule kWeightedF1{.name = "weighted F1",
                             .target = TargetKind::Classes,
                             .unit = kShareUnit,
                             .while_training = false,  // as of macro F1
                             .by_default = false,
                             .make = []() -> std::unique_ptr<Metric> { return std::make_unique<WeightedF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kWeightedF1)
