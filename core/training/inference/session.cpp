// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/session.h"

#include "engine/fit.h"
#include "engine/pipeline_settings.h"
#include "graph/override.h"
#include "graph/subgraph.h"
#include "training/step_fault.h"

#include <utility>

namespace feedline::inline training {

InferenceSession::InferenceSession() : state_(std::make_unique<RunState>([](const Fact&) {})) {}
InferenceSession::~InferenceSession() = default;

Result<std::unique_ptr<InferenceSession>> InferenceSession::open(std::shared_ptr<const Plan> plan,
                                                                 const TrainingState& state,
                                                                 const InferenceOptions& options) {
  std::unique_ptr<InferenceSession> session(new InferenceSession());
  RunState& run = *session->state_;
  session->on_stop_.emplace(options.stop, std::function<void()>([&run] { run.stop(); }));
  PipelineOptions pipeline = pipeline_options(plan->asked_for(), plan->trainer);
  pipeline.cache_folder = options.cache_folder;
  auto fitted = fit_plan(std::move(plan), {.pipeline = pipeline,
                                           .cache_folder = options.cache_folder,
                                           .known = state.fitted,
                                           .learn = false,  // not from the records that are asked about
                                           .stop = options.stop});
  if (!fitted) return fail(std::move(fitted.error()));
  session->plan_ = std::move(*fitted);

  const Plan& bound = *session->plan_;
  RunOptions run_options{.cache_folder = options.cache_folder, .reads_weights = false};
  auto training = make_training(bound, run_options, run);
  if (!training) return fail(std::move(training.error()));
  session->training_ = std::move(*training);
  TrainingState weights{.parameters = state.parameters, .buffers = state.buffers};
  if (Status restored = session->training_.learner->restore(weights); !restored)
    return fail(std::move(restored.error()));

  pipeline.workers = session->training_.execution.workers;
  pipeline.allocator = session->training_.allocator;
  pipeline.epochs = 1;
  pipeline.max_bad_fraction = 1;
  session->pipeline_ = std::make_unique<Pipeline>(session->plan_, *bound.validation, std::move(pipeline));
  run.attach(session->pipeline_.get(), nullptr);
  return session;
}

Status InferenceSession::each_batch(const std::function<Status(const Batch& batch)>& take) {
  Status status = catch_step_faults([&]() -> Status {
    for (;;) {
      auto batch = pipeline_->next();
      if (!batch) return fail(std::move(batch.error()));
      if (!*batch) return {};
      if ((*batch)->records == 0) continue;
      if (Status taken = take(**batch); !taken) return taken;
    }
  });
  state_->attach(nullptr, nullptr);
  return status;
}

namespace {

Result<Document> assigned(Document document, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) {
    auto edit = parse_override(document, assignment);
    if (!edit) return fail(std::move(edit.error()));
    if (auto done = document.apply(*edit); !done) return fail(std::move(done.error()));
  }
  return document;
}

}  // namespace

Result<Document> open_for_any_records(Document document) {
  std::vector<std::string> assignments;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr) return;
    if (spec->role == Role::Batch && spec->param("drop_last") != nullptr)
      assignments.push_back(path + ".drop_last=false");
    if (spec->role == Role::Sampler && spec->param("balance") != nullptr) assignments.push_back(path + ".balance=none");
    if (spec->role != Role::Trainer) return;
    for (const char* whole : {".validation_split=0", ".split_by=random", ".folds=0"})
      assignments.push_back(path + whole);
  });
  return assigned(std::move(document), assignments);
}

Result<Document> without_balance(Document document) {
  std::vector<std::string> assignments;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec != nullptr && spec->role == Role::Loss && spec->param("balanced") != nullptr)
      assignments.push_back(path + ".balanced=false");
  });
  return assigned(std::move(document), assignments);
}

std::shared_ptr<const Plan> judging(const Plan& plan) {
  auto judging = std::make_shared<Plan>(plan);
  if (!judging->validation) judging->validation = judging->train;
  DataPlan& data = *judging->validation;
  data.training = false;
  data.sampler = {
      .source_size = data.sampler.source_size, .count = data.sampler.source_size, .seed = data.sampler.seed};
  data.batch.drop_last = false;
  for (PlanStep& step : data.steps) step.cache.reset();  // each record comes once
  return judging;
}

}  // namespace feedline::inline training
