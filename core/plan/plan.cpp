// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/plan.h"

#include "graph/flatten.h"
#include "graph/json.h"
#include "graph/path.h"
#include "plan/balance.h"
#include "plan/class_match.h"
#include "plan/fitting.h"
#include "plan/lowering.h"
#include "plan/open_source.h"
#include "plan/record_split.h"
#include "plan/used_columns.h"

#include <algorithm>
#include <cmath>
#include <exception>

namespace feedline::inline plan {

Lowering::Lowering(const Document& document, const Analysis& analysis, const Registry& registry)
    : document_(document), analysis_(analysis), registry_(registry) {
  for (const Node& node : document.nodes()) {
    nodes_.emplace(node.id, &node);
    if (const NodeSpec* type = registry.find(node.type); type != nullptr && type->ports)
      made_.emplace(node.id, type->for_params(node.params));
  }
  for (const Link& link : document.links())
    into_.emplace(std::pair<std::string_view, std::string_view>(link.to.node, link.to.port), &link.from);
}

const PortRef* Lowering::into(const Node& node, const std::string& port) const {
  const auto link = into_.find({node.id, port});
  return link == into_.end() ? nullptr : link->second;
}

std::vector<const TensorDesc*> Lowering::inputs(const Node& node) const {
  std::vector<const TensorDesc*> descs;
  for (const PortSpec& port : spec(node).inputs) {
    const PortRef* from = into(node, port.name);
    descs.push_back(from == nullptr ? nullptr : analysis_.at(*from));
  }
  return descs;
}

bool Lowering::inputs_wait(const Node& node) const {
  return std::any_of(spec(node).inputs.begin(), spec(node).inputs.end(), [&](const PortSpec& port) {
    const PortRef* from = into(node, port.name);
    return from != nullptr && waits(*from);
  });
}

bool Lowering::waits(const DataPlan& data) const {
  return std::any_of(data.steps.begin(), data.steps.end(), [&](const PlanStep& step) {
    const std::vector<PortSpec>& outputs = spec(node(step.node)).outputs;
    return std::any_of(outputs.begin(), outputs.end(), [&](const PortSpec& port) {
      return waits(PortRef{step.node, port.name});
    });
  });
}

std::shared_ptr<const NamedTensors> Lowering::learnt(const Node& node) const {
  const auto found = analysis_.learnt.find(node.id);
  return found == analysis_.learnt.end() ? nullptr : found->second;
}

const Node* Lowering::first(Role role) const {
  const auto& nodes = document_.nodes();
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& n) { return known(n) && spec(n).role == role; });
  return found == nodes.end() ? nullptr : &*found;
}

namespace {

/// Lives as long as a plan whose shapes are not all known: the plan lowers the graph anew by it.
class Planner : public std::enable_shared_from_this<Planner> {
 public:
  Planner(const Document& document, const Registry& registry)
      : flat_(flatten(document, registry)), document_(flat_.document), drawn_(to_json(document)), registry_(registry) {}

  Result<std::shared_ptr<const Plan>> run(const PlanOptions& options, std::vector<Problem>* problems) {
    return told_as_drawn(lower_flat(options, problems));
  }

 private:
  static Result<std::shared_ptr<const Plan>> told_as_drawn(Result<std::shared_ptr<const Plan>> plan) {
    if (!plan) plan.error().node = drawn_path(plan.error().node);
    return plan;
  }

  Result<std::shared_ptr<const Plan>> lower_flat(const PlanOptions& options, std::vector<Problem>* problems) {
    // The first look finds the mistakes that need no files, so that nobody waits for a source in vain.
    Analysis rough = analyse(document_, {}, registry_);
    if (Status ok = check(rough, problems); !ok) return fail(std::move(ok.error()));
    const Lowering outline(document_, rough, registry_);
    given_weights_ = options.class_weights;
    if (Status ok = open_sources(outline, options); !ok) return fail(std::move(ok.error()));
    if (Status ok = divide(outline, options.sources); !ok) return fail(std::move(ok.error()));
    return lower_with({}, problems);
  }

