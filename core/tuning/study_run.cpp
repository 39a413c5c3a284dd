// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/study_run.h"

#include "base/clock.h"
#include "state/checkpoint_files.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace feedline::inline tuning {
namespace {

constexpr std::chrono::milliseconds kAsk{50};
/// A step that takes longer when the run is to end is broken off.
constexpr Nanos kStepMayTake = 3'000'000'000;
/// Checkpoints of a study are taken at the end of its parts alone.
constexpr double kNeverInBetween = 1e12;

}  // namespace

std::uint32_t epochs_of_run(const Document& document, const RunOptions& options) {
  return options.epochs.value_or(
      static_cast<std::uint32_t>(std::max<std::int64_t>(trainer_number(document, "epochs"), 0)));
}

StudyFolder::StudyFolder() {
  if (auto made = TemporaryFolder::make("study")) root_ = std::move(*made);
}

std::filesystem::path StudyFolder::of(std::size_t trial) const {
  return root_ ? root_->path() / std::to_string(trial) : std::filesystem::path();
}

void StudyFolder::drop(std::size_t trial) const {
  std::error_code ignored;
  if (root_) std::filesystem::remove_all(of(trial), ignored);
}

StudyRun::StudyRun(const Study& study, StudyTrial& trial, const StudyOptions& options,
                   std::filesystem::path checkpoints)
    : study_(study), trial_(trial), options_(options), checkpoints_(std::move(checkpoints)) {}

RunOptions StudyRun::run_options() {
  RunOptions run = options_.measure.run;
  run.seed = trial_.seed;
  if (checkpoints_.empty()) return run;
  run.checkpoints.folder = checkpoints_;
  run.checkpoints.keep = 1;
  run.checkpoints.keep_best = false;
  run.checkpoints.every_seconds = kNeverInBetween;
  auto found = find_checkpoint(checkpoints_);
  if (found && *found)
    run.resume = {std::make_shared<const TrainingState>(std::move((*found)->state)), (*found)->path.string()};
  return run;
}

/// With the lock held.
void StudyRun::stop_where_due() {
  const bool last = own_epochs_ > 0 && epochs_.size() >= own_epochs_;  // it ends by itself
  if (run_ != nullptr && !last && epochs_.size() >= until_) run_->stop_behind_step();
}

void StudyRun::take(const Fact& fact) {
  const std::lock_guard lock(mutex_);
  if (const auto* done = std::get_if<EpochDone>(&fact); done != nullptr && !cut_ && epochs_.size() < until_) {
    const EpochResult& epoch = done->result;
    epochs_.push_back({.epoch = epoch.epoch,
                       .metrics = epoch.metrics,
                       .samples_per_s = epoch.samples_per_s,
                       .wall_s = epoch.wall_s,
                       .samples = epoch.samples});
    stop_where_due();
  }
  if (const auto* finished = std::get_if<Finished>(&fact)) result_ = finished->result;
}

void StudyRun::train(std::uint32_t epochs, const std::function<bool(const Snapshot&)>& go_on) {
  const RunOptions how = run_options();
  const Document& document = study_.settings[trial_.setting].document;
  until_ = epochs;
  own_epochs_ = epochs_of_run(document, how);
  if (how.resume.state) epochs_ = trial_.record.epochs;
  const std::unique_ptr<TrialLog> log = options_.open_log ? options_.open_log(study_, trial_, how) : nullptr;
  auto run = Run::start(document, how, [this, &log](const Fact& fact) {
    if (log) log->take(fact);
    take(fact);
  });
  {
    const std::lock_guard lock(mutex_);
    run_ = run.get();
    stop_where_due();  // it may have been faster than this thread
  }
  Nanos cut_at = 0;
  while (!run->wait_for(kAsk)) {
    const Snapshot now = run->snapshot();
    if (log) log->take(now);
    if (cut_at == 0 && !go_on(now)) {
      cut_at = Clock::system().now();
      {
        const std::lock_guard lock(mutex_);
        cut_ = true;
      }
      // Without a checkpoint there is nothing for which its step would have to end first.
      if (checkpoints_.empty()) {
        run->stop();
      } else {
        run->stop_behind_step();
      }
    }
    if (cut_at != 0 && Clock::system().now() - cut_at > kStepMayTake) run->stop();
  }
  {
    const std::lock_guard lock(mutex_);
    run_ = nullptr;
  }
  run.reset();  // now everything is told
  if (log)
    if (const std::int64_t number = log->finish(); number != 0) trial_.run = number;
  add(result_);
}

/// When the run is over.
void StudyRun::add(const RunResult& result) {
  const TrainerSample& trainer = result.last.trainer;
  trial_.record.epochs = epochs_;
  RunFigures& figures = trial_.record.figures;
  figures.steps = static_cast<double>(trainer.steps);
  figures.samples = static_cast<double>(trainer.samples);
  if (trainer.total_steps > 0) figures.total_steps = static_cast<double>(trainer.total_steps);
  if (trainer.epochs > 0) figures.epochs = trainer.epochs;
  figures.epoch = trainer.epoch;
  trial_.times = trainer.times;
  trial_.validation = trainer.validation;
  trial_.complete = result.end == RunResult::End::Completed;
  if (result.end == RunResult::End::Failed) trial_.failure = result.failure;
  trial_.record.status = trial_.complete ? RunStatus::Finished : RunStatus::Stopped;
}

}  // namespace feedline::inline tuning
