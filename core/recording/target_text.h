// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/target.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::inline recording {

/// "validation accuracy 90.0 %".
[[nodiscard]] std::string target_title(const MetricValue& kind, double value);
/// "12.3 s", "1,240", "4"; "-" where the target was not reached.
[[nodiscard]] std::string reached_text(const std::optional<Reached>& reached, Along along);
/// What stands over such a column or axis: "time", "epochs", "steps", "training samples".
[[nodiscard]] std::string_view along_title(Along along);

/// When runs first reached values of a metric, the easiest first.
struct ReachedRow {
  double level = 0;
  std::vector<std::optional<Reached>> runs{};  ///< one a run
};
struct ReachedTable {
  MetricValue kind{};
  std::vector<ReachedRow> rows{};  ///< empty: no run has measured the metric
};
/// Of one target; without one of the metric that says most, at several levels. Error: as kind_of_target().
[[nodiscard]] Result<ReachedTable> reached_table(const std::vector<RunRecord>& runs,
                                                 const std::optional<MetricTarget>& target = {});
/// The value by which runs are judged: the hardest that all of them reached, or the one that was asked for. None: there
/// is no such value.
[[nodiscard]] std::optional<MetricTarget> judged_target(const std::vector<RunRecord>& runs,
                                                        const std::optional<MetricTarget>& target = {});

/// Which of two runs was there first, and whether a faster step is a gain: "Run 12 reached validation accuracy 86.0 %
/// in 12.3 s instead of 12.1 s (0.98 times as fast), after 8,000 instead of 4,000 samples. It trains 2.00 times as many
/// samples a second, but needs 2.00 times as many: no gain." Empty where neither has measured the metric.
[[nodiscard]] std::string target_sentence(const RunRecord& before, const RunRecord& after, const MetricTarget& target);

}  // namespace feedline::inline recording