  /// With exact sources, and what is known of fitted nodes.
  Result<std::shared_ptr<const Plan>> lower_with(const LearntStates& learnt, std::vector<Problem>* problems) const {
    const Analysis exact = analyse(document_, probed_, registry_, learnt);
    if (Status ok = check(exact, problems); !ok) return fail(std::move(ok.error()));
    const Lowering lowering(document_, exact, registry_);
    auto plan = lower(lowering);
    if (!plan) return fail(std::move(plan.error()));
    if (waits(lowering, **plan))
      (*plan)->relower = [self = shared_from_this()](const LearntStates& known) {
        return told_as_drawn(self->lower_with(known, nullptr));
      };
    return std::move(*plan);
  }

  /// `analysis` is the flat document's; problems are told as drawn.
  Status check(const Analysis& analysis, std::vector<Problem>* all) const {
    const std::vector<Problem> problems = as_drawn(flat_, analysis).problems;
    if (all != nullptr) *all = problems;
    for (const Problem& problem : problems)
      if (problem.severity == Problem::Severity::Error) return fail(problem.error);
    return {};
  }

  [[nodiscard]] const Node& trainer() const {
    return *std::find_if(document_.nodes().begin(), document_.nodes().end(),
                         [&](const Node& n) { return registry_.find(n.type)->role == Role::Trainer; });
  }

  /// The sources that the trainer reads, by way of whatever batch nodes.
  Status open_sources(const Lowering& lowering, const PlanOptions& options) {
    for (const Node* node : lowering.upstream(trainer(), [](const Node&) { return true; })) {
      if (lowering.spec(*node).role != Role::Source) continue;
      Result<OpenSource> opened = open(*node, lowering.spec(*node), options);
      if (!opened) return fail(std::move(opened.error()).at_node(node->id));
      sources_.push_back(std::move(*opened));
    }
    if (Status ok = match_validation(lowering); !ok) return ok;
    for (const OpenSource& source : sources_) probed_.emplace(source.node->id, source.source->outputs());
    return {};
  }

  /// Which records of the training source train, and which validate.
  Status divide(const Lowering& lowering, const SourceContext& context) {
    const Node& root = trainer();
    const PortRef* learner = lowering.into(root, learner_input(document_, root.id).port);
    const Node* source = source_behind(lowering, root, learner_input(document_, root.id).port);
    const auto opened =
        std::find_if(sources_.begin(), sources_.end(), [&](const OpenSource& s) { return s.node == source; });
    if (learner == nullptr || opened == sources_.end()) return {};  // lowering says it better
    const TrainerSettings settings = lowering.spec(root).trainer(lowering.spec(root).complete(root.params));
    SplitRequest request{.settings = settings, .split = lowering.into(root, kValidationInput) == nullptr};
    for (const Node* node : lowering.upstream(lowering.node(learner->node), [](const Node&) { return true; })) {
      const NodeSpec& spec = lowering.spec(*node);
      const ParamMap params = spec.complete(node->params);
      request.balance |= spec.role == Role::Sampler && spec.sampler(params).draws_by_class();
      request.class_counts |= spec.role == Role::Loss && given_weights_.empty() && request.split &&
                              settings.sets_aside() && wants_balance(params);
    }
    const ParamMap params = lowering.spec(*source).complete(source->params);
    auto split = split_records({*opened->source, source->type, params}, request, context);
    if (!split) return fail(Error(split.error()).at_node(split.error().parameter.empty() ? source->id : root.id));
    split_ = std::move(*split);
    return {};
  }

  /// A source of its own for validation counts its classes as the training source does.
  Status match_validation(const Lowering& lowering) {
    const auto opened = [&](const std::string& port) {
      const Node* node = source_behind(lowering, trainer(), port);
      return std::find_if(sources_.begin(), sources_.end(), [&](const OpenSource& s) { return s.node == node; });
    };
    const auto training = opened(learner_input(document_, trainer().id).port);
    const auto validation = opened(kValidationInput);
    if (training == sources_.end() || validation == sources_.end() || training == validation) return {};
    auto matched = match_classes(validation->source, *training->source);
    if (!matched) return fail(std::move(matched.error()).at_node(validation->node->id));
    validation->source = std::move(*matched);
    return {};
  }

