// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "engine/pipeline.h"
#include "graph/document.h"
#include "plan/plan.h"
#include "state/training_state.h"
#include "training/inference/inference.h"
#include "training/learner.h"
#include "training/run_state.h"

#include <functional>
#include <memory>
#include <optional>

namespace feedline::inline training {

/// A model with the weights of a checkpoint, and the records that it is asked about: the validation data of a plan.
class InferenceSession {
 public:
  /// `plan` has validation data. Errors: of the nodes that were fitted, the network and restoring it.
  [[nodiscard]] static Result<std::unique_ptr<InferenceSession>> open(std::shared_ptr<const Plan> plan,
                                                                      const TrainingState& state,
                                                                      const InferenceOptions& options);
  ~InferenceSession();
  InferenceSession(const InferenceSession&) = delete;
  InferenceSession& operator=(const InferenceSession&) = delete;

  /// Every batch of the data once, in order. Errors: of the pipeline, a step or `take`; stopped.
  Status each_batch(const std::function<Status(const Batch& batch)>& take);
  [[nodiscard]] Learner& learner() { return *training_.learner; }
  [[nodiscard]] const Pipeline& pipeline() const { return *pipeline_; }
  [[nodiscard]] const Plan& plan() const { return *plan_; }
  [[nodiscard]] const Execution& execution() const { return training_.execution; }

 private:
  InferenceSession();

  std::shared_ptr<const Plan> plan_{};
  std::unique_ptr<RunState> state_;
  Training training_{};
  std::unique_ptr<Pipeline> pipeline_{};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_{};
};

/// The records that evaluate() measures a checkpoint on, as the validation data of a plan. Errors: those of evaluate().
[[nodiscard]] Result<std::shared_ptr<const Plan>> plan_to_judge(const TrainingState& state, const Document& document,
                                                                bool all, const InferenceOptions& options);

/// The graph of a checkpoint, ready for records that are not its own: no share of them is set aside, none is left over.
[[nodiscard]] Result<Document> open_for_any_records(Document document);
/// Without the class weights that are found in the data: records of which nobody knows the classes have none, and no
/// prediction hangs on them.
[[nodiscard]] Result<Document> without_balance(Document document);

/// Has the plan judge all of its records instead of training on them; where it has validation data, those.
[[nodiscard]] std::shared_ptr<const Plan> judging(const Plan& plan);

}  // namespace feedline::inline training
