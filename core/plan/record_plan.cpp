// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/record_plan.h"

#include "graph/flatten.h"
#include "graph/path.h"
#include "plan/class_match.h"
#include "plan/fitting.h"
#include "plan/lowering.h"
#include "plan/trimmed.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace feedline::inline plan {
namespace {

class RecordPlanner {
 public:
  using AskLearnt = std::function<Result<LearntStates>()>;

  RecordPlanner(const Document& document, const RecordView& view, SourceKeeper& sources, const SourceContext& context,
                const AskLearnt& learnt, const Registry& registry)
      : flat_(flatten(document, registry)),
        view_(view),
        keeper_(sources),
        context_(context),
        ask_learnt_(learnt),
        registry_(registry),
        lowering_(flat_.document, analysis_, registry) {}

  Result<RecordPlan> run() {
    if (Status found = find_shown(); !found) return fail(std::move(found.error()));
    analysis_ = analyse(flat_.document, {}, registry_);
    if (Status fine = check_upstream(); !fine) return fail(std::move(fine.error()));
    if (Status opened = open_source_above(); !opened) return fail(std::move(opened.error()));
    const ProbedSources probed = {{source_.node->id, source_.source->outputs()}};
    analysis_ = analyse(flat_.document, probed, registry_);
    if (Status fine = check_upstream(); !fine) return fail(std::move(fine.error()));
    if (unfitted_upstream() != nullptr) {
      auto learnt = ask_learnt_();
      if (!learnt) return fail(std::move(learnt.error()));
      analysis_ = analyse(flat_.document, probed, registry_, *learnt);
      if (Status fine = check_upstream(); !fine) return fail(std::move(fine.error()));
      if (const Node* without = unfitted_upstream())
        return fail(Error{.reason = "it is fitted to the training records, but they do not pass it",
                          .remedy = "Wire it between the source and the batch that the trainer learns from",
                          .node = without->id});
    }
    return lower();
  }

 private:
  /// An output of the wanted node by its name, and the running output that gives its value.
  struct Shown {
    std::string port{};
    PortRef from{};
  };

  /// A value of the data side.
  struct Wanted {
    std::string name{};
    PortRef giver{};  ///< output of the source or per-record node that gives it
    const TensorDesc* desc = nullptr;
  };

  /// The running node that was drawn, or those whose values it passes on.
  Status find_shown() {
    for (const Node& node : flat_.document.nodes())
      if (node_ == nullptr && (node.id == view_.node || drawn_path(node.id) == view_.node)) node_ = &node;
    if (node_ != nullptr) {
      if (lowering_.known(*node_))
        for (const PortSpec& port : lowering_.spec(*node_).outputs)
          shown_.push_back({port.name, {node_->id, port.name}});
      return {};
    }
    for (const auto& [drawn, running] : flat_.same)
      if (drawn.node == view_.node) shown_.push_back({drawn.port, running});
    if (!shown_.empty()) {
      node_ = &lowering_.node(shown_.front().from.node);
      return {};
    }
    for (const Problem& problem : flat_.problems)
      if (problem.error.node == view_.node) return fail(problem.error);
    return fail(
        Error{.reason = "nothing leaves this node yet", .remedy = "Wire what it passes on", .node = view_.node});
  }

