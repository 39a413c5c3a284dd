// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/results.h"
#include "telemetry/fit_pass_figures.h"
#include "telemetry/model_stage.h"
#include "telemetry/rank_sample.h"
#include "telemetry/series.h"
#include "telemetry/stage_meter.h"
#include "telemetry/step_times.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline telemetry {

/// How full a cache is.
struct CacheSample {
  std::uint64_t records = 0;     ///< kept
  std::uint64_t ram_bytes = 0;   ///< that they take in memory
  std::uint64_t disk_bytes = 0;  ///< and in the cache folder
  bool full = false;             ///< no more are kept
};

/// What waits in a queue: batches behind the last segment, groups of records behind the others.
struct QueueLevel {
  double fill = 0;           ///< 0..1, of entries or of bytes, whichever is fuller
  std::size_t waiting = 0;   ///< entries
  std::size_t capacity = 0;  ///< entries; 0: the queue holds nothing (prefetch 0)
};

/// How much of a field of the batches is padding, where records differ in length: what has been handed out so far.
struct PaddingSample {
  std::string field{};
  std::uint64_t values = 0;  ///< along the dimension that differs: tokens, for one
  std::uint64_t room = 0;    ///< that they take with what fills them up to the longest record of their batch
  /// Of what the model computes on, that which is padding; 0 before the first batch.
  [[nodiscard]] double share() const {
    return room == 0 ? 0 : 1 - static_cast<double>(values) / static_cast<double>(room);
  }
};

/// What was handed out between two moments of one run.
[[nodiscard]] std::vector<PaddingSample> padding_between(const std::vector<PaddingSample>& earlier,
                                                         std::vector<PaddingSample> later);

/// One node of the data side at one moment.
struct StageSample {
  std::string node{};
  std::string type{};
  StageCounters total{};
  std::vector<StageCounters> by_worker{};  ///< the same of each worker that carries the node, or has carried it
  std::size_t segment = 0;                 ///< nodes of one segment share workers; a queue stands behind its last one
  bool sequential = false;                 ///< lets one worker in at a time
  std::size_t workers = 0;
  QueueLevel queue{};                    ///< behind the node's segment
  std::optional<CacheSample> cache{};    ///< of a cache node
  std::vector<PaddingSample> padding{};  ///< of the batch node: of each field whose records differ in length
};

/// How long a node took over its records.
struct NodeDurations {
  std::string node{};
  Durations durations{};
};

/// What has been looked up in place of running frozen layers of the network.
struct FrozenSample {
  std::string node{};      ///< the first of them; empty: there are none
  std::uint64_t rows = 0;  ///< that passed, of training and validation
  std::uint64_t hits = 0;  ///< of them, those for which the layers were not run
  CacheSample kept{};
};

/// What training a network takes of memory, beside what was predicted of it (plan/memory_forecast.h).
struct MemorySample {
  std::uint64_t predicted = 0;        ///< bytes in this process; 0: no network learns
  std::uint64_t tensors = 0;          ///< the most that tensors took in main memory so far; 0: not known
  std::uint64_t recompute_saves = 0;  ///< predicted bytes that blocks do not keep
  double recompute_share = 0;         ///< of a forward pass, 0..1, that is predicted to be done again
  std::uint64_t shard_saves = 0;      ///< predicted bytes of the optimiser that other ranks keep
  std::uint64_t gathered = 0;         ///< bytes of weights that all ranks exchange behind each step
};

/// The training side at one moment.
struct TrainerSample {
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;      ///< training samples consumed
  std::uint64_t total_steps = 0;  ///< expected in the whole run; 0 if not known
  std::uint32_t epoch = 0;        ///< running epoch, from 1
  std::uint32_t epochs = 0;
  bool validating = false;
  std::optional<double> fitting{};  ///< how much of an estimator's fit is done, 0 to 1; none: it does not fit now
  StepTimes times{};
  StepTimes validation{};  ///< the part of `times` that validation took
  Nanos stepped = 0;       ///< total of trained() when the newest step ended: rates are over whole steps
  /// The part of times[Phase::Wait] (of training) that was for the first batch of an epoch; of the first epoch, what
  /// loading everything first took included.
  Nanos border_wait = 0;
  /// The part of times[Phase::Backward] in which blocks were computed again: the mean of replicas, the sum of stages.
  Nanos recomputed = 0;
  Nanos gathered = 0;  ///< the part of times[Phase::Reduce] in which ranks gathered the weights that each had stepped
  FrozenSample frozen{};
  std::vector<ModelStageSample> stages{};  ///< of a network that is cut into stages; else empty
  std::vector<LayerSample> layers{};       ///< of one in one piece: its first replica, on a GPU in few of its steps
  double loss = 0;           ///< of the newest step (running mean of its epoch where the device is asynchronous)
  Metrics metrics{};         ///< running, this epoch, without the loss; NaN what is not known yet
  double learning_rate = 0;  ///< of the newest step, as its optimiser has it; NaN: none
  /// By what the loss is multiplied for gradients in float16; NaN: it is not.
  double loss_scale = std::numeric_limits<double>::quiet_NaN();

  /// Of the steps alone: `times` without validation and without fits.
  [[nodiscard]] StepTimes trained() const;
};

struct GpuSample {
  std::string name{};
  double utilisation = 0;  ///< 0..1
  std::uint64_t memory_used = 0;
  std::uint64_t memory_total = 0;
};

struct ProcessSample {
  std::uint64_t rss_bytes = 0;
  std::uint64_t shared_bytes = 0;    ///< of these, memory that other processes may have too: caches of several ranks
  std::uint64_t peak_rss_bytes = 0;  ///< since the run began
  Nanos cpu = 0;                     ///< of all threads since the process started
  /// What all processes together used of the cores on which this one may run, since the machine started; 0: not known.
  Nanos cores_busy = 0;
  std::uint64_t disk_bytes = 0;  ///< fetched from disks for this process: what the system's memory held is not counted
  std::vector<GpuSample> gpus{};
};

/// Everything measured, by value, at one moment: what plots, the terminal and diagnosis read.
struct Snapshot {
  Nanos at = 0;       ///< monotonic
  Nanos started = 0;  ///< when the run's data began to flow; 0 while it is being prepared
  std::vector<StageSample> stages{};
  TrainerSample trainer{};
  ProcessSample process{};
  /// In which nodes learnt before data began to flow; none where nothing was to be learnt, or the cache or a checkpoint
  /// knew it.
  std::vector<FitPassFigures> fit_passes{};
  std::vector<Point> loss_curve{};  ///< (step, training loss), bounded
  std::uint64_t record_errors = 0;
  std::vector<RankSample> ranks{};  ///< by rank, this one included; empty: it trains alone
  CollectiveSample collective{};    ///< of this rank
  MemorySample memory{};
  /// By how much the run has been delayed so that one node looks faster (see engine/virtual_speedup.h).
  Nanos virtual_delay = 0;

  [[nodiscard]] double elapsed() const { return started == 0 ? 0 : seconds(at - started); }
};

/// What was counted, without curves and process: what tells two moments of a run apart.
[[nodiscard]] Snapshot counters_of(const Snapshot& all);

/// Training samples per second: those of the steps that ended in between, over the trainer's time from the end of one
/// step to the end of another; validation and pauses are left out. 0 where no step ended. The one definition of every
/// training rate that is shown, recorded or reported; from {} it is that of the whole run.
[[nodiscard]] double training_rate(const TrainerSample& from, const TrainerSample& to);
/// The same in training steps per second.
[[nodiscard]] double step_rate(const TrainerSample& from, const TrainerSample& to);

}  // namespace feedline::inline telemetry
