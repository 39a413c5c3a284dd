// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/wire_splits.h"

#include "graph/learner_input.h"
#include "graph/part.h"
#include "graph/rewire.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <vector>

namespace feedline::inline graph {
namespace {

constexpr double kRowBelow = 200;

class SplitWiring {
 public:
  SplitWiring(const Document& document, const Registry& registry) : document_(document), registry_(registry) {}

  [[nodiscard]] const Node* trainer() const {
    for (const Node& node : document_.nodes())
      if (is(node, Role::Trainer)) return &node;
    return nullptr;
  }

  /// The node with this role that is nearest to `input` upstream of it.
  [[nodiscard]] const Node* upstream(const PortRef& input, Role role) const {
    std::set<std::string> seen;
    std::vector<PortRef> open = {input};
    for (std::size_t at = 0; at < open.size(); ++at) {
      const Link* link = document_.link_into(open[at]);
      const Node* node = link == nullptr ? nullptr : document_.find(link->from.node);
      if (node == nullptr || !seen.insert(node->id).second) continue;
      if (is(*node, role)) return node;
      for (const PortRef& next : inputs(node->id)) open.push_back(next);
    }
    return nullptr;
  }

  /// The node and all upstream of it.
  [[nodiscard]] std::vector<std::string> chain(const Node& last) const {
    std::vector<std::string> ids = {last.id};
    for (std::size_t at = 0; at < ids.size(); ++at)
      for (const PortRef& input : inputs(std::string(ids[at])))
        if (const std::string& from = document_.link_into(input)->from.node;
            std::find(ids.begin(), ids.end(), from) == ids.end())
          ids.push_back(from);
    return ids;
  }

  [[nodiscard]] bool is(const Node& node, Role role) const {
    const NodeSpec* spec = registry_.find(node.type);
    return spec != nullptr && spec->role == role;
  }

  /// These nodes again, below everything, without samplers.
  [[nodiscard]] std::optional<Paste> copy(const std::vector<std::string>& ids) const {
    Document part = part_of(document_, ids);
    std::vector<std::string> samplers;
    double top = std::numeric_limits<double>::max();
    for (const Node& node : part.nodes()) {
      if (is(node, Role::Sampler)) samplers.push_back(node.id);
      top = std::min(top, node.position.y);
    }
    if (!part.apply(remove_and_heal(part, samplers, registry_))) return std::nullopt;
    double bottom = top;
    for (const Node& node : document_.nodes()) bottom = std::max(bottom, node.position.y);
    return make_paste(document_, part, {0, bottom + kRowBelow - top});
  }

 private:
  /// Ends of the wires into this node.
  [[nodiscard]] std::vector<PortRef> inputs(const std::string& node) const {
    std::vector<PortRef> ends;
    for (const Link& link : document_.links())
      if (link.to.node == node) ends.push_back(link.to);
    return ends;
  }

  const Document& document_;
  const Registry& registry_;
};

/// The one node of these that has this type, in the document that the paste leads to.
std::string pasted(const Document& after, const Paste& paste, const std::string& type) {
  for (const std::string& id : paste.ids)
    if (const Node* node = after.find(id); node != nullptr && node->type == type) return id;
  return {};
}

/// Sets all of these parameters.
Status set_all(Document& document, const std::string& node, const ParamMap& params) {
  for (const auto& [name, value] : params)
    if (const auto done = document.apply(Edit{SetParam{node, name, value}}); !done) return fail(done.error());
  return {};
}

}  // namespace

Result<Edit> wire_splits(const Document& document, const std::string& source, const std::string& param,
                         const SplitPaths& paths, const Registry& registry) {
  const Node* node = document.find(source);
  if (node == nullptr) return fail(Error{.reason = "the graph has no such node", .node = source});
  Edit::List steps = {{SetParam{source, param, Value(paths.training)}}};
  const SplitWiring wiring(document, registry);
  const Node* trainer = wiring.trainer();
  if (trainer == nullptr || paths.validation.empty()) return Edit{std::move(steps)};

  const PortRef validation{trainer->id, kValidationInput};
  for (const char* split :
       {"validation_split", "split_by", "split_column", "validation_values", "training_values", "folds", "fold"})
    if (trainer->params.contains(split)) steps.push_back({SetParam{trainer->id, split, std::nullopt}});
  if (document.link_into(validation) != nullptr) {
    const Node* other = wiring.upstream(validation, Role::Source);
    if (other == nullptr || other == node || other->type != node->type) return Edit{std::move(steps)};
    const auto own = other->params.find(param);
    const auto here = node->params.find(param);
    if (own == other->params.end() || (here != node->params.end() && own->second == here->second))
      steps.push_back({SetParam{other->id, param, Value(paths.validation)}});
    return Edit{std::move(steps)};
  }

  const Node* batch = wiring.upstream(learner_input(document, trainer->id), Role::Batch);
  const std::vector<std::string> ids = batch == nullptr ? std::vector<std::string>{} : wiring.chain(*batch);
  if (std::find(ids.begin(), ids.end(), source) == ids.end()) return Edit{std::move(steps)};
  const auto paste = wiring.copy(ids);
  Document after = document;
  if (!paste || !after.apply(paste->edit)) return Edit{std::move(steps)};
  const std::string new_source = pasted(after, *paste, node->type);
  const std::string new_batch = pasted(after, *paste, batch->type);
  if (new_source.empty() || new_batch.empty()) return Edit{std::move(steps)};
  const NodeSpec spec = *spec_of(*batch, registry);
  steps.push_back(paste->edit);
  steps.push_back({SetParam{new_source, param, Value(paths.validation)}});
  for (const PortSpec& port : spec.outputs)
    if (port.kind == Kind::Batch) {
      steps.push_back({AddLink{.link = {.from = {new_batch, port.name}, .to = validation}}});
      break;
    }
  return Edit{std::move(steps)};
}

Result<Document> with_data(Document document, const StarterData& data, const Registry& registry) {
  const SplitWiring wiring(document, registry);
  const Node* trainer = wiring.trainer();
  const Node* source =
      trainer == nullptr ? nullptr : wiring.upstream(learner_input(document, trainer->id), Role::Source);
  if (source == nullptr || source->type != data.type)
    return fail("the trainer reads no " + data.type + " source, which these data need",
                "Choose a graph that begins with one, or build one for the data by leaving the graph out");
  const std::string training_id = source->id;
  const PortRef validation{trainer->id, kValidationInput};
  const auto other = [&] {
    const Node* node = wiring.upstream(validation, Role::Source);
    return node == nullptr || node->id == training_id ? std::string() : node->id;
  };
  std::string validation_id = other();
  if (!validation_id.empty() && !data.validation)
    return fail(Error{.reason = "validation has a source of its own, and these data have no part for it",
                      .remedy = "Choose the parent of train/ and val/, or a graph that sets records aside",
                      .node = validation_id});
  if (data.validation && validation_id.empty()) {
    const auto& [param, value] = *data.training.begin();
    const auto edit =
        wire_splits(document, training_id, param, {to_text(value), to_text(data.validation->at(param))}, registry);
    if (!edit) return fail(edit.error());
    if (const auto done = document.apply(*edit); !done) return fail(done.error());
    validation_id = other();
  }
  if (Status set = set_all(document, training_id, data.training); !set) return fail(std::move(set.error()));
  if (!validation_id.empty())
    if (Status set = set_all(document, validation_id, *data.validation); !set) return fail(std::move(set.error()));
  return document;
}

}  // namespace feedline::inline graph
