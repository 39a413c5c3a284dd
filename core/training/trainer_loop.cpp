// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/trainer_loop.h"

#include "base/suspension.h"
#include "engine/cache_shelf.h"
#include "engine/pipeline_settings.h"
#include "schema/registry.h"
#include "training/fill_caches.h"
#include "training/learner.h"
#include "training/ranks/machine_caches.h"
#include "training/ranks/rank_agreement.h"
#include "training/step_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

namespace feedline::inline training {
namespace {

/// What an epoch's result says of one split.
void add_progress(Metrics& to, std::string_view split, const Learner::Progress& progress) {
  add_known(to, {loss_metric(split, progress.loss)});
  add_known(to, progress.metrics);
}

/// Joins lists of counted errors: one entry a node and message.
void merge_errors(std::vector<RecordError>& into, const std::vector<RecordError>& from) {
  for (const RecordError& error : from) {
    const auto same = std::find_if(into.begin(), into.end(), [&](const RecordError& other) {
      return other.error.node == error.error.node && other.error.reason == error.error.reason;
    });
    if (same == into.end()) {
      into.push_back(error);
    } else {
      same->count += error.count;
      same->records += error.records;
    }
  }
}

/// The first node that puts out a picture; where there is none, the source.
std::string showing_node(const DataPlan& data) {
  const std::vector<TensorDesc>& outputs = data.source->outputs();
  const auto picture = [](Kind kind) { return kind == Kind::Image; };
  for (const TensorDesc& output : outputs)
    if (picture(output.kind)) return data.source_node;
  for (const PlanStep& step : data.steps) {
    const NodeSpec* spec = Registry::instance().find(step.type);
    if (spec != nullptr && !spec->outputs.empty() && picture(spec->outputs.front().kind)) return step.node;
  }
  return data.source_node;
}

}  // namespace

/// Ends the flow of batches when the time is up, also while the loop waits for one.
class TrainerLoop::Deadline {
 public:
  Deadline(RunState& state, double seconds)
      : thread_([this, &state, seconds](const std::stop_token& stop) {
          const Clock& clock = Clock::system();
          const Nanos end = clock.now() + from_seconds(seconds);
          std::unique_lock lock(mutex_);
          // Again and again: while the process was stopped, this clock stood still.
          for (Nanos left = end - clock.now(); left > 0 && !stop.stop_requested(); left = end - clock.now())
            changed_.wait_for(lock, stop, std::chrono::nanoseconds(left), [] { return false; });
          if (stop.stop_requested()) return;
          passed_ = true;
          lock.unlock();
          if (!state.joint()) state.stop_pipelines();
        }) {}
  [[nodiscard]] bool passed() const { return passed_; }

