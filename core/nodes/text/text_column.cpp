// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "schema/node_builder.h"
#include "schema/read_columns.h"
#include "schema/row.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// A column that is taken.
struct TakenColumn {
  std::size_t at = 0;
  bool number = false;
};

class TextColumnOp final : public SampleOp, public LooksAtColumns {
 public:
  TextColumnOp(std::size_t columns, std::vector<TakenColumn> taken, std::string joint)
      : columns_(columns), taken_(std::move(taken)), joint_(std::move(joint)) {}

  void mark_columns(std::vector<bool>& read) const override {
    for (const TakenColumn& column : taken_) read[column.at] = true;
  }

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    if (!RowView::fits(*in[0], columns_)) return fail_record("the row has fewer cells than its table has columns");
    const RowView row(*in[0], columns_);
    thread_local std::string joined;
    joined.clear();
    bool first = true;
    for (const TakenColumn& column : taken_) {
      std::array<char, 32> digits{};
      const auto text = column.number ? written(row.number(column.at), digits) : row.text(column.at);
      if (!text) continue;  // a missing one leaves no mark
      if (!first) joined += joint_;
      joined += *text;
      first = false;
    }
    out[0]->set_bytes(joined);
    return {};
  }

 private:
  /// The shortest text that reads back the same; none: missing.
  static std::optional<std::string_view> written(double number, std::array<char, 32>& digits) {
    if (std::isnan(number)) return std::nullopt;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  std::size_t columns_;
  std::vector<TakenColumn> taken_;
  std::string joint_;
};

struct TextColumn {
  struct Params {
    std::vector<std::string> columns{};
    std::string joint = " ";
  };

  static NodeSpec spec() {
    return node<TextColumn>("text_column", 1, "Text column", "Takes the text out of a table's row.")
        .help(
            "Of a table with texts, such as titles and descriptions, it takes the columns that are named and joins "
            "them into one text, which a vocabulary, sentencepiece or tf_idf reads. Without names it takes all columns "
            "of texts, in the order of the table; where there is none, all columns. Numbers are written as short as "
            "they "
            "read back the same, and a cell that is missing gives nothing. The nodes of tables make features of the "
            "same row; both can be wired from it.")
        .in("row", Kind::Row, "A row of a table.")
        .out("text", Kind::Text, "The text of its columns, UTF-8; empty where all are missing.")
        .list("columns", &Params::columns,
              {.most = 1024, .unique = true, .item_text = "column", .form = "a column's name"},
              "The columns, in the order in which they are joined; none: all columns of texts, or all where there is "
              "none.")
        .names(columns_of_input("row"))
        .param("joint", &Params::joint, "What stands between two columns.")
        .example({}, {.mean = 45.538462, .stddev = 7.742146});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Row)
      return fail(Error{.reason = "it takes a row of a table, but " + in.text() + " arrives",
                        .remedy = "Connect the row of a source of tables, such as csv",
                        .port = "row"});
    if (!in.columns.empty())
      if (auto taken = taken_columns(params, in.columns); !taken) return fail(std::move(taken.error()));
    return TensorDesc{.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (in.empty() || in[0] == nullptr || in[0]->columns.empty()) return fail("the columns of its row are not known");
    auto taken = taken_columns(params, in[0]->columns);
    if (!taken) return fail(std::move(taken.error()));
    return std::make_unique<TextColumnOp>(in[0]->columns.size(), std::move(*taken), params.joint);
  }

 private:
  static Result<std::vector<TakenColumn>> taken_columns(const Params& params, const std::vector<Column>& columns) {
    const auto is_text = [](const Column& column) { return column.type == ColumnType::Text; };
    const bool texts = std::any_of(columns.begin(), columns.end(), is_text);
    std::vector<TakenColumn> taken;
    const auto take = [&](std::size_t at) { taken.push_back({at, !is_text(columns[at])}); };
    for (std::size_t i = 0; params.columns.empty() && i < columns.size(); ++i)
      if (!texts || is_text(columns[i])) take(i);
    for (const std::string& name : params.columns) {
      const auto found =
          std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
      if (found == columns.end())
        return fail(Error{.reason = "the table has no column '" + escape_name(name) + "'",
                          .remedy = "Choose one of " + first_names(columns),
                          .parameter = "columns"});
      take(static_cast<std::size_t>(found - columns.begin()));
    }
    return taken;
  }

  /// The first few, for an error.
  static std::string first_names(const std::vector<Column>& columns) {
    constexpr std::size_t kMostNames = 8;
    std::string names;
    for (std::size_t i = 0; i < std::min(columns.size(), kMostNames); ++i)
      names += (i == 0 ? "" : ", ") + escape_name(columns[i].name);
    return names + (columns.size() > kMostNames ? ", ..." : "");
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextColumn)
