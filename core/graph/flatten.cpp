// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/flatten.h"

#include "graph/check_params.h"
#include "graph/key.h"
#include "graph/mute.h"
#include "graph/path.h"
#include "graph/subgraph.h"
#include "schema/structure.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

namespace feedline::inline graph {

bool is_flat(const Diagram& diagram) {
  return std::none_of(diagram.nodes().begin(), diagram.nodes().end(), [](const Node& node) {
    return node.muted || node.type == kSubgraphType || node.type == kSubgraphInputType ||
           node.type == kSubgraphOutputType;
  });
}

namespace {

std::size_t running_nodes(const Diagram& diagram) {
  std::size_t count = 0;
  for (const Node& node : diagram.nodes()) {
    const std::size_t here = node.inner ? running_nodes(*node.inner) * repeat_of(node) : 1;
    count = std::min(kMostNodes + 1, count + std::min(kMostNodes + 1, here));
  }
  return count;
}

/// Stands for one copy of a sub-graph among the ends of wires; no id has such a letter.
std::string copy_mark(const std::string& path, std::size_t copy) { return path + "#" + std::to_string(copy); }

}  // namespace

/// Walks the drawing and notes where values come from: `into_` from an input to the output that its wire starts at,
/// `behind_` from an output that does not run to the input whose value it gives, `outside_` from an input of a copy to
/// the sub-graph's own. Following these leads from any input to the output that runs.
class Flattener {
 public:
  explicit Flattener(const Registry& registry) : registry_(registry) {}

  Flat run(const Document& document) {
    unroll_ = running_nodes(document) <= kMostNodes;
    if (!unroll_) report_size(document);
    expand(document, {}, {}, {});
    separate_keys();
    for (const PortRef& input : inputs_) connect(input);
    for (const auto& [output, input] : behind_)
      if (drawn_path(output.node) == output.node && output.node.find('#') == std::string::npos)
        if (const auto from = source_of(input).first) flat_.same.emplace(output, *from);
    return std::move(flat_);
  }

 private:
  void report(const std::string& path, Error error, Problem::Severity severity = Problem::Severity::Error) {
    if (instance_of(path) > 1) return;  // the first copy has the same
    error.node = drawn_path(path);
    flat_.problems.push_back({severity, std::move(error)});
  }

  void report_size(const Document& document) {
    const auto largest =
        std::max_element(document.nodes().begin(), document.nodes().end(), [](const Node& a, const Node& b) {
          const auto size = [](const Node& n) { return n.inner ? running_nodes(*n.inner) * repeat_of(n) : 0; };
          return size(a) < size(b);
        });
    report(largest->id, Error{.reason = "repeated, it makes more than " + std::to_string(kMostNodes) + " nodes",
                              .remedy = "Repeat it, or what is in it, less often",
                              .parameter = "repeat"});
  }

  /// `scope`: path of what runs; `copy`: stands for the copy that this is, empty for the document's own diagram.
  void expand(const Diagram& diagram, const std::string& scope, const std::string& copy, const KeyScope& keys) {
    for (const Node& node : diagram.nodes()) {
      const std::string path = join_path(scope, node.id);
      if (node.type == kSubgraphInputType || node.type == kSubgraphOutputType) {
        add_port(node, path, copy);
      } else if (node.muted && mute(node, path)) {
        continue;
      } else if (node.inner) {
        add_copies(node, path, keys);
      } else {
        Node running = node;
        running.key = keys.key_of(node);
        running.id = path;
        running.muted = false;
        flat_.document.nodes_.push_back(std::move(running));
        running_.insert(path);
      }
    }
    for (const Link& link : diagram.links()) {
      const PortRef to{join_path(scope, link.to.node), link.to.port};
      into_.emplace(to, PortRef{join_path(scope, link.from.node), link.from.port});
      if (running_.contains(to.node)) inputs_.push_back(to);
    }
  }

  /// Keys are the graph's to keep apart: files written by hand may give one twice, or one that is another node's path.
  /// Those that a node carries go before those that follow from its place.
  void separate_keys() {
    std::unordered_set<std::string> taken;
    std::vector<Node*> again;
    for (const bool carried : {true, false})
      for (Node& node : flat_.document.nodes_)
        if ((node.key != node.id) == carried && !taken.insert(node.key).second) again.push_back(&node);
    for (Node* node : again)
      for (std::size_t number = 2; !taken.insert(node->key).second; ++number)
        node->key = node->id + "~" + std::to_string(number);
  }

  void add_port(const Node& node, const std::string& path, const std::string& copy) {
    if (copy.empty()) {
      report(path, Error{.reason = "it stands in no sub-graph", .remedy = "Remove it, or move it into a sub-graph"});
      return;
    }
    if (node.type == kSubgraphInputType)
      behind_.emplace(PortRef{path, std::string(kPortValue)}, PortRef{copy, node.id});
  }

