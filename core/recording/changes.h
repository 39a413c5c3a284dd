// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "runs/run_record.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

/// "batch.size": "64" for each parameter that differs from its default, in the order of the graph; nodes in sub-graphs
/// by their path.
[[nodiscard]] Properties changed_parameters(const Document& document);

/// What a second graph has that the first has not, and the other way round.
struct GraphChanges {
  struct Parameter {
    std::string name{};  ///< "batch.size"
    std::string before{};
    std::string after{};
    bool operator==(const Parameter&) const = default;
  };
  std::vector<Parameter> parameters{};  ///< of nodes that both have, defaults included
  std::vector<std::string> added{};     ///< nodes; one whose type changed is in both lists
  std::vector<std::string> removed{};
  bool wiring = false;  ///< wires between nodes that both have, or what is muted
  [[nodiscard]] bool none() const { return parameters.empty() && added.empty() && removed.empty() && !wiring; }
};
[[nodiscard]] GraphChanges compare_graphs(const Document& before, const Document& after);
/// The same of two recorded runs.
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

/// How many of these parameters or nodes a sentence names before it counts the rest.
inline constexpr std::size_t kNamedChanges = 3;

}  // namespace feedline::inline recording
