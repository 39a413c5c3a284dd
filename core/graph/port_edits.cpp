// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/port_edits.h"

#include "graph/path.h"
#include "graph/validate.h"
#include "graph/wiring.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace feedline::inline graph {
namespace {

/// What becomes of the ports of one side: a new name, or none where the port goes. Ports that stay are not in it.
using PortChanges = std::map<std::string, std::optional<std::string>, std::less<>>;

PortChanges port_changes(const std::vector<PortSpec>& before, const std::vector<PortSpec>& after) {
  const auto has = [](const std::vector<PortSpec>& ports, const std::string& name) {
    return std::any_of(ports.begin(), ports.end(), [&](const PortSpec& port) { return port.name == name; });
  };
  PortChanges changes;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (has(after, before[i].name)) continue;
    const bool renamed = before.size() == after.size() && !has(before, after[i].name);
    changes.emplace(before[i].name, renamed ? std::optional(after[i].name) : std::nullopt);
  }
  return changes;
}

/// False: the wire goes with its port.
bool follow_port(PortRef& end, const std::string& node, const PortChanges& changes) {
  const auto change = end.node == node ? changes.find(end.port) : changes.end();
  if (change == changes.end()) return true;
  if (!change->second) return false;
  end.port = *change->second;
  return true;
}

}  // namespace

Result<WiredPort> wire_to_free_port(const Diagram& diagram, const PortRef& from, const std::string& node,
                                    const Registry& registry) {
  const Node* target = diagram.find(node);
  const NodeSpec* spec = target == nullptr ? nullptr : registry.find(target->type);
  if (spec == nullptr || !spec->add_port)
    return fail(Error{.reason = "it takes no other inputs than it has", .node = node, .port = std::string(kFreePort)});
  const Kind kind = Wiring(diagram, registry).kind_of(from);
  auto made = spec->add_port(spec->complete(target->params), from.port, kind);
  if (!made) {
    made.error().port = kFreePort;
    return fail(std::move(made.error()).at_node(node));
  }
  WiredPort wired{.to = {node, made->port}};
  const Edit grow{SetParam{.node = node, .param = made->param, .value = made->value}};
  Diagram trial = diagram;
  if (auto grown = trial.apply(grow); !grown) return fail(std::move(grown.error()));
  if (auto error = check_connect(trial, from, wired.to, false, registry)) return fail(std::move(*error));
  wired.edit = Edit{Edit::List{grow, {AddLink{.link = {.from = from, .to = wired.to}}}}};
  return wired;
}

Edit set_param(const Document& document, const SetParam& set, const Registry& registry) {
  const Node* node = document.find(set.node);
  const NodeSpec* spec = node == nullptr ? nullptr : registry.find(node->type);
  const std::string scope(scope_of(set.node));
  const Diagram* diagram = document.at(scope);
  if (spec == nullptr || !spec->ports || diagram == nullptr) return Edit{set};
  ParamMap params = node->params;
  params.erase(set.param);
  if (set.value) params.emplace(set.param, *set.value);
  const NodePorts before = spec->ports(spec->complete(node->params));
  const NodePorts after = spec->ports(spec->complete(params));
  const PortChanges inputs = port_changes(before.inputs, after.inputs);
  const PortChanges outputs = port_changes(before.outputs, after.outputs);
  if (inputs.empty() && outputs.empty()) return Edit{set};

  Edit::List taken;
  Edit::List led;
  std::size_t gone = 0;
  const std::string id(leaf_of(set.node));
  for (std::size_t i = 0; i < diagram->links().size(); ++i) {
    const Link& link = diagram->links()[i];
    Link moved = link;
    const bool stays = follow_port(moved.to, id, inputs) && follow_port(moved.from, id, outputs);
    if (stays && moved == link) continue;
    taken.push_back({RemoveLink{link.to}});
    if (stays)
      led.push_back({AddLink{.link = std::move(moved), .at = i - gone}});
    else
      ++gone;
  }
  if (taken.empty()) return Edit{set};
  Edit::List steps = std::move(taken);
  steps.push_back({SetParam{.node = id, .param = set.param, .value = set.value}});
  std::move(led.begin(), led.end(), std::back_inserter(steps));
  return within(scope, Edit{std::move(steps)});
}

}  // namespace feedline::inline graph
