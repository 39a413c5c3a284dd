// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/live_diagnosis.h"

#include "tuning/live_run.h"

#include <algorithm>

namespace feedline::gui {
namespace {

constexpr Nanos kSpacing = 500'000'000;
constexpr Nanos kWindow = 8'000'000'000;
constexpr Nanos kJudgeEvery = 1'000'000'000;
/// The first steps set up memory and kernels.
constexpr std::uint64_t kWarmUp = 20;

}  // namespace

void LiveDiagnosis::begin(const Document& document, const Started& fact) {
  reset();
  document_ = document;
  facts_ = run_facts(document, fact);
  begun_ = true;
}

void LiveDiagnosis::reset() {
  begun_ = false;
  judged_at_ = 0;
  recent_.clear();
  diagnosis_.reset();
}

bool LiveDiagnosis::add(const Snapshot& now) {
  if (!begun_ || now.trainer.steps < kWarmUp) return false;
  if (now.trainer.validating) {
    recent_.clear();
    return false;
  }
  if (!recent_.empty() && now.at - recent_.back().at < kSpacing) return false;
  for (const StageSample& stage : now.stages)
    if (stage.type == "batch") facts_.workers = stage.workers;
  recent_.push_back(now);
  recent_.back().loss_curve.clear();
  while (recent_.size() > 2 && now.at - recent_[1].at >= kWindow &&
         now.trainer.steps - recent_[1].trainer.steps >= kStepsNeeded)
    recent_.pop_front();
  if (recent_.size() < 2 || now.at - judged_at_ < kJudgeEvery) return false;
  judged_at_ = now.at;
  diagnosis_ = diagnose(facts_, recent_.front(), recent_.back());
  return true;
}

std::vector<Fix> LiveDiagnosis::fixes() const {
  if (!diagnosis_) return {};
  return find_fixes({.document = document_, .facts = facts_, .diagnosis = *diagnosis_});
}

}  // namespace feedline::gui
