// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "engine/batch_share.h"
#include "telemetry/rank_sample.h"
#include "training/flat_optimizer.h"
#include "training/flat_parameters.h"
#include "training/loss_scaler.h"
#include "training/metric_set.h"
#include "training/model.h"
#include "training/run_watch.h"
#include "training/stages/stage_pipeline.h"
#include "training/thread_team.h"
#include "training/trainer_meter.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace feedline::inline training {

class DeviceMirrors;
class GradientExchange;
class RankAgreement;
class ShardGather;
class SharedStatistics;
class SharedTensors;

/// How a batch was drawn, where rows of it were left out, or others have more of it.
struct BatchDivision {
  std::int64_t drawn = 0;                  ///< rows of this process, before any was left out; 0: none was
  std::span<const std::size_t> missing{};  ///< which of them were
  /// By replica, where each has a device: its rows of all fields, there already. Empty: they are brought there.
  std::span<const std::vector<at::Tensor>> placed{};

  /// The rows that a replica has of so many that are left.
  [[nodiscard]] Rows rows_of_replica(std::int64_t rows, std::size_t replica, std::size_t replicas) const;
};

/// What one replica found on its rows.
struct Part {
  Model::Outcome outcome{};
  std::uint64_t rows = 0;
};

/// Copies of one model that share its parameters, each with a thread and gradients of its own. A step's gradients are
/// weighted by rows and summed in the replicas' order, so they are those of the whole batch, and the same bytes in each
/// run with as many replicas.
///
/// Of several processes that learn together (RankAgreement), each has replicas of its own, which count on from those of
/// the ranks before it: with one replica each, they give the bytes of one process with as many replicas. Then a batch
/// may have no rows here, and `fields` be empty; every rank takes part in every step.
///
/// As with PyTorch's DistributedDataParallel, layers see the rows of their replica only (batch norm normalises over
/// them), and buffers (its running statistics) are those of replica 0. With `shares_norms`, batch norm normalises over
/// the rows of all replicas of all ranks. Then a replica without rows goes through its pass too where there are other
/// ranks, with a row of zeros that counts for nothing, so that every operation of all ranks has its place.
///
/// A network that is cut into stages has one replica and a thread a stage (stages/stage_pipeline.h): its parts are
/// those of the micro-batches.
///
/// With several devices, each replica has one, with weights and gradients of its own (devices/device_mirrors.h); the
/// optimiser steps on that of replica 0. What a pass comes to is brought there.
class Replicas {
 public:
  struct Options {
    std::size_t count = 1;
    int intra_op_threads = 1;
    std::uint64_t seed = 0;
    std::stop_token stop{};
    std::uint64_t total_steps = 0;                     ///< of the optimiser, over the whole run; 0: nobody knows
    std::function<double(std::uint64_t step)> rate{};  ///< see FlatOptimizer::Options
    bool scales_loss = false;                          ///< see LossScaler
    std::shared_ptr<RankAgreement> ranks{};            ///< null: it learns alone
    std::size_t bucket_bytes = std::size_t{4} << 20;   ///< of gradients that are exchanged at once
    bool short_gradients = false;                      ///< they are exchanged in bfloat16
    bool shares_norms = false;                         ///< TrainerSettings::sync_batch_norm
    Trace* trace = nullptr;             ///< gets lanes: each stage, gradients on their way to other ranks
    std::vector<at::Device> devices{};  ///< of each replica, in place of `count`; none: all on the model's
  };

