// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/collate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace feedline::inline engine {
namespace {

bool fits(const Datum& value, const TensorDesc& wanted) {
  const auto dims = value.dims();
  return value.dtype() == wanted.dtype &&
         std::equal(dims.begin(), dims.end(), wanted.shape.begin(), wanted.shape.end(),
                    [](std::int64_t has, const Dim& needs) { return needs.known() && has == needs.size(); });
}

std::string numbers(const Datum& value) {
  if (value.dims().empty()) return fmt::format("{} number", name(value.dtype()));
  return value.text();
}

/// Counts rows as they were drawn: some may have been left out before.
void note_missing(BatchWork& batch) {
  std::size_t drawn = 0;
  std::size_t known = 0;
  std::vector<std::size_t> all;
  for (std::size_t row = 0; row < batch.rows; ++row, ++drawn) {
    for (; known < batch.missing.size() && batch.missing[known] == drawn; ++drawn)
      all.push_back(batch.missing[known++]);
    if (batch.bad[row] != 0) all.push_back(drawn);
  }
  all.insert(all.end(), batch.missing.begin() + static_cast<std::ptrdiff_t>(known), batch.missing.end());
  batch.missing = std::move(all);
}

}  // namespace

Status collate(const Datum& value, const BatchField& field, std::byte* row) {
  if (!fits(value, field.record)) {
    return fail_record(fmt::format("the value for the batch's '{}' is {}, but the batch expects {}", field.name,
                                   numbers(value), field.record.text()),
                       "All records of a batch must have one shape: resize or crop pictures to a fixed size before the "
                       "batch");
  }
  if (value.data() != row && value.bytes() > 0) std::memcpy(row, value.data(), value.bytes());
  return {};
}

Status collate_ragged(const Datum& value, const BatchField& field, std::byte* row, std::uint32_t& length) {
  const auto dims = value.dims();
  const auto& shape = field.record.shape;
  const bool fits = value.dtype() == field.record.dtype && dims.size() == shape.size() &&
                    std::equal(dims.begin() + 1, dims.end(), shape.begin() + 1,
                               [](std::int64_t has, const Dim& needs) { return has == needs.size(); });
  if (!fits || dims[0] > field.capacity)
    return fail_record(fmt::format("the value for the batch's '{}' is {}, but the batch takes {}", field.name,
                                   numbers(value), field.record.text()),
                       fits ? "Make the records shorter, or their greatest length larger, in front of the batch"
                            : "Connect values of the type and size that the batch was planned for");
  if (value.bytes() > 0) std::memcpy(row, value.data(), value.bytes());
  std::memset(row + value.bytes(), 0, field.record_bytes() - value.bytes());
  length = static_cast<std::uint32_t>(dims[0]);
  return {};
}

void gather(BatchWork& batch, const std::vector<BatchField>& fields) {
  for (const BatchWork::Part& part : batch.parts) {
    if (part.buffer == batch.buffer) continue;
    for (std::size_t f = 0; f < fields.size(); ++f) {
      const std::size_t bytes = fields[f].record_bytes();
      std::memcpy(row_of(*batch.buffer, f, bytes, part.row), row_of(*part.buffer, f, bytes, part.row),
                  part.count * bytes);
      if (fields[f].capacity > 0)
        std::copy_n(part.buffer->lengths[f].begin() + static_cast<std::ptrdiff_t>(part.row), part.count,
                    batch.buffer->lengths[f].begin() + static_cast<std::ptrdiff_t>(part.row));
    }
  }
  batch.parts.clear();
}

void close_up(BatchWork& batch, const std::vector<BatchField>& fields) {
  if (std::find(batch.bad.begin(), batch.bad.end(), std::uint8_t{1}) != batch.bad.end()) note_missing(batch);
  std::size_t good = 0;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (batch.bad[row] != 0) continue;
    if (good != row) {
      for (std::size_t f = 0; f < fields.size(); ++f) {
        const std::size_t bytes = fields[f].record_bytes();
        std::memcpy(row_of(*batch.buffer, f, bytes, good), row_of(*batch.buffer, f, bytes, row), bytes);
        if (fields[f].capacity > 0) batch.buffer->lengths[f][good] = batch.buffer->lengths[f][row];
      }
      batch.record_ids[good] = batch.record_ids[row];
    }
    ++good;
  }
  batch.good = good;
  batch.record_ids.resize(good);
}

}  // namespace feedline::inline engine
