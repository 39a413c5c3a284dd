// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/json_values.h"
#include "tuning/study.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace feedline::cli {

// A study as text for people, as JSON and as CSV; described in resources/help/study.md.

/// The table of settings, the best first, the Pareto front, and what was planned and spent.
[[nodiscard]] std::string study_text(const Study& study, std::size_t width);
[[nodiscard]] std::string study_json(const Study& study);
/// One row a trial, with a line of names first, as RFC 4180 says; empty cells where nothing is known.
[[nodiscard]] std::string study_csv(const Study& study);

// What the JSON of baselines says in the same way.
/// How it ended, as JSON has it: "budget spent".
[[nodiscard]] std::string_view end_name(Study::End end);
/// Mean, its interval (null: not known) and of how many values.
[[nodiscard]] Json interval_json(const MeanInterval& interval);

}  // namespace feedline::cli
