// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/flat_parameters.h"
#include "training/metric_set.h"
#include "training/model.h"
#include "training/thread_team.h"
#include "training/trainer_meter.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace feedline::inline training {

/// Rows of a batch.
struct Rows {
  std::int64_t first = 0;
  std::int64_t count = 0;
  [[nodiscard]] bool operator==(const Rows&) const = default;
};

/// The rows of a batch that a replica learns from: as even as may be, and replica 0 has no fewer than any other.
[[nodiscard]] Rows rows_of(std::int64_t rows, std::size_t replica, std::size_t replicas);

/// What one replica found on its rows.
struct Part {
  Model::Outcome outcome{};
  std::uint64_t rows = 0;
};

/// Copies of one model that share its parameters, each with a thread and gradients of its own. A step's gradients are
/// weighted by rows and summed in the replicas' order, so they are those of the whole batch, and the same bytes in each
/// run with as many replicas.
///
/// As with PyTorch's DistributedDataParallel, layers see the rows of their replica only (batch norm normalises over
/// them), and buffers (its running statistics) are those of replica 0.
class Replicas {
 public:
  struct Options {
    std::size_t count = 1;
    int intra_op_threads = 1;
    std::uint64_t seed = 0;
    std::stop_token stop{};
  };

  /// Takes the model as replica 0, which gets the calling thread: train() and evaluate() must be called from it. The
  /// model's weights stay; the others' are thrown away. Errors: of Model::build(); no thread to be had.
  [[nodiscard]] static Result<std::unique_ptr<Replicas>> build(const ModelPlan& plan, std::unique_ptr<Model> model,
                                                               const Options& options);

  /// One step: forward, backward, the sum of gradients, `optimizer`s (made with make_optimizers()). The phases are
  /// those of replica 0. One Part a replica that had rows; `metrics`, one a replica (or none), count what
  /// it predicted, also in a step that is cancelled afterwards. Throws StepCancelled, StepFailed.
  [[nodiscard]] std::vector<Part> train(const std::vector<at::Tensor>& fields, TrainerMeter& meter,
                                        std::span<MetricSet> metrics = {});
  /// Without gradients, in evaluation mode.
  [[nodiscard]] std::vector<Part> evaluate(const std::vector<at::Tensor>& fields, std::span<MetricSet> metrics = {});

  [[nodiscard]] const Model& model() const { return *models_.front(); }
  [[nodiscard]] std::size_t count() const { return models_.size(); }
  [[nodiscard]] Model& model(std::size_t replica) { return *models_[replica]; }
  /// Steps the part of the parameters that is the replica's: it has one parameter, a part of the flat ones.
  [[nodiscard]] torch::optim::Optimizer& optimizer(std::size_t replica) { return *optimizers_[replica]; }
  /// As the optimiser has it now.
  [[nodiscard]] double learning_rate() const;
  [[nodiscard]] const FlatParameters& parameters() const { return *parameters_; }

 private:
  Replicas(const ModelPlan& plan, const Options& options) : plan_(plan), options_(options) {}
  [[nodiscard]] Status populate(std::unique_ptr<Model> model);
  void share_buffers();
  template <class PartOf>
  [[nodiscard]] std::vector<Part> on_each(const std::vector<at::Tensor>& fields, const PartOf& part_of);
  void run(const ThreadTeam::Work& work);
  void count(std::span<MetricSet> metrics, std::size_t member, const Model::Outcome& outcome) const;

  const ModelPlan& plan_;
  Options options_;
  std::vector<std::unique_ptr<Model>> models_{};
  std::unique_ptr<FlatParameters> parameters_{};
  /// Each steps its own part of the parameters, in its replica's thread.
  std::vector<std::shared_ptr<torch::optim::Optimizer>> optimizers_{};
  std::stop_source stop_{};  ///< asked for from outside, or because a replica failed
  std::unique_ptr<ThreadTeam> team_{};
  std::unique_ptr<std::stop_callback<std::function<void()>>> link_{};
};

}  // namespace feedline::inline training
