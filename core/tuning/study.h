// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/target.h"
#include "tuning/live_run.h"
#include "tuning/study_plan.h"
#include "tuning/study_settings.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline tuning {

/// A setting with one seed: a run, which may be stopped at a rung and go on later.
struct StudyTrial {
  std::size_t setting = 0;
  std::int64_t seed = 0;
  std::int64_t run = 0;  ///< its number in the record; 0: none
  /// Of what is known so far: epochs that are over, steps and samples of all of it. The record's other fields are
  /// empty.
  RunRecord record{};
  bool complete = false;  ///< trained for all its epochs, or stopped early by itself
  std::optional<Error> failure{};
  StepTimes times{};       ///< of the trainer's thread, in all
  StepTimes validation{};  ///< the part of it that validation took

  [[nodiscard]] std::uint32_t epochs() const { return static_cast<std::uint32_t>(record.epochs.size()); }
  /// Seconds of training and validation; 0 before its first epoch is over.
  [[nodiscard]] double seconds() const;
};

/// What a setting came to, over its seeds.
struct SettingOutcome {
  std::size_t setting = 0;
  std::uint32_t epochs = 0;  ///< that all its seeds were trained for
  bool complete = false;     ///< its runs came to their own end
  bool failed = false;       ///< one of its seeds
  MeanInterval value{};      ///< of the metric, behind the last of these epochs
  MeanInterval seconds{};    ///< until there
  std::size_t reached = 0;   ///< seeds that reached the target
  MeanInterval to_target{};  ///< seconds, of those that did
  MeanInterval samples_to_target{};
  bool front = false;                ///< on the Pareto front of time (to the target, else of training) and value
  std::vector<std::int64_t> runs{};  ///< in the record
};

struct Study {
  enum class End { Complete, BudgetSpent, Cancelled };
  std::string name{};
  End end = End::Complete;
  std::vector<StudySetting> settings{};
  std::vector<StudyTrial> trials{};  ///< all settings with the first seed, then all with the second...
  std::vector<Rung> rungs{};         ///< as planned
  std::size_t seeds = 1;
  std::optional<MetricTarget> target{};
  MetricValue metric{};  ///< by which settings are ranked: the target's, else what says most; no name before an epoch
  double seconds = 0;    ///< that it took
};

/// Settings from the best to the worst: those that came to their own end or were kept longest first, then by the mean
/// of the metric behind as many epochs. On the CPU the same seeds give the same ranking.
[[nodiscard]] std::vector<SettingOutcome> outcomes_of(const Study& study);

/// Takes what a trial's run tells into the record of runs.
class TrialLog {
 public:
  TrialLog() = default;
  virtual ~TrialLog() = default;
  TrialLog(const TrialLog&) = delete;
  TrialLog& operator=(const TrialLog&) = delete;
  /// From any thread.
  virtual void take(const Fact& fact) = 0;
  virtual void take(const Snapshot& now) = 0;
  /// When its run has ended: waits until all is written; its number, 0 if it has none.
  virtual std::int64_t finish() = 0;
};

struct StudyOptions {
  MeasureOptions measure{};  ///< device and seed of its runs, stop, progress
  std::string name{};        ///< by which its runs are found in the record: one word
  std::size_t seeds = 1;     ///< so many from the first one on
  std::optional<double> budget_s{};
  std::optional<MetricTarget> target{};
  /// Called for each part of a trial's run; `trial.run` is the number of the part before, which it supersedes. Empty:
  /// nothing is recorded.
  std::function<std::unique_ptr<TrialLog>(const Study&, const StudyTrial& trial, const RunOptions&)> open_log{};
  /// After each part of a trial. May be empty.
  std::function<void(const Study& so_far)> on_trial{};
};

/// "study-20261127-163301", of this moment.
[[nodiscard]] std::string new_study_name();
/// "baselines-20261127-163301".
[[nodiscard]] std::string new_baselines_name();

/// Runs settings with several seeds, one run after the other, by successive halving (study_plan.h): behind each rung
/// the better half goes on from its checkpoints, which is the same as if it had never stopped; an estimator, which has
/// none, begins anew. Settings keep the epochs of their trainer, and so their schedules; a budget that does not suffice
/// for them ends on an earlier rung. What it found so far is a result too: when the budget is spent, and when `stop` is
/// asked for. May take long: call it off the GUI thread. Errors: a budget too small for one epoch, with how long one
/// takes; a trainer without end and no budget; a metric that is not measured; no setting can be run.
[[nodiscard]] Result<Study> run_study(std::vector<StudySetting> settings, const StudyOptions& options);

}  // namespace feedline::inline tuning
