// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/graph_changes.h"
#include "runs/run_record.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

/// "batch.size": "64" for each parameter that differs from its default, in the order of the graph; nodes in sub-graphs
/// by their path.
[[nodiscard]] Properties changed_parameters(const Document& document);

/// Of the graphs of two recorded runs.
[[nodiscard]] GraphChanges compare_graphs(const RunRecord& before, const RunRecord& after);

/// A parameter in which runs differ, with its value in each of them; empty where a run has no such node.
struct ParameterRow {
  std::string name{};
  std::vector<std::string> values{};
};
[[nodiscard]] std::vector<ParameterRow> parameter_rows(const std::vector<RunRecord>& runs);

/// What was changed from one run to the other and what came of it, in a sentence or two: "batch.size went from 64 to
/// 128. Run 12 trained at 1.80 times the rate of run 11 (2,232 against 1,240 samples/s), validation accuracy 87.1 %
/// instead of 86.0 %."
[[nodiscard]] std::string what_changed(const RunRecord& before, const RunRecord& after);

}  // namespace feedline::inline recording
