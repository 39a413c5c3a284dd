// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <limits>

namespace feedline::inline training {
namespace {

/// The mean over classes of the harmonic mean of precision and recall, 2·hits /
/// (predicted + true): each class counts the same, however rare. Classes that
/// neither the data nor the predictions have are left out.
class MacroF1 final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor& predicted = rows.predicted_class();
    const at::Tensor& truth = rows.true_class();
    const at::Tensor ones = at::ones_like(truth);
    const at::Tensor found = at::zeros({3, rows.prediction().size(1)}, truth.options());
    found[kHits].scatter_add_(0, truth, predicted.eq(truth).to(at::kLong));
    found[kPredicted].scatter_add_(0, predicted, ones);
    found[kTrue].scatter_add_(0, truth, ones);
    add(found);
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const MacroF1&>(other);
    if (more.counts_.defined()) add(more.counts_);
  }

  [[nodiscard]] double value() const override {
    if (!counts_.defined()) return std::numeric_limits<double>::quiet_NaN();
    const at::Tensor counts = counts_.cpu().to(at::kDouble);
    const at::Tensor all = counts[kPredicted] + counts[kTrue];
    const at::Tensor present = all > 0;
    return (2 * counts[kHits] / all).masked_select(present).mean().item<double>();
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    return counts_.defined() ? std::vector<at::Tensor>{counts_} : std::vector<at::Tensor>{};
  }

  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1) counts_ = state[0];
  }

 private:
  enum Row : std::int64_t { kHits, kPredicted, kTrue };
  void add(const at::Tensor& found) { counts_ = counts_.defined() ? counts_ + found : found; }

  at::Tensor counts_{};  ///< i64, 3×classes, where the predictions are
};

const MetricRule kMacroF1{.name = "macro F1",
                          .target = TargetKind::Classes,
                          .unit = kShareUnit,
                          .while_training = false,  // ten small operations a step
                          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MacroF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMacroF1)
