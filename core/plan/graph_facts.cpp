// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/graph_facts.h"

#include "graph/flatten.h"
#include "plan/lowering.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace feedline {
namespace {

/// The batch that the loss is computed from; null if there is none.
const Node* batch_below_loss(const Lowering& lowering, const Node& trainer) {
  const PortRef* loss = lowering.into(trainer, "loss");
  if (loss == nullptr || !lowering.known(lowering.node(loss->node))) return nullptr;
  const auto is_batch = [&](const Node& node) { return lowering.spec(node).role == Role::Batch; };
  for (const Node* node : lowering.upstream(lowering.node(loss->node), [&](const Node& n) { return !is_batch(n); }))
    if (is_batch(*node)) return node;
  return nullptr;
}

/// What the batch is asked for: by the model if the graph is sound, else all that is wired.
std::map<std::string, PortRef> read_fields(const Lowering& lowering, const Node& trainer, const Node& batch) {
  Result<LoweredModel> model = fail("it is not sound");
  if (lowering.analysis().ok()) model = lower_model(lowering, trainer);
  std::map<std::string, PortRef> fields;
  for (const PortSpec& port : lowering.spec(batch).inputs) {
    const PortRef* from = lowering.into(batch, port.name);
    const bool read = !model || std::find(model->fields.begin(), model->fields.end(), port.name) != model->fields.end();
    if (from != nullptr && read) fields.emplace(port.name, *from);
  }
  return fields;
}

/// All that lies above a node of the data side.
Needed needed_above(const Lowering& lowering, const Node& node) {
  std::vector<PortRef> values;
  for (const PortSpec& port : lowering.spec(node).inputs)
    if (const PortRef* from = lowering.into(node, port.name)) values.push_back(*from);
  return needed_for(lowering, std::move(values));
}

void add_nodes(const Lowering& lowering, const std::map<std::string, PortRef>& fields, GraphFacts& facts) {
  std::map<std::string, Needed> by_field;
  std::set<std::string, std::less<>> all;
  for (const auto& [name, from] : fields) {
    const Needed& needed = by_field.emplace(name, needed_for(lowering, {from})).first->second;
    all.insert(needed.nodes.begin(), needed.nodes.end());
  }
  for (const std::size_t index : lowering.analysis().order) {
    const Node& node = lowering.document().nodes()[index];
    if (!all.contains(node.id)) continue;
    const NodeSpec& spec = lowering.spec(node);
    DataNode fact{.id = node.id, .type = node.type, .role = spec.role};
    fact.cache = static_cast<bool>(spec.cache);
    fact.random = spec.random;
    for (const std::string& up : needed_above(lowering, node).nodes) {
      fact.upstream.push_back(up);
      fact.random = fact.random || lowering.spec(lowering.node(up)).random;
    }
    for (const auto& [name, needed] : by_field)
      if (needed.nodes.contains(node.id)) fact.fields.push_back(name);
    facts.nodes.push_back(std::move(fact));
  }
}

}  // namespace

const DataNode* GraphFacts::find(std::string_view id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const DataNode& n) { return n.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

bool GraphFacts::is_label(std::string_view field) const {
  return std::find(labels.begin(), labels.end(), field) != labels.end();
}

GraphFacts graph_facts(const Document& document, const Registry& registry) {
  const Flat flat = flatten(document, registry);
  const Analysis analysis = analyse(flat.document, {}, registry);
  const Lowering lowering(flat.document, analysis, registry);
  GraphFacts facts;
  const Node* trainer = lowering.first(Role::Trainer);
  if (trainer == nullptr) return facts;
  facts.trainer_node = trainer->id;
  const Node* batch = batch_below_loss(lowering, *trainer);
  if (batch == nullptr) return facts;
  facts.batch_node = batch->id;
  facts.batch = lowering.spec(*batch).batch(lowering.spec(*batch).complete(batch->params)).size;
  facts.labels.clear();
  for (const PortSpec& port : lowering.spec(*batch).inputs)
    if (port.kind == Kind::Label) facts.labels.push_back(port.name);
  add_nodes(lowering, read_fields(lowering, *trainer, *batch), facts);
  return facts;
}

}  // namespace feedline