 private:
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::atomic<bool> passed_{false};
  std::jthread thread_;  // last: the others must outlive it
};

TrainerLoop::TrainerLoop(std::shared_ptr<const Plan> plan, const RunOptions& options, const Training& training,
                         RunState& state, RunResult& result, const ResumePoint* from)
    : plan_(std::move(plan)),
      options_(options),
      learner_(*training.learner),
      state_(state),
      result_(result),
      early_stop_(plan_->trainer),
      ranks_(options.ranks),
      replicas_(static_cast<std::size_t>(std::max(training.execution.replicas * training.execution.ranks, 0))) {
  PipelineOptions pipeline = pipeline_options(training.execution, plan_->trainer);
  pipeline.allocator = training.allocator;
  pipeline.on_notice = [this](const Error& error) { state_.emit(Noticed{error}); };
  pipeline.meters = options.meters;
  pipeline.cache_folder = options.cache_folder;
  const DataPlan* const plans[] = {&plan_->train, plan_->validation ? &*plan_->validation : nullptr};
  pipeline.caches = shelf_of_run(plans, options);
  learner_.keep_on(pipeline.caches);
  pipeline.trace = state_.trace;
  if (ranks_) {
    pipeline.share = {.part = ranks_->rank(), .parts = ranks_->size()};
    state_.agree_on_ends();
  }
  settings_ = pipeline;
  pipeline.at_rest = true;  // until the run's clock starts, by which its workers are measured
  PipelineOptions validating = pipeline;
  if (ranks_) pipeline.max_bad_fraction = 1;  // judge_bad_records() does so over all of them
  if (from != nullptr) go_on(*from, pipeline, validating);
  train_ = std::make_unique<Pipeline>(plan_, plan_->train, pipeline);
  if (options_.train && options_.validate && plan_->validation) {
    validating.trace_prefix = RunState::kValidation;
    validation_ = std::make_unique<Pipeline>(plan_, *plan_->validation, std::move(validating));
  }
  state_.attach(train_.get(), validation_.get());
  keep_checkpoints(from);

  const std::uint64_t all = plan_->train.batches_per_epoch() * settings_.epochs;
  // Until stopped: nobody knows how many.
  const std::uint64_t most = options_.max_steps.value_or(all);
  state_.meter.begin_run(all == 0 ? most : std::min(all, most), settings_.epochs);
}

TrainerLoop::~TrainerLoop() {
  deadline_.reset();
  state_.attach(nullptr, nullptr);
}

Status TrainerLoop::load_first() {
  bool any = false;
  const auto load = [this, &any](const DataPlan* data, const char* what) -> Status {
    if (data == nullptr) return {};
    const std::shared_ptr<const Plan> part = fill_plan(*data);
    if (!part) return {};
    any = true;
    begin();
    return fill_caches(part, settings_, state_, what);
  };
  Status loaded = load(&plan_->train, "Loading everything first");
  if (loaded) loaded = load(validation_ ? &*plan_->validation : nullptr, "Loading all validation data first");
  if (!loaded || !any || !ranks_) return loaded;
  return catch_step_faults([this]() -> Status {
    ranks_->meet();  // what the others have loaded is there too
    return {};
  });
}

/// The clock of the run starts.
void TrainerLoop::begin() {
  if (result_.first.at != 0) return;
  state_.meter.enter(Phase::Wait);
  state_.mark_started();
  result_.first = state_.snapshot();
}

Result<TrainerLoop::End> TrainerLoop::run() {
  begin();
  state_.let_flow();  // not sooner: what caches are being filled with would be prepared twice
  if (options_.max_seconds) deadline_ = std::make_unique<Deadline>(state_, *options_.max_seconds);

  Result<End> end = catch_step_faults([this] {
    keeps_ = agreed(keeps_);
    Result<End> way = options_.replay_batches ? replay() : stream();
    if (way) checkpoint_at_end();
    // What was learnt of an unfinished epoch is reported too.
    if (way && steps_ > start_.steps) {
      if (auto status = finish_epoch(false); !status) way = fail(std::move(status.error()));
    }
    if (way && *way == End::Completed) end_with_best();
    if (way && ranks_ && !state_.stop_requested()) join_errors();
    return way;
  });
  if (!end && end.error().code == ErrorCode::Cancelled) end = End::Stopped;
  state_.meter.enter(Phase::Rest);
  if (keeper_) {
    keeper_->finish();
    result_.checkpoint = keeper_->newest();
    result_.best_checkpoint = keeper_->best();
  }
  report_record_errors();
  report_notices();
  result_.last = state_.last_snapshot();
  result_.durations = train_->durations();
  if (joined_errors_.empty()) {
    result_.errors = train_->errors();
    if (validation_) merge_errors(result_.errors, validation_->errors());
    result_.bad_records = train_->bad_records();
    if (validation_) result_.bad_records = merged(std::move(result_.bad_records), validation_->bad_records());
  }
  for (const PipelinePast& past : joined_errors_) {
    std::vector<RecordError> errors;
    for (const PastError& error : past.errors) errors.push_back(error.error);
    merge_errors(result_.errors, errors);
    result_.bad_records = merged(std::move(result_.bad_records), past.records);
  }
  report_suspension();
  result_.suspended = time_suspended() - suspended_before_;
  const std::vector<RecordError> caches = train_->notices();  // of both
  result_.notices.insert(result_.notices.end(), caches.begin(), caches.end());
  return end;
}

bool TrainerLoop::limit_reached() const {
  return (options_.max_steps && steps_ >= *options_.max_steps) || (ranks_ ? late_ : deadline_passed());
}

bool TrainerLoop::deadline_passed() const { return deadline_ && deadline_->passed(); }

/// Waits while paused. With other ranks, an end is agreed on; a stop does not wait for that.
bool TrainerLoop::may_go_on() { return state_.wait_while_paused() || (ranks_ && !state_.stop_requested()); }

Result<TrainerLoop::End> TrainerLoop::stream() {
  if (pending_) {
    if (auto status = finish_epoch(true); !status) {
      if (status.error().code != ErrorCode::Cancelled) return fail(std::move(status.error()));
      return state_.end_requested() ? End::Stopped : End::Completed;
    }
  }
  if (agreed(early_stop_.reached())) return End::Completed;  // it was before the run went on
  for (;;) {
    state_.meter.enter(Phase::Wait);
    if (!may_go_on()) return End::Stopped;
    if (limit_reached()) return End::Completed;
    const Nanos waited = state_.meter.time_in(Phase::Wait);
    auto batch = train_->next();
    report_record_errors();
    report_notices();
    report_suspension();
    if (!batch) {
      if (batch.error().code != ErrorCode::Cancelled) return fail(std::move(batch.error()));
      return state_.end_requested() ? End::Stopped : End::Completed;
    }
    if (!*batch) return End::Completed;
    // What was handed out counts as used: an end that waits for the step waits for this one.
    if (!state_.wait_while_paused() && state_.stop_requested()) return End::Stopped;
    if ((*batch)->epoch != epoch_) begin_epoch((*batch)->epoch);
    waits_.add(state_.meter.time_in(Phase::Wait) - waited);
    if (ranks_) tell_ranks(**batch);
    if ((*batch)->records > 0 || ranks_) {
      if (auto status = step(**batch); !status) {
        if (status.error().code == ErrorCode::Cancelled) return End::Stopped;
        return fail(std::move(status.error()));
      }
    }
    const bool last = (*batch)->last_of_epoch;
    used_ = (*batch)->index + 1;
    batch->reset();  // its memory is wanted for the next one
    const bool ends = ranks_ && ranks_->any(&RankWord::ends);
    if (!last) {
      if (ends) return End::Stopped;
      const bool due =
          ranks_ ? ranks_->any(&RankWord::keeps) : keeper_ && learner_.keeps_inside_epochs() && keeper_->due(steps_);
      if (due) take_checkpoint({.numbered = true});
      continue;
    }
    if (auto status = finish_epoch(true); !status) {
      if (status.error().code != ErrorCode::Cancelled) return fail(std::move(status.error()));
      return state_.end_requested() ? End::Stopped : End::Completed;
    }
    if (ends) return End::Stopped;
    if (agreed(early_stop_.reached())) return End::Completed;
  }
}

/// Holds on to the first batches, then steps through them without end.
Result<TrainerLoop::End> TrainerLoop::replay() {
  std::vector<Batch> kept;
  while (kept.size() < std::max<std::size_t>(*options_.replay_batches, 1)) {
    auto batch = train_->next();
    if (!batch) {
      if (batch.error().code == ErrorCode::Cancelled) return state_.end_requested() ? End::Stopped : End::Completed;
      return fail(std::move(batch.error()));
    }
    if (!*batch) break;
    if ((*batch)->records > 0) kept.push_back(std::move(**batch));
  }
  train_->pause();
  for (std::size_t i = 0; !kept.empty(); i = (i + 1) % kept.size()) {
    state_.meter.enter(Phase::Wait);
    if (!state_.wait_while_paused()) return End::Stopped;
    if (limit_reached()) return End::Completed;
    begin_epoch(1);
    if (auto status = step(kept[i]); !status) {
      if (status.error().code == ErrorCode::Cancelled) return End::Stopped;
      return fail(std::move(status.error()));
    }
    if (i + 1 == kept.size()) learner_.forget();
  }
  return End::Completed;
}

Status TrainerLoop::step(const Batch& batch) {
  std::optional<Learner::Progress> shown;
  if (options_.watch) watch(batch);
  train_->consuming(true);
  Status learnt = catch_step_faults([&]() -> Status {
    shown = learner_.train(batch, steps_ + 1);
    return {};
  });
  exact_ = exact_ && learnt;
  if (!learnt) return learnt;
  state_.meter.enter(Phase::Other);
  train_->consuming(false);
  std::uint64_t rows = batch.records;
  if (ranks_) {
    if (Status judged = judge_bad_records(batch.last_of_epoch); !judged) return judged;
    own_samples_ += rows;
    late_ = late_ || ranks_->any(&RankWord::late);
    rows = static_cast<std::uint64_t>(ranks_->rows());
    show_ranks();
    if (rows == 0) return {};
  }
  ++steps_;
  state_.meter.count_step(rows);
  if (shown) state_.meter.show(shown->loss, std::move(shown->metrics));
  return {};
}

void TrainerLoop::begin_epoch(std::uint32_t epoch) {
  epoch_ = epoch;
  state_.meter.begin_epoch(epoch);
  learner_.begin_epoch(epoch);
}

Status TrainerLoop::validate() {
  if (keeps_) validated_ = validation_->past();
  state_.meter.set_validating(true);
  learner_.begin_validation();
  for (;;) {
    state_.meter.enter(Phase::Wait);
    if (!may_go_on()) break;
    auto batch = validation_->next();
    report_record_errors();
    if (!batch) return fail(std::move(batch.error()));
    if (!*batch) break;
    if ((*batch)->records > 0 || ranks_) learner_.evaluate(**batch);
    state_.meter.enter(Phase::Other);
    if ((*batch)->last_of_epoch) {
      state_.meter.set_validating(false);
      return {};
    }
  }
  return fail_cancelled();
}

/// Names classes and files; null where nothing was judged.
std::shared_ptr<const Evaluation> TrainerLoop::evaluate() {
  Evaluation found = learner_.evaluate();
  if (found.worst.empty()) return nullptr;
  const DataPlan& data = *plan_->validation;
  found.epoch = epoch_;
  found.class_names = plan_->class_names();
  found.node = showing_node(data);
  for (WorstSample& sample : found.worst) sample.file = data.source->locate(sample.record);
  return std::make_shared<const Evaluation>(std::move(found));
}

/// Null where no numbers are compared.
std::shared_ptr<const ResidualPlot> TrainerLoop::residuals() {
  ResidualPlot found = learner_.take_residuals();
  if (!found.any()) return nullptr;
  found.epoch = epoch_;
  return std::make_shared<const ResidualPlot>(std::move(found));
}

/// What training says of an epoch; the learner begins the next one.
EpochResult TrainerLoop::finish_training() {
  EpochResult result{.epoch = epoch_};
  const Learner::Progress trained = learner_.finish_training();
  if (options_.watch) show_tensors();
  const TrainerSample after_training = state_.meter.read();
  add_progress(result.metrics, kTrainSplit, trained);
  result.learning_rate = after_training.learning_rate;
  result.samples = after_training.samples - start_.samples;
  result.step = steps_;
  result.samples_per_s = training_rate(start_, after_training);
  result.first_wait_s = seconds(waits_.first());
  result.median_wait_s = seconds(waits_.median());
  return result;
}

Status TrainerLoop::finish_epoch(bool complete) {
  if (complete && !pending_) learner_.finish_batches();
  state_.meter.enter(Phase::Other);
  EpochResult result = pending_ ? *std::exchange(pending_, std::nullopt) : finish_training();
  const EpochResult trained = result;
  Status status{};
  if (complete && validation_) {
    status = catch_step_faults([this] { return validate(); });
    if (!status && ranks_) return status;  // the others may never come to what is put together next
    const Learner::Progress validated = learner_.finish_validation();
    const auto evaluation = evaluate();
    const auto missed = residuals();
    if (status) {
      result.evaluation = evaluation;
      result.residuals = missed;
      add_progress(result.metrics, kValSplit, validated);
    }
  }
  state_.meter.enter(Phase::Other);
  state_.meter.set_validating(false);
  if (complete && status) judge(result);
  state_.meter.end_epoch();
  const TrainerSample now = state_.meter.read();
  result.wall_s += seconds((now.times - start_.times).total());
  waits_ = {};
  start_ = now;
  result_.epochs.push_back(result);
  state_.emit(EpochDone{result});
  if (!status) {
    if (status.error().code != ErrorCode::Cancelled) return status;
    pending_ = trained;
    pending_->wall_s = result.wall_s;
    return status;
  }
  if (!keeps_ || !complete) return status;
  const CheckpointKeeper::Due due = keeper_ ? keeper_->due(steps_, result) : CheckpointKeeper::Due{};
  if (agreed(due.any())) take_checkpoint(due);
  return status;
}

/// What follows from an epoch: another learning rate, weights to be kept, the end of the run. A run that only measures
/// goes on.
void TrainerLoop::judge(const EpochResult& result) {
  if (!options_.validate) return;
  learner_.observe(result.metrics);
  if (early_stop_.observe(result.epoch, result.metrics) && early_stop_.restores()) learner_.keep_best();
}

void TrainerLoop::end_with_best() {
  const std::uint32_t best = early_stop_.best_epoch();
  const bool goes_back = early_stop_.restores() && best > 0 && best < epoch_;
  if (goes_back) learner_.restore_best();
  if (goes_back) result_.weights_of_epoch = best;
  if (!goes_back && !early_stop_.reached()) return;
  const Error notice = early_stop_.notice(epoch_);
  state_.emit(Noticed{notice});
  result_.notices.push_back({.error = notice});
}

}  // namespace feedline::inline training
