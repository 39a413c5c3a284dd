// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/row_fitter.h"

#include "nodes/table/table_columns.h"

#include <cmath>
#include <cstring>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct KeptRow {
  double label = 0;
  std::uint64_t bytes = 0;
};

class UnknownFitter final : public Fitter {
 public:
  Status add(std::span<const Datum* const>) override { return fail(not_known()); }
  Status merge(const Fitter&) override { return fail(not_known()); }
  Result<NamedTensors> finish() const override { return fail(not_known()); }

 private:
  static Error not_known() { return {.reason = "the columns of its table are not known yet"}; }
};

}  // namespace

RowFitter::RowFitter(std::shared_ptr<const RowFitterPlan> plan) : plan_(std::move(plan)) {}

Status RowFitter::add(std::span<const Datum* const> in) {
  const Datum& row = *in[0];
  if (!RowView::fits(row, plan_->columns)) return fail(short_row());
  const RowView view(row, plan_->columns);
  for (std::size_t i = 0; i < plan_->finite.size(); ++i)
    if (std::isinf(view.number(plan_->finite[i])))
      return fail_record(column_text(plan_->names[i]) + " holds a number that is not finite");
  double label = 0;
  if (plan_->labelled) {
    if (in.size() < 2 || in[1] == nullptr) return fail_record("it has no label");
    auto number = label_number(*in[1]);
    if (!number) return fail(std::move(number.error()));
    label = *number;
  }
  if (learner_ != nullptr) return learner_->take({view, row.span(), label});
  const KeptRow head{.label = label, .bytes = row.bytes()};
  const std::size_t at = kept_.size();
  kept_.resize(at + sizeof head + row.bytes());
  std::memcpy(kept_.data() + at, &head, sizeof head);
  if (row.bytes() != 0) std::memcpy(kept_.data() + at + sizeof head, row.data(), row.bytes());
  return {};
}

Status RowFitter::show(const RowFitter& rows) {
  Datum row;
  for (std::size_t at = 0; at < rows.kept_.size();) {
    KeptRow head;
    std::memcpy(&head, rows.kept_.data() + at, sizeof head);
    at += sizeof head;
    const std::int64_t bytes = static_cast<std::int64_t>(head.bytes);
    row.view(rows.kept_.data() + at, DType::U8, {&bytes, 1});
    at += head.bytes;
    if (Status taken = learner_->take({RowView(row, plan_->columns), row.span(), head.label}); !taken) return taken;
  }
  return {};
}

Status RowFitter::merge(const Fitter& next) {
  const auto& rows = static_cast<const RowFitter&>(next);
  if (rows.learner_ != nullptr) return fail("a fitter that others were merged into cannot be merged into another one");
  if (learner_ == nullptr) {
    learner_ = plan_->learner();
    if (Status shown = show(*this); !shown) return shown;
    kept_.clear();
  }
  return show(rows);
}

bool RowFitter::reset() {
  kept_.clear();
  learner_.reset();
  return true;
}

Result<NamedTensors> RowFitter::finish() const {
  if (learner_ != nullptr) return learner_->finish();
  RowFitter all(plan_);
  if (Status merged = all.merge(*this); !merged) return fail(std::move(merged.error()));
  return all.learner_->finish();
}

Result<double> label_number(const Datum& label) {
  double value = 0;
  if (label.bytes() != size_of(label.dtype())) return fail_record("its label is not one number");
  switch (label.dtype()) {
    case DType::I64:
      return static_cast<double>(label.label());
    case DType::F32: {
      float number = 0;
      std::memcpy(&number, label.data(), sizeof number);
      value = static_cast<double>(number);
      break;
    }
    case DType::F64:
      std::memcpy(&value, label.data(), sizeof value);
      break;
    default:
      return fail_record("its label is no number that can be learnt from");
  }
  if (!std::isfinite(value)) return fail_record("its label is not finite");
  return value;
}

std::unique_ptr<Fitter> unknown_fitter() { return std::make_unique<UnknownFitter>(); }

Error no_rows() {
  return {.reason = "there is no good training record to fit it to", .remedy = "See the list of bad records"};
}

}  // namespace feedline::inline nodes
