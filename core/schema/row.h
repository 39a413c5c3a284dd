// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A row of a table as it streams, in one Datum of kind Row: numbers are parsed once, where the row is read, and texts
// stay bytes.
//
//   cells   8 bytes each, one a column of TensorDesc::columns, in their order
//             a number: a double; NaN where it is missing
//             a text: where it begins and its length, two std::uint32_t; the length is kMissingText where it is missing
//   texts   the UTF-8 bytes of all text cells, one behind the other
//
// Which cells are texts is said by the columns, not by the row. The datum is u8 with one dimension.

#include "schema/datum.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace feedline::inline schema {

inline constexpr std::uint32_t kMissingText = 0xFFFFFFFFU;
inline constexpr std::size_t kCellBytes = 8;

/// Where a text cell's bytes stand, counted from the end of the cells.
struct TextCell {
  std::uint32_t begin = 0;
  std::uint32_t length = kMissingText;
};
static_assert(sizeof(TextCell) == kCellBytes && sizeof(double) == kCellBytes);

/// Reads a row of a known number of columns. Copies nothing; the datum must outlive it.
class RowView {
 public:
  /// `row` must hold at least `columns` cells: fits() tells.
  RowView(const Datum& row, std::size_t columns) : cells_(row.data()), texts_(cells_ + columns * kCellBytes) {}
  [[nodiscard]] static bool fits(const Datum& row, std::size_t columns) { return row.bytes() >= columns * kCellBytes; }

  /// NaN: missing. Only of a column of numbers.
  [[nodiscard]] double number(std::size_t column) const {
    double value = 0;
    std::memcpy(&value, cells_ + column * kCellBytes, kCellBytes);
    return value;
  }
  /// Its place. Only of a column of texts.
  [[nodiscard]] TextCell text_cell(std::size_t column) const {
    TextCell cell;
    std::memcpy(&cell, cells_ + column * kCellBytes, kCellBytes);
    return cell;
  }
  /// Of one that is not missing.
  [[nodiscard]] std::string_view text_at(const TextCell& cell) const {
    return {reinterpret_cast<const char*>(texts_) + cell.begin, cell.length};
  }
  /// None: missing. Only of a column of texts.
  [[nodiscard]] std::optional<std::string_view> text(std::size_t column) const {
    const TextCell cell = text_cell(column);
    if (cell.length == kMissingText) return std::nullopt;
    return text_at(cell);
  }

 private:
  const std::byte* cells_;
  const std::byte* texts_;
};

/// Writes a row: first the room is made, then each cell is set once; texts follow each other in the order of their
/// calls.
class RowWriter {
 public:
  /// `text_bytes`: of all texts that will be set together; no fewer may be written.
  RowWriter(Datum& row, std::size_t columns, std::size_t text_bytes)
      : cells_(row.allocate(DType::U8, {static_cast<std::int64_t>(columns * kCellBytes + text_bytes)})),
        texts_(cells_ + columns * kCellBytes),
        room_(row.room() - columns * kCellBytes) {}

  void number(std::size_t column, double value) { std::memcpy(cells_ + column * kCellBytes, &value, kCellBytes); }
  void missing_number(std::size_t column) { number(column, std::numeric_limits<double>::quiet_NaN()); }
  void text(std::size_t column, std::string_view value) {
    const TextCell cell{.begin = used_, .length = static_cast<std::uint32_t>(value.size())};
    std::memcpy(cells_ + column * kCellBytes, &cell, kCellBytes);
    if (!value.empty()) std::memcpy(texts_ + used_, value.data(), value.size());
    used_ += cell.length;
  }
  /// The same, where `readable` bytes may be read from the text's beginning on: most texts are short, and sixteen bytes
  /// at once take less time than as many as there are. What is written too much, the next text overwrites.
  void text(std::size_t column, std::string_view value, std::size_t readable) {
    constexpr std::size_t kAtOnce = 16;
    if (value.size() > kAtOnce || readable < kAtOnce || room_ - used_ < kAtOnce) return text(column, value);
    const TextCell cell{.begin = used_, .length = static_cast<std::uint32_t>(value.size())};
    std::memcpy(cells_ + column * kCellBytes, &cell, kCellBytes);
    std::memcpy(texts_ + used_, value.data(), kAtOnce);
    used_ += cell.length;
  }
  void missing_text(std::size_t column) {
    const TextCell cell;
    std::memcpy(cells_ + column * kCellBytes, &cell, kCellBytes);
  }

 private:
  std::byte* cells_;
  std::byte* texts_;
  std::size_t room_;  ///< for texts, and perhaps for what is written too much
  std::uint32_t used_ = 0;
};

}  // namespace feedline::inline schema
