// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_file.h"

#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "nodes/source/table/csv_source.h"
#include "nodes/source/table/csv_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace feedline::inline nodes {

CsvFile::CsvFile(PlainFile plain, CsvHead head, RowIndex index)
    : plain_(std::move(plain)), head_(std::move(head)), index_(std::move(index)), id_(new_text_id()) {
  if (plain_.facts.size <= kMappedUpTo) map_ = std::make_unique<MappedText>(plain_.file.get(), plain_.facts.size);
  find_begins();
}

Status CsvFile::split(std::uint64_t row, CsvReading& reading, std::span<const std::size_t> wanted) const {
  if (look_again(reading))
    if (Status same = unchanged(); !same) return same;
  if (cut(mapped(), row, reading, wanted)) return {};
  std::string_view bytes;
  if (Status found = find_row(row, reading, bytes); !found) return found;
  const std::size_t columns = head_.names.size();
  if (reading.splitter.cut(bytes.data(), bytes.data() + bytes.size(), head_.dialect, columns, wanted)) return {};
  const auto fault = reading.splitter.split(bytes, head_.dialect, columns + 1);
  const std::size_t cells = reading.splitter.cells().size();
  if (fault == RowSplitter::Fault::None && cells == columns) return {};
  return fail(bad_row(row, row_fault(fault, cells, head_.names), "Mend the row, or leave it out"));
}

/// Where rows of a mapped file begin: 4 bytes a row, found again without a search.
void CsvFile::find_begins() {
  if (!map_ || map_->data() == nullptr) return;
  begins_.reserve(index_.rows());
  for (std::uint64_t row = 0; row < index_.rows(); ++row) {
    const RowPlace place = index_.find(row);
    begins_.push_back(place.skip == 0 ? static_cast<std::uint32_t>(place.begin) : kBehindOthers);
  }
  constexpr std::uint64_t kMostFetched = 192;
  fetched_ = static_cast<std::size_t>(
      std::min(kMostFetched, plain_.facts.size / std::max<std::uint64_t>(index_.rows(), 1) + 64));
}

bool CsvFile::cut(const char* mapped, std::uint64_t row, CsvReading& reading,
                  std::span<const std::size_t> wanted) const {
  if (mapped == nullptr || begins_[row] == kBehindOthers) return false;
  return reading.splitter.cut(mapped + begins_[row], mapped + plain_.facts.size, head_.dialect, head_.names.size(),
                              wanted);
}

TextBytes CsvFile::text() const {
  const char* const map = mapped();
  return {.descriptor = plain_.file.get(), .size = plain_.facts.size, .map = map, .id = map == nullptr ? id_ : id_ + 1};
}

Status CsvFile::find_row(std::uint64_t row, CsvReading& reading, std::string_view& bytes) const {
  const TextBytes file = text();
  std::uint64_t skip = 0;
  if (reading.id != file.id || reading.next != row) {
    const RowPlace place = index_.find(row);
    reading.cursor.seek(file, head_.dialect, place.begin, static_cast<std::size_t>(place.end - place.begin));
    skip = place.skip;
  }
  reading.id = 0;  // until the row has been found
  for (;; --skip) {
    const RowCursor::Found found = reading.cursor.next(bytes);
    if (found == RowCursor::Found::Row && skip > 0) continue;
    if (found == RowCursor::Found::Row) break;
    return not_found(row, found, errno);
  }
  reading.id = file.id;
  reading.next = row + 1;
  return {};
}

Status CsvFile::not_found(std::uint64_t row, RowCursor::Found found, int error_number) const {
  if (found == RowCursor::Found::Open || found == RowCursor::Found::TooLong)
    return fail(bad_row(row,
                        found == RowCursor::Found::Open
                            ? std::string("a quote that opens in this row is never closed")
                            : fmt::format("the row has more than {} MiB", kLongestRow >> 20),
                        "Close the quote that opens in it, double it, or set quote to none"));
  if (found == RowCursor::Found::End) error_number = 0;
  Error error = read_error(plain_.path, error_number, "the file has become shorter since it was opened").value();
  if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

Error CsvFile::bad_row(std::uint64_t row, std::string reason, std::string remedy) const {
  if (Status same = unchanged(); !same) return std::move(same.error());
  return Error{.code = ErrorCode::BadRecord,
               .reason = std::move(reason),
               .remedy = std::move(remedy),
               .file = fmt::format("{}:{}", escape_name(plain_.path), line_of(row))};
}

std::uint64_t CsvFile::line_of(std::uint64_t row) const {
  const RowPlace place = index_.find(row);
  RowCursor cursor;
  cursor.seek(text(), head_.dialect, place.begin, static_cast<std::size_t>(place.end - place.begin));
  std::string_view ignored;
  for (std::uint64_t skip = place.skip; skip > 0; --skip)
    if (cursor.next(ignored) != RowCursor::Found::Row) return place.line + 1;
  if (cursor.next(ignored) == RowCursor::Found::Unreadable) return place.line + 1;
  std::string before(static_cast<std::size_t>(cursor.row_begin() - place.begin), '\0');
  if (!read_at(plain_.file.get(), std::as_writable_bytes(std::span(before)), place.begin)) return place.line + 1;
  return place.line + 1 + count_lines(before, head_.dialect.line_end);
}

}  // namespace feedline::inline nodes
