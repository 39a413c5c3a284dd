// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "engine/chunk.h"
#include "plan/plan.h"

#include <cstddef>
#include <string>

namespace feedline {

/// First byte of a field's row in a batch's buffer.
[[nodiscard]] inline std::byte* row_of(const BatchBuffer& buffer, std::size_t field, std::size_t bytes,
                                       std::size_t row) {
  return buffer.fields[field] + row * bytes;
}

/// Puts one record's value into its row, unless its node has written it there already. An error if the value
/// is not what the batch expects, naming both shapes, with a remedy.
[[nodiscard]] Status collate(const Datum& value, const BatchField& field, std::byte* row);

/// Fetches rows that were finished before the batch was moved to another buffer.
void gather(BatchWork& batch, const std::vector<BatchField>& fields);
/// Leaves out the rows of bad records: the others close up, in order. Sets `good` and shortens `record_ids`.
void close_up(BatchWork& batch, const std::vector<BatchField>& fields);

}  // namespace feedline
