// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/bad_records.h"
#include "engine/batch.h"
#include "engine/batch_share.h"
#include "plan/plan.h"
#include "telemetry/snapshot.h"
#include "telemetry/trace.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline engine {

class CacheShelf;
struct PipelinePast;

/// A kind of record error, counted: node, file and message of the first, and how many like it (same node and message).
struct RecordError {
  Error error{};
  std::uint64_t count = 0;    ///< how often: a record that is left out in each of four epochs counts four times
  std::uint64_t records = 0;  ///< how many different records; 0 where it is about none
};

/// So many records decide whether too many of them are bad.
inline constexpr std::uint64_t kEnoughToJudge = 100;

struct PipelineOptions {
  std::size_t workers = 0;  ///< 0: as many as cores
  /// Finished or unfinished batches that may exist beyond the one being consumed. 0: a batch is begun only once it is
  /// asked for, so that preparing and consuming take turns.
  std::size_t prefetch = 4;
  std::uint32_t epochs = 1;  ///< 0: without end
  std::uint32_t first_epoch = 1;
  /// What it prepares of each batch. A part hands out all batches, also those of which it has no rows; what is sorted
  /// by length are its own rows.
  BatchShare share{};
  std::uint64_t first_batch = 0;  ///< of the first epoch: what stands before it was used by an earlier pipeline
  /// What that one had found out (Pipeline::past()); null: there was none.
  std::shared_ptr<const PipelinePast> past{};
  bool meters = true;                    ///< false: nothing is measured (to measure what measuring costs)
  std::shared_ptr<Trace> trace{};        ///< the timeline that workers and queues write to; null: none
  std::string trace_prefix{};            ///< before the names of their lanes
  std::filesystem::path cache_folder{};  ///< for cache nodes that spill to disk; empty: default_cache_folder()
  std::shared_ptr<CacheShelf> caches{};  ///< what cache nodes keep, shared by a run's pipelines; null: its own
  double slow_seconds = 10;              ///< the watchdog: see FaultSettings
  double slow_factor = 100;
  std::string on_slow = "skip";
  /// Of the records tried (after the first kEnoughToJudge, or a whole epoch of all); above it the run fails.
  double max_bad_fraction = 0.5;
  /// Told what the watchdog sees and does not count as an error: a record that is slow, one that is tried again. Called
  /// from a thread of the pipeline's own, never after it is gone.
  std::function<void(const Error&)> on_notice{};
  std::shared_ptr<BufferAllocator> allocator{};  ///< null: host memory
  const Clock* clock = nullptr;  ///< null: the system's; one of another kind must outlive the program's threads
  bool at_rest = false;          ///< its workers begin with the first resume()
  bool staged = false;           ///< every node with its own workers and queue: the same bytes, for teaching
};

/// Streams batches of a DataPlan, on worker threads, in an order that depends on the plan alone.
///
/// Segments: `read` fetches records in chunks, `transform` carries each chunk through all per-record nodes while it is
/// hot in cache (each node still metered by itself) and writes straight into the batch buffer. A bounded queue stands
/// between them, a reorder stage behind them. Bad records are left out of their batch, counted and reported; rows
/// close up, so the bytes are the same for any worker count. Epochs follow each other without a stall.
///
/// A record that was bad is not tried again in later epochs (engine/quarantine.h); it is counted each time that it is
/// left out. A record that takes far longer than its kind is dealt with as `on_slow` says (engine/watchdog.h). Errors
/// are counted batch by batch as next() hands the batches out, so their list does not depend on what was read ahead.
///
/// A pipeline that goes on from another one's past gives the same bytes as that one would have. Caches are filled anew:
/// what they would have kept of a random node above them since the first epoch is drawn as in the first epoch.
class Pipeline {
 public:
  Pipeline(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options);
  /// Stops and joins. A thread that does not come back from a node's code within two seconds (a read from a disk that
  /// hangs) is left to itself: it keeps a share of all that it may touch, the plan included, and ends when it comes
  /// back.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// The next batch in order; waits for it. For one consumer thread. Empty optional: all epochs are done. Errors:
  /// stopped (Cancelled); too many bad records (BadInput: how many, and node, file and message of the most frequent
  /// error; the list is in errors()); out of memory, no thread (Failed). After an error it stays at that error.
  [[nodiscard]] Result<std::optional<Batch>> next();

  /// Workers finish the chunk in hand, then rest; next() still hands out what is finished.
  void pause();
  void resume();
  /// Wakes and ends everything; next() then reports Cancelled. From any thread.
  void stop();

  /// Changes how many threads carry a node's segment, while it runs: takes effect with the next chunk. At least 1, at
  /// most kMostWorkers. Returns how many there are now; 0: no such node. From any thread; the bytes stay the same.
  static constexpr std::size_t kMostWorkers = 1024;
  std::size_t set_workers(std::string_view node, std::size_t workers);

  /// Makes a node look `factor` times faster (see VirtualSpeedup); 1 ends it. False: no such node. From any thread.
  bool speed_up(std::string_view node, double factor);
  /// The same for whoever consumes the batches, which tells when it is at work on one.
  void speed_up_consumer(double factor);
  void consuming(bool at_work);
  /// By how much everything has been delayed for it since the start: time less this is what counts.
  [[nodiscard]] Nanos virtual_delay() const;

  /// One sample a node: the source, the per-record nodes, the batch node, in this order. From any thread.
  /// A segment's wait for input counts as `starved` of its first node, a wait for room behind it as `blocked` of its
  /// last one; so a full prefetch window shows at the batch node. StageSample::queue of a node is that behind its
  /// segment; behind the last one, the finished batches as a share of `prefetch`. See QueueLevel.
  [[nodiscard]] std::vector<StageSample> stages(Nanos now) const;
  /// How long each of these nodes took over single records, since the start. From any thread.
  [[nodiscard]] std::vector<NodeDurations> durations() const;
  [[nodiscard]] std::vector<RecordError> errors() const;
  [[nodiscard]] std::uint64_t error_count() const;
  /// Every record that was left out, once (see BadRecords). For the thread that calls next().
  [[nodiscard]] std::vector<BadRecord> bad_records() const;
  /// All that a pipeline has to know that goes on behind the batch that was handed out last. For the thread that calls
  /// next().
  [[nodiscard]] PipelinePast past() const;
  /// Why caches stopped keeping values where that is nobody's wish; nothing is left out for it. Its count is that of
  /// the values that were not kept.
  [[nodiscard]] std::vector<RecordError> notices() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace feedline::inline engine
