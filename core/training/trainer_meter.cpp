// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/trainer_meter.h"

#include <algorithm>

namespace feedline::inline training {

void TrainerMeter::add(TrainerSample& sample, Nanos spent) const {
  sample.times[phase_] += spent;
  if (sample.validating) {
    sample.validation[phase_] += spent;
  } else if (border_ && phase_ == Phase::Wait) {
    sample.border_wait += spent;
  }
}

void TrainerMeter::settle(Nanos now) {
  if (counting()) {
    add(sample_, now - since_);
    if (lane_ != nullptr && now > since_)
      lane_->add({.start = since_,
                  .duration = now - since_,
                  .kind = TraceKind::Phase,
                  .label = labels_[static_cast<std::size_t>(phase_)]});
  } else if (standing()) {
    stood_still_ += now - since_;
  }
  since_ = now;
}

void TrainerMeter::write_to(Trace& trace) {
  const std::lock_guard lock(mutex_);
  lane_ = &trace.lane("trainer");
  for (std::size_t i = 0; i < kStepPhaseCount; ++i) labels_[i] = trace.label(kStepPhases[i].slice);
}

void TrainerMeter::enter(Phase phase) {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  phase_ = phase;
}

void TrainerMeter::set_paused(bool paused) {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  paused_ = paused;
}

void TrainerMeter::begin_run(std::uint64_t total_steps, std::uint32_t epochs) {
  const std::lock_guard lock(mutex_);
  sample_.total_steps = total_steps;
  sample_.epochs = epochs;
}

void TrainerMeter::begin_epoch(std::uint32_t epoch) {
  const std::lock_guard lock(mutex_);
  sample_.epoch = epoch;
}

void TrainerMeter::restore(const TrainerSample& earlier) {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  sample_.steps = earlier.steps;
  sample_.samples = earlier.samples;
  sample_.stepped = earlier.stepped;
  sample_.border_wait = earlier.border_wait;
  sample_.times = earlier.times;
  sample_.validation = earlier.validation;
}

void TrainerMeter::set_validating(bool validating) {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  sample_.validating = validating;
}

void TrainerMeter::end_epoch() {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  border_ = true;
}

void TrainerMeter::count_step(std::uint64_t samples) {
  const std::lock_guard lock(mutex_);
  border_ = false;
  ++sample_.steps;
  sample_.samples += samples;
  sample_.stepped = sample_.trained().total();
}

void TrainerMeter::show(double loss, Metrics metrics) {
  const std::lock_guard lock(mutex_);
  sample_.loss = loss;
  sample_.metrics.swap(metrics);  // what was there is freed outside the lock
}

void TrainerMeter::show_optimizer(double learning_rate, double loss_scale) {
  const std::lock_guard lock(mutex_);
  sample_.learning_rate = learning_rate;
  sample_.loss_scale = loss_scale;
}

void TrainerMeter::show_frozen(const FrozenSample& frozen) {
  const std::lock_guard lock(mutex_);
  sample_.frozen = frozen;
}

void TrainerMeter::add_costs(Nanos recomputed, Nanos gathered) {
  const std::lock_guard lock(mutex_);
  sample_.recomputed += recomputed;
  sample_.gathered += gathered;
}

void TrainerMeter::show_stages(std::vector<ModelStageSample> stages) {
  const std::lock_guard lock(mutex_);
  sample_.stages.swap(stages);  // what was there is freed outside the lock
}

void TrainerMeter::show_layers(std::vector<LayerSample> layers) {
  const std::lock_guard lock(mutex_);
  sample_.layers.swap(layers);
}

void TrainerMeter::show_fitting(std::optional<double> fraction) {
  const std::lock_guard lock(mutex_);
  sample_.fitting = fraction;
}

void TrainerMeter::take_back(Phase phase, Nanos spent) {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  settle(now);
  sample_.times[phase] -= std::min(spent, sample_.times[phase] - sample_.validation[phase]);
}

Nanos TrainerMeter::stood_still() const {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  return stood_still_ + (standing() && now > since_ ? now - since_ : 0);
}

TrainerSample TrainerMeter::read() const {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  TrainerSample sample = sample_;
  if (counting() && now > since_) add(sample, now - since_);
  return sample;
}

Nanos TrainerMeter::time_in(Phase phase) const {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  const Nanos open = counting() && phase_ == phase && now > since_ ? now - since_ : 0;
  return sample_.times[phase] + open;
}

void TrainerMeter::times(StepTimes& all, StepTimes& validation) const {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  all = sample_.times;
  validation = sample_.validation;
  if (!counting() || now <= since_) return;
  all[phase_] += now - since_;
  if (sample_.validating) validation[phase_] += now - since_;
}

}  // namespace feedline::inline training
