// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "engine/batch_share.h"
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace feedline::inline engine {

/// The rows of one batch that one worker takes up at once.
struct RowRange {
  std::uint64_t batch = 0;  ///< over all epochs that are dealt out, from 0
  std::uint32_t epoch = 0;
  std::uint64_t index = 0;  ///< of the batch in its epoch
  bool last_of_epoch = false;
  std::size_t batch_rows = 0;  ///< of the share that is dealt out
  std::size_t first = 0;       ///< where that begins in the batch
  std::size_t row = 0;         ///< from there
  std::size_t count = 0;       ///< 0: nothing of the batch belongs to the share
};

/// Deals out the records of all epochs, batch by batch, in the order of the sampler. Row ranges never span two
/// batches; epochs follow each other without a gap. Not thread-safe: the Flow guards it.
class BatchSampler {
 public:
  /// `epochs` 0: without end. A plan without a whole batch has no row ranges. `first_batch`: of the first epoch; where
  /// that has no more than so many, all of it is over. Of each batch its `share` alone is dealt out, an empty one too.
  BatchSampler(const DataPlan& plan, std::uint32_t first_epoch, std::uint32_t epochs, std::uint64_t first_batch = 0,
               BatchShare share = {});

  /// The next rows, at most `most` (at least 1) of them; none when all epochs have been dealt out.
  [[nodiscard]] std::optional<RowRange> next(std::size_t most);
  /// Number of the batch that the next row range belongs to.
  [[nodiscard]] std::uint64_t batch() const { return number_; }
  [[nodiscard]] bool done() const { return left_ == 0 && !endless_; }

 private:
  BatchShare share_;
  std::uint64_t records_;
  std::size_t batch_size_;
  std::uint64_t batches_;  ///< an epoch
  std::uint32_t epoch_;
  std::uint32_t left_;  ///< epochs
  bool endless_;
  std::uint64_t number_ = 0;
  std::uint64_t index_ = 0;
  std::size_t row_ = 0;
};

/// How many records a chunk should hold, so that its way through the queues costs little and yet many workers
/// share a batch: as many as take about a millisecond, measured as the run goes. Bytes do not depend on it.
/// Not thread-safe.
class ChunkSizer {
 public:
  static constexpr std::size_t kMax = 256;

  /// `share`: never more than this many, so that every worker has a part of the prefetch window.
  explicit ChunkSizer(std::size_t share);
  [[nodiscard]] std::size_t records() const { return records_; }
  void set_share(std::size_t share);
  void measured(std::size_t records, Nanos work);
  /// Of one worker in the last segment; 0: not known yet.
  [[nodiscard]] double nanos_per_record() const { return nanos_per_record_; }

 private:
  std::size_t limit_;
  std::size_t records_;
  double nanos_per_record_ = 0;
};

}  // namespace feedline::inline engine
