// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/metrics: what the metrics share that count labels.

#include "training/metrics/decision_sums.h"

namespace feedline::inline training {

/// Of rows that have any of several labels: a logit above 0 predicts one.
class LabelSums : public DecisionSums {
 public:
  void add(const Compared& rows) override {
    const at::Tensor predicted = rows.prediction().gt(0);
    const at::Tensor truth = rows.target().gt(0.5).view_as(predicted);
    count(at::stack({predicted.logical_and(truth).sum(0), predicted.sum(0), truth.sum(0)}));
  }
};

}  // namespace feedline::inline training
