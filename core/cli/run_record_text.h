// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/target.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::cli {

// Recorded runs as text for people, and as JSON and CSV; both interfaces are described in resources/help/runs.md.

[[nodiscard]] std::string runs_text(const std::vector<RunSummary>& runs, std::size_t width);
/// What `show` and `compare` are asked of times to a target.
struct TargetQuery {
  std::optional<MetricTarget> target{};  ///< none: several values of the metric that says most
  std::optional<Along> along{};          ///< what the table of `compare` counts; none: time and samples
};
/// Error: the target's metric was not measured.
[[nodiscard]] Result<std::string> run_text(const RunRecord& run, const TargetQuery& query, std::size_t width);
/// Two or more, the first being what the others are compared with. Error: the target's metric was not measured.
[[nodiscard]] Result<std::string> comparison_text(const std::vector<RunRecord>& runs, const TargetQuery& query,
                                                  std::size_t width);

[[nodiscard]] std::string runs_json(const std::vector<RunSummary>& runs);
/// With curves: everything that is known of it, its graph included.
[[nodiscard]] std::string run_json(const RunRecord& run, bool with_curves,
                                   const std::optional<MetricTarget>& target = {});
[[nodiscard]] std::string comparison_json(const std::vector<RunRecord>& runs,
                                          const std::optional<MetricTarget>& target = {});

/// What a CSV file may hold: series, loss, epochs, stages, errors.
[[nodiscard]] const std::vector<std::string>& csv_tables();
/// One of csv_tables(), with a line of names first, as RFC 4180 says; empty cells where nothing is known.
[[nodiscard]] std::string run_csv(const RunRecord& run, std::string_view table);

}  // namespace feedline::cli
