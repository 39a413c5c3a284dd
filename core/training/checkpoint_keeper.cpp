// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/checkpoint_keeper.h"

#include <utility>

namespace feedline::inline training {

const MetricValue* judged_by(const Metrics& metrics, const std::string& best_by) {
  for (const MetricValue& metric : metrics)
    if (!best_by.empty() && metric_key(metric) == best_by) return &metric;
  if (!best_by.empty()) return nullptr;
  if (const MetricValue* found = headline(metrics, kValSplit)) return found;
  if (const MetricValue* found = find_metric(metrics, kLossMetric, kValSplit)) return found;
  return find_metric(metrics, kLossMetric, kTrainSplit);
}

CheckpointKeeper::CheckpointKeeper(const CheckpointOptions& options, std::function<void(const Error&)> on_fault)
    : options_(options),
      by_default_(options.every_steps == 0 && options.every_seconds <= 0 && options.every_epochs == 0),
      writer_(options.folder, options.keep, std::move(on_fault)),
      taken_at_(Clock::system().now()) {}

void CheckpointKeeper::resume(std::uint64_t step, std::optional<double> best, const RecordedAs& recorded) {
  taken_at_step_ = step;
  best_ = best;
  recorded_before_ = recorded;
}

RecordedAs CheckpointKeeper::recorded() const {
  const RecordedAs now = options_.recorded ? options_.recorded() : RecordedAs{};
  return now.run != 0 ? now : recorded_before_;
}

bool CheckpointKeeper::interval_over(std::uint64_t step) const {
  if (options_.every_steps > 0 && step / options_.every_steps > taken_at_step_ / options_.every_steps) return true;
  const double seconds_allowed = by_default_ ? kDefaultCheckpointSeconds : options_.every_seconds;
  return seconds_allowed > 0 && seconds(Clock::system().now() - taken_at_) >= seconds_allowed;
}

bool CheckpointKeeper::due(std::uint64_t step) { return interval_over(step) && writer_.idle(); }

bool CheckpointKeeper::is_best(const EpochResult& epoch) {
  const MetricValue* metric = judged_by(epoch.metrics, options_.best_by);
  if (metric == nullptr) return false;
  const bool better = !best_ || (metric->higher_is_better ? metric->value > *best_ : metric->value < *best_);
  if (better) best_ = metric->value;
  return better;
}

CheckpointKeeper::Due CheckpointKeeper::due(std::uint64_t step, const EpochResult& epoch) {
  ++epochs_since_;
  const Nanos since = Clock::system().now() - taken_at_;
  const bool epochs_over = by_default_ ? taken_at_step_ == 0 || seconds(since) >= kLeastCheckpointSeconds
                                       : options_.every_epochs > 0 && epochs_since_ >= options_.every_epochs;
  // What waits to be written may not be replaced: with it a best one would be lost.
  return {.numbered = (epochs_over || interval_over(step)) && writer_.idle(),
          .best = options_.keep_best && is_best(epoch)};
}

void CheckpointKeeper::write(std::shared_ptr<const TrainingState> state, const Due& as) {
  const Nanos now = Clock::system().now();
  if (as.best) {
    held_best_.reset();
    if (by_default_ && !as.numbered && best_at_ && seconds(now - *best_at_) < kLeastCheckpointSeconds) {
      held_best_ = std::move(state);
      return;
    }
    best_at_ = now;
  } else {
    write_held();  // a numbered one says how good the best is: that one must be there
  }
  if (as.numbered) {
    taken_at_ = now;
    taken_at_step_ = state->position.step;
    epochs_since_ = 0;
  }
  writer_.write({.state = std::move(state), .numbered = as.numbered, .best = as.best});
}

void CheckpointKeeper::write_held() {
  if (held_best_) writer_.write({.state = std::exchange(held_best_, nullptr), .numbered = false, .best = true});
}

void CheckpointKeeper::finish() {
  write_held();
  writer_.finish();
}

}  // namespace feedline::inline training
