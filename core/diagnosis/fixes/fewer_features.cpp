// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "diagnosis/fixes/insert_cache.h"
#include "graph/rewire.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// Features below which a layer is not wide, and the share of its network's arithmetic from which on it decides.
constexpr std::int64_t kWide = 64;
constexpr double kDecides = 0.3;
/// What is known of the components only once they are learnt: so many of the features carry the share of the variance,
/// usually (a fifth of MNIST's pixels, a third of a table's columns), and a core multiplies and adds so many of them.
constexpr double kVarianceKept = 0.95;
constexpr double kComponentsOfFeatures = 0.25;
constexpr double kProductsASecond = 2e9;

/// The arithmetic of a network, of which some is that of layers that read a field of the batch.
struct NetworkWork {
  double all = 0;
  double first = 0;
  bool known = true;  ///< false: a layer takes something else besides
};

/// One feature more is one row of the first layers' weights more: counts all layers of a network whose only input has
/// so many features.
NetworkWork work_of(const FixContext& context, const PortRef& field, std::int64_t width) {
  NetworkWork work;
  std::map<std::pair<std::string, std::string>, TensorDesc> values;
  values[{field.node, field.port}] = {
      .kind = Kind::Tensor, .dtype = DType::F32, .shape = {Dim::symbol("N"), Dim(width)}};
  std::vector<const Node*> open;
  for (const Node& node : context.document.nodes()) {
    const NodeSpec* spec = context.registry.find(node.type);
    if (spec != nullptr && spec->role == Role::Layer) open.push_back(&node);
  }
  for (bool goes_on = true; goes_on && !open.empty();) {
    goes_on = false;
    for (auto it = open.begin(); it != open.end();) {
      const NodeSpec& spec = *context.registry.find((*it)->type);
      std::vector<const TensorDesc*> in;
      bool reads_field = false;
      bool ready = true;
      for (const PortSpec& port : spec.inputs) {
        const Link* link = context.document.link_into({(*it)->id, port.name});
        const auto value = link == nullptr ? values.end() : values.find({link->from.node, link->from.port});
        reads_field = reads_field || (link != nullptr && link->from == field);
        ready = ready && (value != values.end() || (link == nullptr && port.optional));
        in.push_back(value == values.end() ? nullptr : &value->second);
      }
      if (!ready) {
        ++it;
        continue;
      }
      const ParamMap params = spec.complete((*it)->params);
      auto out = spec.infer(params, in);
      if (!out || out->size() != spec.outputs.size()) return {.known = false};
      for (TensorDesc& desc : *out)
        for (std::size_t i = 1; i < desc.shape.size(); ++i)
          if (!desc.shape[i].known()) desc.shape[i] = Dim(2);  // classes of data that nobody has opened: a few
      if (spec.cost) {
        const double products = spec.cost(params, in, out->front()).multiply_adds;
        work.all += products;
        if (reads_field) work.first += products;
      }
      for (std::size_t i = 0; i < out->size(); ++i) values[{(*it)->id, spec.outputs[i].name}] = std::move((*out)[i]);
      it = open.erase(it);
      goes_on = true;
    }
  }
  work.known = open.empty();
  return work;
}

/// Components in place of many features, where the network's first layer is most of its work.
std::vector<Fix> fewer_features(const FixContext& context) {
  const RunFacts& facts = context.facts;
  const StepCost& step = context.diagnosis.profile.step;
  const Node* batch = context.document.find(facts.batch_node);
  const auto batch_spec = batch == nullptr ? std::nullopt : spec_of(*batch, context.registry);
  if (!facts.network || !batch_spec || step.busy() <= 0 || context.registry.find("pca") == nullptr) return {};
  std::vector<Fix> fixes;
  for (const PortSpec& port : batch_spec->inputs) {
    const Link* into = port.kind == Kind::Features ? context.document.link_into({batch->id, port.name}) : nullptr;
    const Node* from = into == nullptr ? nullptr : context.document.find(into->from.node);
    const NodeCost* cost = from == nullptr ? nullptr : context.diagnosis.profile.find(from->id);
    if (cost == nullptr || from->type == "pca") continue;
    const auto width = static_cast<std::int64_t>(std::llround(cost->bytes / sizeof(float)));
    if (width < kWide) continue;
    const NetworkWork work = work_of(context, {batch->id, port.name}, width);
    if (!work.known || work.all <= 0 || work.first < kDecides * work.all) continue;
    auto edit =
        insert_behind(context.document, context.registry, into->from, "pca", "features", {{"variance", kVarianceKept}});
    if (!edit) continue;

    CostModel after = context.diagnosis.model;
    const double kernels = (step[Phase::Forward] + step[Phase::Backward]) / step.busy();
    const double saved = kernels * work.first / work.all * (1 - kComponentsOfFeatures);
    after.speed_up(after.trainer, 1 / (1 - saved));
    NodeCost pca = *cost;
    pca.node = "pca";
    pca.type = "pca";
    pca.wait = pca.delayed = 0;
    pca.cpu = pca.visits * kComponentsOfFeatures * std::pow(static_cast<double>(width), 2) / kProductsASecond;
    pca.bytes = cost->bytes * kComponentsOfFeatures;
    after.costs.nodes.push_back(std::move(pca));
    fixes.push_back(
        {.id = "pca:" + from->id,
         .title = fmt::format("Replace the {} features of {} by their principal components", width, from->id),
         .why = fmt::format("The layers that read them are {:.0f} % of the network's arithmetic. Components that keep "
                            "95 % of the variance are about a quarter as many, as far as that can be said before they "
                            "are learnt.",
                            100 * work.first / work.all),
         .edit = std::move(*edit),
         .predicted_ratio = context.ratio(after),
         .changes_results = true});
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(fewer_features)
