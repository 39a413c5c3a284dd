// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/evaluator.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::size_t kRowsAtOnce = 8192;

}  // namespace

Evaluator::Evaluator(const ModelPlan& plan) {
  const std::vector<Comparison> all = comparisons(plan);
  for (std::size_t i = 0; i < all.size() && !comparison_; ++i)
    if (all[i].target == TargetKind::Classes) comparison_ = i;
}

void Evaluator::add(const std::vector<Part>& parts, std::span<const std::uint64_t> record_ids) {
  if (!comparison_) return;
  const at::NoGradGuard no_gradients;
  std::size_t row = 0;
  bool on_device = false;
  for (const Part& part : parts) {
    const auto ids = record_ids.subspan(row, std::min<std::size_t>(part.rows, record_ids.size() - row));
    row += part.rows;
    const Compared& compared = part.outcome.compared[*comparison_];
    const at::Tensor& prediction = compared.prediction();
    if (prediction.dim() != 2) continue;
    tally_.begin(static_cast<std::size_t>(prediction.size(1)));
    const at::Tensor label = compared.true_class().reshape({-1, 1});
    const at::Tensor share = at::softmax(prediction.to(at::kFloat), 1);
    const auto [confidence, predicted] = share.max(1, true);
    pending_.push_back(
        at::cat({label.to(at::kFloat), predicted.to(at::kFloat), share.gather(1, label), confidence}, 1));
    pending_ids_.insert(pending_ids_.end(), ids.begin(), ids.end());
    on_device = on_device || !prediction.device().is_cpu();
  }
  if (!on_device || pending_ids_.size() >= kRowsAtOnce) collect();
}

void Evaluator::collect() {
  if (pending_.empty()) return;
  const at::Tensor all = at::cat(std::exchange(pending_, {}), 0).cpu().contiguous();
  const std::vector<std::uint64_t> ids = std::exchange(pending_ids_, {});
  const float* row = all.data_ptr<float>();
  for (std::size_t i = 0; i < ids.size(); ++i, row += 4)
    tally_.add({.record = ids[i],
                .label = static_cast<std::int64_t>(row[0]),
                .predicted = static_cast<std::int64_t>(row[1]),
                .truth = row[2],
                .confidence = row[3]});
}

Evaluation Evaluator::take() {
  collect();
  return tally_.take();
}

}  // namespace feedline::inline training
