// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "engine/batch.h"
#include "plan/plan.h"
#include "schema/named_tensors.h"
#include "training/metric_set.h"
#include "training/replicas.h"
#include "training/trainer_meter.h"
#include "training/upload.h"

#include <memory>
#include <vector>

namespace feedline::inline training {

/// The sum of the loss over batches. On a GPU it stays on the device until it is asked for, because reading it waits
/// for all work in flight.
class LossTally {
 public:
  struct Totals {
    double loss_sum = 0;  ///< over samples
    std::uint64_t samples = 0;
    [[nodiscard]] double loss() const;  ///< mean; NaN without samples
  };

  void add(const Part& part);
  void add(const Totals& more) {
    totals_.loss_sum += more.loss_sum;
    samples_ += more.samples;
  }
  void add(const std::vector<Part>& parts) {
    for (const Part& part : parts) add(part);
  }
  /// Waits for the device.
  [[nodiscard]] Totals read();
  /// Counts on from there.
  void restore(const Totals& totals);

 private:
  void collect();

  Totals totals_{};
  std::uint64_t samples_ = 0;
  at::Tensor loss_sum_{};  ///< f64, on the device, not yet in totals_
};

/// What is measured on one split of the data over an epoch: the loss by the run's thread, metrics by the replicas'.
class SplitTally {
 public:
  /// `devices`: of each replica's predictions.
  SplitTally(const ModelPlan& plan, std::string_view split, std::vector<at::Device> devices);

  [[nodiscard]] std::vector<MetricSet>& by_replica() { return metrics_; }
  void add(const std::vector<Part>& parts) { loss_.add(parts); }
  void add(const LossTally::Totals& more) { loss_.add(more); }
  /// Waits for the device.
  [[nodiscard]] LossTally::Totals loss() { return loss_.read(); }
  /// Without the loss. Waits for the device.
  [[nodiscard]] Metrics metrics() const;
  void clear();
  /// For a run that goes on inside an epoch: see TrainingState::tallies. Waits for the device.
  [[nodiscard]] NamedTensors collect();
  /// What more replicas counted than there are is merged. Error: damaged.
  Status restore(const NamedTensors& tallies);

 private:
  const ModelPlan& plan_;
  std::string_view split_;
  std::vector<at::Device> devices_;
  LossTally loss_{};
  std::vector<MetricSet> metrics_{};
};

/// One step on one batch: host to device, forward, backward, optimiser, each on the meter. For the thread that built
/// `replicas`.
class Step {
 public:
  Step(const Plan& plan, const ModelPlan& network, std::unique_ptr<Replicas> replicas, TrainerMeter& meter);

  /// Learns from a batch, and measures it. With every `accumulate`-th batch, the optimiser steps. With other ranks, a
  /// batch may have no rows here, and its loss is left to the caller. Throws StepCancelled and StepFailed.
  [[nodiscard]] std::vector<Part> train(const Batch& batch, SplitTally& tally);
  /// Steps with what was accumulated, however few batches.
  void finish_batches() { replicas_->step(meter_); }
  /// Measures only, without gradients, in evaluation mode. With other ranks, the loss is left to the caller.
  [[nodiscard]] std::vector<Part> evaluate(const Batch& batch, SplitTally& tally);

  [[nodiscard]] const Model& model() const { return replicas_->model(); }
  /// For what is collected and restored between two steps.
  [[nodiscard]] Replicas& team() { return *replicas_; }
  [[nodiscard]] CollectiveSample collective() const { return replicas_->collective(); }
  [[nodiscard]] std::size_t replicas() const { return replicas_->count(); }
  [[nodiscard]] double learning_rate() const { return replicas_->learning_rate(); }
  [[nodiscard]] FlatOptimizer& optimizer() { return replicas_->optimizer(); }
  /// Has the optimiser stepped with the newest batch?
  [[nodiscard]] bool stepped() const { return replicas_->pending() == 0; }

 private:
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch, const DataPlan& data);
  [[nodiscard]] BatchDivision division_of(const Batch& batch) const;
  void finish();

  const Plan& plan_;
  const ModelPlan& network_;
  std::unique_ptr<Replicas> replicas_;
  std::vector<std::unique_ptr<BatchUploader>> uploaders_{};  ///< one for all replicas, or one each
  std::vector<std::vector<at::Tensor>> placed_{};            ///< by uploader, where there are several
  TrainerMeter& meter_;
};

}  // namespace feedline::inline training
