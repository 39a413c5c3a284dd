// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/sqlite_reader.h"
#include "nodes/source/table/table_layout.h"
#include "nodes/source/table/text_encoding.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/row.h"
#include "schema/shared_files.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <sqlite3.h>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kRowsAnAnchor = 64;
constexpr std::uint64_t kReadsBetweenLooks = 64;
constexpr std::size_t kShownValue = 40;  // bytes

/// One cell as tables have it: what the database holds as text may be a number, or stand for nothing.
struct SqliteCell {
  enum class Is : std::uint8_t { Missing, Number, Text, Binary } is = Is::Missing;
  double number = 0;
  std::string_view text{};
};

/// `as_text`: a number is wanted as text too.
SqliteCell cell_of(const SqliteReader& reader, std::size_t column, const MissingTokens& missing, bool as_text) {
  switch (reader.kind(column)) {
    case SqliteReader::Cell::Missing:
      return {};
    case SqliteReader::Cell::Binary:
      return {.is = SqliteCell::Is::Binary};
    case SqliteReader::Cell::Number: {
      const double number = reader.number(column);
      return {
          .is = SqliteCell::Is::Number, .number = number, .text = as_text ? reader.text(column) : std::string_view()};
    }
    case SqliteReader::Cell::Text:
      break;
  }
  SqliteCell cell{.is = SqliteCell::Is::Text, .text = reader.text(column)};
  if (missing(cell.text)) return {};
  if (parse_cell(cell.text, false, cell.number)) cell.is = SqliteCell::Is::Number;
  return cell;
}

/// Every so many row ids: those of a table may have gaps.
using Anchors = std::vector<std::int64_t>;

struct SqliteSurvey {
  TableSurvey table{};
  Anchors anchors{};
  std::vector<char> binary{};  ///< columns that hold bytes
};

Result<SqliteSurvey> survey_sqlite(SqliteReader& reader, std::size_t label, const std::optional<std::string>& separator,
                                   const MissingTokens& missing, const SourceContext& context) {
  SqliteSurvey found;
  TableSurvey& table = found.table;
  table.columns.resize(reader.columns().size());
  found.binary.resize(table.columns.size());
  LabelRuns runs;
  reader.begin_walk();
  for (;; ++table.rows) {
    const auto row = reader.next();
    if (!row) return fail(row.error());
    if (!*row) break;
    if (table.rows % kRowsAnAnchor == 0) {
      if (context.stop.stop_requested()) return fail_cancelled();
      found.anchors.push_back(reader.id());
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const SqliteCell cell = cell_of(reader, i, missing, i == label);
      CellCounts& counts = table.columns[i];
      counts.missing += cell.is == SqliteCell::Is::Missing ? 1 : 0;
      if (cell.is == SqliteCell::Is::Number) {
        ++counts.numbers;
        counts.fractions += cell.number == std::floor(cell.number) ? 0 : 1;
      }
      if (cell.is == SqliteCell::Is::Text) table.add_text(i, cell.text, table.rows);
      if (cell.is == SqliteCell::Is::Binary) found.binary[i] = 1;
      if (i != label || cell.is == SqliteCell::Is::Missing || cell.is == SqliteCell::Is::Binary) continue;
      if (separator) {
        table.add_labels(cell.text, *separator);
        continue;
      }
      if (table.add_label(cell.text)) runs.add(cell.text);
    }
  }
  reader.release();
  table.label_runs = table.many_labels ? 0 : runs.runs();
  return found;
}

