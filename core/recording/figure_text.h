// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline recording {

/// A figure or a metric of some runs as people read it, in tables that set runs beside each other.
struct ShownFigure {
  std::string title{};
  std::vector<std::string> texts{};  ///< one a run; "-" for what is not known
  bool known = false;                ///< of any of them
};
/// Those that are worth showing, the most telling first; among them every metric that any of the runs has.
[[nodiscard]] std::vector<ShownFigure> shown_figures(std::span<const RunSummary* const> runs);

[[nodiscard]] std::vector<ShownFigure> shown_figures(const std::vector<RunRecord>& runs);

/// Every metric of a run's epochs, with what stands over its column: "accuracy", "validation accuracy".
struct EpochColumn {
  MetricValue kind{};
  std::string title{};
};
[[nodiscard]] std::vector<EpochColumn> epoch_columns(const RunRecord& run);

/// "epoch 2 of 5", "5 epochs": how far a run is or came; empty before its first step.
[[nodiscard]] std::string progress_text(const RunSummary& run);
/// Seconds to go at the present pace; nothing where that cannot be said.
[[nodiscard]] std::optional<double> seconds_left(const RunSummary& run);
/// The graph's title, else its file's name, else "untitled".
[[nodiscard]] std::string graph_name(const RunSummary& run);
/// "2026-11-25 16:20" where this program runs.
[[nodiscard]] std::string local_time_text(double seconds_since_1970);
/// Seconds that it has lasted, preparation included.
[[nodiscard]] double lasted(const RunSummary& run);

}  // namespace feedline::inline recording
