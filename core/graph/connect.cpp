// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/validate.h"
#include "graph/wiring.h"

#include <algorithm>

namespace feedline::inline graph {
namespace {

Error at(const PortRef& port, std::string reason, std::string remedy = {}) {
  return Error{.reason = std::move(reason), .remedy = std::move(remedy), .node = port.node, .port = port.port};
}

std::string one_of(const std::vector<PortSpec>& ports) {
  std::string text;
  for (const PortSpec& port : ports) text += (text.empty() ? "" : ", ") + port.name;
  return text;
}

/// Every spec that turns a value of `from` into another kind, with the kind it gives. A node of several inputs (batch)
/// turns each input into the output of the same name.
struct Adapter {
  const NodeSpec* spec;
  Kind gives;
};
std::vector<Adapter> adapters_of(Kind from, const std::vector<const NodeSpec*>& specs) {
  std::vector<Adapter> adapters;
  for (const NodeSpec* spec : specs)
    for (const PortSpec& in : spec->inputs)
      for (const PortSpec& out : spec->outputs)
        if (in.kind == from && out.kind != from && out.kind != Kind::Any &&
            (spec->inputs.size() == 1 || in.name == out.name))
          adapters.push_back({spec, out.kind});
  return adapters;
}

bool reaches(const Wiring& wiring, std::size_t start, std::size_t goal) {
  std::vector<bool> seen(wiring.nodes().size(), false);
  std::vector<std::size_t> open = {start};
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (node == goal) return true;
    if (seen[node]) continue;
    seen[node] = true;
    for (const std::size_t wire : wiring.wires_out_of(node)) open.push_back(wiring.to(wire));
  }
  return false;
}

}  // namespace

std::string adapter_remedy(Kind from, Kind to, const Registry& registry) {
  const std::vector<const NodeSpec*> specs = registry.all();
  const std::vector<Adapter> first = adapters_of(from, specs);
  for (const Adapter& adapter : first)
    if (adapter.gives == to) return "Put a " + adapter.spec->type + " node between";
  for (const Adapter& adapter : first)
    for (const Adapter& second : adapters_of(adapter.gives, specs))
      if (second.gives == to)
        return "Put a " + adapter.spec->type + " node and a " + second.spec->type + " node between";
  return {};
}

std::optional<Error> check_ports(const Wiring& wiring, const PortRef& from, const PortRef& to,
                                 const Registry& registry) {
  for (const bool output : {true, false}) {
    const PortRef& end = output ? from : to;
    const std::size_t node = wiring.index(end.node);
    if (node == Wiring::kNone) return at(end, "there is no such node");
    const NodeSpec* spec = wiring.spec(node);
    if (spec == nullptr) {
      const std::string& type = wiring.nodes()[node].type;
      const std::string near = registry.nearest(type);
      return at(end, "its type '" + type + "' is unknown, so its ports are too",
                near.empty() ? "" : "Did you mean '" + near + "'?");
    }
    const auto& ports = output ? spec->outputs : spec->inputs;
    if ((output ? spec->output(end.port) : spec->input(end.port)) >= 0) continue;
    if ((output ? spec->input(end.port) : spec->output(end.port)) >= 0)
      return at(end, output ? "it is an input; wires start at an output" : "it is an output; wires end at an input");
    const std::string noun = output ? "output" : "input";
    return at(end, "a " + spec->type + " node has no such " + noun,
              ports.empty() ? "It has no " + noun + " at all" : "It has: " + one_of(ports));
  }
  return std::nullopt;
}

std::optional<Error> check_kinds(const PortRef& from, Kind kind, const PortRef& to, const PortSpec& input,
                                 const Registry& registry) {
  if (kind == input.kind || kind == input.also) return std::nullopt;
  if ((input.kind == Kind::Any || kind == Kind::Any) && is_per_record(kind) && is_per_record(input.kind))
    return std::nullopt;
  std::string takes(name(input.kind));
  if (input.kind == Kind::Any) takes = "values of one record";
  std::string remedy =
      input.kind == Kind::Any ? "Put it in front of the batch node" : adapter_remedy(kind, input.kind, registry);
  if (remedy.empty()) remedy = "Wire it to an output that gives " + takes;
  return at(to, "takes " + takes + ", but " + from.text() + " gives " + std::string(name(kind)), std::move(remedy));
}

std::optional<Error> check_ends(const Wiring& wiring, const PortRef& from, const PortRef& to,
                                const Registry& registry) {
  if (auto error = check_ports(wiring, from, to, registry)) return error;
  const NodeSpec& spec = *wiring.spec(wiring.index(to.node));
  const PortSpec& input = spec.inputs[static_cast<std::size_t>(spec.input(to.port))];
  if (input.open || wiring.is_open(from)) return std::nullopt;
  return check_kinds(from, wiring.kind_of(from), to, input, registry);
}

std::optional<Error> check_connect(const Diagram& diagram, const PortRef& from, const PortRef& to, bool replacing,
                                   const Registry& registry) {
  const Wiring wiring(diagram, registry);
  if (auto error = check_ends(wiring, from, to, registry)) return error;
  if (const Link* taken = diagram.link_into(to); taken != nullptr && !replacing)
    return at(to, "it already takes a wire from " + taken->from.text(), "Remove that wire first");
  if (reaches(wiring, wiring.index(to.node), wiring.index(from.node)))
    return at(to,
              from.node == to.node ? "a node cannot feed itself"
                                   : "the wire would close a cycle: " + from.node + " already depends on " + to.node,
              "Wire it to a node further on");
  return std::nullopt;
}

}  // namespace feedline::inline graph
