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

int busiest_stage(const Snapshot& earlier, const Snapshot& later) {
  int busiest = -1;
  double most = 0;
  for (std::size_t i = 0; i < later.stages.size(); ++i) {
    const StageSample& now = later.stages[i];
    const bool known = i < earlier.stages.size() && earlier.stages[i].node == now.node;
    const Nanos cpu = known ? (now.total - earlier.stages[i].total).cpu : now.total.cpu;
    const double load = static_cast<double>(cpu) / static_cast<double>(std::max<std::size_t>(now.workers, 1));
    if (load > most) {
      most = load;
      busiest = static_cast<int>(i);
    }
  }
  return busiest;
}

}  // namespace feedline