class SqliteSource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  SqliteSource(std::string path, SqliteReader reader, SqliteSurvey survey, TableLayout layout, MissingTokens missing)
      : path_(std::move(path)),
        reader_(std::move(reader)),
        rows_(survey.table.rows),
        anchors_(std::move(survey.anchors)),
        layout_(std::move(layout)),
        missing_(std::move(missing)) {}

  std::uint64_t size() const override { return rows_; }
  const std::vector<TensorDesc>& outputs() const override { return layout_.outputs; }
  const SourceReport& report() const override { return layout_.report; }
  std::vector<std::string> files() const override { return {path_, path_ + "-wal"}; }
  std::string locate(std::uint64_t index) const override { return fmt::format("{}#{}", escape_name(path_), index); }

  /// One connection serves all threads: that is what keeps all records in one state of the database.
  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[0] == nullptr && out[1] == nullptr) return {};
    const std::lock_guard lock(mutex_);
    if (++reads_ % kReadsBetweenLooks == 0)
      if (Status same = reader_.unchanged(); !same) return same;
    Status done = read_row(index, out);
    reader_.release();
    return done;
  }

  const std::vector<std::string>& key_names() const override { return reader_.columns(); }
  Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const override {
    const std::lock_guard lock(mutex_);
    Datum* const out[] = {nullptr, label};
    Status done = read_row(index, out);
    if (done) {
      const SqliteCell cell = cell_of(reader_, key, missing_, true);
      value.assign(cell.text);
      if (cell.is == SqliteCell::Is::Binary) done = bad_cell(index, key, "it holds binary data", "Choose another one");
    }
    reader_.release();
    return done;
  }

 private:
  Status read_row(std::uint64_t index, std::span<Datum* const> out) const {
    const bool follows = index != 0 && index == next_;
    next_ = 0;
    const auto row =
        follows ? reader_.seek(last_id_ + 1, 0)
                : reader_.seek(anchors_[index / kRowsAnAnchor], static_cast<std::int64_t>(index % kRowsAnAnchor));
    if (!row) return bad(index, row.error());
    if (!*row) return bad(index, {.reason = "the row is no longer there", .remedy = "Start again"});
    last_id_ = reader_.id();
    if (last_id_ < INT64_MAX) next_ = index + 1;
    if (out[1] != nullptr)
      if (Status done = give_label(index, *out[1]); !done) return done;
    return out[0] == nullptr ? Status{} : give_row(index, *out[0]);
  }
  Status bad(std::uint64_t index, Error error) const {
    if (is_machine_fault(error) || error.code == ErrorCode::Cancelled) return fail(std::move(error));
    error.code = ErrorCode::BadRecord;
    error.file = locate(index);
    if (Status same = reader_.unchanged(); !same) return same;
    return fail(std::move(error));
  }
  Status bad_cell(std::uint64_t index, std::size_t column, std::string_view what, std::string remedy) const {
    return bad(index, {.reason = fmt::format("row id {}, column '{}': {}", last_id_, reader_.columns()[column], what),
                       .remedy = std::move(remedy)});
  }
  Status no_class(std::uint64_t index, std::string_view label) const {
    return bad_cell(index, layout_.label, fmt::format("'{}' is no class", shown(label)), "Choose another label");
  }
  static std::string shown(std::string_view text) { return escape_name(text.substr(0, kShownValue)); }

  Status give_label(std::uint64_t index, Datum& out) const {
    const SqliteCell cell = cell_of(reader_, layout_.label, missing_, true);
    if (layout_.separator && cell.is != SqliteCell::Is::Binary) {
      const auto unknown = put_labels(layout_, cell.text, out);
      return unknown ? no_class(index, *unknown) : Status{};
    }
    if (cell.is == SqliteCell::Is::Missing || cell.is == SqliteCell::Is::Binary)
      return bad_cell(index, layout_.label, "the label is missing", "Fill it in, or leave the row out by a query");
    if (layout_.label_number) {
      constexpr double kMost = std::numeric_limits<float>::max();
      if (cell.is != SqliteCell::Is::Number || std::abs(cell.number) > kMost)
        return bad_cell(index, layout_.label, fmt::format("'{}' is no number", shown(cell.text)),
                        "Mend it, add it to missing, or set label_kind to class");
      const auto number = static_cast<float>(cell.number);
      std::memcpy(out.allocate(DType::F32, {}), &number, sizeof number);
      return {};
    }
    key_.assign(cell.text);
    const auto known = layout_.classes.find(key_);
    if (known == layout_.classes.end()) return no_class(index, cell.text);
    out.set_label(known->second);
    return {};
  }

  Status give_row(std::uint64_t index, Datum& out) const {
    cells_.clear();
    std::size_t text_bytes = 0;
    for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
      const std::size_t from = layout_.from[i];
      const bool number = layout_.columns[i].type == ColumnType::Number;
      const SqliteCell cell = cell_of(reader_, from, missing_, !number);
      if (cell.is == SqliteCell::Is::Binary)
        return bad_cell(index, from, "it holds binary data", "Name the column in ignore");
      if (number && cell.is == SqliteCell::Is::Text)
        return bad_cell(index, from, fmt::format("'{}' is no number", shown(cell.text)),
                        "Mend it, add it to missing, or name the column in texts");
      if (!number && !is_utf8(cell.text))
        return bad_cell(index, from, "its text is no UTF-8", "Mend it, or name the column in ignore");
      if (!number) text_bytes += cell.text.size();
      cells_.push_back(cell);
    }
    RowWriter writer(out, layout_.columns.size(), text_bytes);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const bool missing = cells_[i].is == SqliteCell::Is::Missing;
      if (layout_.columns[i].type == ColumnType::Number) {
        missing ? writer.missing_number(i) : writer.number(i, cells_[i].number);
      } else {
        missing ? writer.missing_text(i) : writer.text(i, cells_[i].text);
      }
    }
    return {};
  }

  std::string path_;
  mutable std::mutex mutex_{};  ///< of the reader, and of what follows it
  mutable SqliteReader reader_;
  mutable std::uint64_t next_ = 0;  ///< the row behind last_id_; 0: not known
  mutable std::int64_t last_id_ = 0;
  mutable std::uint64_t reads_ = 0;
  mutable std::string key_{};
  mutable std::vector<SqliteCell> cells_{};
  std::uint64_t rows_;
  Anchors anchors_;
  TableLayout layout_;
  MissingTokens missing_;
};

