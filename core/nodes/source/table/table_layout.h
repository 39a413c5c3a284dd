// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// From what the cells of a table are like to what its rows hold: the same for files and databases.

#include "base/error.h"
#include "schema/datum.h"
#include "schema/param_spec.h"
#include "schema/source_report.h"
#include "schema/tensor_desc.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace feedline::inline nodes {

/// A label with more values is no class.
inline constexpr std::size_t kMostTableClasses = 10'000;
/// Nor is a text of more bytes: whole reviews in the label's column are not kept in memory until there are too many.
inline constexpr std::size_t kLongestTableClass = 1024;
/// A label of whole numbers with more values is a number, if nobody says otherwise.
inline constexpr std::size_t kMostNumberClasses = 20;

inline constexpr const char* kLabelKindDoc =
    "What the label is; auto: a number if it has fractions or over 20 different values, else a class; labels: any "
    "number of classes in each cell.";
inline constexpr const char* kLabelSeparatorDoc =
    "What stands between the classes of a cell, where label_kind is labels: drama|comedy. A blank or nothing: blanks.";

/// What can be asked of any table's columns; parameters of each node that reads one.
struct TableChoices {
  std::string label{};              ///< a column's name; empty: the last one
  std::string label_kind = "auto";  ///< auto, class, number, labels
  std::string label_separator = "|";
  std::vector<std::string> ignore{};
  std::vector<std::string> numbers{};
  std::vector<std::string> texts{};
  std::vector<std::string> missing{"?", "NA", "N/A", "nan", "NaN", "null", "NULL"};
};

/// Declares them, for the builder's with().
template <class Builder>
void table_choices(Builder& builder) {
  using Choices = TableChoices;
  const auto columns = [] { return ListRules{.most = 4096, .unique = true, .item_text = "column"}; };
  std::move(builder)
      .param("label", &Choices::label, "The column that is to be predicted; empty: the last one.")
      .names(columns_of_table())
      .choice("label_kind", &Choices::label_kind, {"auto", "class", "number", "labels"}, kLabelKindDoc)
      .param("label_separator", &Choices::label_separator, kLabelSeparatorDoc)
      .list("ignore", &Choices::ignore, columns(), "Columns to be left out, such as numbers of records.")
      .names(columns_of_table())
      .list("numbers", &Choices::numbers, columns(),
            "Columns that hold numbers, where that is not seen: a cell that is none is then a bad record.")
      .names(columns_of_table())
      .list("texts", &Choices::texts, columns(),
            "Columns whose numbers are names, such as postal codes: they come as texts.")
      .names(columns_of_table())
      .list("missing", &Choices::missing, ListRules{.most = 64, .unique = true, .item_text = "text"},
            "What stands for a missing value, besides an empty cell.");
}

/// How the cells of one column are filled.
struct CellCounts {
  std::uint64_t missing = 0;
  std::uint64_t numbers = 0;
  std::uint64_t fractions = 0;  ///< of the numbers: no whole ones
  std::uint64_t texts = 0;
  std::uint64_t first_text_row = UINT64_MAX;
  std::string first_text{};  ///< its beginning
  bool operator==(const CellCounts&) const = default;
};

/// What one look at all rows has found.
struct TableSurvey {
  std::uint64_t rows = 0;
  std::uint64_t malformed = 0;  ///< rows that no cells can be told of
  std::uint64_t first_malformed = UINT64_MAX;
  std::string fault{};  ///< of the first one
  std::vector<CellCounts> columns{};
  std::unordered_map<std::string, std::uint64_t> labels{};  ///< how often each value stands; empty if many_labels
  bool many_labels = false;                                 ///< more than kMostTableClasses
  std::uint64_t label_runs = 0;                             ///< stretches of one label
  bool operator==(const TableSurvey&) const = default;

  void add_text(std::size_t column, std::string_view text, std::uint64_t row);
  void add_malformed(std::uint64_t row, std::string_view reason);
  /// False: it is not counted, as there are too many or it is longer than kLongestTableClass.
  bool add_label(std::string_view label);
  /// All classes of a cell, each once.
  void add_labels(std::string_view cell, std::string_view separator);
  /// Of other rows; their label_runs are none of this function's business.
  void merge(const TableSurvey& other);
};

