// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/map_guard.h"
#include "nodes/source/table/csv_rows.h"
#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Where a row is to be looked for: walk over `skip` rows from `begin` on.
struct RowPlace {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< where the stretch of rows ends
  std::uint64_t skip = 0;
  std::uint64_t line = 0;  ///< of the file, from 0: the one that begins at `begin`
};

/// Which rows a text file has: found in one pass by all threads, kept as the place of every so many rows (about one in
/// 2 KiB, 12 bytes each), so that 20 million rows cost megabytes. Of a file that is mapped (kMappedUpTo) nearly every
/// row's place is kept, because walking over rows to the one that is asked for would cost more than reading it.
///
/// The file is cut into segments of 1 MiB at line ends. A segment is scanned as if it began outside of quotes; then
/// they are put together in order, and one that really begins inside a quoted text is scanned again (speculation as in
/// Ge, Li, Eilebrecht, Chandramouli, Kossmann, "Speculative distributed CSV data parsing for big data analytics",
/// SIGMOD 2019). So the bytes of the index depend on the file alone, not on the number of threads.
class RowIndex {
 public:
  struct Request {
    const PlainFile& plain;
    CsvDialect dialect{};
    std::uint64_t begin = 0;      ///< of the first row of data
    std::uint64_t line = 0;       ///< which line of the file that is, from 0
    std::size_t row_bytes = 100;  ///< of a usual row
    unsigned threads = 0;         ///< 0: as many as there are cores
  };
  /// From the cache folder, where it is kept for path, size, time of change and dialect; else made, and kept there if
  /// the file is large. What cannot be written is held in memory. Errors: a line of more than kLongestRow; unreadable;
  /// stopped.
  [[nodiscard]] static Result<RowIndex> open(const Request& request, const SourceContext& context);
  /// Made anew, in memory.
  [[nodiscard]] static Result<RowIndex> build(const Request& request, const SourceContext& context);

  [[nodiscard]] std::uint64_t rows() const { return head().rows; }
  [[nodiscard]] RowPlace find(std::uint64_t row) const;
  /// Bytes that are no UTF-8: where the first ones are; none: all of it is UTF-8.
  [[nodiscard]] std::optional<std::uint64_t> first_invalid() const;

  /// Stretches of whole rows, to be walked over by several threads.
  [[nodiscard]] std::size_t segments() const { return static_cast<std::size_t>(head().segments); }
  struct Stretch {
    std::uint64_t begin = 0;
    std::uint64_t first_row = 0;
    std::uint64_t rows = 0;
    std::uint64_t line = 0;
  };
  [[nodiscard]] Stretch segment(std::size_t number) const;

  /// As it is kept.
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  // What the kept bytes are: a Head, then its segments, then its groups.
  struct Head {
    std::uint64_t magic = 0;
    std::uint64_t segments = 0;
    std::uint64_t groups = 0;
    std::uint64_t rows = 0;
    std::uint64_t file_size = 0;
    std::uint64_t first_invalid = 0;  ///< file_size: none
    std::uint64_t rows_a_group = 0;
  };
  struct SegmentEntry {
    std::uint64_t begin = 0;
    std::uint64_t first_row = 0;
    std::uint64_t first_line = 0;
    std::uint64_t first_group = 0;
  };
  struct GroupEntry {  ///< counted from its segment
    std::uint32_t offset = 0;
    std::uint32_t row = 0;
    std::uint32_t line = 0;
  };

 private:
  struct Map;
  RowIndex() = default;
  [[nodiscard]] bool take(std::span<const std::byte> bytes, std::uint64_t file_size);
  [[nodiscard]] bool load(const std::filesystem::path& file, std::uint64_t file_size);
  [[nodiscard]] const Head& head() const { return head_; }

  std::shared_ptr<const std::vector<std::byte>> own_{};
  std::shared_ptr<const Map> map_{};
  std::span<const std::byte> bytes_{};
  Head head_{};  ///< a copy: the number of rows stays what it was, whatever becomes of the mapped file
  std::span<const SegmentEntry> segments_{};
  std::span<const GroupEntry> groups_{};
};

}  // namespace feedline::inline nodes