  /// Takes the model as replica 0, which gets the calling thread: train() and evaluate() must be called from it. The
  /// model's weights stay; the others' are thrown away. Errors: of Model::build(); no thread to be had.
  [[nodiscard]] static Result<std::unique_ptr<Replicas>> build(const ModelPlan& plan, std::unique_ptr<Model> model,
                                                               const Options& options);
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  /// accumulate() of one batch, and step().
  [[nodiscard]] std::vector<Part> train(const std::vector<at::Tensor>& fields, TrainerMeter& meter,
                                        std::span<MetricSet> metrics = {}, const BatchRows& rows = {});
  /// Forward and backward: adds the batch's gradient, weighted by its rows, to what was accumulated since the last
  /// step. The phases are those of replica 0. One Part a replica that had rows; `metrics`, one a replica (or none),
  /// count what it predicted, also where it is cancelled afterwards. `last`: step() follows, so that gradients
  /// may leave for other ranks while others are still worked out. Throws StepCancelled, StepFailed.
  [[nodiscard]] std::vector<Part> accumulate(const std::vector<at::Tensor>& fields, TrainerMeter& meter,
                                             std::span<MetricSet> metrics = {}, const BatchRows& rows = {},
                                             const BatchDivision& division = {}, bool last = false);
  /// The sum of gradients, and the optimiser's step: the same as one on a single batch of all rows that were
  /// accumulated. Without any, nothing happens. Where the loss is scaled, a step whose gradients are not finite is left
  /// out. Throws StepFailed.
  void step(TrainerMeter& meter);
  /// Batches accumulated since the last step.
  [[nodiscard]] std::int64_t pending() const { return pending_; }
  /// What a run goes on from between two batches of one step, besides the gradients themselves (parameters()).
  struct Accumulated {
    std::int64_t batches = 0;
    std::int64_t first_rows = 0;
    std::int64_t rows = 0;
  };
  [[nodiscard]] Accumulated accumulated() const { return {pending_, first_rows_, rows_}; }
  void go_on_with(const Accumulated& earlier) {
    pending_ = earlier.batches;
    first_rows_ = earlier.first_rows;
    rows_ = earlier.rows;
  }
  /// Without gradients, in evaluation mode.
  [[nodiscard]] std::vector<Part> evaluate(const std::vector<at::Tensor>& fields, std::span<MetricSet> metrics = {},
                                           const BatchRows& rows = {}, const BatchDivision& division = {});
  /// Parameters and buffers are those of rank 0 from now on: before evaluate(), and in accumulate(). Alone: nothing
  /// happens.
  void share_with_ranks();
  [[nodiscard]] RankAgreement* ranks() const { return options_.ranks.get(); }
  /// Of the gradients' way to other ranks.
  [[nodiscard]] CollectiveSample collective() const;
  /// Gradual unfreezing: see Model::learn_in(). Between two steps. Returns whether more learns than before.
  bool learn_in(std::uint32_t epoch);
  /// The gradient of the next step is kept for tensors(), which takes it: as it is summed and before it is clipped.
  void keep_gradient() { keeps_gradient_ = true; }
  /// Copies of what learns, on the host. Waits for the device. Throws where there is no memory.
  [[nodiscard]] WatchedTensors tensors();
  /// Of a network that is cut into stages; else null.
  [[nodiscard]] const StagePipeline* stages() const { return stages_.get(); }
  /// What the layers of a network in one piece have taken so far, of replica 0: on the CPU in all passes of training,
  /// on a GPU, which is waited for behind each layer, in few of them. Empty: it is cut into stages. Between two steps.
  [[nodiscard]] std::vector<LayerSample> layers() const;
  /// What frozen layers give is looked up there from now on; see Model::look_up().
  void look_up(std::shared_ptr<FrozenFeatures> features);
  /// Parameters or buffers of replica 0 have other values than before.
  void share_again() { shared_ = ranks_share_ = false; }
  /// See FlatOptimizer: the weights of all replicas, wherever they lie.
  void use_average(bool on);
  void copy_measured(FlatOptimizer::Averaged& to) const;
  void restore_measured(const FlatOptimizer::Averaged& from);
  /// parameters(), optimizer() and gradients() have what lies on the devices of stages; and the way back, of what was
  /// changed there. Nothing where all lies in one block.
  void fetch() const;
  void send() const;
  /// A replica's, flat, on whatever device.
  [[nodiscard]] const at::Tensor& gradients(std::size_t replica) const;
  /// Where batches go: one for all replicas, or that of each.
  [[nodiscard]] std::vector<at::Device> batch_devices() const;
  /// Where each replica compares predictions with targets.
  [[nodiscard]] std::vector<at::Device> loss_devices() const;

  [[nodiscard]] const Model& model() const { return *models_.front(); }
  [[nodiscard]] std::size_t count() const { return models_.size(); }
  [[nodiscard]] Model& model(std::size_t replica) { return *models_[replica]; }
  [[nodiscard]] FlatOptimizer& optimizer() { return *optimizer_; }
  [[nodiscard]] const FlatOptimizer& optimizer() const { return *optimizer_; }
  /// The optimiser's slots in the layout of all parameters, also where each rank keeps a part of them: then all ranks
  /// call it together. Throws StepFailed.
  [[nodiscard]] std::vector<FlatOptimizer::Slot> whole_slots() const;
  /// Of the newest step.
  [[nodiscard]] double learning_rate() const { return optimizer_->learning_rate(); }
  /// Null where the loss is not scaled.
  [[nodiscard]] LossScaler* scaler() { return scaler_ ? &*scaler_ : nullptr; }
  /// By what the loss is multiplied now; NaN: it is not.
  [[nodiscard]] double loss_scale() const;
  [[nodiscard]] const FlatParameters& parameters() const { return *parameters_; }

