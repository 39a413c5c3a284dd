// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/flatten.h"
#include "graph/path.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace feedline::inline graph {
namespace {

using Key = std::tuple<std::string, std::string, std::string, std::string>;

/// Moves a problem from the node that runs to the one that was drawn; false if the same stands there already.
bool move(const Flat& flat, Problem& problem, std::set<Key>& seen) {
  Error& error = problem.error;
  const PortRef input{error.node, error.port};
  if (flat.excused.contains(input)) return false;
  const std::size_t copy = instance_of(error.node);
  if (const auto end = flat.ends.find(input); end != flat.ends.end()) {
    error.node = end->second.node;
    error.port = end->second.port;
  }
  error.node = drawn_path(error.node);
  if (!seen.emplace(error.node, error.port, error.parameter, error.reason).second) return false;
  if (copy > 1) error.reason += " (in copy " + std::to_string(copy) + ")";
  return true;
}

std::map<std::string, ModelCost, std::less<>> sum_costs(const std::map<std::string, ModelCost, std::less<>>& running) {
  std::map<std::string, ModelCost, std::less<>> drawn;
  for (const auto& [path, cost] : running) {
    const std::string at = drawn_path(path);
    if (instance_of(path) == 1) drawn[at] = cost;
    for (std::string_view scope = scope_of(at); !scope.empty(); scope = scope_of(scope))
      drawn[std::string(scope)] += cost;
  }
  return drawn;
}

/// A sub-graph has those of all layers in it.
std::map<std::string, StageSpan, std::less<>> join_stages(
    const std::map<std::string, StageSpan, std::less<>>& running) {
  std::map<std::string, StageSpan, std::less<>> drawn;
  const auto add = [&drawn](std::string path, const StageSpan& span) {
    StageSpan& all = drawn.emplace(std::move(path), span).first->second;
    all = {std::min(all.first, span.first), std::max(all.last, span.last)};
  };
  for (const auto& [path, span] : running) {
    const std::string at = drawn_path(path);
    add(at, span);
    for (std::string_view scope = scope_of(at); !scope.empty(); scope = scope_of(scope)) add(std::string(scope), span);
  }
  return drawn;
}

}  // namespace

Analysis as_drawn(const Flat& flat, Analysis analysis) {
  std::vector<Problem> problems = flat.problems;
  std::set<Key> seen;
  for (Problem& problem : analysis.problems)
    if (move(flat, problem, seen)) problems.push_back(std::move(problem));
  analysis.problems = std::move(problems);
  for (const auto& [drawn, running] : flat.same)
    if (const TensorDesc* desc = analysis.at(running)) analysis.outputs.emplace(drawn, TensorDesc(*desc));
  analysis.costs = sum_costs(analysis.costs);
  analysis.stages = join_stages(analysis.stages);
  analysis.order.clear();
  return analysis;
}

}  // namespace feedline::inline graph
