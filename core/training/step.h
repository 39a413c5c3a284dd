// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "engine/batch.h"
#include "plan/plan.h"
#include "training/replicas.h"
#include "training/trainer_meter.h"
#include "training/upload.h"

#include <memory>
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

  void add(const Part& part);
  void add(const std::vector<Part>& parts) {
    for (const Part& part : parts) add(part);
  }
  /// Waits for the device.
  [[nodiscard]] Totals read();

 private:
  void collect();

  Totals totals_{};
  std::uint64_t samples_ = 0;
  at::Tensor loss_sum_{};  ///< f64, on the device, not yet in totals_
  at::Tensor correct_{};
};

/// One step on one batch: host to device, forward, backward, optimiser, each on the meter. For the thread that built
/// `replicas`.
class Step {
 public:
  Step(const Plan& plan, const ModelPlan& network, std::unique_ptr<Replicas> replicas, TrainerMeter& meter);

  /// Learns from a batch. Throws StepCancelled and StepFailed.
  [[nodiscard]] std::vector<Part> train(const Batch& batch);
  /// Loss and right answers only, without gradients, in evaluation mode.
  [[nodiscard]] std::vector<Part> evaluate(const Batch& batch);

  [[nodiscard]] const Model& model() const { return replicas_->model(); }
  [[nodiscard]] double learning_rate() const { return replicas_->learning_rate(); }

 private:
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch, const DataPlan& data);
  void finish();

  const Plan& plan_;
  const ModelPlan& network_;
  std::unique_ptr<Replicas> replicas_;
  BatchUploader uploader_;
  TrainerMeter& meter_;
};

}  // namespace feedline
