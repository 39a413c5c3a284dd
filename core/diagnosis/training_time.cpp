// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/training_time.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace feedline::inline diagnosis {
namespace {

/// The warm-up: so many steps, or, where steps are slow, a few of them and some time.
constexpr std::uint64_t kWarmSteps = 20;
constexpr std::uint64_t kFewWarmSteps = 4;
constexpr Nanos kWarmEnough = 1'500'000'000;
/// The clock of the snapshot and that of the trainer are read one after the other: less is no pause.
constexpr double kJitter = 0.03;

Nanos trained(const Snapshot& at) { return at.trainer.trained().total(); }

/// What diagnosis reads.
Snapshot light(const Snapshot& now) {
  Snapshot copy = counters_of(now);
  copy.process = now.process;
  return copy;
}

template <class Counter>
void subtract(Counter& from, double what) {
  const double rest = static_cast<double>(from) - what;
  from = static_cast<Counter>(std::is_unsigned_v<Counter> ? std::max(std::round(rest), 0.0) : std::round(rest));
}

}  // namespace

bool warmed_up(std::uint64_t steps, Nanos lasted) {
  return steps >= kWarmSteps || (steps >= kFewWarmSteps && lasted >= kWarmEnough);
}

void TrainingTime::reset() { *this = TrainingTime(); }

const Snapshot& TrainingTime::add(const Snapshot& now) {
  if (now.started == 0 || (last_ && now.at <= last_->at)) return newest_;
  if (last_) {
    const double share = static_cast<double>(trained(now) - trained(*last_)) / static_cast<double>(now.at - last_->at);
    const double away = std::clamp(1 - share, 0.0, 1.0);
    if (away > kJitter) take_off(*last_, now, away);
  }
  last_ = light(now);
  newest_ = training_only(*last_);
  const std::uint64_t steps = now.trainer.steps;
  if (steps > 0 && first_step_ == 0) first_step_ = now.at;
  if (!warm_ && warmed_up(steps, now.at - first_step_)) warm_ = newest_;
  return newest_;
}

void TrainingTime::take_off(const Snapshot& from, const Snapshot& to, double share) {
  const auto part = [share](auto before, auto after) {
    return share * (static_cast<double>(after) - static_cast<double>(before));
  };
  away_.at += part(from.at, to.at);
  away_.cpu += part(from.process.cpu, to.process.cpu);
  if (from.process.cores_busy > 0) away_.cores_busy += part(from.process.cores_busy, to.process.cores_busy);
  away_.disk_bytes += part(from.process.disk_bytes, to.process.disk_bytes);
  away_.record_errors += part(from.record_errors, to.record_errors);
  stages_away_.resize(to.stages.size());
  for (std::size_t i = 0; i < to.stages.size(); ++i) {
    if (i >= from.stages.size() || from.stages[i].node != to.stages[i].node) continue;
    const StageCounters& a = from.stages[i].total;
    const StageCounters& b = to.stages[i].total;
    StageAway& away = stages_away_[i];
    away.records += part(a.records, b.records);
    away.bytes += part(a.bytes, b.bytes);
    away.cpu += part(a.cpu, b.cpu);
    away.busy += part(a.busy, b.busy);
    away.delayed += part(a.delayed, b.delayed);
    away.starved += part(a.starved, b.starved);
    away.blocked += part(a.blocked, b.blocked);
  }
}

Snapshot TrainingTime::training_only(const Snapshot& now) const {
  Snapshot only = now;
  subtract(only.at, away_.at);
  subtract(only.process.cpu, away_.cpu);
  subtract(only.process.cores_busy, away_.cores_busy);
  subtract(only.process.disk_bytes, away_.disk_bytes);
  subtract(only.record_errors, away_.record_errors);
  for (std::size_t i = 0; i < std::min(only.stages.size(), stages_away_.size()); ++i) {
    StageCounters& total = only.stages[i].total;
    const StageAway& away = stages_away_[i];
    subtract(total.records, away.records);
    subtract(total.bytes, away.bytes);
    subtract(total.cpu, away.cpu);
    subtract(total.busy, away.busy);
    subtract(total.delayed, away.delayed);
    subtract(total.starved, away.starved);
    subtract(total.blocked, away.blocked);
  }
  only.trainer.times = now.trainer.trained();
  only.trainer.validation = {};
  only.trainer.validating = false;
  only.trainer.fitting.reset();
  return only;
}

Diagnosis TrainingTime::whole(const RunFacts& facts, const Snapshot& first) const {
  if (warm_ && newest_.trainer.steps >= warm_->trainer.steps + kStepsNeeded) return diagnose(facts, *warm_, newest_);
  Snapshot start = light(first);
  start.trainer.times = first.trainer.trained();
  start.trainer.validation = {};
  return diagnose(facts, start, newest_);
}

}  // namespace feedline::inline diagnosis