 private:
  Replicas(const ModelPlan& plan, const Options& options);
  [[nodiscard]] Status populate(std::unique_ptr<Model> model);
  [[nodiscard]] Status make_optimizer();
  /// Where each rank has stepped its part of the weights: all of them, and what follows from them.
  void gather_weights(TrainerMeter& meter);
  void count_recomputing(TrainerMeter& meter);
  void make_shards();
  /// Does an optimiser's `work`; throws StepFailed, which names it.
  template <class Work>
  void guarded(const Work& work) const;
  /// The rest of a step that measures its gradients first. False: they are not finite, and the step was left out.
  [[nodiscard]] bool update_measured();
  [[nodiscard]] std::size_t later_part(const Model::Place& place);
  /// Throws StepFailed where the loss scale has fallen to nearly 0.
  void check_loss_scale() const;
  /// What replicas on devices of their own do together.
  void make_mirrors();
  [[nodiscard]] Result<std::unique_ptr<Model>> make_replica(std::size_t member);
  void sum_over_devices(TrainerMeter& meter);
  void spread_weights() const;
  [[nodiscard]] std::vector<at::Tensor> own_rows(const std::vector<at::Tensor>& fields, const BatchDivision& division,
                                                 const Rows& rows, std::size_t member) const;
  void bring_together(std::vector<Part>& parts, bool measured) const;
  void copy_gradient(double scale);
  void share_buffers();
  void measure_layers();
  /// A batch through the stages; see StagePipeline::begin().
  [[nodiscard]] std::vector<Part> staged(const std::vector<at::Tensor>& fields, std::optional<double> weight,
                                         TrainerMeter* meter, std::span<MetricSet> metrics);
  /// `all_take_part`: also those without rows; see row_of_zeros().
  template <class PartOf>
  [[nodiscard]] std::vector<Part> on_each(const std::vector<at::Tensor>& fields, const BatchRows& rows,
                                          const BatchDivision& division, bool all_take_part, const PartOf& part_of);
  [[nodiscard]] std::size_t ranks_count() const;
  [[nodiscard]] bool shards_optimizer() const { return options_.ranks && plan_.memory.shard_optimizer; }
  void make_exchange();
  /// The rows of the batch on all ranks, behind RankAgreement::tell().
  [[nodiscard]] std::int64_t agreed_rows(TrainerMeter& meter);
  void begin_to_share_buffers();
  /// In place of rows, of a replica that has none.
  [[nodiscard]] std::vector<at::Tensor> row_of_zeros(std::size_t member) const;
  void sum_over_ranks(TrainerMeter& meter);
  /// Does the optimiser's work on this replica's shards: where each rank steps its own, one of those among them.
  template <class Work>
  void on_shards(std::size_t member, const Work& work);
  void run(const ThreadTeam::Work& work);
  void count(std::span<MetricSet> metrics, std::size_t member, const Model::Outcome& outcome) const;

  const ModelPlan& plan_;
  Options options_;
  std::vector<std::unique_ptr<Model>> models_{};
  std::unique_ptr<FlatParameters> parameters_{};
  std::unique_ptr<DeviceMirrors> mirrors_{};    ///< null: replicas share their parameters
  std::unique_ptr<FlatOptimizer> optimizer_{};  ///< each replica's thread steps its own part of the parameters
  /// How the gradients are unscaled and checked is fused into the optimiser's pass over them.
  std::optional<LossScaler> scaler_{};
  /// From replica 0, and to each of the others: of all buffers where they are not shared yet, then of those that
  /// training changes. Copying others would have folded norms worked out anew.
  std::vector<std::pair<at::Tensor, at::Tensor>> moving_{};
  std::shared_ptr<FrozenFeatures> features_{};
  bool shared_ = false;
  bool keeps_gradient_ = false;
  at::Tensor kept_gradient_{};                    ///< flat; undefined: none
  std::unique_ptr<GradientExchange> exchange_{};  ///< null: it learns alone
  std::unique_ptr<SharedTensors> sharing_{};
  std::unique_ptr<SharedStatistics> statistics_{};            ///< null: norms measure the rows of their replica
  std::unique_ptr<ShardGather> shards_{};                     ///< null: this process steps all of the weights
  bool ranks_share_ = false;                                  ///< what is not moving is the same on all of them
  std::vector<std::pair<std::size_t, std::size_t>> parts_{};  ///< layer and stage of what begins to learn later
  Nanos recomputing_ = 0;                                     ///< of all models, as far as it is counted
  std::vector<Model::LayerMeter> layers_{};                   ///< empty: none are measured
  std::uint64_t passes_ = 0;                                  ///< of training
  std::int64_t pending_ = 0;
  std::int64_t first_rows_ = 0;  ///< of the first batch since the last step, by which all are weighted
  std::int64_t rows_ = 0;        ///< of all of them
  std::stop_source stop_{};      ///< asked for from outside, or because a replica failed
  std::size_t members_ = 1;      ///< threads: of replicas, or of stages
  std::unique_ptr<StagePipeline> stages_{};
  std::unique_ptr<ThreadTeam> team_{};
  std::unique_ptr<std::stop_callback<std::function<void()>>> link_{};
};

}  // namespace feedline::inline training