  /// The wanted node and all that lies upstream of it must be free of errors.
  Status check_upstream() const {
    const auto blame = [&](const std::string& id) -> Status {
      for (const Problem& problem : analysis_.problems)
        if (problem.severity == Problem::Severity::Error && problem.error.node == id) return fail(problem.error);
      return {};
    };
    if (Status fine = blame(node_->id); !fine) return fine;  // of unknown type, for one
    const Role role = lowering_.spec(*node_).role;
    if (role == Role::Optimizer || role == Role::Estimator || role == Role::Trainer || role == Role::Structure)
      return fail(Error{.reason = "nothing leaves this node for a single record",
                        .remedy = "Choose a source, a preprocessing node, a batch, a layer or the loss",
                        .node = node_->id});
    std::set<std::string, std::less<>> seen;
    std::vector<const Node*> open = {node_};
    for (const Shown& one : shown_) open.push_back(&lowering_.node(one.from.node));
    while (!open.empty()) {
      const Node* next = open.back();
      open.pop_back();
      if (!seen.insert(next->id).second) continue;
      if (Status fine = blame(next->id); !fine) return fine;
      for (const PortSpec& port : lowering_.spec(*next).inputs)
        if (const PortRef* from = lowering_.into(*next, port.name)) open.push_back(&lowering_.node(from->node));
    }
    return {};
  }

  /// Of the wanted node and those whose values it needs one that has to learn, and nobody has told what it knows.
  [[nodiscard]] const Node* unfitted_upstream() const {
    std::vector<PortRef> values;
    for (const Shown& one : shown_) values.push_back(one.from);
    for (const std::string& id : needed_for(lowering_, std::move(values)).nodes) {
      const Node& node = lowering_.node(id);
      if (lowering_.spec(node).role != Role::Sample) continue;
      const auto step = fitted_step(lowering_, node, lowering_.inputs(node));
      if (step != nullptr && step->learnt == nullptr) return &node;
    }
    return nullptr;
  }

  /// Does the graph run as it is? Then there are values of a run.
  [[nodiscard]] bool runs() const {
    return analysis_.ok() && std::none_of(flat_.problems.begin(), flat_.problems.end(), [](const Problem& problem) {
             return problem.severity == Problem::Severity::Error;
           });
  }

  Result<std::shared_ptr<const Source>> open(const Node& node) const {
    const NodeSpec& spec = lowering_.spec(node);
    return keeper_.open(spec, spec.complete(node.params), context_);
  }

  Status open_source_above() {
    auto above = source_of(lowering_, *node_);
    if (!above) return fail(std::move(above.error()));
    source_.node = *above;
    auto opened = open(**above);
    if (!opened) return fail(std::move(opened.error()).at_node((*above)->id));
    if ((*opened)->size() == 0)
      return fail(
          Error{.reason = "the source has no records", .remedy = "Choose one that is not empty", .node = (*above)->id});
    source_.source = std::move(*opened);
    return match_training();
  }

  /// A source of its own for validation counts its classes as the training source does. Where that one cannot be
  /// opened there is no run, and classes are counted as they are.
  Status match_training() {
    if (!runs()) return {};
    const Node& trainer = *lowering_.first(Role::Trainer);
    if (source_behind(lowering_, trainer, "validation") != source_.node) return {};
    const Node* training = source_behind(lowering_, trainer, learner_input(lowering_.document(), trainer.id).port);
    if (training == nullptr || training == source_.node) return {};
    const auto opened = open(*training);
    if (context_.stop.stop_requested()) return fail_cancelled();
    if (!opened) return {};
    if (auto matched = match_classes(source_.source, **opened)) source_.source = std::move(*matched);
    return {};
  }

  Result<RecordPlan> lower() {
    plan_.node = view_.node;
    const Node* trainer = lowering_.first(Role::Trainer);
    if (trainer != nullptr)
      settings_ = lowering_.spec(*trainer).trainer(lowering_.spec(*trainer).complete(trainer->params));
    const Role role = lowering_.spec(*node_).role;
    if (role == Role::Layer || role == Role::Loss) {
      if (Status lowered = add_model(); !lowered) return fail(std::move(lowered.error()));
    } else {
      for (const auto& [port, from] : shown_)
        if (const PortRef* giver = giver_of(from)) wanted_.push_back({port, *giver, analysis_.at(from)});
    }
    const auto is_worked_on = [&](const Wanted& one) {
      return lowering_.spec(lowering_.node(one.giver.node)).role == Role::Sample;  // a source gives all the same
    };
    if (runs() && std::any_of(wanted_.begin(), wanted_.end(), is_worked_on)) find_sides(*trainer);
    if (Status added = add_values(); !added) return fail(std::move(added.error()));
    return std::move(plan_);
  }

