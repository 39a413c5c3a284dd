// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/changes.h"

#include "base/numbers.h"
#include "graph/json.h"
#include "graph/path.h"
#include "graph/subgraph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace feedline::inline recording {
namespace {

using Nodes = std::map<std::string, const Node*>;

Nodes nodes_of(const Document& document) {
  Nodes nodes;
  each_node(document, [&](const std::string& path, const Node& node) { nodes.emplace(path, &node); });
  return nodes;
}

ParamMap complete(const Node& node) {
  const NodeSpec* spec = Registry::instance().find(node.type);
  return spec != nullptr ? spec->complete(node.params) : node.params;
}

void add_wires(std::set<std::string>& wires, const Diagram& diagram, const std::string& scope, const Nodes& other) {
  for (const Link& link : diagram.links()) {
    const std::string from = join_path(scope, link.from.node);
    const std::string to = join_path(scope, link.to.node);
    if (other.count(from) > 0 && other.count(to) > 0)
      wires.insert(from + '.' + link.from.port + ' ' + to + '.' + link.to.port);
  }
  for (const Node& node : diagram.nodes()) {
    const std::string path = join_path(scope, node.id);
    if (node.muted && other.count(path) > 0) wires.insert("muted " + path);
    if (node.inner) add_wires(wires, *node.inner, path, other);
  }
}

/// Wires between nodes that the other graph has too, and which of those are muted.
std::set<std::string> wires_of(const Document& document, const Nodes& other) {
  std::set<std::string> wires;
  add_wires(wires, document, "", other);
  return wires;
}

void compare_parameters(const std::string& path, const Node& before, const Node& after, GraphChanges& changes) {
  const ParamMap old_values = complete(before);
  const ParamMap new_values = complete(after);
  const auto text = [](const ParamMap& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : to_text(found->second);
  };
  std::set<std::string> names;
  for (const auto* values : {&old_values, &new_values})
    for (const auto& [name, value] : *values) names.insert(name);
  for (const std::string& name : names)
    if (text(old_values, name) != text(new_values, name))
      changes.parameters.push_back({path + '.' + name, text(old_values, name), text(new_values, name)});
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  const std::size_t named = std::min(items.size(), kNamedChanges);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return items.size() > named ? fmt::format("{} and {} more", text, items.size() - named) : text;
}

std::string quoted(const std::string& value) { return value.empty() ? "nothing" : value; }

std::string graph_sentence(const GraphChanges& changes) {
  std::vector<std::string> parts;
  if (!changes.parameters.empty()) {
    std::vector<std::string> items;
    for (const auto& p : changes.parameters)
      items.push_back(fmt::format("{} went from {} to {}", p.name, quoted(p.before), quoted(p.after)));
    parts.push_back(list_of(items));
  }
  if (!changes.added.empty())
    parts.push_back(list_of(changes.added) + (changes.added.size() == 1 ? " was added" : " were added"));
  if (!changes.removed.empty())
    parts.push_back(list_of(changes.removed) + (changes.removed.size() == 1 ? " was removed" : " were removed"));
  if (changes.wiring) parts.emplace_back("the wiring changed");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text.empty() ? "The graph is the same" : text;
}

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

GraphChanges compare_graphs(const Document& before, const Document& after) {
  const Nodes old_nodes = nodes_of(before);
  const Nodes new_nodes = nodes_of(after);
  GraphChanges changes;
  Nodes both;
  for (const auto& [path, node] : new_nodes) {
    const auto old = old_nodes.find(path);
    if (old != old_nodes.end() && old->second->type == node->type) {
      both.emplace(path, node);
      compare_parameters(path, *old->second, *node, changes);
    } else {
      changes.added.push_back(path);
    }
  }
  for (const auto& [path, node] : old_nodes)
    if (both.count(path) == 0) changes.removed.push_back(path);
  changes.wiring = wires_of(before, both) != wires_of(after, both);
  return changes;
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
      for (const auto& [param, value] : complete(node)) {
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
  std::string text = graph_sentence(compare_graphs(before, after));
  if (before.host != after.host) text += fmt::format("; it ran on {} instead of {}", after.host, before.host);
  if (before.device != after.device && !before.device.empty() && !after.device.empty())
    text += fmt::format("; the device was {} instead of {}", after.device, before.device);
  text += '.';
  const std::string outcome = outcome_sentence(before, after);
  return outcome.empty() ? text : text + ' ' + outcome;
}

}  // namespace feedline::inline recording