  static Result<OpenSource> open(const Node& node, const NodeSpec& spec, const PlanOptions& options) {
    const auto opened = [&]() -> Result<std::shared_ptr<const Source>> {
      if (options.open) return options.open(spec, spec.complete(node.params));
      return open_source(spec, spec.complete(node.params), options.sources);
    };
    auto source = opened();
    if (!source) return fail(std::move(source.error()));
    if ((*source)->size() == 0) return fail("the source has no records", "Choose one that is not empty");
    return OpenSource{&node, std::move(*source)};
  }

  Result<std::shared_ptr<Plan>> lower(const Lowering& lowering) const {
    auto plan = std::make_shared<Plan>();
    const Node& root = trainer();
    plan->trainer_node = root.id;
    plan->trainer = lowering.spec(root).trainer(lowering.spec(root).complete(root.params));
    plan->document = drawn_;

    Result<LoweredLearner> learner = lower_learner(lowering, root);
    if (!learner) return fail(std::move(learner.error()));
    Result<DataPlan> train = data(lowering, *learner->batch, learner->fields, plan->trainer, true);
    if (!train) return fail(std::move(train.error()));
    plan->train = std::move(*train);
    take_window(plan->train, split_.training, split_.training_classes);
    plan->train.sampler.balanced = split_.balanced;

    if (Status ok = add_validation(lowering, *learner, *plan); !ok) return fail(std::move(ok.error()));
    if (Status ok = check_batches(plan->train); !ok) return fail(std::move(ok.error()));
    auto* network = std::get_if<ModelPlan>(&learner->learner);
    if (network != nullptr && !waits(lowering, *plan)) {
      if (Status ok = check_sizes(*network); !ok) return fail(std::move(ok.error()));
      network->metrics = plan->trainer.metrics;
      network->freezing = plan->trainer;
      network->staging = plan->trainer;
      network->memory = plan->trainer;
      if (Status ok = balance_losses(*network, *plan->train.source, plan->train.class_counts, given_weights_); !ok)
        return fail(std::move(ok.error()));
    }
    if (plan->validation) plan->validation->batch.drop_last = false;  // every held-out record counts
    plan->learner = std::move(learner->learner);
    return plan;
  }

  Result<DataPlan> data(const Lowering& lowering, const Node& batch, const std::vector<std::string>& fields,
                        const LearningSettings& learning, bool training) const {
    Result<const Node*> source = source_of(lowering, batch);
    if (!source) return fail(std::move(source.error()));
    const auto opened =
        std::find_if(sources_.begin(), sources_.end(), [&](const OpenSource& s) { return s.node == *source; });
    auto lowered = lower_data(lowering, batch, fields, *opened, learning, training);
    if (!lowered) return fail(std::move(lowered.error()));
    lowered->plan.upstream = upstream_hash(lowering, batch);
    read_used_columns(lowered->plan);
    return std::move(lowered->plan);
  }

  Status add_validation(const Lowering& lowering, const LoweredLearner& learner, Plan& plan) const {
    const Node& root = trainer();
    const PortRef* port = lowering.into(root, kValidationInput);
    if (port != nullptr && plan.trainer.sets_aside()) {
      const std::string by = plan.trainer.split_by == "column" ? "split_by"
                             : plan.trainer.folds > 1          ? "folds"
                                                               : "validation_split";
      return fail(Error{.reason = "validation data come from " + port->node + " and from a split of the training data",
                        .remedy = "Set " + by + " to " + (by == "split_by" ? "random" : "0") +
                                  ", or remove the wire into " + root.id + ".validation",
                        .node = root.id,
                        .parameter = by});
    }
    if (port != nullptr) {
      const Node& batch = lowering.node(port->node);
      if (&batch == learner.batch)
        return fail(Error{.reason = "it would validate on the training batches themselves",
                          .remedy = "Remove this wire and set validation_split, or wire a batch of other records",
                          .node = root.id,
                          .port = "validation"});
      Result<DataPlan> validation = data(lowering, batch, learner.fields, plan.trainer, false);
      if (!validation) return fail(std::move(validation.error()));
      plan.validation = std::move(*validation);
      return waits(lowering, plan) ? Status{} : check_alike(plan.train, *plan.validation);
    }
    if (!split_.sets_aside) return {};
    Result<DataPlan> validation = data(lowering, *learner.batch, learner.fields, plan.trainer, false);
    if (!validation) return fail(std::move(validation.error()));
    plan.validation = std::move(*validation);
    take_window(*plan.validation, split_.validation, split_.validation_classes);
    return {};
  }

