// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/snapshot.h"

#include <algorithm>

namespace feedline {

StepTimes StepTimes::operator-(const StepTimes& earlier) const {
  return {.wait = wait - earlier.wait,
          .h2d = h2d - earlier.h2d,
          .forward = forward - earlier.forward,
          .backward = backward - earlier.backward,
          .optimizer = optimizer - earlier.optimizer,
          .other = other - earlier.other};
}

Snapshot counters_of(const Snapshot& all) {
  return {.at = all.at,
          .started = all.started,
          .stages = all.stages,
          .trainer = all.trainer,
          .record_errors = all.record_errors,
          .virtual_delay = all.virtual_delay};
}

double training_rate(const TrainerSample& from, const TrainerSample& to) {
  if (to.steps <= from.steps || to.stepped <= from.stepped) return 0;
  return static_cast<double>(to.samples - from.samples) / seconds(to.stepped - from.stepped);
}

}  // namespace feedline
