// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/fit.h"
#include "engine/pipeline_past.h"
#include "telemetry/process_meter.h"
#include "training/machine_facts.h"
#include "training/ranks/rank_agreement.h"
#include "training/trainer_loop.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline training {

/// Everything stands where it stood when the checkpoint was taken; the pipelines begin behind what was used.
void TrainerLoop::go_on(const ResumePoint& from, PipelineOptions& train, PipelineOptions& validation) {
  const TrainingPosition& position = from.position;
  const bool trained = position.batch >= plan_->train.batches_per_epoch();
  train.first_epoch = validation.first_epoch = position.epoch;
  if (settings_.epochs > 0) train.epochs = validation.epochs = settings_.epochs - position.epoch + 1;
  train.first_batch = position.batch;
  validation.first_batch =
      trained && !from.progress.pending && plan_->validation ? plan_->validation->batches_per_epoch() : 0;
  train.past = own_past(from.train);
  validation.past = own_past(from.validation);
  if (ranks_) {
    ranks_->own().tried = static_cast<std::int64_t>(train.past->tried);
    ranks_->own().bad = static_cast<std::int64_t>(train.past->bad);
  }

  steps_ = position.step;
  epoch_ = position.epoch;
  used_ = position.batch;
  pending_ = from.progress.pending;
  start_ = trained ? from.progress.meter : from.progress.epoch_start;
  early_stop_.restore(from.progress.stop);
  result_.epochs = from.progress.epochs;
  result_.resumed_from = options_.resume.path;
  result_.earlier_wall_s = from.progress.wall_s;
  earlier_ = EarlierPart{.recorded = from.progress.recorded,
                         .step = position.step,
                         .epochs = from.progress.epochs,
                         .wall_s = from.progress.wall_s,
                         .cpu_s = from.progress.cpu_s,
                         .stages = from.progress.stages};
  state_.meter.restore(from.progress.meter);
  state_.meter.begin_epoch(epoch_);
  learner_.begin_epoch(epoch_);
  state_.loss_curve.restore(from.progress.curve);
  if (from.progress.replicas != replicas_)
    state_.emit(Noticed{Error{
        .code = ErrorCode::Failed,
        .reason = fmt::format("the checkpoint was written with {} replicas, and there are {} now: the run goes on, but "
                              "not to the same bytes as without a break",
                              from.progress.replicas, replicas_),
        .remedy = fmt::format("Set replicas to {} to have the same bytes", from.progress.replicas),
        .node = plan_->trainer_node,
        .parameter = "replicas"}});
}

void TrainerLoop::keep_checkpoints(const ResumePoint* from) {
  if (!ranks_ || ranks_->leads()) make_keeper(from);
  keeps_ = keeper_ != nullptr;
}

void TrainerLoop::make_keeper(const ResumePoint* from) {
  if (options_.checkpoints.folder.empty() || !options_.train || options_.replay_batches) return;
  if (!learner_.keeps_state()) {
    if (options_.checkpoints.asked)
      state_.emit(
          Noticed{Error{.reason = "this estimator keeps no checkpoints: what it learns is fitted anew in each run",
                        .node = plan_->trainer_node}});
    return;
  }
  keeper_ = std::make_unique<CheckpointKeeper>(options_.checkpoints,
                                               [this](const Error& error) { state_.emit(Noticed{error}); });
  machine_ = machine_text(state_.snapshot().process.gpus, result_.execution);
  // An epoch that is still to be validated is not over: at the same step there will be another one to keep.
  if (from != nullptr)
    keeper_->resume(pending_ && steps_ > 0 ? steps_ - 1 : steps_, from->progress.best, from->progress.recorded);
}

/// Time and counters of this part, on top of those before it.
void TrainerLoop::add_whole_run(RunProgress& progress) const {
  const Nanos now = Clock::system().now();
  progress.wall_s = seconds(now - result_.first.started);
  progress.cpu_s = seconds(process_cpu() - result_.first.process.cpu);
  progress.stages = train_->stages(now);
  if (!earlier_) return;
  progress.wall_s += earlier_->wall_s;
  progress.cpu_s += earlier_->cpu_s;
  for (StageSample& stage : progress.stages)
    for (const StageSample& before : earlier_->stages)
      if (before.node == stage.node) stage.total += before.total;
}

void TrainerLoop::take_checkpoint(const CheckpointKeeper::Due& as) {
  state_.meter.enter(Phase::Checkpoint);
  auto state = learner_.collect();
  if (!state && ranks_) throw StepFailed(std::move(state.error()));
  if (!state) {
    state.error().reason = "no checkpoint can be taken: " + state.error().reason;
    state_.emit(Noticed{std::move(state.error())});
    keeper_.reset();
    return;
  }
  if (validation_ && !pending_) validated_ = validation_->past();
  const PipelinePast trained = past_of_ranks(train_->past());
  const PipelinePast validated = validation_ ? past_of_ranks(validated_) : PipelinePast{};
  if (!keeper_) return state_.meter.enter(Phase::Other);
  RunProgress progress{.epochs = result_.epochs,
                       .pending = pending_,
                       .meter = state_.meter.read(),
                       .epoch_start = start_,
                       .curve = state_.loss_curve.state(),
                       .stop = early_stop_.state(),
                       .best = keeper_->best_value(),
                       .records = plan_->train.sampler.count,
                       .replicas = replicas_,
                       .recorded = keeper_->recorded()};
  add_whole_run(progress);
  if (pending_) progress.epochs.pop_back();  // it was told, but is not over
  state->seed = static_cast<std::int64_t>(plan_->train.seed);
  state->position = {.epoch = epoch_, .batch = used_, .step = steps_};
  state->fitted = learnt_by(*plan_);
  state->texts.insert_or_assign(std::string(kMachineText), machine_);
  add_texts(*state, *plan_, progress, trained, validation_ ? &validated : nullptr);
  keeper_->write(std::make_shared<const TrainingState>(std::move(*state)), as);
  state_.meter.enter(Phase::Other);
}

/// What the run has come to is kept, unless it was broken off in the middle of a step, or must end at once.
void TrainerLoop::checkpoint_at_end() {
  if (!keeps_ || state_.stop_requested()) return;
  const bool whole = learner_.keeps_inside_epochs() || steps_ == start_.steps;  // else its epoch is not over
  if (!agreed(keeper_ && exact_ && keeper_->due_at_end(steps_) && whole)) return;
  if (keeper_) keeper_->finish();
  take_checkpoint({.numbered = true});
}

}  // namespace feedline::inline training