/// Counts stretches of one label while rows come in order, and puts those of several pieces together.
class LabelRuns {
 public:
  void add(std::string_view label) {
    if (runs_ == 0) first_ = label;
    if (runs_ == 0 || last_ != label) {
      last_ = label;
      ++runs_;
    }
  }
  void append(const LabelRuns& next) {
    if (next.runs_ == 0) return;
    if (runs_ == 0) {
      *this = next;
      return;
    }
    runs_ += next.runs_ - (last_ == next.first_ ? 1 : 0);
    last_ = next.last_;
  }
  [[nodiscard]] std::uint64_t runs() const { return runs_; }

 private:
  std::string first_{};
  std::string last_{};
  std::uint64_t runs_ = 0;
};

/// In place of a column.
inline constexpr std::size_t kNoLabel = static_cast<std::size_t>(-1);

/// Which columns of a table become what.
struct TableLayout {
  std::vector<Column> columns{};    ///< of the rows that stream
  std::vector<std::size_t> from{};  ///< which column of the table each is
  std::size_t label = 0;            ///< column of the table, or kNoLabel
  bool label_number = false;
  std::optional<std::string> separator{};  ///< between the classes of a cell, of which there may be any number
  std::unordered_map<std::string, std::int64_t> classes{};  ///< by the label's text
  std::vector<TensorDesc> outputs{};                        ///< row, label
  SourceReport report{};
};

/// Calls `told` with each class that stands in a cell, blanks around it taken off; one that stands there twice, twice.
template <class Told>
void each_label(std::string_view cell, std::string_view separator, const Told& told) {
  constexpr std::string_view kLabelBlanks = " \t\r\n";
  const bool blanks = separator.find_first_not_of(kLabelBlanks) == std::string_view::npos;
  while (!cell.empty()) {
    const std::size_t end = std::min(blanks ? cell.find_first_of(kLabelBlanks) : cell.find(separator), cell.size());
    std::string_view label = cell.substr(0, end);
    cell.remove_prefix(std::min(cell.size(), end + (blanks ? 1 : separator.size())));
    const std::size_t begin = label.find_first_not_of(kLabelBlanks);
    if (begin == std::string_view::npos) continue;
    label.remove_prefix(begin);
    told(label.substr(0, label.find_last_not_of(kLabelBlanks) + 1));
  }
}

/// Several labels: f32, one a class, 1 where the cell names it. A cell that names none is all 0. Returns the class that
/// it names and that there is not, if any.
[[nodiscard]] std::optional<std::string_view> put_labels(const TableLayout& layout, std::string_view cell, Datum& out);

/// The column of the label. Error: there is no such column, or only one column.
[[nodiscard]] Result<std::size_t> label_column(const std::vector<std::string>& names, const TableChoices& choices);

/// A column is of numbers if nearly all of its cells are (one in a hundred may not be: these are bad records). Classes
/// count in natural order of their names. Errors name the parameter: an unknown column, one that is asked to be two
/// things, no column left. A label that cannot be learnt (one value only, too many, no number) is a refusal in the
/// report, so that the table can still be looked at.
[[nodiscard]] Result<TableLayout> lay_out(const std::vector<std::string>& names, const TableSurvey& survey,
                                          const TableChoices& choices);

/// Of a table that only has to have these columns, of whatever name the others are, and no label (kNoLabel). Error, at
/// `file`: one of them is not there.
[[nodiscard]] Result<TableLayout> lay_out_like(const std::vector<std::string>& names, std::span<const Column> like);

/// What stands between the classes of a label's cell; none: there is one only.
[[nodiscard]] std::optional<std::string> separator_of(const TableChoices& choices);

/// What a table's node puts out before its file was looked at.
[[nodiscard]] std::vector<TensorDesc> unknown_table(const TableChoices& choices);

}  // namespace feedline::inline nodes
