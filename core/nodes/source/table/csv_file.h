// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/table/csv_dialect.h"
#include "nodes/source/table/mapped_text.h"
#include "nodes/source/table/row_index.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// What a thread keeps from one row to the next, of whatever file it reads.
struct CsvReading {
  std::uint64_t id = 0;    ///< of the text that `next` is about
  std::uint64_t next = 0;  ///< the row that the cursor stands before
  RowCursor cursor{};
  RowSplitter splitter{};
  std::vector<std::string_view> texts{};
  unsigned reads = 0;
  std::size_t in_blocks = 0;  ///< rows of blocks since the file was last looked at
};

/// A table in an open file whose rows are found: cuts any of them into cells, and knows what is wrong with it and where
/// it stands. Thread-safe; several sources may share one.
class CsvFile {
 public:
  CsvFile(PlainFile plain, CsvHead head, RowIndex index);

  [[nodiscard]] std::uint64_t rows() const { return index_.rows(); }
  [[nodiscard]] const std::string& path() const { return plain_.path; }
  [[nodiscard]] const std::vector<std::string>& names() const { return head_.names; }
  [[nodiscard]] bool decimal_comma() const { return head_.dialect.decimal_comma; }
  /// Is it mapped, and all of it there?
  [[nodiscard]] bool in_memory() const { return map_ && map_->data() != nullptr; }
  /// Has something of the map been lost? It then reads as zeros, and unchanged() says why.
  [[nodiscard]] bool lost() const { return map_ && map_->data() == nullptr; }

  /// The cells of the row are those of `reading` then; perhaps only the wanted ones. Errors: a bad row; a file that has
  /// changed or cannot be read.
  [[nodiscard]] Status split(std::uint64_t row, CsvReading& reading, std::span<const std::size_t> wanted) const;
  /// The bytes of a mapped file; null: it is not mapped, or something of the map has been lost. To be asked for once a
  /// block of rows: what is lost meanwhile reads as zeros, and lost() says so.
  [[nodiscard]] const char* mapped() const { return map_ ? map_->data() : nullptr; }
  /// split() for most rows of a mapped file: their place is known, and one look at their bytes is enough. False:
  /// split() is to be asked.
  [[nodiscard]] bool cut(const char* mapped, std::uint64_t row, CsvReading& reading,
                         std::span<const std::size_t> wanted) const;
  /// Has the file been looked at for long enough to be looked at again? It is asked once a row.
  [[nodiscard]] static bool look_again(CsvReading& reading) { return ++reading.reads % kLookForChange == 0; }
  /// The same of a block of rows, which take less time each than the question.
  [[nodiscard]] static bool look_again(CsvReading& reading, std::size_t rows) {
    reading.in_blocks += rows;
    if (reading.in_blocks < kLookInBlocks) return false;
    reading.in_blocks = 0;
    return true;
  }
  /// Has a mapped file's row brought to the processor's cache while others are read.
  void fetch(const char* mapped, std::uint64_t row) const {
    const char* const at = mapped + begins_[row];
    for (std::size_t line = 0; line < fetched_; line += 64) __builtin_prefetch(at + line);
  }

  [[nodiscard]] Status unchanged() const { return plain_.unchanged(); }
  /// The file, with the line of the row. What seems a bad row may be a file that has changed.
  [[nodiscard]] Error bad_row(std::uint64_t row, std::string reason, std::string remedy) const;
  /// From 1 on, of the line that the row begins in.
  [[nodiscard]] std::uint64_t line_of(std::uint64_t row) const;

 private:
  static constexpr unsigned kLookForChange = 64;               // reads
  static constexpr std::size_t kLookInBlocks = 512;            // rows
  static constexpr std::uint32_t kBehindOthers = 0xFFFFFFFFU;  // found by walking over the row in front of it

  void find_begins();
  [[nodiscard]] TextBytes text() const;
  [[nodiscard]] Status find_row(std::uint64_t row, CsvReading& reading, std::string_view& bytes) const;
  [[nodiscard]] Status not_found(std::uint64_t row, RowCursor::Found found, int error_number) const;

  PlainFile plain_;
  CsvHead head_;
  RowIndex index_;
  std::uint64_t id_;  ///< and the next one, of the mapped text
  std::unique_ptr<MappedText> map_{};
  std::vector<std::uint32_t> begins_{};  ///< of the rows in the map, or kBehindOthers
  std::size_t fetched_ = 64;             ///< bytes: what a row has on average, and a line of the cache more
};

}  // namespace feedline::inline nodes
