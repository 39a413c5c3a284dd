// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/evaluation_tally.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

bool is_worse(const WorstSample& a, const WorstSample& b) {
  return std::pair(a.truth, a.record) < std::pair(b.truth, b.record);  // the order does not hang on the batches'
}

}  // namespace

void EvaluationTally::begin(std::size_t classes) {
  if (found_.classes != 0 || classes > Evaluation::kMostClasses) return;
  found_.classes = classes;
  found_.counts.assign(classes * classes, 0);
}

void EvaluationTally::add(WorstSample sample) {
  if (found_.classes > 0)
    ++found_
          .counts[static_cast<std::size_t>(sample.label) * found_.classes + static_cast<std::size_t>(sample.predicted)];
  keep(std::move(sample));
}

void EvaluationTally::keep(WorstSample sample) {
  std::vector<WorstSample>& worst = found_.worst;
  if (worst.size() == Evaluation::kMostWorst && !is_worse(sample, worst.back())) return;
  if (worst.size() == Evaluation::kMostWorst) worst.pop_back();
  worst.insert(std::lower_bound(worst.begin(), worst.end(), sample, is_worse), std::move(sample));
}

Evaluation EvaluationTally::take() { return std::exchange(found_, {}); }

}  // namespace feedline::inline training
