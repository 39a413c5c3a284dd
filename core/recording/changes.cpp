// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/changes.h"

#include "base/numbers.h"
#include "graph/json.h"
#include "graph/subgraph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace feedline::inline recording {
namespace {

bool known(double a, double b) { return std::isfinite(a) && std::isfinite(b); }

std::string outcome_sentence(const RunSummary& before, const RunSummary& after) {
  const RunFigures& a = before.figures;
  const RunFigures& b = after.figures;
  std::string text;
  if (known(a.samples_per_s, b.samples_per_s) && a.samples_per_s > 0)
    text = fmt::format("Run {} trained at {:.2f} times the rate of run {} ({} against {} samples/s)", after.id,
                       b.samples_per_s / a.samples_per_s, before.id, numbers::rate(b.samples_per_s),
                       numbers::rate(a.samples_per_s));
  const auto add = [&](std::string_view what, const std::string& now, const std::string& then) {
    text += text.empty() ? fmt::format("Run {} had ", after.id) : ", ";
    text +=
        now == then ? fmt::format("the same {} ({})", what, now) : fmt::format("{} {} instead of {}", what, now, then);
  };
  const MetricValue* now = headline(after.metrics, kValSplit);
  if (now == nullptr || find_metric(before.metrics, now->name, now->split) == nullptr)
    now = find_metric(after.metrics, kLossMetric, kTrainSplit);
  const MetricValue* then = now != nullptr ? find_metric(before.metrics, now->name, now->split) : nullptr;
  if (then != nullptr) add(metric_title(*now), metric_text(*now), metric_text(*then));
  return text.empty() ? text : text + '.';
}

/// A file that was put into the record by a newer program may hold what this one cannot read.
Document graph_of(const RunRecord& run) {
  auto loaded = from_json(run.graph);
  return loaded ? std::move(loaded->document) : Document();
}

}  // namespace

Properties changed_parameters(const Document& document) {
  Properties changed;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    for (const auto& [name, value] : node.params) {
      const ParamSpec* param = spec != nullptr ? spec->param(name) : nullptr;
      if (param != nullptr && to_text(param->default_value) == to_text(value)) continue;
      changed.emplace_back(path + '.' + name, to_text(value));
    }
  });
  return changed;
}

GraphChanges compare_graphs(const RunRecord& before, const RunRecord& after) {
  return compare_graphs(graph_of(before), graph_of(after));
}

std::vector<ParameterRow> parameter_rows(const std::vector<RunRecord>& runs) {
  std::map<std::string, std::vector<std::string>> rows;
  std::vector<Document> graphs;
  for (const RunRecord& run : runs) graphs.push_back(graph_of(run));
  for (std::size_t i = 0; i < graphs.size(); ++i)
    each_node(graphs[i], [&](const std::string& path, const Node& node) {
      for (const auto& [param, value] : complete_params(node)) {
        auto& values = rows[path + '.' + param];
        values.resize(runs.size());
        values[i] = to_text(value);
      }
    });
  std::vector<ParameterRow> differing;
  for (auto& [param, values] : rows)
    if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end())
      differing.push_back({param, std::move(values)});
  return differing;
}

std::string what_changed(const RunRecord& before, const RunRecord& after) {
  std::string text = sentence_of(compare_graphs(before, after));
  if (before.host != after.host) text += fmt::format("; it ran on {} instead of {}", after.host, before.host);
  if (before.device != after.device && !before.device.empty() && !after.device.empty())
    text += fmt::format("; the device was {} instead of {}", after.device, before.device);
  text += '.';
  const std::string outcome = outcome_sentence(before, after);
  return outcome.empty() ? text : text + ' ' + outcome;
}

}  // namespace feedline::inline recording