  /// The records of one side, in the order that the data side asks for.
  static void take_window(DataPlan& data, const SamplerPlan& window, const std::vector<std::uint64_t>& classes) {
    if (window.source_size == 0) return;  // nothing has been divided
    const bool shuffle = data.sampler.shuffle;
    data.sampler = window;
    data.sampler.shuffle = shuffle;
    data.class_counts = classes;
  }

  /// Sizes are not known yet: what checks them comes when the plan is lowered anew.
  static bool waits(const Lowering& lowering, const Plan& plan) {
    return lowering.waits(plan.train) || (plan.validation && lowering.waits(*plan.validation));
  }

  /// The model that training makes must be able to read the validation batches, and classes must mean the same.
  static Status check_alike(const DataPlan& train, const DataPlan& validation) {
    for (std::size_t i = 0; i < train.fields.size(); ++i) {
      const TensorDesc& a = train.fields[i].record;
      const TensorDesc& b = validation.fields[i].record;
      const auto differ = [&](std::string reason, std::string remedy) {
        return fail(Error{.reason = std::move(reason),
                          .remedy = std::move(remedy),
                          .node = validation.batch_node,
                          .port = validation.fields[i].name});
      };
      if (a.dtype != b.dtype || a.shape != b.shape || a.layout != b.layout)
        return differ("validation gives " + b.text() + ", but training (" + train.batch_node + ") gives " + a.text(),
                      "Prepare both in the same way");
      if (a.classes.known() && b.classes.known() && a.classes != b.classes)
        return differ("validation has " + b.classes.text() + " classes, but training has " + a.classes.text(),
                      "Both need the same classes");
      if (!a.class_names.empty() && !b.class_names.empty() && a.class_names != b.class_names)
        return differ("validation and training name their classes differently",
                      "Both need the same classes in the same order");
    }
    return {};
  }

  static Status check_batches(const DataPlan& train) {
    if (train.batches_per_epoch() > 0) return {};
    return fail(Error{.reason = "a batch of " + std::to_string(train.batch.size) + " never fills from " +
                                std::to_string(train.sampler.count) + " records, and incomplete batches are dropped",
                      .remedy = "Lower the batch size or keep the last batch",
                      .node = train.batch_node,
                      .parameter = "drop_last"});
  }

  const Flat flat_;
  const Document& document_;  ///< the flat one
  const std::string drawn_;
  const Registry& registry_;
  std::vector<OpenSource> sources_{};
  RecordSplit split_{};                  ///< of the source that trains
  std::vector<double> given_weights_{};  ///< PlanOptions::class_weights
  ProbedSources probed_{};
};

}  // namespace

const std::vector<std::string>& Plan::class_names() const {
  return std::visit([](const auto& plan) -> const std::vector<std::string>& { return plan.class_names; }, learner);
}

Execution Plan::asked_for() const {
  return Execution::asked_for(trainer, estimator() != nullptr ? estimator()->passes : std::nullopt);
}

std::uint64_t held_out_count(std::uint64_t records, double share) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(records) * share));
}

Result<std::shared_ptr<const Plan>> make_plan(const Document& document, const PlanOptions& options,
                                              std::vector<Problem>* problems, const Registry& registry) {
  try {
    return std::make_shared<Planner>(document, registry)->run(options, problems);
  } catch (const std::exception& e) {
    return fail(Error{.code = ErrorCode::Failed, .reason = std::string("the graph cannot be prepared: ") + e.what()});
  }
}

}  // namespace feedline::inline plan
