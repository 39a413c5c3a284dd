// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"
#include "graph/edit.h"
#include "graph/override.h"
#include "graph/subgraph.h"
#include "plan/class_match.h"
#include "plan/open_source.h"
#include "training/apply_options.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace feedline::inline training {
namespace {

/// Stands for the training source, whose classes other data are matched with; it has no records.
class KnownClasses final : public Source {
 public:
  explicit KnownClasses(std::vector<std::string> names) {
    const auto count = static_cast<std::int64_t>(names.size());
    outputs_.push_back({.kind = Kind::Label, .dtype = DType::I64, .classes = count, .class_names = std::move(names)});
  }
  [[nodiscard]] std::uint64_t size() const override { return 0; }
  [[nodiscard]] const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  [[nodiscard]] std::string locate(std::uint64_t) const override { return {}; }
  Status read(std::uint64_t, std::span<Datum* const>) const override { return fail_record("it has no records"); }

 private:
  std::vector<TensorDesc> outputs_{};
};

PlanOptions plan_options_of(const TrainingState& state, const InferenceOptions& options) {
  PlanOptions plan_options{.class_weights = class_weights_of(state)};
  plan_options.sources.cache_folder = options.cache_folder.empty() ? default_cache_folder() : options.cache_folder;
  plan_options.sources.stop = options.stop;
  return plan_options;
}

/// All records of the sources, whose classes are counted as training counted them.
Result<std::shared_ptr<const Plan>> plan_of_all(Document document, const TrainingState& state,
                                                const InferenceOptions& options) {
  PlanOptions plan_options = plan_options_of(state, options);
  auto opened = open_for_any_records(std::move(document));
  // These records may lack a class, and would weigh the others otherwise than in training.
  if (opened && plan_options.class_weights.empty()) opened = without_balance(std::move(*opened));
  if (!opened) return fail(std::move(opened.error()));
  const KnownClasses known(class_names_of(state));
  plan_options.open = [&](const NodeSpec& spec, const ParamMap& params) -> Result<std::shared_ptr<const Source>> {
    auto source = open_source(spec, params, plan_options.sources);
    if (!source) return fail(std::move(source.error()));
    if (known.outputs().front().class_names.empty()) return std::shared_ptr<const Source>(std::move(*source));
    return match_classes(std::move(*source), known);
  };
  auto plan = make_plan(*opened, plan_options);
  if (!plan) return fail(std::move(plan.error()));
  return judging(**plan);
}

Result<std::shared_ptr<const Plan>> plan_of_validation(const Document& document, const TrainingState& state,
                                                       const InferenceOptions& options) {
  auto plan = make_plan(document, plan_options_of(state, options));
  if (!plan) return fail(std::move(plan.error()));
  if (!(*plan)->validation)
    return fail(Error{.reason = "the graph sets no records aside for validation",
                      .remedy = "Name data: --data FOLDER, or measure on all records of the graph: --all",
                      .node = (*plan)->trainer_node,
                      .parameter = "validation_split"});
  if ((*plan)->class_names() != class_names_of(state))
    return fail(Error{.reason = "the data have other classes than those that the checkpoint was trained on",
                      .remedy = "Use the same data, or name others by --data, whose classes are matched by name",
                      .node = (*plan)->train.source_node});
  return std::move(*plan);
}

}  // namespace

Result<Document> with_data(Document document, const std::string& path) {
  std::vector<std::string> places;
  each_node(document, [&](const std::string& node_path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Source) return;
    for (const ParamSpec& param : spec->params)
      if (param.kind == ParamKind::Folder || param.kind == ParamKind::File)
        places.push_back(node_path + "." + param.name);
  });
  if (places.size() != 1)
    return fail(Error{.reason = places.empty() ? "no source of the graph has a file or folder"
                                               : fmt::format("the graph's data are named by {} parameters: {}",
                                                             places.size(), fmt::join(places, ", ")),
                      .remedy = places.empty() ? "Set what its source makes: --set NODE.PARAM=VALUE, with --all"
                                               : "Set each of them: --set NODE.PARAM=PATH, with --all"});
  auto edit = parse_override(document, places.front() + "=" + path);
  if (!edit) return fail(std::move(edit.error()));
  if (auto done = document.apply(*edit); !done) return fail(std::move(done.error()));
  return document;
}

Result<std::shared_ptr<const Plan>> plan_to_judge(const TrainingState& state, const Document& document, bool all,
                                                  const InferenceOptions& options) {
  Document set = document;
  if (Status applied = apply_options(set, {.device = options.device, .workers = options.workers}); !applied)
    return fail(std::move(applied.error()));
  return all ? plan_of_all(std::move(set), state, options) : plan_of_validation(set, state, options);
}

Result<CheckpointEvaluation> evaluate(const TrainingState& state, const Document& document, bool all,
                                      const InferenceOptions& options) {
  auto plan = plan_to_judge(state, document, all, options);
  if (!plan) return fail(std::move(plan.error()));
  auto session = InferenceSession::open(std::move(*plan), state, options);
  if (!session) return fail(std::move(session.error()));

  CheckpointEvaluation found{.execution = (*session)->execution()};
  Learner& learner = (*session)->learner();
  const Nanos start = Clock::system().now();
  Status done = (*session)->each_batch([&](const Batch& batch) -> Status {
    learner.evaluate(batch);
    found.samples += batch.records;
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  const Learner::Progress progress = learner.finish_validation();
  add_known(found.metrics, {loss_metric(kValSplit, progress.loss)});
  add_known(found.metrics, progress.metrics);
  found.wall_s = seconds(Clock::system().now() - start);
  Evaluation confusion = learner.evaluate();
  if (!confusion.worst.empty()) {
    const DataPlan& data = *(*session)->plan().validation;
    confusion.class_names = class_names_of(state);
    for (WorstSample& sample : confusion.worst) sample.file = data.source->locate(sample.record);
    found.confusion = std::make_shared<const Evaluation>(std::move(confusion));
  }
  if (ResidualPlot residuals = learner.take_residuals(); residuals.any())
    found.residuals = std::make_shared<const ResidualPlot>(std::move(residuals));
  found.errors = (*session)->pipeline().errors();
  found.bad = (*session)->pipeline().bad_records();
  return found;
}

}  // namespace feedline::inline training