  /// Leaves the node out; false if that cannot be, which is reported.
  bool mute(const Node& node, const std::string& path) {
    std::optional<NodeSpec> made;
    const NodeSpec* spec = registry_.find(node.type);
    if (spec == nullptr) return false;  // an unknown type, reported as such
    if (node.inner || spec->ports)
      spec = &made.emplace(node.inner ? subgraph_spec(node, registry_) : spec->for_params(node.params));
    if (Status ok = check_mute(*spec); !ok) report(path, std::move(ok.error()));
    for (const PortSpec& output : spec->outputs) {
      const auto input = passes_on(*spec, output.name);
      if (input) behind_.emplace(PortRef{path, output.name}, PortRef{path, *input});
    }
    dead_.insert(path);
    return true;
  }

  void add_copies(const Node& node, const std::string& path, const KeyScope& keys) {
    if (const NodeSpec* spec = registry_.find(node.type))
      check_params(node, path, *spec,
                   [&](Error error, Problem::Severity severity) { report(path, std::move(error), severity); });
    const Diagram& inner = *node.inner;
    const std::vector<std::string> inputs = subgraph_inputs(inner);
    const std::vector<std::string> outputs = subgraph_outputs(inner);
    const std::size_t copies = unroll_ ? repeat_of(node) : 1;
    if (inner.nodes().empty())
      report(path, Error{.reason = "there is nothing in it", .remedy = "Double-click it and add nodes, or remove it"},
             Problem::Severity::Warning);
    if (copies > 1 && (inputs.empty() || outputs.empty()))
      report(path, Error{.reason = "it cannot follow itself, because nothing " +
                                   std::string(inputs.empty() ? "enters" : "leaves") + " it",
                         .remedy = "Give it an input and an output, or set repeat to 1",
                         .parameter = "repeat"});
    const std::string value(kPortValue);
    for (std::size_t k = 1; k <= copies; ++k) {
      const std::string mark = copy_mark(path, k);
      const std::string scope = k == 1 ? path : path + "/" + std::to_string(k);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (k > 1 && i < outputs.size()) {
          into_.emplace(PortRef{mark, inputs[i]}, PortRef{copy_mark(path, k - 1), outputs[i]});
        } else {
          outside_.emplace(PortRef{mark, inputs[i]}, PortRef{path, inputs[i]});
        }
      }
      for (const std::string& output : outputs) {
        behind_.emplace(PortRef{mark, output}, PortRef{scope + "/" + output, value});
        if (k == copies) behind_.emplace(PortRef{path, output}, PortRef{scope + "/" + output, value});
      }
      expand(inner, scope, mark, keys.inside(node, k));
    }
  }

  /// The output that runs and gives this input its value; where the way breaks off, the input there instead.
  std::pair<std::optional<PortRef>, PortRef> source_of(PortRef input) const {
    const std::size_t longest = into_.size() + behind_.size() + outside_.size() + 1;
    for (std::size_t steps = 0; steps < longest; ++steps) {
      if (const auto out = outside_.find(input); out != outside_.end()) {
        input = out->second;
        continue;
      }
      const auto wire = into_.find(input);
      if (wire == into_.end()) return {std::nullopt, input};
      const auto behind = behind_.find(wire->second);
      if (behind != behind_.end()) {
        input = behind->second;
      } else if (running_.contains(wire->second.node)) {
        return {wire->second, input};
      } else {
        return {std::nullopt, PortRef{}};  // a muted node without a way through, or a port that is not there
      }
    }
    return {std::nullopt, PortRef{}};
  }

  void connect(const PortRef& input) {
    const auto [from, end] = source_of(input);
    if (from) {
      flat_.document.links_.push_back({.from = *from, .to = input});
    } else if (end.node.empty()) {
      report_dead_end(input);
    } else {
      flat_.ends.emplace(input, PortRef{drawn_path(end.node), end.port});
    }
  }

  void report_dead_end(const PortRef& input) {
    flat_.excused.insert(input);
    const PortRef& from = into_.at(input);
    if (dead_.contains(from.node)) return;
    report(input.node, Error{.reason = "nothing arrives from " + drawn_path(from.node) + "." + from.port +
                                       ": the way there is a circle, or its port is gone",
                             .remedy = "Remove this wire, or mend that node",
                             .port = input.port});
  }

  const Registry& registry_;
  bool unroll_ = true;
  Flat flat_{};
  std::map<PortRef, PortRef> into_{};
  std::map<PortRef, PortRef> behind_{};
  std::map<PortRef, PortRef> outside_{};
  std::vector<PortRef> inputs_{};  ///< of running nodes, with a wire
  std::unordered_set<std::string> running_{};
  std::unordered_set<std::string> dead_{};  ///< muted
};

Flat flatten(const Document& document, const Registry& registry) { return Flattener(registry).run(document); }

}  // namespace feedline::inline graph
