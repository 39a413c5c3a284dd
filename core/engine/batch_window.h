// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/batch_sampler.h"
#include "engine/chunk.h"
#include "telemetry/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace feedline::inline engine {

/// The batches between the sampler and the consumer, in order: those that are being filled and those that are
/// finished and wait. Batches finish in any order and leave in their own. Not thread-safe: the Flow guards
/// it.
class BatchWindow {
 public:
  /// `prefetch`: how many batches beyond the one that is being consumed may hold a buffer. 0: a batch is begun only
  /// once it is asked for.
  explicit BatchWindow(std::size_t prefetch) : prefetch_(prefetch < 1 ? 1 : prefetch), on_demand_(prefetch < 1) {}

  /// The consumer waits for the next batch.
  void ask() { asked_ = delivered_ + 1; }
  [[nodiscard]] bool on_demand() const { return on_demand_; }

  /// The batch that a row range belongs to; opened with its first row range.
  BatchWork* open(const RowRange& range);
  /// May this batch be filled yet?
  [[nodiscard]] bool admits(std::uint64_t batch) const {
    return batch < (on_demand_ ? asked_ : delivered_ + prefetch_);
  }
  /// All rows of the batch are there.
  void finish(BatchWork* batch);
  /// The next batch to leave if it is finished, else null.
  [[nodiscard]] BatchWork* ready() const;
  /// How many batches could leave one after the other.
  [[nodiscard]] std::size_t ready_count() const { return ready_; }
  /// Takes ready() out; hand it to recycle() when done.
  std::unique_ptr<BatchWork> take();
  void recycle(std::unique_ptr<BatchWork> batch);

  [[nodiscard]] bool empty() const { return batches_.empty(); }
  /// Finished batches that wait, of `prefetch`.
  [[nodiscard]] QueueLevel level() const;

 private:
  std::size_t prefetch_;
  bool on_demand_;
  std::uint64_t asked_ = 0;
  std::uint64_t delivered_ = 0;
  std::size_t ready_ = 0;                             ///< finished ones at the front
  std::deque<std::unique_ptr<BatchWork>> batches_{};  ///< front: number delivered_
  std::vector<std::unique_ptr<BatchWork>> spare_{};
};

}  // namespace feedline::inline engine
