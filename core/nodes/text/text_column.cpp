// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "schema/node_builder.h"
#include "schema/row.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline nodes {
namespace {

class TextColumnOp final : public SampleOp {
 public:
  TextColumnOp(std::size_t columns, std::vector<std::size_t> chosen, std::string joint)
      : columns_(columns), chosen_(std::move(chosen)), joint_(std::move(joint)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    if (!RowView::fits(*in[0], columns_)) return fail_record("the row has fewer cells than its table has columns");
    const RowView row(*in[0], columns_);
    thread_local std::string joined;
    joined.clear();
    bool first = true;
    for (const std::size_t column : chosen_) {
      const auto text = row.text(column);
      if (!text) continue;  // a missing one leaves no mark
      if (!first) joined += joint_;
      joined += *text;
      first = false;
    }
    out[0]->set_bytes(joined);
    return {};
  }

 private:
  std::size_t columns_;
  std::vector<std::size_t> chosen_;
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
            "of texts, in the order of the table. A cell that is missing gives nothing. Columns of numbers and of "
            "categories are for the nodes of tables; both can be wired from the same row.")
        .in("row", Kind::Row, "A row of a table.")
        .out("text", Kind::Text, "The text of its columns, UTF-8; empty where all are missing.")
        .list("columns", &Params::columns,
              {.most = 1024, .unique = true, .item_text = "column", .form = "a column's name"},
              "The columns, in the order in which they are joined; none: all columns of texts.")
        .param("joint", &Params::joint, "What stands between two columns.")
        .example({}, kGolden);
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Row)
      return fail(Error{.reason = "it takes a row of a table, but " + in.text() + " arrives",
                        .remedy = "Connect the row of a source of tables, such as csv",
                        .port = "row"});
    if (!in.columns.empty())
      if (auto chosen = chosen_texts(params, in.columns); !chosen) return fail(std::move(chosen.error()));
    return TensorDesc{.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (in.empty() || in[0] == nullptr || in[0]->columns.empty()) return fail("the columns of its row are not known");
    auto chosen = chosen_texts(params, in[0]->columns);
    if (!chosen) return fail(std::move(chosen.error()));
    return std::make_unique<TextColumnOp>(in[0]->columns.size(), std::move(*chosen), params.joint);
  }

 private:
  static constexpr Golden kGolden{};

  static Result<std::vector<std::size_t>> chosen_texts(const Params& params, const std::vector<Column>& columns) {
    const auto fail_column = [](std::string reason, std::string remedy) {
      return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = "columns"});
    };
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; params.columns.empty() && i < columns.size(); ++i)
      if (columns[i].type == ColumnType::Text) chosen.push_back(i);
    for (const std::string& name : params.columns) {
      const auto found =
          std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
      if (found == columns.end())
        return fail_column("the table has no column '" + escape_name(name) + "'",
                           "Choose one of " + text_names(columns));
      if (found->type != ColumnType::Text)
        return fail_column("the column '" + escape_name(name) + "' holds numbers",
                           "Choose one of texts, or have the source read it as text");
      chosen.push_back(static_cast<std::size_t>(found - columns.begin()));
    }
    if (chosen.empty())
      return fail_column("the table has no column of texts", "Have the source read one as text, or take out this node");
    return chosen;
  }

  /// The first few, for an error.
  static std::string text_names(const std::vector<Column>& columns) {
    constexpr std::size_t kMostNames = 8;
    std::string names;
    std::size_t count = 0;
    for (const Column& column : columns) {
      if (column.type != ColumnType::Text || ++count > kMostNames) continue;
      if (!names.empty()) names += ", ";
      names += escape_name(column.name);
    }
    return count == 0 ? "those of texts, of which there are none" : names + (count > kMostNames ? ", ..." : "");
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextColumn)
