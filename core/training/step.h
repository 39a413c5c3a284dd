// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "engine/batch.h"
#include "engine/plan.h"
#include "training/device.h"
#include "training/model.h"
#include "training/trainer_meter.h"

#include <memory>
#include <stop_token>
#include <vector>

namespace feedline {

/// Sums of loss and right answers over batches. On a GPU they stay on the device until they are asked for, because
/// reading them waits for all work in flight.
class LossTally {
 public:
  struct Totals {
    double loss_sum = 0;  ///< over samples
    double correct = 0;
    std::uint64_t samples = 0;
    bool has_accuracy = false;
    [[nodiscard]] double loss() const;      ///< mean; NaN without samples
    [[nodiscard]] double accuracy() const;  ///< 0..1; NaN where it has no meaning
  };

  void add(const Model::Outcome& outcome, std::uint64_t samples);
  /// Waits for the device.
  [[nodiscard]] Totals read();

 private:
  void collect();

  Totals totals_{};
  std::uint64_t samples_ = 0;
  at::Tensor loss_sum_{};  ///< f64, on the device, not yet in totals_
  at::Tensor correct_{};
};

/// One step on one batch: host to device, forward, backward, optimiser, each on the meter. Everything that a step
/// needs, so that replicas are several of these.
class Step {
 public:
  Step(const Plan& plan, std::unique_ptr<Model> model, at::Device device, TrainerMeter& meter, std::stop_token stop);

  /// Learns from a batch. Throws StepCancelled and StepFailed.
  [[nodiscard]] Model::Outcome train(const Batch& batch);
  /// Loss and right answers only, without gradients, in evaluation mode.
  [[nodiscard]] Model::Outcome evaluate(const Batch& batch);

  [[nodiscard]] const Model& model() const { return *model_; }

 private:
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch, const DataPlan& data);

  const Plan& plan_;
  std::unique_ptr<Model> model_;
  std::shared_ptr<torch::optim::Optimizer> optimizer_;
  BatchUploader uploader_;
  TrainerMeter& meter_;
  std::stop_token stop_;
};

}  // namespace feedline