  /// The data sides of the run that read this source: first the one that is asked for.
  void find_sides(const Node& trainer) {
    const ModelInputs model = model_inputs(lowering_, trainer);
    if (model.batch == nullptr) return;
    const std::vector<std::string> fields(model.fields.begin(), model.fields.end());
    std::vector<const Node*> batches = {model.batch};
    if (const PortRef* port = lowering_.into(trainer, "validation")) {
      batches.push_back(&lowering_.node(port->node));
      if (!view_.training) std::swap(batches.front(), batches.back());
    }
    for (const Node* batch : batches) {
      if (source_of(lowering_, *batch).value_or(nullptr) != source_.node) continue;
      auto side = lower_data(lowering_, *batch, fields, source_, settings_, view_.training);
      if (side) sides_.push_back(std::move(*side));
    }
  }

  /// The whole model of the trainer if the node belongs to it, else what there is of it.
  Result<LoweredModel> lower_layers_to_node() {
    if (runs()) {
      auto whole = lower_model(lowering_, *lowering_.first(Role::Trainer));
      const auto is_mine = [&](const LayerPlan& layer) { return layer.node == node_->id; };
      if (whole &&
          (is_mine(whole->model.loss) || std::any_of(whole->model.layers.begin(), whole->model.layers.end(), is_mine)))
        return whole;
    }
    return lower_layers(lowering_, *node_);
  }

  Status add_model() {
    auto lowered = lower_layers_to_node();
    if (!lowered) return fail(std::move(lowered.error()));
    RecordPlan::Model& part = plan_.model.emplace(RecordPlan::Model{
        .plan = std::move(lowered->model), .port = shown_.empty() ? std::string("loss") : shown_.front().port});
    std::vector<LayerPlan>& layers = part.plan.layers;
    const auto last =
        std::find_if(layers.begin(), layers.end(), [&](const LayerPlan& l) { return l.node == node_->id; });
    if (last != layers.end()) {
      part.layer = static_cast<std::size_t>(last - layers.begin());
      layers.erase(last + 1, layers.end());
      part.plan.loss = {};
    }
    for (const std::string& field : lowered->fields) {
      const PortRef read{lowered->batch->id, field};
      const PortRef* giver = giver_of(read);
      if (giver == nullptr)
        return fail(Error{.reason = "the model reads '" + field + "', but no wire enters it",
                          .remedy = "Wire it to the batch",
                          .node = lowered->batch->id,
                          .port = field});
      wanted_.push_back({field, *giver, analysis_.at(read)});
    }
    return check_sizes(part.plan);
  }

  /// The output of a source or of a per-record node that gives a value; null where none does.
  [[nodiscard]] const PortRef* giver_of(const PortRef& output) const {
    for (const PortRef* at = &output; at != nullptr;) {
      const Node& node = lowering_.node(at->node);
      const Role role = lowering_.spec(node).role;
      if (role == Role::Source) return node.id == source_.node->id ? at : nullptr;
      if (role == Role::Sample) return source_of(lowering_, node).value_or(nullptr) == source_.node ? at : nullptr;
      if (role != Role::Sampler && role != Role::Batch) return nullptr;
      at = lowering_.into(node, at->port);
    }
    return nullptr;
  }

