// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"
#include "engine/fit.h"
#include "engine/pipeline.h"
#include "graph/document.h"
#include "plan/memory_advice.h"
#include "plan/plan.h"
#include "ranks/world.h"
#include "schema/source_report.h"
#include "telemetry/snapshot.h"
#include "telemetry/trace.h"
#include "training/checkpoint_options.h"
#include "training/evaluation.h"
#include "training/residual_plot.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace feedline::inline engine {
class CacheStore;
}  // namespace feedline::inline engine

namespace feedline::inline training {

class ProcessGroup;
class RunWatch;
class RankAgreement;

/// In place of the schedule of a network's learning rate (tuning/find_rate.h). Both are called from the run's thread.
struct RateTest {
  std::function<double(std::uint64_t step)> rate{};  ///< of a step of the optimiser, from 0 on
  /// After each step: the rate that it was taken with, and the loss of its last batch, also where that is not finite.
  /// False ends the run.
  std::function<bool(double rate, double loss)> seen{};
};

/// What cache nodes keep, for runs of the same records one after the other: what one has prepared, the next ones find.
/// Only for graphs whose nodes of the data side, parameters and split are the same; the run that comes first fills it.
struct SharedCaches {
  std::vector<std::shared_ptr<CacheStore>> stores{};
};

/// What a caller may ask of a run besides the graph. Unset: what the trainer node says.
struct RunOptions {
  /// An estimator that needs fewer passes than this fits anew, again and again.
  std::optional<std::uint32_t> epochs{};
  std::optional<std::uint64_t> max_steps{};  ///< stop after so many training steps
  std::optional<double> max_seconds{};       ///< stop after so long, measured from the first batch
  std::optional<std::string> device{};       ///< auto, cpu, cuda, cuda:1
  std::optional<std::int64_t> seed{};
  std::optional<std::size_t> workers{};
  bool staged = false;  ///< every node with its own workers and queue
  bool meters = true;   ///< false: the data side is not measured (to measure what measuring costs)
  /// After the warm-up steps, the same batches are used again and again and nothing more is loaded: what the step
  /// could do if the loader cost nothing (headspace, SPDL).
  std::optional<std::size_t> replay_batches{};
  bool validate = true;                        ///< false: nothing is validated; records that are set aside stay aside
  std::optional<std::uint64_t> max_records{};  ///< an epoch is the first so many training records only
  bool train = true;                           ///< false: batches are drained, nothing is learnt (profile --no-train)
  std::filesystem::path cache_folder{};        ///< empty: default_cache_folder()
  std::shared_ptr<SharedCaches> caches{};      ///< null: the run's cache nodes begin empty, and end with it
  std::optional<RateTest> rate_test{};
  CheckpointOptions checkpoints{};  ///< by default none are written
  /// What it goes on from. On the CPU, with as many replicas, it goes on to the same bytes as if it had never ended.
  ResumeOptions resume{};
  bool reads_weights = true;  ///< false: what backbones begin with comes from a checkpoint, not from their files
  /// The place of this process among those that learn from each batch together; alone by default.
  World world{};
  std::shared_ptr<ProcessGroup> group{};   ///< where the others were met already; null: the run meets them
  std::shared_ptr<RankAgreement> ranks{};  ///< set by the run
  std::shared_ptr<RunWatch> watch{};       ///< who is shown pictures and tensors (training/run_watch.h); null: nobody
  ResumeOptions weights{};  ///< begins anew, with what this has of the weights of the graph, by their names
};

/// One epoch's result.
struct EpochResult {
  std::uint32_t epoch = 0;  ///< from 1
  /// What is known of the model: of training, running values over the epoch; of validation, if there was one, after it.
  /// The loss, a mean over samples, comes first of each.
  Metrics metrics{};
  double samples_per_s = 0;  ///< training part
  double wall_s = 0;         ///< training and validation
  double first_wait_s = 0;   ///< for the epoch's first batch
  double median_wait_s = 0;  ///< of its batches
  std::uint64_t samples = 0;
  std::uint64_t step = 0;  ///< behind which its training ended, counted over the whole run; 0: not known
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< of its last step; NaN: an estimator learns
  std::shared_ptr<const Evaluation> evaluation{};   ///< of validation; null where there are no classes or no such data
  std::shared_ptr<const ResidualPlot> residuals{};  ///< the same of numbers

  /// NaN where there is none such.
  [[nodiscard]] double value(std::string_view metric, std::string_view split) const {
    return value_of(metrics, metric, split);
  }
  [[nodiscard]] double loss(std::string_view split) const { return value(kLossMetric, split); }
};

/// Files that a source of the run passed over.
struct IgnoredFiles {
  std::string node{};
  PassedFiles files{};
};

/// Everything that a finished run leaves behind.
struct RunResult {
  enum class End { Completed, Stopped, Failed };
  End end = End::Completed;
  std::optional<Error> failure{};  ///< of a Failed run
  std::vector<EpochResult> epochs{};
  std::vector<RecordError> errors{};
  std::vector<BadRecord> bad_records{};  ///< every record that was left out, once
  Nanos suspended = 0;  ///< while data flowed, the process was stopped or the machine asleep; not counted
  /// What hindered the run, but left no record out (see Pipeline::notices()), and before it what the data are like
  /// (engine/data_notices.h), with a count of 0.
  std::vector<RecordError> notices{};
  std::vector<IgnoredFiles> ignored{};     ///< by its sources
  Snapshot first{};                        ///< when the first batch was asked for
  Snapshot last{};                         ///< at the end: counters, step times, peak memory
  std::vector<NodeDurations> durations{};  ///< of the training data's nodes
  Execution execution{};                   ///< what it really used
  MemoryForecast memory{};                 ///< what was predicted of a network's training
  std::uint64_t tensor_bytes = 0;          ///< that tensors really took at most, in main memory; 0: not known
  std::string checkpoint{};                ///< the newest that it wrote, and the best; empty: none
  std::string best_checkpoint{};
  std::string resumed_from{};  ///< checkpoint; empty: it began anew. Epochs, steps and samples are then of all of it
  double earlier_wall_s = 0;   ///< of a run that goes on: what it had taken when its checkpoint was written
  std::uint32_t weights_of_epoch = 0;  ///< early stopping went back to them; 0: they are those of the last step

