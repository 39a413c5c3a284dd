// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/baselines.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

// What tables and panels say of models that are held against each other.

/// "complete", "3 of 5 folds", "cut off after 12.0 s", "failed", "left out", "not run".
[[nodiscard]] std::string baseline_state_text(const Baselines& baselines, const BaselineOutcome& outcome);
/// "baselines-1: 9 models in 5 folds. Complete after 12.3 s."
[[nodiscard]] std::string baseline_plan_text(const Baselines& baselines);
/// What follows from it, a sentence or two each: what guessing gives, what each model of the Pareto front costs and
/// brings over the one before it, which to start with, where the drawn one stands, what preparing took. `outcomes`:
/// outcomes_of().
[[nodiscard]] std::vector<std::string> baseline_words(const Baselines& baselines,
                                                      const std::vector<BaselineOutcome>& outcomes);
/// "Kernel SVM: it cannot take token ids. Make features ...": a line for each model that failed or was left out.
[[nodiscard]] std::vector<std::string> baseline_reasons(const Baselines& baselines,
                                                        const std::vector<BaselineOutcome>& outcomes);
/// How much better, in the metric's own steps: "1.2 points", "0.013", "3.1 EUR".
[[nodiscard]] std::string baseline_gain_text(double gain, const MetricValue& metric);
/// How many times as long: "1.4 times", "40 times".
[[nodiscard]] std::string baseline_times_text(double times);

}  // namespace feedline::inline recording