  /// Values of the run from its plans, all others by a lowering of their own.
  Status add_values() {
    std::vector<std::optional<Place>> places;
    std::vector<PortRef> others;
    for (const Wanted& one : wanted_) {
      places.push_back(in_run(one.giver));
      if (!places.back()) others.push_back(one.giver);
    }
    LoweredData own;
    if (!others.empty() || wanted_.empty()) {
      auto lowered = lower_values(lowering_, others, source_, settings_, view_.training);
      if (!lowered) return fail(std::move(lowered.error()));
      own = std::move(*lowered);
    }
    std::vector<Part> parts;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const Place place =
          places[i] ? *places[i] : Place{.whole = &own.plan, .slot = own.slots.at(wanted_[i].giver), .shown = false};
      auto part = std::find_if(parts.begin(), parts.end(),
                               [&](const Part& p) { return p.whole == place.whole && p.shown == place.shown; });
      if (part == parts.end()) part = parts.insert(part, {.whole = place.whole, .shown = place.shown});
      part->values.emplace_back(i, place.slot);
    }
    if (parts.empty()) parts.push_back({.whole = &own.plan});
    plan_.values.resize(wanted_.size());
    for (const Part& part : parts) add_part(part);
    return {};
  }

  /// Where in a plan a value lies. `shown`: that plan reads only a part of it, but it is to be shown whole.
  struct Place {
    const DataPlan* whole = nullptr;
    SlotIndex slot = 0;
    bool shown = false;
  };
  /// The values that are taken from one plan.
  struct Part {
    const DataPlan* whole = nullptr;
    bool shown = false;
    std::vector<std::pair<std::size_t, SlotIndex>> values{};  ///< index of the value, its slot
  };

  [[nodiscard]] std::optional<Place> in_run(const PortRef& giver) const {
    for (const LoweredData& side : sides_) {
      const auto slot = side.slots.find(giver);
      if (slot == side.slots.end()) continue;
      const bool in_part = std::any_of(side.plan.steps.begin(), side.plan.steps.end(), [&](const PlanStep& step) {
        return step.next && step.outputs.front() == slot->second;
      });
      return Place{.whole = &side.plan, .slot = slot->second, .shown = in_part};
    }
    return std::nullopt;
  }

  void add_part(const Part& part) {
    DataPlan plan = *part.whole;
    std::set<SlotIndex> slots;
    for (const auto& [value, slot] : part.values) slots.insert(slot);
    if (part.shown)
      for (PlanStep& step : plan.steps)
        if (step.next && slots.contains(step.outputs.front())) step.next.reset();
    plan = trimmed_plan(plan, {.slots = slots}).data;
    for (const auto& [value, slot] : part.values) {
      const TensorDesc* desc = wanted_[value].desc;
      plan_.values[value] = {.data = plan_.data.size(), .field = plan.fields.size()};
      plan.fields.push_back(
          {.name = wanted_[value].name, .slot = slot, .record = desc == nullptr ? TensorDesc{} : *desc, .batch = {}});
    }
    plan_.data.push_back(std::move(plan));
  }

  const Flat flat_;
  const RecordView& view_;
  SourceKeeper& keeper_;
  const SourceContext& context_;
  const AskLearnt& ask_learnt_;
  const Registry& registry_;
  Analysis analysis_{};
  const Lowering lowering_;
  const Node* node_ = nullptr;  ///< the wanted one, or the first that gives it its values
  std::vector<Shown> shown_{};
  OpenSource source_{};
  TrainerSettings settings_{};
  std::vector<LoweredData> sides_{};  ///< of the run
  std::vector<Wanted> wanted_{};
  RecordPlan plan_{};
};

}  // namespace

Result<RecordPlan> make_record_plan(const Document& document, const RecordView& view, SourceKeeper& sources,
                                    const SourceContext& context, const std::function<Result<LearntStates>()>& learnt,
                                    const Registry& registry) {
  if (document.find(view.node) == nullptr)
    return fail(
        Error{.reason = "the graph has no node of this name", .remedy = "Choose another node", .node = view.node});
  auto plan = RecordPlanner(document, view, sources, context, learnt, registry).run();
  if (!plan) plan.error().node = drawn_path(plan.error().node);
  return plan;
}

}  // namespace feedline::inline plan
