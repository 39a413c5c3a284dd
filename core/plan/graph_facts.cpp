// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/graph_facts.h"

#include "graph/flatten.h"
#include "plan/lowering.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace feedline::inline plan {
namespace {

/// The node by which the trainer learns: an estimator or a loss; null if there is none.
const Node* learner_of(const Lowering& lowering, const Node& trainer) {
  const PortRef* from = lowering.into(trainer, learner_input(lowering.document(), trainer.id).port);
  if (from == nullptr || !lowering.known(lowering.node(from->node))) return nullptr;
  return &lowering.node(from->node);
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
  const Node* learner = learner_of(lowering, *trainer);
  if (learner == nullptr) return facts;
  const NodeSpec& spec = lowering.spec(*learner);
  facts.network = spec.role != Role::Estimator;
  if (!facts.network) facts.estimator_node = learner->id;
  if (spec.passes)
    if (const std::uint32_t passes = spec.passes(spec.complete(learner->params)); passes > 0) facts.passes = passes;
  const ModelInputs inputs = model_inputs(lowering, *trainer);
  if (inputs.batch == nullptr) return facts;
  const Node& batch = *inputs.batch;
  facts.batch_node = batch.id;
  facts.batch = lowering.spec(batch).batch(lowering.spec(batch).complete(batch.params)).size;
  facts.labels.clear();
  for (const PortSpec& port : lowering.spec(batch).inputs)
    if (port.kind == Kind::Label) facts.labels.push_back(port.name);
  std::map<std::string, PortRef> fields;
  for (const std::string& field : inputs.fields)
    if (const PortRef* from = lowering.into(batch, field)) fields.emplace(field, *from);
  add_nodes(lowering, fields, facts);
  return facts;
}

}  // namespace feedline::inline plan
