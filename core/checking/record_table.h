// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline checking {

/// One value of a record as a table shows it.
struct RecordCell {
  std::optional<double> number{};  ///< in a column of numbers
  std::string text{};              ///< as people read it, one line; empty: missing
  [[nodiscard]] bool missing() const { return text.empty(); }
};

struct RecordColumn {
  std::string name{};  ///< of a table's column as it is shown (escape_name()); else what the value is: "text", "file"
  std::string type{};  ///< "number", "text", "class", "bytes", ...
  bool number = false;
  bool label = false;
};

/// The records of a source as a table: its label first, then the file of each picture, the columns of a row, a text,
/// single features. Reads one record at a time, when it is asked for; nothing is kept.
class RecordTable {
 public:
  /// More columns are left out: nobody looks at them, and each would cost its cells.
  static constexpr std::size_t kMostColumns = 1000;
  /// Longer texts are cut, between characters.
  static constexpr std::size_t kLongestCell = 240;  // bytes

  explicit RecordTable(std::shared_ptr<const Source> source);

  [[nodiscard]] const std::vector<RecordColumn>& columns() const { return columns_; }
  /// Columns that are left out.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  [[nodiscard]] std::uint64_t size() const { return source_->size(); }
  [[nodiscard]] const Source& source() const { return *source_; }

  /// The cells of a record below size(), one a column. Errors: of the source, with its file. One thread at a time.
  Status read(std::uint64_t record, std::vector<RecordCell>& cells);

 private:
  /// What fills a column.
  struct Filler {
    enum class What { Label, Class, File, Format, Bytes, Number, Text, Words, Feature };
    What what = What::Words;
    std::size_t output = 0;
    std::size_t place = 0;  ///< in the row or the features
  };
  void add(RecordColumn column, Filler filler);
  void fill(const Filler& filler, std::uint64_t record, RecordCell& cell) const;

  std::shared_ptr<const Source> source_;
  std::vector<RecordColumn> columns_{};
  std::vector<Filler> fillers_{};
  std::size_t left_out_ = 0;
  std::vector<Datum> values_{};  ///< by output
  std::vector<Datum*> wanted_{};
};

}  // namespace feedline::inline checking
