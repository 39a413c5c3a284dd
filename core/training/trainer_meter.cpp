// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/trainer_meter.h"

namespace feedline {
namespace {

Nanos& time_of(StepTimes& times, Phase phase) {
  switch (phase) {
    case Phase::Wait:
      return times.wait;
    case Phase::HostToDevice:
      return times.h2d;
    case Phase::Forward:
      return times.forward;
    case Phase::Backward:
      return times.backward;
    case Phase::Optimizer:
      return times.optimizer;
    case Phase::Add:
      return times.add;
    case Phase::Fit:
      return times.fit;
    case Phase::Rest:
    case Phase::Other:
      break;
  }
  return times.other;
}

}  // namespace

void TrainerMeter::add(TrainerSample& sample, Nanos spent) const {
  time_of(sample.times, phase_) += spent;
  if (sample.validating) {
    time_of(sample.validation, phase_) += spent;
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
  }
  since_ = now;
}

void TrainerMeter::write_to(Trace& trace) {
  static constexpr std::array kNames = {
      "rest", "wait for batch", "host to device", "forward", "backward", "optimizer", "other", "add", "fit"};
  const std::lock_guard lock(mutex_);
  lane_ = &trace.lane("trainer");
  for (std::size_t i = 0; i < kNames.size(); ++i) labels_[i] = trace.label(kNames[i]);
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

void TrainerMeter::show(double loss, double accuracy) {
  const std::lock_guard lock(mutex_);
  sample_.loss = loss;
  sample_.accuracy = accuracy;
}

void TrainerMeter::show_learning_rate(double rate) {
  const std::lock_guard lock(mutex_);
  sample_.learning_rate = rate;
}

void TrainerMeter::show_fitting(std::optional<double> fraction) {
  const std::lock_guard lock(mutex_);
  sample_.fitting = fraction;
}

TrainerSample TrainerMeter::read() const {
  const Nanos now = Clock::system().now();
  const std::lock_guard lock(mutex_);
  TrainerSample sample = sample_;
  if (counting() && now > since_) add(sample, now - since_);
  return sample;
}

}  // namespace feedline
