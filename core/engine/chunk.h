// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "engine/batch.h"
#include "schema/datum.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace feedline {

/// A batch on its way: opened by the dispenser, filled row by row by many workers (each row belongs to one
/// chunk, each chunk to one worker at a time), closed up by the worker that finishes its last row.
struct BatchWork {
  std::uint64_t number = 0;  ///< over all epochs, from 0
  std::uint32_t epoch = 0;
  std::uint64_t index = 0;  ///< in its epoch
  bool last_of_epoch = false;
  std::size_t rows = 0;       ///< records drawn for it
  std::size_t open_rows = 0;  ///< rows no worker has finished yet
  std::size_t good = 0;       ///< rows left after closing up
  bool finished = false;
  std::shared_ptr<BatchBuffer> buffer{};    ///< null until the first chunk may write
  std::vector<std::uint64_t> record_ids{};  ///< one a row
  std::vector<std::uint8_t> bad{};          ///< one a row: 1 where the record failed
};

/// Consecutive rows of one batch, the unit that workers carry. It never spans two batches. Chunks are
/// recycled, so their memory is allocated once.
struct Chunk {
  std::uint64_t sequence = 0;  ///< in the order of the sampler, over all epochs
  BatchWork* batch = nullptr;
  std::size_t row = 0;  ///< first row in the batch
  std::size_t count = 0;
  std::size_t bytes = 0;  ///< of the values that it holds between two segments
  Nanos work = 0;         ///< wall time spent on it so far
  /// Values that cross a segment's border: count x Cut::crossing, record by record.
  std::vector<Datum> cells{};
};

}  // namespace feedline
