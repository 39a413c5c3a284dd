// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/grouping.h"
#include "graph/part.h"
#include "graph/subgraph.h"
#include "schema/structure.h"

#include <algorithm>
#include <map>
#include <optional>

namespace feedline::inline graph {
namespace {

constexpr double kCopyGap = 260;

class Ungrouper {
 public:
  Ungrouper(const Diagram& diagram, const Node& node, const KeyScope& keys)
      : diagram_(diagram), node_(node), keys_(keys), inner_(*node.inner), trial_(diagram) {}

  Result<Regrouped> run() {
    std::vector<std::string> ids;  // all but the ports
    for (const Node& n : inner_.nodes())
      if (n.type != kSubgraphInputType && n.type != kSubgraphOutputType) ids.push_back(n.id);
    for (const Comment& comment : inner_.comments()) ids.push_back(comment.id);
    for (const Frame& frame : inner_.frames()) ids.push_back(frame.id);
    const Document content = part_of(inner_, ids);
    measure(content);

    for (const std::string& name : subgraph_inputs(inner_)) {
      const Link* link = diagram_.link_into({node_.id, name});
      values_[name] = link == nullptr ? std::nullopt : std::optional(link->from);
    }
    carry_out({RemoveNode{node_.id}});
    const std::size_t copies = repeat_of(node_);
    for (std::size_t k = 0; k < copies && !broken_; ++k) add_copy(content, ids, k);
    for (const Link& link : diagram_.links())
      if (link.from.node == node_.id && link.to.node != node_.id)
        if (const auto from = results_[link.from.port])
          carry_out({AddLink{.link = {.from = *from, .to = link.to, .extra = link.extra, .via = link.via}}});
    if (broken_) return fail(std::move(*broken_));
    return Regrouped{Edit{std::move(steps_)}, std::move(new_ids_)};
  }

 private:
  void measure(const Diagram& content) {
    if (content.nodes().empty()) return;
    left_ = right_ = content.nodes().front().position.x;
    top_ = content.nodes().front().position.y;
    for (const Node& node : content.nodes()) {
      left_ = std::min(left_, node.position.x);
      right_ = std::max(right_, node.position.x);
      top_ = std::min(top_, node.position.y);
    }
  }

  void carry_out(Edit edit) {
    if (broken_) return;
    if (auto done = trial_.apply(edit); !done) {
      broken_ = std::move(done.error());
    } else {
      steps_.push_back(std::move(edit));
    }
  }

  /// One copy of the content, fed with `values_`; leaves in there what feeds the next.
  void add_copy(const Document& content, const std::vector<std::string>& ids, std::size_t k) {
    const double shift = static_cast<double>(k) * (right_ - left_ + kCopyGap);
    Paste paste =
        make_paste(trial_, content, {node_.position.x - left_ + shift, node_.position.y - top_}, PasteKeys::Kept);
    const KeyScope copy = keys_.inside(node_, k + 1);
    auto was = ids.begin();
    for (Edit& edit : std::get<Edit::List>(paste.edit.change)) {
      if (auto* added = std::get_if<AddNode>(&edit.change)) move_out(added->node, *was++, copy, keys_);
      carry_out(std::move(edit));
    }
    std::map<std::string, std::string> renamed;
    for (std::size_t i = 0; i < ids.size() && i < paste.ids.size(); ++i) renamed[ids[i]] = paste.ids[i];
    new_ids_.insert(new_ids_.end(), paste.ids.begin(), paste.ids.end());

    const auto value_of = [&](const PortRef& from) -> std::optional<PortRef> {
      if (const auto port = values_.find(from.node); port != values_.end()) return port->second;
      const auto node = renamed.find(from.node);
      return node == renamed.end() ? std::nullopt : std::optional(PortRef{node->second, from.port});
    };
    for (const Link& link : inner_.links()) {
      if (!values_.contains(link.from.node) || !renamed.contains(link.to.node)) continue;
      if (const auto from = values_[link.from.node])
        carry_out({AddLink{.link = {.from = *from, .to = {renamed[link.to.node], link.to.port}}}});
    }
    std::map<std::string, std::optional<PortRef>> next = values_;
    const std::vector<std::string> inputs = subgraph_inputs(inner_);
    const std::vector<std::string> outputs = subgraph_outputs(inner_);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Link* link = inner_.link_into({outputs[i], std::string(kPortValue)});
      results_[outputs[i]] = link == nullptr ? std::nullopt : value_of(link->from);
      if (i < inputs.size()) next[inputs[i]] = results_[outputs[i]];
    }
    values_ = std::move(next);
  }

  const Diagram& diagram_;
  const Node& node_;
  const KeyScope& keys_;
  const Diagram& inner_;
  Diagram trial_;
  Edit::List steps_{};
  std::vector<std::string> new_ids_{};
  std::map<std::string, std::optional<PortRef>> values_{};   ///< what enters the next copy, by port
  std::map<std::string, std::optional<PortRef>> results_{};  ///< what left the last copy
  std::optional<Error> broken_{};
  double left_ = 0, right_ = 0, top_ = 0;
};

}  // namespace

Result<Regrouped> ungroup(const Diagram& diagram, const std::string& id, const KeyScope& keys) {
  const Node* node = diagram.find(id);
  if (node == nullptr || !node->inner)
    return fail(Error{.reason = "it is no sub-graph", .remedy = "Select a sub-graph", .node = id});
  return Ungrouper(diagram, *node, keys).run();
}

}  // namespace feedline::inline graph
