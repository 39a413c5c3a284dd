// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace feedline::cli {

/// Text in columns: the first `left` columns to the left, numbers to the right. Nothing is ever cut, since names are
/// what the reader must find again. Where the width does not suffice, in this order: a note stands below its row, the
/// head is broken over lines, spare columns are left out, text is broken at its spaces, and where a name is longer than
/// its column, the rest of its row goes on in the next line.
class Table {
 public:
  explicit Table(std::vector<std::string> head, std::size_t left = 1);

  /// Columns that may be left out where there is no room for all, the first of them first.
  void spare(std::vector<std::size_t> columns) { spare_ = std::move(columns); }
  /// One cell a column; `note` stands behind the row, outside the columns.
  void row(std::vector<std::string> cells, std::string note = {});
  /// Lines, each with its line end.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string note;
  };
  struct Layout {
    std::vector<std::size_t> columns;  ///< those that are shown
    std::vector<std::size_t> widths;   ///< of each of them
  };
  /// What is broken to save room; each breaks what those before it do, too.
  enum class Break { Heads, Words, Names };
  [[nodiscard]] Layout layout(std::size_t width) const;
  /// False: the table is still wider than that.
  bool fit_into(Layout& layout, std::size_t width, Break breaks) const;
  [[nodiscard]] std::size_t least_width(std::size_t column, Break breaks) const;
  /// A cell as it is broken over lines.
  [[nodiscard]] std::vector<std::string> pieces_of(const Row& row, std::size_t column, std::size_t width) const;
  [[nodiscard]] std::vector<std::string> lines_of(const Row& row, const Layout& layout, std::size_t width) const;

  std::size_t left_;
  std::vector<std::size_t> spare_{};
  std::vector<Row> rows_{};  ///< the head is the first
};

}  // namespace feedline::cli
