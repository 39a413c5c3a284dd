// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "engine/bad_records.h"
#include "engine/pipeline.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline engine {

/// A kind of record error, and where in the run the one stands that it is shown by.
struct PastError {
  RecordError error{};
  std::uint64_t batch = 0;  ///< over all epochs
  std::uint64_t row = 0;
};

/// What a pipeline has found out about its records, up to the batch that it handed out last and no further (of batches
/// that are sorted by length together: up to the last of them): another one that begins behind that batch
/// (PipelineOptions::past) hands out what this one would have, and leaves out the same records. Bounded, as the lists
/// in it are.
struct PipelinePast {
  std::uint64_t batches = 0;         ///< handed out, over all epochs
  std::uint64_t tried = 0;           ///< records
  std::uint64_t bad = 0;             ///< of them
  std::uint64_t error_count = 0;     ///< see Pipeline::error_count()
  std::vector<PastError> errors{};   ///< in the order in which their kinds came
  std::vector<BadRecord> records{};  ///< see Pipeline::bad_records()
};

/// As JSON, to be kept with what a run goes on from.
[[nodiscard]] std::string to_text(const PipelinePast& past);
/// Error: damaged.
[[nodiscard]] Result<PipelinePast> pipeline_past_of(std::string_view text);

}  // namespace feedline::inline engine