  /// The epoch that says what the weights at the end are worth; null: no epoch has ended.
  [[nodiscard]] const EpochResult* final_epoch() const {
    for (const EpochResult& result : epochs)
      if (result.epoch == weights_of_epoch) return &result;
    return epochs.empty() ? nullptr : &epochs.back();
  }
};

// Facts: few, never lost, never merged, in order. Delivered on the run's thread; the receiver moves them to its own.
struct Preparing {
  std::string what{};
  double fraction = 0;
  /// The same text while one thing is done: `what` up to its counts.
  [[nodiscard]] std::string_view step() const { return std::string_view(what).substr(0, what.find(':')); }
};
/// What a run that goes on had come to when its checkpoint was taken, in all its parts before.
struct EarlierPart {
  RecordedAs recorded{};
  std::uint64_t step = 0;
  std::vector<EpochResult> epochs{};  ///< that were over; the newest validated one with its evaluation
  double wall_s = 0;                  ///< since its data began to flow
  double cpu_s = 0;                   ///< of all threads, in that time
  std::vector<StageSample> stages{};  ///< of its data side, added up: node, type and counters
};
struct Started {
  Execution execution{};
  std::uint64_t samples_per_epoch = 0;
  std::uint64_t parameters = 0;               ///< trainable numbers in the network
  std::int64_t worth_threads = 1;             ///< that a step is worth on a CPU (plan/step_work.h)
  double worth_of_row = 0;                    ///< the same a row of its batch
  int gpus = 0;                               ///< that this machine has, of which the run may use fewer
  MemoryForecast memory{};                    ///< what its training is predicted to take
  std::uint64_t memory_there = 0;             ///< bytes that there were for it before; 0: not known
  std::vector<MemoryAdvice> memory_advice{};  ///< what would make it smaller
  std::string estimator{};               ///< type of what learns in place of a network; empty: a network, or nothing
  std::optional<EarlierPart> earlier{};  ///< none: it begins anew
};
struct RecordFailed {
  Error error{};  ///< the first of its kind; counts stand in the result
};
/// Something goes worse than it should, but nothing is lost: a cache whose disk is full.
struct Noticed {
  Error error{};
  bool warns = true;  ///< false: told for information, such as what matched of a file of weights
};
struct EpochDone {
  EpochResult result{};
};
struct Finished {
  RunResult result{};
};
using Fact = std::variant<Preparing, Started, RecordFailed, Noticed, EpochDone, Finished>;

/// A run: prepares the Plan, streams, has a network or an estimator learn. Everything happens on threads of its own; no
/// exception leaves them.
class Run {
 public:
  /// Starts at once. `on_fact` is called from the run's thread; the last fact is always Finished.
  [[nodiscard]] static std::unique_ptr<Run> start(Document document, RunOptions options,
                                                  std::function<void(const Fact&)> on_fact);
  /// Stops and joins.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void pause();
  void resume();
  /// Asks for the end; takes effect within 200 ms, also in the middle of a step or a fit.
  void stop();
  /// Asks for the end behind the step in hand, so that a last checkpoint of it can be taken, which is then written. A
  /// stop() does not wait for the step, and what that has changed by then fits no checkpoint.
  void stop_behind_step();
  [[nodiscard]] bool paused() const;
  /// Changes how many threads carry a node of the data side, while it runs (see Pipeline::set_workers()); of training
  /// and validation alike. From any thread. 0: no such node, or nothing runs yet.
  std::size_t set_workers(std::string_view node, std::size_t workers);
  /// Makes a node of the training data look `factor` times faster while it runs, or the training step where the name is
  /// empty, by delaying everything else in proportion; Snapshot::virtual_delay says by how much. 1 ends it. False: no
  /// such node, or nothing runs yet. From any thread.
  bool speed_up(std::string_view node, double factor);
  /// Waits for the end; true when it has come.
  bool wait_for(std::chrono::milliseconds deadline);
  /// Counters now; after the end, those of the end. From any thread, at any time; never waits for the run.
  [[nodiscard]] Snapshot snapshot() const;
  /// The timeline of workers, queues and steps: their newest slices, bounded in memory. Empty without meters. From any
  /// thread, at any time, also after the end.
  [[nodiscard]] std::shared_ptr<const Trace> trace() const;
  /// The file of a record that a lane of the timeline worked on; empty where there is none.
  [[nodiscard]] std::string locate(std::string_view lane, std::uint64_t record) const;
  /// How long nodes of the training data's side took over single records so far. From any thread; empty while it is
  /// prepared and when it has ended (RunResult holds them then).
  [[nodiscard]] std::vector<NodeDurations> durations() const;
  /// The same for any number of calls, also when this run has gone; of a run that has started.
  [[nodiscard]] std::function<std::string(const std::string& lane, std::uint64_t record)> locator() const;
  /// The trainer's part of it alone, which costs next to nothing: for whoever waits for a step.
  [[nodiscard]] TrainerSample trainer() const;

 private:
  class Impl;
  explicit Run(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace feedline::inline training
