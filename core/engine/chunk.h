// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/batch.h"
#include "schema/datum.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline engine {

struct CacheEntry;

/// A record that was left out, and why: an error of its own, or that of an earlier epoch (see Quarantine).
struct RecordFault {
  std::size_t row = 0;  ///< in its chunk; once handed over, in its batch
  std::uint64_t record = 0;
  Error error{};
  std::optional<std::uint32_t> known{};  ///< the kind of error that it met before: see ErrorLog
};

/// A batch on its way: opened by the batch sampler, filled row by row by many workers (each row belongs to one
/// chunk, each chunk to one worker at a time), closed up by the worker that finishes its last row. Guarded by the
/// Flow until then.
struct BatchWork {
  /// Rows that lie in `buffer`: not the batch's own one where the batch was moved away from a worker that is stuck.
  struct Part {
    std::size_t row = 0;
    std::size_t count = 0;
    std::shared_ptr<BatchBuffer> buffer{};
  };

  std::uint64_t number = 0;  ///< over all epochs, from 0
  std::uint32_t epoch = 0;
  std::uint64_t index = 0;  ///< in its epoch
  bool last_of_epoch = false;
  std::size_t rows = 0;       ///< records drawn for it
  std::size_t open_rows = 0;  ///< rows no worker has finished yet
  std::size_t good = 0;       ///< rows left after closing up
  bool finished = false;
  std::shared_ptr<BatchBuffer> buffer{};    ///< null until the first chunk may write
  std::vector<Part> parts{};                ///< what is finished
  std::vector<std::uint64_t> record_ids{};  ///< one a row
  std::vector<std::uint8_t> bad{};          ///< one a row: 1 where the record failed
  std::vector<RecordFault> faults{};        ///< one a bad row
  std::size_t drawn = 0;                    ///< rows, before any was left out
  std::vector<std::size_t> missing{};       ///< which of those were left out, in order
};

/// Consecutive rows of one batch, the unit that workers carry. It never spans two batches. Chunks are
/// recycled, so their memory is allocated once.
///
/// A worker that has a chunk in hand touches nothing else but its own memory, so that the chunk can be taken away
/// from a worker that is stuck (Flow::abandon()): whatever that one still writes is lost with the chunk.
struct Chunk : std::enable_shared_from_this<Chunk> {
  std::uint64_t sequence = 0;  ///< in the order of the sampler, over all epochs
  BatchWork* batch = nullptr;  ///< for the Flow only
  std::uint32_t epoch = 0;
  std::uint64_t position = 0;  ///< of the first row in its epoch
  std::size_t row = 0;         ///< first row in the batch
  std::size_t count = 0;
  std::size_t bytes = 0;                  ///< of the values that it holds between two segments
  Nanos work = 0;                         ///< wall time spent on it so far
  std::shared_ptr<BatchBuffer> buffer{};  ///< where its rows go; set for the segment that collates
  std::vector<std::uint64_t> record_ids{};
  std::vector<std::uint8_t> bad{};    ///< one a record
  std::vector<RecordFault> faults{};  ///< of the segment that it is in
  /// Values that cross a segment's border: count x SegmentLayout::crossing, record by record.
  std::vector<Datum> cells{};
  /// What caches held of its records when they were to be read: count x CacheRouter::caches().
  std::vector<const CacheEntry*> cached{};

  std::size_t entry_bytes = 0;               ///< `bytes` when it entered its segment
  std::vector<std::size_t> tried_again{};    ///< records that were slow once already
  std::shared_ptr<const Chunk> inherited{};  ///< the abandoned chunk whose values this one shows
};

}  // namespace feedline::inline engine
