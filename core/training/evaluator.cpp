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
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].target == TargetKind::Classes && !classes_) classes_ = i;
    if (all[i].target == TargetKind::Numbers && !numbers_) numbers_ = i;
    if (all[i].target == TargetKind::Labels && !labels_) labels_ = i;
  }
  if (classes_) labels_.reset();
  if (labels_) tally_.begin_labels();
}

void Evaluator::add(const std::vector<Part>& parts, std::span<const std::uint64_t> record_ids) {
  if (!classes_ && !numbers_ && !labels_) return;
  const at::NoGradGuard no_gradients;
  std::size_t row = 0;
  bool on_device = false;
  for (const Part& part : parts) {
    const std::vector<Compared>& compared = part.outcome.compared;
    const auto ids = record_ids.subspan(row, std::min<std::size_t>(part.rows, record_ids.size() - row));
    row += part.rows;
    on_device = on_device || !part.outcome.loss.device().is_cpu();
    if (numbers_) add_numbers(compared[*numbers_]);
    if (labels_) add_labels(compared[*labels_], ids);
    if (!classes_ || compared[*classes_].prediction().dim() != 2) continue;
    add_classes(compared[*classes_]);
    pending_ids_.insert(pending_ids_.end(), ids.begin(), ids.end());
  }
  const std::size_t waiting = std::max({pending_ids_.size(), static_cast<std::size_t>(pending_pair_count_),
                                        pending_labels_.size() * Evaluation::kMostWorst});
  if (!on_device || waiting >= kRowsAtOnce) collect();
}

void Evaluator::add_classes(const Compared& compared) {
  const at::Tensor& prediction = compared.prediction();
  tally_.begin(static_cast<std::size_t>(prediction.size(1)));
  const at::Tensor label = compared.true_class().reshape({-1, 1});
  const at::Tensor share = at::softmax(prediction.to(at::kFloat), 1);
  const auto [confidence, predicted] = share.max(1, true);
  pending_.push_back(at::cat({label.to(at::kFloat), predicted.to(at::kFloat), share.gather(1, label), confidence}, 1));
}

/// No row but the worst ones of a batch can be among the worst of all.
void Evaluator::add_labels(const Compared& compared, std::span<const std::uint64_t> ids) {
  const at::Tensor& prediction = compared.prediction();
  if (prediction.dim() != 2 || prediction.size(1) == 0 || compared.target().numel() != prediction.numel()) return;
  const at::Tensor said = at::sigmoid(prediction.to(at::kFloat));
  const at::Tensor has = compared.target().view_as(prediction).gt(0.5);
  const at::Tensor truth = at::where(has, said, 1 - said).amin(1);
  const std::int64_t kept = std::min<std::int64_t>(truth.size(0), Evaluation::kMostWorst);
  const auto [sorted, order] = at::sort(truth, true, 0, false);
  const at::Tensor rows = order.slice(0, 0, kept);
  const at::Tensor place = at::stack({rows.to(at::kFloat), sorted.slice(0, 0, kept)}, 1);
  pending_labels_.push_back(
      {.worst = at::cat(
           {place, said.gt(0.5).index_select(0, rows).to(at::kFloat), has.index_select(0, rows).to(at::kFloat)}, 1),
       .ids = {ids.begin(), ids.end()}});
}

void Evaluator::collect_labels() {
  for (const PendingLabels& pending : std::exchange(pending_labels_, {})) {
    const at::Tensor worst = pending.worst.cpu().contiguous();
    const std::int64_t labels = (worst.size(1) - 2) / 2;
    const float* row = worst.data_ptr<float>();
    for (std::int64_t i = 0; i < worst.size(0); ++i, row += worst.size(1)) {
      const auto place = static_cast<std::size_t>(row[0]);
      if (place >= pending.ids.size()) continue;
      WorstSample sample{
          .record = pending.ids[place], .label = -1, .predicted = -1, .truth = row[1], .confidence = 1 - row[1]};
      for (std::int64_t label = 0; label < labels; ++label) {
        const bool said = row[2 + label] > 0;
        const bool has = row[2 + labels + label] > 0;
        if (has && !said) sample.missed.push_back(label);
        if (said && !has) sample.extra.push_back(label);
      }
      tally_.add(std::move(sample));
    }
  }
}

void Evaluator::add_numbers(const Compared& compared) {
  const std::int64_t rows = compared.rows();
  if (rows == 0 || compared.target().numel() != compared.prediction().numel()) return;
  const std::int64_t columns = compared.prediction().numel() / rows;
  const std::int64_t step = (columns + ResidualPlot::kMostOfRecord - 1) / ResidualPlot::kMostOfRecord;
  const auto some = [&](const at::Tensor& numbers) {
    return numbers.reshape({rows, columns}).slice(1, 0, columns, step).to(at::kDouble).reshape({-1});
  };
  pending_pairs_.push_back(at::stack({some(compared.target()), some(compared.prediction())}, 1));
  pending_pair_count_ += pending_pairs_.back().size(0);
}

void Evaluator::collect() {
  if (!pending_pairs_.empty()) {
    const at::Tensor pairs = at::cat(std::exchange(pending_pairs_, {}), 0).cpu().contiguous();
    const auto* pair = pairs.data_ptr<double>();
    for (std::int64_t i = 0; i < pending_pair_count_; ++i, pair += 2) residuals_.add(pair[0], pair[1]);
    pending_pair_count_ = 0;
  }
  collect_labels();
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
  Evaluation found = tally_.take();
  if (labels_) tally_.begin_labels();
  return found;
}

ResidualPlot Evaluator::take_residuals() {
  collect();
  return residuals_.take();
}

}  // namespace feedline::inline training
