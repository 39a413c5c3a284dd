// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::cli {

/// Text in columns: the first `left` columns to the left, numbers to the right. Where the width does not suffice, the
/// left columns are cut, widest first.
class Table {
 public:
  explicit Table(std::vector<std::string> head, std::size_t left = 1);

  /// One cell a column; `note` stands behind the row, outside the columns.
  void row(std::vector<std::string> cells, std::string note = {});
  /// Lines, each with its line end.
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string note;
  };
  std::size_t left_;
  std::vector<Row> rows_;
};

}  // namespace feedline::cli
