// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/live_diagnosis.h"

#include "tuning/live_run.h"

#include <algorithm>

namespace feedline::inline tuning {
namespace {

constexpr Nanos kSpacing = 250'000'000;
constexpr Nanos kWindow = 8'000'000'000;  // of training that a recent verdict rests on, about
constexpr Nanos kEvaluateEvery = 1'000'000'000;
/// For so long other programs must have the cores before that is the verdict, where there is another one.
constexpr Nanos kPatience = 15'000'000'000;

}  // namespace

void LiveDiagnosis::begin(const Document& document, const Started& fact) {
  reset();
  document_ = document;
  facts_ = run_facts(document, fact);
  begun_ = true;
}

void LiveDiagnosis::reset() { *this = LiveDiagnosis(); }

bool LiveDiagnosis::add(const Snapshot& now) {
  if (!begun_ || now.started == 0) return false;
  const Snapshot& trained = time_.add(now);
  if (!time_.warm()) return false;
  for (const StageSample& stage : now.stages)
    if (stage.type == "batch") facts_.execution.workers = stage.workers;
  if (recent_.empty() || trained.at - recent_.back().at >= kSpacing) recent_.push_back(trained);
  while (recent_.size() > 2 && trained.at - recent_[1].at >= kWindow &&
         trained.trainer.steps - recent_[1].trainer.steps >= kStepsNeeded)
    recent_.pop_front();
  if (now.at - judged_at_ < kEvaluateEvery) return false;
  return judge(now.at);
}

bool LiveDiagnosis::judge(Nanos at) {
  judged_at_ = at;
  Diagnosis found = diagnose(facts_, recent_.front(), time_.newest());
  if (found.verdict.kind == VerdictKind::NotYet) {
    if (basis_ == Basis::Recent) basis_ = Basis::Earlier;
    return true;
  }
  const bool contended = found.verdict.kind == VerdictKind::Contention;
  if (!contended) contended_since_ = 0;
  if (contended && contended_since_ == 0) contended_since_ = at;
  if (contended && diagnosis_ && diagnosis_->verdict.kind != VerdictKind::Contention &&
      at - contended_since_ < kPatience) {
    disturbance_ = found.verdict.headline;
    basis_ = Basis::Earlier;
    return true;
  }
  disturbance_.clear();
  diagnosis_ = std::move(found);
  basis_ = Basis::Recent;
  return true;
}

void LiveDiagnosis::finish(const RunResult& result) {
  if (!begun_) return;
  time_.add(result.last);
  disturbance_.clear();
  Diagnosis found = time_.whole(facts_, result.first);
  if (found.verdict.kind == VerdictKind::NotYet) return;
  diagnosis_ = std::move(found);
  basis_ = Basis::WholeRun;
}

std::uint64_t LiveDiagnosis::steps_missing() const {
  if (diagnosis_ || recent_.empty()) return diagnosis_ ? 0 : kStepsNeeded;
  const std::uint64_t done = time_.newest().trainer.steps - recent_.front().trainer.steps;
  return done < kStepsNeeded ? kStepsNeeded - done : 0;
}

std::vector<Fix> LiveDiagnosis::fixes() const {
  if (!diagnosis_) return {};
  return find_fixes({.document = document_, .facts = facts_, .diagnosis = *diagnosis_});
}

}  // namespace feedline::inline tuning
