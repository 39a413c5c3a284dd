// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/run_state.h"

#include "training/block_cache.h"

#include <algorithm>

namespace feedline::inline training {

void RunState::set_paused(bool paused) {
  const std::lock_guard lock(mutex_);
  if (paused_ == paused) return;
  paused_ = paused;
  meter.set_paused(paused);
  for (Pipeline* pipeline : {train_, validation_}) {
    if (pipeline == nullptr) continue;
    if (paused) {
      pipeline->pause();
    } else if (flows_) {
      pipeline->resume();
    }
  }
  changed_.notify_all();
}

void RunState::pause() { set_paused(true); }
void RunState::resume() { set_paused(false); }

void RunState::stop() {
  stop_.request_stop();
  stop_pipelines();
}

void RunState::stop_behind_step() {
  {
    const std::lock_guard lock(mutex_);
    if (train_ != nullptr) ends_behind_step_ = true;
  }
  if (!ends_behind_step_) return stop();
  if (!joint_) return stop_pipelines();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void RunState::stop_pipelines() {
  const std::lock_guard lock(mutex_);
  if (train_ != nullptr) train_->stop();
  if (validation_ != nullptr) validation_->stop();
  changed_.notify_all();
}

bool RunState::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

void RunState::emit(const Fact& fact) noexcept {
  try {
    const std::lock_guard lock(emit_mutex_);
    if (on_fact_) on_fact_(fact);
  } catch (...) {  // the receiver's fault must not end the run
  }
}

bool RunState::wait_while_paused() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_ || end_requested(); });
  return !end_requested();
}

void RunState::attach(Pipeline* train, Pipeline* validation) {
  const std::lock_guard lock(mutex_);
  if (train == nullptr && train_ != nullptr) {
    last_stages_ = train_->stages(now());
    last_errors_ = train_->error_count() + (validation_ != nullptr ? validation_->error_count() : 0);
  }
  train_ = train;
  validation_ = validation;
  for (Pipeline* pipeline : {train_, validation_}) {
    if (pipeline == nullptr) continue;
    if (paused_) pipeline->pause();
    if (end_requested()) pipeline->stop();
  }
}

void RunState::mark_started() {
  const std::lock_guard lock(mutex_);
  started_ = Clock::system().now();
}

void RunState::let_flow() {
  const std::lock_guard lock(mutex_);
  flows_ = true;
  for (Pipeline* pipeline : {train_, validation_})
    if (pipeline != nullptr && !paused_) pipeline->resume();
}

void RunState::planned(std::shared_ptr<const Plan> plan) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
}

std::string RunState::locate(std::string_view lane, std::uint64_t record) const {
  return locator()(std::string(lane), record);
}

std::function<std::string(const std::string&, std::uint64_t)> RunState::locator() const {
  const std::lock_guard lock(mutex_);
  return [plan = plan_](const std::string& lane, std::uint64_t record) -> std::string {
    if (!plan) return {};
    const DataPlan& data = lane.starts_with(kValidation) && plan->validation ? *plan->validation : plan->train;
    return record < data.source->size() ? data.source->locate(record) : std::string{};
  };
}

Nanos RunState::now() const { return ended_ != 0 ? ended_ : Clock::system().now(); }

Snapshot RunState::last_snapshot() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = now();
  }
  return snapshot();
}

Snapshot RunState::snapshot() const {
  Snapshot snapshot;
  {
    const std::lock_guard lock(mutex_);
    snapshot.at = now();
    snapshot.started = started_;
    if (train_ != nullptr) {
      snapshot.stages = train_->stages(snapshot.at);
      snapshot.virtual_delay = train_->virtual_delay();
      snapshot.record_errors = train_->error_count() + (validation_ != nullptr ? validation_->error_count() : 0);
    } else {
      snapshot.stages = last_stages_;
      snapshot.record_errors = last_errors_;
    }
    snapshot.fit_passes = fit_passes_;
    snapshot.ranks = ranks_;
    snapshot.collective = collective_;
    snapshot.memory = memory_;
  }
  if (snapshot.memory.predicted > 0) snapshot.memory.tensors = tensor_memory().most;
  snapshot.trainer = meter.read();
  snapshot.process = process_.read();
  snapshot.loss_curve = loss_curve.points();
  return snapshot;
}

void RunState::fitted(const FitPassFigures& pass) {
  const std::lock_guard lock(mutex_);
  fit_passes_.push_back(pass);
}

void RunState::show_ranks(std::vector<RankSample> ranks, const CollectiveSample& collective) {
  const std::lock_guard lock(mutex_);
  ranks_.swap(ranks);
  collective_ = collective;
}

void RunState::show_memory(const MemorySample& predicted) {
  const std::lock_guard lock(mutex_);
  memory_ = predicted;
}

std::vector<NodeDurations> RunState::durations() const {
  const std::lock_guard lock(mutex_);
  return train_ != nullptr ? train_->durations() : std::vector<NodeDurations>{};
}

std::size_t RunState::set_workers(std::string_view node, std::size_t workers) {
  const std::lock_guard lock(mutex_);
  std::size_t now = 0;
  for (Pipeline* pipeline : {train_, validation_})
    if (pipeline != nullptr) now = std::max(now, pipeline->set_workers(node, workers));
  return now;
}

bool RunState::speed_up(std::string_view node, double factor) {
  const std::lock_guard lock(mutex_);
  if (train_ == nullptr) return false;
  if (!node.empty()) return train_->speed_up(node, factor);
  train_->speed_up_consumer(factor);
  return true;
}

}  // namespace feedline::inline training
