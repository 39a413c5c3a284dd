// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "telemetry/snapshot.h"
#include "telemetry/trace.h"

#include <array>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

namespace feedline::inline training {

/// The training side's meter: one writer, any readers, a lock held for nanoseconds. Time runs in exactly one phase; an
/// open phase counts at once. Waiting for a batch while paused is nobody's fault and counts nowhere.
class TrainerMeter {
 public:
  void enter(Phase phase);
  /// Phases are written down in the timeline's lane "trainer" from now on. It must outlive the meter.
  void write_to(Trace& trace);
  void set_paused(bool paused);

  void begin_run(std::uint64_t total_steps, std::uint32_t epochs);
  void begin_epoch(std::uint32_t epoch);
  /// A run goes on: counts and times begin with these.
  void restore(const TrainerSample& earlier);
  /// The next wait is for the first batch of an epoch, as the run's first one is.
  void end_epoch();
  void set_validating(bool validating);
  /// A step has ended with the phase before this one.
  void count_step(std::uint64_t samples);
  /// Shows the newest loss and the epoch's running metrics (NaN: none).
  void show(double loss, Metrics metrics);
  /// NaN: there is none.
  void show_optimizer(double learning_rate, double loss_scale);
  /// What has been looked up in place of running frozen layers.
  void show_frozen(const FrozenSample& frozen);
  /// More time of the running phases was for what takes less memory: see TrainerSample.
  void add_costs(Nanos recomputed, Nanos gathered);
  /// What the stages of a network have done in training so far.
  void show_stages(std::vector<ModelStageSample> stages);
  /// The same of the layers of a network in one piece.
  void show_layers(std::vector<LayerSample> layers);
  /// How much of a fit is done; none: it is over.
  void show_fitting(std::optional<double> fraction);

  /// Time of training that has been counted in a phase, and was nobody's fault: at most what is there.
  void take_back(Phase phase, Nanos spent);

  [[nodiscard]] TrainerSample read() const;
  /// The time in one phase so far, for whoever asks at every step.
  [[nodiscard]] Nanos time_in(Phase phase) const;
  /// How long it was paused while it waited for a batch, which is in no phase.
  [[nodiscard]] Nanos stood_still() const;
  /// The time in all phases, and the part of it that validation took.
  void times(StepTimes& all, StepTimes& validation) const;

 private:
  void settle(Nanos now);
  void add(TrainerSample& sample, Nanos spent) const;
  [[nodiscard]] bool standing() const { return paused_ && phase_ == Phase::Wait; }
  [[nodiscard]] bool counting() const { return phase_ != Phase::Rest && !standing(); }

  mutable std::mutex mutex_{};
  TrainerSample sample_{.loss = std::numeric_limits<double>::quiet_NaN(),
                        .learning_rate = std::numeric_limits<double>::quiet_NaN()};
  Phase phase_ = Phase::Rest;
  Nanos since_ = 0;
  bool paused_ = false;
  Nanos stood_still_ = 0;
  TraceLane* lane_ = nullptr;
  std::array<std::uint16_t, kStepPhaseCount> labels_{};  ///< by phase
  bool border_ = true;
};

}  // namespace feedline::inline training
