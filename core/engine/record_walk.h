// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/preview.h"
#include "plan/record_plan.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <stop_token>
#include <vector>

namespace feedline::inline engine {

/// Carries single records through a plan of one record, by the steps and with the random numbers of a run.
class RecordWalk {
 public:
  explicit RecordWalk(RecordPlan plan);

  /// Reads the record and runs every step. Errors: there is no such record, it is unreadable, a node refuses it (node,
  /// file, reason), the machine is at fault, stopped.
  [[nodiscard]] Status walk(std::uint64_t record, std::uint32_t epoch, const std::stop_token& stop);
  /// After a walk: value `index` of RecordPlan::values, described exactly.
  [[nodiscard]] PreviewValue value(std::size_t index) const;
  /// After a walk: which record it was, and its label by the source.
  void describe(Preview& preview) const;

  [[nodiscard]] const RecordPlan& plan() const { return plan_; }
  [[nodiscard]] std::uint64_t seed() const { return plan_.data.front().seed; }

 private:
  /// What a record leaves in the slots of one of the plans.
  struct Lane {
    std::deque<Datum> slots{};
    std::deque<Datum> unread{};  ///< outputs of the source without a slot: the label may be one
    std::vector<Datum*> read{};  ///< by output of the source
  };

  Status carry(const DataPlan& plan, Lane& lane, const std::stop_token& stop);
  Status run(const DataPlan& plan, const PlanStep& step, Lane& lane) const;
  Status refused(Error error, const std::string& node, const std::stop_token& stop) const;
  [[nodiscard]] OpContext context_of(const DataPlan& plan, const PlanStep& step) const;

  RecordPlan plan_;
  std::vector<Lane> lanes_{};
  std::uint64_t record_ = 0;
  std::uint32_t epoch_ = 1;
};

}  // namespace feedline::inline engine
