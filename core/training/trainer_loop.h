// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/results.h"
#include "base/suspension.h"
#include "engine/pipeline.h"
#include "training/checkpoint_keeper.h"
#include "training/early_stop.h"
#include "training/resume.h"
#include "training/run.h"
#include "training/run_state.h"
#include "training/run_watch.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace feedline::inline engine {
class CacheShelf;
}  // namespace feedline::inline engine

namespace feedline::inline training {

class RankLanes;

/// What happens to each batch: a network learns (network_learner.cpp), an estimator fits (estimator_learner.cpp), or it
/// is only counted (profile --no-train). All that a run knows of what learns.
class Learner {
 public:
  struct Progress {
    double loss = std::numeric_limits<double>::quiet_NaN();  ///< mean over the epoch so far; NaN: none
    Metrics metrics{};                                       ///< of the epoch so far, without the loss
  };

  virtual ~Learner() = default;
  /// One step. Returns what there is to show now; nothing where reading it would make the device wait.
  /// Throws StepCancelled and StepFailed.
  virtual std::optional<Progress> train(const Batch& batch, std::uint64_t step) = 0;
  /// Of a part of a batch without rows too, where other ranks have the others.
  virtual void evaluate(const Batch& batch) = 0;
  /// A pass over validation data begins, on all ranks.
  virtual void begin_validation() {}
  /// What the exchange with other ranks came to so far.
  [[nodiscard]] virtual CollectiveSample collective() const { return {}; }
  /// What it says of each row of a validation batch, whatever the targets. Error: it says nothing of single rows.
  struct Scores {
    std::string node{};  ///< the loss that compares them
    TargetKind target = TargetKind::None;
    std::size_t columns = 0;      ///< classes, or numbers
    std::vector<float> values{};  ///< rows × columns: probabilities of classes, or numbers
  };
  [[nodiscard]] virtual Result<std::vector<Scores>> predict(const Batch& batch);
  /// The batches since the last epoch's end came again and again, to measure: what they taught counts no more, so that
  /// nothing grows without bound.
  virtual void forget() {}
  /// The epoch's last batch has come: a step that waits for more of them is taken. Throws as train() does.
  virtual void finish_batches() {}
  /// An epoch begins, from 1 on; the first is that in which a run goes on.
  virtual void begin_epoch(std::uint32_t /*epoch*/) {}
  /// What it works out of each record may be kept there, so that records need not bring what it is made of. Before any
  /// batch.
  virtual void keep_on(const std::shared_ptr<CacheShelf>& /*shelf*/) {}
  /// The end of an epoch, where estimators fit: its means on training data, and a fresh start. Throws as train() does.
  virtual Progress finish_training() = 0;
  virtual Progress finish_validation() = 0;
  /// What validation found, class by class, and a fresh start; without samples where there are no classes.
  virtual Evaluation evaluate() { return {}; }
  /// The same of numbers that it predicts; none: no pair of a number and its target.
  virtual ResidualPlot take_residuals() { return {}; }
  /// The gradient of the next step is kept for tensors(), which is asked for behind the last step of an epoch: copies
  /// of what learns. Estimators have none. It throws where there is no memory.
  virtual void keep_gradient() {}
  [[nodiscard]] virtual WatchedTensors tensors() { return {}; }
  /// What an epoch came to, by which a learning rate may change.
  virtual void observe(const Metrics& /*metrics*/) {}
  /// Keeps what it has learnt so far, in place of what it kept before, and goes back to it: what was measured then.
  virtual void keep_best() {}
  virtual void restore_best() {}

  /// Does it keep what it has learnt, so that another run can go on from there?
  [[nodiscard]] virtual bool keeps_state() const { return false; }
  /// Also between two steps of one epoch? Else at its end alone.
  [[nodiscard]] virtual bool keeps_inside_epochs() const { return true; }
  /// Between two steps: weights, optimiser, generators and what was measured of the running epoch; the caller adds the
  /// rest. Errors: those of collect_state().
  [[nodiscard]] virtual Result<TrainingState> collect();
  /// Goes on from there. Errors: those of restore_state(); it keeps no state.
  virtual Status restore(const TrainingState& state);
  /// Has the weights that fit. Returns what fits and what does not, in words; the errors are those of restore().
  [[nodiscard]] virtual Result<std::string> take_weights(const TrainingState& state);
};

struct Training;

/// Takes batches from the training pipeline to the learner, epoch by epoch, with validation after each.
class TrainerLoop {
 public:
  enum class End { Completed, Stopped };

  /// All of them must outlive it, but `from`: where it goes on; null: it begins anew. The learner is there already.
  TrainerLoop(std::shared_ptr<const Plan> plan, const RunOptions& options, const Training& training, RunState& state,
              RunResult& result, const ResumePoint* from = nullptr);
  ~TrainerLoop();
  TrainerLoop(const TrainerLoop&) = delete;
  TrainerLoop& operator=(const TrainerLoop&) = delete;

