// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace feedline {

/// A figure of a run as people read it, in tables that set runs beside each other.
struct ShownFigure {
  std::string_view title{};
  double RunFigures::*value = nullptr;
  std::string (*text)(double value) = nullptr;  ///< never called with NaN

  /// "-" for what is not known.
  [[nodiscard]] std::string of(const RunFigures& figures) const;
};
/// Those that are worth showing, the most telling first.
[[nodiscard]] std::span<const ShownFigure> shown_figures();

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

}  // namespace feedline
