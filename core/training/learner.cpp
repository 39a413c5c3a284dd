// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/learner.h"

#include "training/resolve_execution.h"

namespace feedline::inline training {
namespace {

tl::unexpected<Error> keeps_nothing() {
  return fail(Error{.reason = "what learns in this graph keeps no checkpoints",
                    .remedy = "Run it from its beginning, without --resume and --init-from"});
}

class DrainingLearner final : public Learner {
 public:
  std::optional<Progress> train(const Batch&, std::uint64_t) override { return std::nullopt; }
  void evaluate(const Batch&) override {}
  Progress finish_training() override { return {}; }
  Progress finish_validation() override { return {}; }
};

}  // namespace

Result<std::vector<Learner::Scores>> Learner::predict(const Batch&) { return keeps_nothing(); }
Result<TrainingState> Learner::collect() { return keeps_nothing(); }
Status Learner::restore(const TrainingState&) { return keeps_nothing(); }
Result<std::string> Learner::take_weights(const TrainingState&) { return keeps_nothing(); }

Result<Training> make_training(const Plan& plan, const RunOptions& options, RunState& state) {
  if (const EstimatorPlan* estimator = plan.estimator()) return make_estimator(plan, *estimator, options, state);
  return make_network(plan, *plan.network(), options, state);
}

Training make_draining(const Plan& plan, const RunOptions& options) {
  Training training;
  training.execution = resolve_execution(plan, options, Use::Nothing);
  training.learner = std::make_unique<DrainingLearner>();
  return training;
}

}  // namespace feedline::inline training