  /// Before run(): fills the caches that are to be filled before training. It counts as waiting for data. Errors:
  /// those of a pipeline; Cancelled.
  [[nodiscard]] Status load_first();
  /// What the parts of the run before this one came to; none: it begins anew.
  [[nodiscard]] const std::optional<EarlierPart>& earlier() const { return earlier_; }
  /// Fills `result` as it goes: epochs, errors, snapshots.
  [[nodiscard]] Result<End> run();

 private:
  class Deadline;
  /// How long the epoch's batches were waited for; the first kMost of them.
  class BatchWaits {
   public:
    void add(Nanos wait);
    [[nodiscard]] Nanos first() const { return waits_.empty() ? 0 : waits_.front(); }
    [[nodiscard]] Nanos median() const;

   private:
    static constexpr std::size_t kMost = 10'000;
    std::vector<Nanos> waits_{};
  };

  void begin();
  [[nodiscard]] Result<End> stream();
  [[nodiscard]] Result<End> replay();
  [[nodiscard]] Status step(const Batch& batch);
  void watch(const Batch& batch);
  void show_tensors();
  void tell_ranks(const Batch& batch);
  [[nodiscard]] Status judge_bad_records(bool last_of_epoch) const;
  void show_ranks();
  void join_errors();
  [[nodiscard]] PipelinePast past_of_ranks(const PipelinePast& own) const;
  [[nodiscard]] std::shared_ptr<const PipelinePast> own_past(std::shared_ptr<const PipelinePast> past) const;
  /// What rank 0 says; alone: what is said.
  [[nodiscard]] bool agreed(bool leader_says) const;
  [[nodiscard]] bool may_go_on();
  [[nodiscard]] bool deadline_passed() const;
  [[nodiscard]] EpochResult finish_training();
  [[nodiscard]] Status finish_epoch(bool complete);
  void judge(const EpochResult& result);
  void end_with_best();
  [[nodiscard]] Status validate();
  [[nodiscard]] std::shared_ptr<const Evaluation> evaluate();
  [[nodiscard]] std::shared_ptr<const ResidualPlot> residuals();
  void begin_epoch(std::uint32_t epoch);
  void go_on(const ResumePoint& from, PipelineOptions& train, PipelineOptions& validation);
  void keep_checkpoints(const ResumePoint* from);
  void make_keeper(const ResumePoint* from);
  void add_whole_run(RunProgress& progress) const;
  void take_checkpoint(const CheckpointKeeper::Due& as);
  void checkpoint_at_end();
  void report_record_errors();
  void report_notices();
  void report_suspension();
  [[nodiscard]] bool limit_reached() const;

  std::shared_ptr<const Plan> plan_;
  const RunOptions& options_;
  Learner& learner_;
  RunState& state_;
  RunResult& result_;
  PipelineOptions settings_{};
  std::unique_ptr<Pipeline> train_;
  std::unique_ptr<Pipeline> validation_;
  std::unique_ptr<Deadline> deadline_;

  EarlyStop early_stop_;
  std::optional<EarlierPart> earlier_{};
  std::unique_ptr<CheckpointKeeper> keeper_{};  ///< null: no checkpoints
  std::string machine_{};                       ///< with a keeper: what its checkpoints say of it, machine_text()
  std::shared_ptr<RankAgreement> ranks_;        ///< null: the process learns alone
  std::shared_ptr<RankLanes> rank_lanes_{};     ///< of rank 0 alone
  std::vector<std::string> data_nodes_{};
  Nanos figures_at_ = 0;  ///< of this rank
  Nanos shown_at_ = 0;
  std::uint64_t own_samples_ = 0;
  bool late_ = false;                          ///< agreed on
  bool keeps_ = false;                         ///< rank 0 keeps checkpoints
  std::vector<PipelinePast> joined_errors_{};  ///< of all ranks: training, validation
  std::size_t replicas_;
  std::uint64_t used_ = 0;    ///< batches of the epoch
  bool watched_ = false;      ///< the epoch's tensors are wanted
  bool exact_ = true;         ///< false: a step was broken off
  PipelinePast validated_{};  ///< what validation had found out when its last epoch was over; with a keeper alone
  std::optional<EpochResult> pending_{};  ///< of an epoch whose validation is still to come
  std::uint32_t epoch_ = 0;
  std::uint64_t steps_ = 0;
  TrainerSample start_{};  ///< of the epoch
  BatchWaits waits_{};
  std::uint64_t errors_seen_ = 0;
  Nanos suspended_before_ = time_suspended();
  Nanos suspended_told_ = suspended_before_;
  std::set<std::string> notices_seen_{};  ///< by node
  std::set<std::string> kinds_seen_{};
};

}  // namespace feedline::inline training
