// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fixes/width.h"

#include "graph/rewire.h"

#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// How an estimator's fit grows with its features.
struct FitGrowth {
  std::string_view learner;
  double fixed;  ///< share of a wide fit that stays: kernels that are kept, steps over rows
  double power;  ///< of the width, that the rest follows
};
/// Measured: processor time of fits of 4,000 rows with 100 and with 400 features, one thread. Trees took 3.6 and 4.0
/// times as long, machines 2.7 to 2.8 times; equations of all pairs of features more than ten times.
constexpr std::array<FitGrowth, 7> kFitGrowth = {{{"boosted_trees", 0, 1},
                                                  {"decision_tree", 0.05, 1},
                                                  {"kernel_svm", 0.15, 1},
                                                  {"linear_regression", 0, 2},
                                                  {"linear_svm", 0.15, 1},
                                                  {"logistic_regression", 0, 1},
                                                  {"ridge_regression", 0, 2}}};
/// Of learners that were not measured; rather too little is promised.
constexpr FitGrowth kUnknownGrowth = {"", 0.3, 1};
constexpr double kFitsDecide = 0.5;

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

const FitGrowth& growth_of(const FixContext& context) {
  for (const Node& node : context.document.nodes())
    for (const FitGrowth& growth : kFitGrowth)
      if (node.type == growth.learner) return growth;
  return kUnknownGrowth;
}

double seconds_in_fits(const Profile& profile) {
  return profile.samples > 0 ? profile.estimator_fit / static_cast<double>(profile.samples) : 0;
}

}  // namespace

std::vector<WideField> wide_fields(const FixContext& context) {
  const RunFacts& facts = context.facts;
  const Profile& profile = context.diagnosis.profile;
  const StepCost& step = profile.step;
  const Node* batch = context.document.find(facts.batch_node);
  const auto batch_spec = batch == nullptr ? std::nullopt : spec_of(*batch, context.registry);
  std::vector<WideField> fields;
  if (!batch_spec || step.busy() <= 0) return fields;
  for (const PortSpec& port : batch_spec->inputs) {
    const Link* into = port.kind == Kind::Features ? context.document.link_into({batch->id, port.name}) : nullptr;
    const NodeCost* cost = into == nullptr ? nullptr : profile.find(into->from.node);
    if (cost == nullptr) continue;
    WideField field{.name = port.name,
                    .from = into->from,
                    .width = static_cast<std::int64_t>(std::llround(cost->bytes / sizeof(float)))};
    if (field.width < kWide) continue;
    if (!facts.network) {
      field.of_step = step[Phase::Add] / step.busy();
      field.of_fit = profile.fit_share();
    } else if (const NetworkWork work = work_of(context, {batch->id, port.name}, field.width);
               work.known && work.all > 0) {
      field.of_network = work.first / work.all;
      field.of_step = field.of_network * (step[Phase::Forward] + step[Phase::Backward]) / step.busy();
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

double ratio_of_narrower(const FixContext& context, CostModel after, const WideField& field, double kept) {
  after.speed_up(after.trainer, 1 / (1 - field.of_step * (1 - kept)));
  const double fits = seconds_in_fits(context.diagnosis.profile);
  if (fits <= 0) return context.ratio(after);
  const double before = context.diagnosis.expected.samples_per_s;
  const double changed = after.expected().samples_per_s;
  if (before <= 0 || changed <= 0) return 1;
  const FitGrowth& growth = growth_of(context);
  const double left = growth.fixed + (1 - growth.fixed) * std::pow(kept, growth.power);
  return (1 / before + fits) / (1 / changed + fits * left);
}

double fixed_of_fit(const FixContext& context) { return growth_of(context).fixed; }

bool fits_decide(const WideField& field) { return field.of_fit > kFitsDecide; }

}  // namespace feedline::inline diagnosis
