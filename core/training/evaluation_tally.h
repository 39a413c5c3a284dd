// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "training/evaluation.h"

#include <cstddef>

namespace feedline::inline training {

/// Adds up an Evaluation, sample by sample, whatever predicted them.
class EvaluationTally {
 public:
  /// How many classes there are; too many for Evaluation::kMostClasses are not counted against each other. Counts
  /// nothing anew where it was said already.
  void begin(std::size_t classes);
  /// The same where records have several labels each.
  void begin_labels() { found_.several_labels = true; }
  /// Names and files are left to the caller.
  void add(WorstSample sample);
  /// What was added since the last time.
  [[nodiscard]] Evaluation take();

 private:
  void keep(WorstSample sample);

  Evaluation found_{};
};

}  // namespace feedline::inline training
