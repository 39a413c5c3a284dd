// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/class_sums.h"

namespace feedline::inline training {
namespace {

/// The share of a class that is predicted to be of it, as a mean over classes: scikit-learn's
/// recall_score(average="macro", zero_division=0). The micro-average is the accuracy.
class MacroRecall final : public ClassSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    return macro_mean(hits, truth, predicted, truth);
  }
};

const MetricRule kMacroRecall{.name = "macro recall",
                              .target = TargetKind::Classes,
                              .unit = kShareUnit,
                              .while_training = false,  // as of macro F1
                              .by_default = false,
                              .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MacroRecall>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMacroRecall)
