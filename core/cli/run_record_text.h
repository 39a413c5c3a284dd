// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::cli {

// Recorded runs as text for people, and as JSON and CSV; both interfaces are described in resources/help/runs.md.

[[nodiscard]] std::string runs_text(const std::vector<RunSummary>& runs, std::size_t width);
[[nodiscard]] std::string run_text(const RunRecord& run, std::size_t width);
/// Two or more, the first being what the others are compared with.
[[nodiscard]] std::string comparison_text(const std::vector<RunRecord>& runs, std::size_t width);

[[nodiscard]] std::string runs_json(const std::vector<RunSummary>& runs);
/// With curves: everything that is known of it, its graph included.
[[nodiscard]] std::string run_json(const RunRecord& run, bool with_curves);
[[nodiscard]] std::string comparison_json(const std::vector<RunRecord>& runs);

/// What a CSV file may hold: series, loss, epochs, stages, errors.
[[nodiscard]] const std::vector<std::string>& csv_tables();
/// One of csv_tables(), with a line of names first, as RFC 4180 says; empty cells where nothing is known.
[[nodiscard]] std::string run_csv(const RunRecord& run, std::string_view table);

}  // namespace feedline::cli
