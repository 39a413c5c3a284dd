// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "engine/chunk.h"
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace feedline::inline engine {

/// First byte of a field's row in a batch's buffer.
[[nodiscard]] inline std::byte* row_of(const BatchBuffer& buffer, std::size_t field, std::size_t bytes,
                                       std::size_t row) {
  return buffer.fields[field] + row * bytes;
}

/// Has its node written a value of one number or one dimension into its row already? Then nothing is left to do.
[[nodiscard]] inline bool lies_in_row(const Datum& value, const BatchField& field, const std::byte* row) {
  const auto dims = value.dims();
  const auto& shape = field.record.shape;
  return value.data() == row && field.capacity == 0 && value.dtype() == field.record.dtype &&
         dims.size() == shape.size() && dims.size() <= 1 &&
         (dims.empty() || (shape[0].known() && shape[0].size() == dims[0]));
}

/// Puts a value of one number, such as a label, into its row, if it is what the batch expects there.
[[nodiscard]] inline bool put_number(const Datum& value, const BatchField& field, std::byte* row) {
  if (!value.dims().empty() || !field.record.shape.empty() || value.dtype() != field.record.dtype) return false;
  if (field.capacity != 0) return false;
  std::memcpy(row, value.data(), value.bytes());
  return true;
}

/// Puts one record's value into its row, unless its node has written it there already. An error if the value
/// is not what the batch expects, naming both shapes, with a remedy.
[[nodiscard]] Status collate(const Datum& value, const BatchField& field, std::byte* row);

/// The same for a field whose records differ in length: fills the rest of the row with zeros and says how long the
/// value is. An error if it is longer than the field's capacity.
[[nodiscard]] Status collate_ragged(const Datum& value, const BatchField& field, std::byte* row, std::uint32_t& length);

/// Fetches rows that were finished before the batch was moved to another buffer.
void gather(BatchWork& batch, const std::vector<BatchField>& fields);
/// Leaves out the rows of bad records: the others close up, in order. Sets `good` and shortens `record_ids`.
void close_up(BatchWork& batch, const std::vector<BatchField>& fields);

}  // namespace feedline::inline engine
