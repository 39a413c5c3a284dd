// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"
#include "telemetry/step_times.h"

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

namespace feedline::test {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

inline MetricValue accuracy_of(std::string_view split, double value) {
  return {.name = "accuracy", .split = std::string(split), .value = value, .unit = std::string(kShareUnit)};
}

/// What a classifier's epoch found; what is not known is left out, as it is in a run.
inline Metrics classified(double train_loss, double train_accuracy = kUnknown, double val_loss = kUnknown,
                          double val_accuracy = kUnknown) {
  Metrics metrics;
  add_known(metrics, {loss_metric(kTrainSplit, train_loss), accuracy_of(kTrainSplit, train_accuracy),
                      loss_metric(kValSplit, val_loss), accuracy_of(kValSplit, val_accuracy)});
  return metrics;
}

inline StepTimes times_of(std::initializer_list<std::pair<Phase, Nanos>> parts) {
  StepTimes times;
  for (const auto& [phase, time] : parts) times[phase] = time;
  return times;
}

}  // namespace feedline::test