struct SqliteTable {
  struct Params : TableChoices {
    std::string file{};
    std::string table{};
    std::string query{};
  };

  static NodeSpec spec() {
    return node<SqliteTable>("sqlite", 1, "SQLite table", "Rows of a table or query of a SQLite database.")
        .help(
            "Reads a database file of yours, which is never written to. Rows come by their row id, so that any order "
            "is "
            "quick and nothing is loaded whole. A query, a view, and a table without row ids are first written to a "
            "database in the cache folder.\n\n"
            "While a run lasts it sees one state: in write-ahead mode others may write meanwhile, unseen; otherwise a "
            "change is noticed and its records are left out. What columns hold is found out as with a CSV file; NULL "
            "is a missing value.")
        .out("row", Kind::Row, "All columns but the label and the ignored ones.")
        .out("label", Kind::Label, "The column that is to be predicted: a class, a number, or several classes.")
        .file("file", &Params::file, "The database.")
        .param("table", &Params::table, "A table or view; empty: the only one.")
        .param("query", &Params::query, "One SELECT, instead of a table.")
        .with([](auto& builder) { table_choices(builder); })
        .fixture(write_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return unknown_table(params); }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto of_file = [&](Error error) {
      if (error.parameter.empty()) error.parameter = "file";
      return fail(std::move(error).in_file(escape_name(params.file)));
    };
    auto reader = SqliteReader::open(params.file, params.table, params.query, context);
    if (!reader) return of_file(std::move(reader.error()));
    const auto label = label_column(reader->columns(), params);
    if (!label) return of_file(label.error());
    MissingTokens missing(params.missing);
    auto survey = survey_sqlite(*reader, *label, separator_of(params), missing, context);
    if (!survey) return of_file(std::move(survey.error()));
    if (survey->table.rows == 0)
      return of_file({.reason = "the table has no rows", .remedy = "Choose another table or query"});
    auto layout = lay_out(reader->columns(), survey->table, params);
    if (!layout) return of_file(std::move(layout.error()));
    for (const std::size_t column : layout->from)
      if (survey->binary[column] != 0)
        return of_file({.reason = fmt::format("the column '{}' holds binary data", reader->columns()[column]),
                        .remedy = "Name it in ignore",
                        .parameter = "ignore"});
    if (layout->report.refusal) layout->report.refusal->file = escape_name(params.file);
    return std::make_unique<SqliteSource>(params.file, std::move(*reader), std::move(*survey), std::move(*layout),
                                          std::move(missing));
  }

 private:
  static ParamMap write_fixture(const std::filesystem::path& folder) {
    const std::string file = (folder / "people.sqlite").string();
    sqlite3* database = nullptr;
    if (sqlite3_open(file.c_str(), &database) == SQLITE_OK)
      sqlite3_exec(database,
                   "CREATE TABLE people (age REAL, job TEXT, income TEXT);"
                   "INSERT INTO people VALUES (39, 'clerk', 'low'), (NULL, 'sales', 'high'), (28.5, NULL, 'low');"
                   "DELETE FROM people WHERE rowid = 1; INSERT INTO people VALUES (51, 'NA', 'high')",
                   nullptr, nullptr, nullptr);
    sqlite3_close(database);
    return {{"file", file}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SqliteTable)
