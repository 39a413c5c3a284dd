// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "nodes/table/table_columns.h"
#include "schema/node_builder.h"
#include "schema/read_columns.h"

#include <algorithm>
#include <fnmatch.h>

namespace feedline::inline nodes {
namespace {

struct ChooseColumns {
  struct Params {
    std::vector<std::string> columns{};
    std::string action = "keep";
    std::string types = "all";
  };

  static NodeSpec spec() {
    ListRules rules = column_list();
    rules.items = ItemKind::Pattern;
    return node<ChooseColumns>("choose_columns", 1, "Choose columns", "Keeps or drops columns of a table.")
        .help(
            "Numbers of rows, names of people, what is known only after what is to be predicted: some columns say "
            "nothing, or too much. `columns` names those to keep or to drop, by name or by pattern: price* is every "
            "column whose name begins so. `types` keeps columns of one type alone, so that numbers and texts can take "
            "ways of their own and meet again in join_features.\n\n"
            "Columns stay in the order of the table. Right behind a csv source, what is dropped is not even converted "
            "in "
            "a run: a text where a number should be makes no bad record there.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The columns that are left.")
        .list("columns", &Params::columns, std::move(rules),
              "Names of columns, or patterns with *, ? and [a-z]. Empty: all to keep, none to drop.")
        .names(columns_of_input("row"))
        .choice("action", &Params::action, {"keep", "drop"}, "What becomes of the columns above.")
        .choice("types", &Params::types, {"all", "numbers", "texts"}, "Of what is left, columns of this type alone.")
        .example({{"columns", ValueList{std::string("a*"), std::string("price")}}},
                 {.mean = 17.5, .stddev = 30.803815});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status row = check_row(in); !row) return fail(std::move(row.error()));
    if (in.columns.empty()) return in;
    const auto left = left_over(params, in.columns);
    if (!left) return fail(left.error());
    std::vector<Column> columns;
    for (const std::size_t place : *left) columns.push_back(in.columns[place]);
    return row_of(std::move(columns));
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (!columns_known(in)) return fail("the columns of its table are not known");
    auto left = left_over(params, in[0]->columns);
    if (!left) return fail(std::move(left.error()));
    RowLayout layout(in[0]->columns);
    for (const std::size_t place : *left) layout.keep(place);
    return std::make_unique<Op>(std::move(layout), std::move(*left));
  }

 private:
  /// Places of the columns that stay.
  static Result<std::vector<std::size_t>> left_over(const Params& params, const std::vector<Column>& columns) {
    std::vector<bool> named(columns.size(), params.columns.empty() && params.action == "keep");
    for (const std::string& pattern : params.columns) {
      bool met = false;
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].name == pattern || ::fnmatch(pattern.c_str(), columns[i].name.c_str(), 0) == 0)
          met = named[i] = true;
      if (met) continue;
      auto none = chosen_columns(columns, {pattern}, ColumnsOf::All);  // knows what the nearest name is
      return none ? fail("there is no such column") : fail(std::move(none.error()));
    }
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool number = columns[i].type == ColumnType::Number;
      const bool of_type = params.types == "all" || (params.types == "numbers") == number;
      if (named[i] == (params.action == "keep") && of_type) left.push_back(i);
    }
    if (left.empty())
      return fail(Error{.reason = "no column is left",
                        .remedy = "Keep at least one, or see whether types fits the table",
                        .parameter = params.types == "all" ? "columns" : "types"});
    return left;
  }

  class Op final : public RowOp<Op>, public LooksAtColumns {
   public:
    Op(RowLayout layout, std::vector<std::size_t> kept) : layout_(std::move(layout)), kept_(std::move(kept)) {}
    void mark_columns(std::vector<bool>& read) const override {
      for (const std::size_t place : kept_) read[place] = true;
    }
    RowRefusal apply(const Datum& in, Datum& out) const {
      if (!RowView::fits(in, layout_.columns())) return short_row();
      layout_.begin(in, out);
      return std::nullopt;
    }

   private:
    RowLayout layout_;
    std::vector<std::size_t> kept_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ChooseColumns)
