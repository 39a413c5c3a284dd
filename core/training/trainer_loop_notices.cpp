// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/suspension.h"
#include "training/trainer_loop.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline training {
namespace {

/// The clock counts up to a tenth of a second of each stop as time that passed.
constexpr Nanos kWorthTelling = 100'000'000;

}  // namespace

void TrainerLoop::BatchWaits::add(Nanos wait) {
  if (waits_.size() < kMost) waits_.push_back(wait);
}

Nanos TrainerLoop::BatchWaits::median() const {
  if (waits_.empty()) return 0;
  std::vector<Nanos> sorted = waits_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

void TrainerLoop::report_notices() {
  for (const RecordError& notice : train_->notices())
    if (notices_seen_.insert(notice.error.node).second) state_.emit(Noticed{notice.error});
}

void TrainerLoop::report_suspension() {
  const Nanos suspended = time_suspended();
  if (suspended - suspended_told_ < kWorthTelling) return;
  state_.emit(Noticed{Error{.code = ErrorCode::Failed,
                            .reason = fmt::format("the process was stopped, or the machine asleep, for {:.1f} s; "
                                                  "no figure counts this time",
                                                  seconds(suspended - suspended_told_))}});
  suspended_told_ = suspended;
}

void TrainerLoop::report_record_errors() {
  const std::uint64_t count = train_->error_count() + (validation_ ? validation_->error_count() : 0);
  if (count == errors_seen_) return;
  errors_seen_ = count;
  for (const Pipeline* pipeline : {train_.get(), validation_.get()}) {
    if (pipeline == nullptr) continue;
    for (const RecordError& kind : pipeline->errors())
      if (kinds_seen_.insert(kind.error.node + '\n' + kind.error.reason).second) state_.emit(RecordFailed{kind.error});
  }
}

}  // namespace feedline::inline training
