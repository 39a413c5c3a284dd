// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/table/csv_rows.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// What is asked of how a file writes its table; "auto" is found out from its beginning.
struct CsvSettings {
  std::string separator = "auto";  ///< auto, tab, space, or one character
  std::string quote = "auto";      ///< auto, double, single, none
  std::string decimal = "auto";    ///< auto, point, comma
  std::string header = "auto";     ///< auto, yes, no
  std::string comment{};           ///< one character; empty: no line is a comment
  std::int64_t skip_lines = 0;     ///< at the beginning of the file
};

/// The beginning of a table.
struct CsvHead {
  CsvDialect dialect{};
  std::vector<std::string> names{};  ///< one a column, trimmed, none empty, no two alike
  bool has_header = false;
  std::uint64_t begin = 0;      ///< of the first row of data
  std::uint64_t line = 0;       ///< which line of the file that is, from 0
  std::size_t row_bytes = 100;  ///< of a usual row
};

/// Reads the beginning of a file. The separator is the one by which most rows have equally many cells that look like
/// cells: numbers, dates, words without another separator in them (after van den Burg, Nazábal, Sutton, "Wrangling
/// messy CSV files by detecting row and type patterns", Data Mining and Knowledge Discovery 33, 2019). With the header
/// on auto, up to 20 rows in front of the table that have another number of cells are passed over, as are titles filled
/// up with empty cells above a header; the first row is the header if none of its cells stands again below it and most
/// columns of numbers have a name that is none.
/// Errors: no rows, a row of more than kLongestRow, too many columns, a setting that is no character; unreadable.
[[nodiscard]] Result<CsvHead> read_head(const PlainFile& plain, const CsvSettings& settings);

}  // namespace feedline::inline nodes
