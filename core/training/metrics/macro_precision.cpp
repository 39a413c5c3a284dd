// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/class_sums.h"

namespace feedline::inline training {
namespace {

/// The share of what is predicted to be of a class that is of it, as a mean over classes: scikit-learn's
/// precision_score(average="macro", zero_division=0). The micro-average is the accuracy.
class MacroPrecision final : public ClassSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    return macro_mean(hits, predicted, predicted, truth);
  }
};

const MetricRule kMacroPrecision{
    .name = "macro precision",
    .target = TargetKind::Classes,
    .unit = kShareUnit,
    .while_training = false,  // as of macro F1
    .by_default = false,
    .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MacroPrecision>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMacroPrecision)
