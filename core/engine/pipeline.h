// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

#include "base/clock.h"
#include "base/error.h"
#include "engine/batch.h"
#include "engine/plan.h"
#include "telemetry/snapshot.h"

namespace feedline {

/// A kind of record error, counted: node, file and message of the first, and how many like it (same node and message).
struct RecordError {
  Error error{};
  std::uint64_t count = 0;
};

struct PipelineOptions {
  std::size_t workers = 0;          ///< 0: as many as cores
  std::size_t prefetch = 4;         ///< finished or unfinished batches that may exist beyond the one being consumed
  std::uint32_t epochs = 1;         ///< 0: without end
  std::uint32_t first_epoch = 1;
  bool meters = true;               ///< false: nothing is measured (to measure what measuring costs)
  std::filesystem::path cache_folder{};  ///< for cache nodes that spill to disk; empty: default_cache_folder()
  double slow_seconds = 10;         ///< the watchdog: see TrainerSettings
  double slow_factor = 100;
  std::string on_slow = "skip";
  double max_bad_fraction = 0.5;    ///< of the records tried (after the first 100, or a whole epoch): above it the run fails
  std::shared_ptr<BufferAllocator> allocator{};  ///< null: host memory
  const Clock* clock = nullptr;     ///< null: the system's
  bool staged = false;              ///< every node with its own workers and queue: the same bytes, for teaching
};

/// Streams batches of a DataPlan, on worker threads, in an order that depends on the plan alone.
///
/// Segments: `read` fetches records in chunks, `transform` carries each chunk through all per-record nodes while it is
/// hot in cache (each node still metered by itself) and writes straight into the batch buffer. A bounded queue stands
/// between them, a reorder stage behind them. Bad records are left out of their batch, counted and reported; rows
/// close up, so the bytes are the same for any worker count. Epochs follow each other without a stall.
class Pipeline {
 public:
  Pipeline(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options);
  /// Stops and joins.
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

  /// Changes how many threads carry a node's segment, while it runs: takes effect with the next chunk. 0 is taken as 1.
  /// Returns how many there are now; 0: no such node.
  std::size_t set_workers(std::string_view node, std::size_t workers);

  /// One sample a node: the source, the per-record nodes, the batch node, in this order. From any thread.
  /// A segment's wait for input counts as `starved` of its first node, a wait for room behind it as `blocked` of its
  /// last one; so a full prefetch window shows at the batch node. queue_fill of a node is that of the queue behind its
  /// segment; behind the last one, the finished batches as a share of `prefetch`.
  [[nodiscard]] std::vector<StageSample> stages(Nanos now) const;
  [[nodiscard]] std::vector<RecordError> errors() const;
  [[nodiscard]] std::uint64_t error_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace feedline
