// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/snapshot.h"

#include <algorithm>

namespace feedline::inline telemetry {

std::vector<PaddingSample> padding_between(const std::vector<PaddingSample>& earlier,
                                           std::vector<PaddingSample> later) {
  for (std::size_t i = 0; i < std::min(earlier.size(), later.size()); ++i) {
    later[i].values -= earlier[i].values;
    later[i].room -= earlier[i].room;
  }
  return later;
}

StepTimes TrainerSample::trained() const {
  StepTimes all = times - validation;
  all[Phase::Fit] = 0;
  return all;
}

Snapshot counters_of(const Snapshot& all) {
  return {.at = all.at,
          .started = all.started,
          .stages = all.stages,
          .trainer = all.trainer,
          .fit_passes = all.fit_passes,
          .record_errors = all.record_errors,
          .ranks = all.ranks,
          .collective = all.collective,
          .memory = all.memory,
          .virtual_delay = all.virtual_delay};
}

namespace {

/// For each second of the trainer's time from the end of one step to the end of another.
double per_second(std::uint64_t count, const TrainerSample& from, const TrainerSample& to) {
  if (to.steps <= from.steps || to.stepped <= from.stepped) return 0;
  return static_cast<double>(count) / seconds(to.stepped - from.stepped);
}

}  // namespace

double training_rate(const TrainerSample& from, const TrainerSample& to) {
  return per_second(to.samples - from.samples, from, to);
}

double step_rate(const TrainerSample& from, const TrainerSample& to) {
  return per_second(to.steps - from.steps, from, to);
}

}  // namespace feedline::inline telemetry
