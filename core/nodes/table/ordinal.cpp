// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/categories.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <limits>

namespace feedline::inline nodes {
namespace {

struct Ordinal {
  struct Params {
    std::vector<std::string> columns{};
    std::string unseen = "own";
  };

  static NodeSpec spec() {
    return node<Ordinal>("ordinal", 1, "Ordinal", "Numbers the categories of a column: 0, 1, 2 and so on.")
        .help(
            "Categories count in the order of their names, as those that the training records hold: these pass once "
            "through the nodes in front before training. A column stays one column, however many categories it has; "
            "what a network makes of the numbers assumes an order, so prefer one_hot where there is none and the "
            "categories are few.\n\n"
            "A value that no training record has gets a number of its own behind all others, is taken as missing, or "
            "makes its record a bad one. Missing values stay missing.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns, of numbers.")
        .list("columns", &Params::columns, column_list(),
              "Columns to number, of texts or of numbers. Empty: all columns of texts.")
        .names(columns_of_input("row"))
        .choice("unseen", &Params::unseen, {"own", "missing", "error"},
                "What a value becomes that no training record has: one more number, missing, or an error.")
        .example({{"columns", ValueList{std::string("price")}}}, {.mean = 13.8125, .stddev = 46.580869})
        .fitted_example({{"columns", ValueList{std::string("group")}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto out = same_columns(in, params.columns, ColumnsOf::TextsOrNumbers);
    if (!out || in.columns.empty()) return out;
    const auto places = chosen_columns(in.columns, params.columns, ColumnsOf::TextsOrNumbers);
    for (const std::size_t place : *places)
      out->columns[place] =
          made_column(in.columns[place].name, in.columns[place].missing || params.unseen == "missing");
    return out;
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (!columns_known(in)) return unknown_fitter();
    const auto places = chosen_columns(in[0]->columns, params.columns, ColumnsOf::TextsOrNumbers);
    return places ? category_fitter(in[0]->columns, *places) : unknown_fitter();
  }

  /// `learnt`: see keep_categories().
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt) {
    const auto places = fitted_columns(in, params.columns, ColumnsOf::TextsOrNumbers, learnt);
    if (!places) return fail(places.error());
    const std::vector<Column>& columns = in[0]->columns;
    auto op = std::make_unique<Op>(columns, *places, params.unseen == "error");
    if (places->empty()) return op;
    const auto categories = kept_categories(learnt);
    if (!categories) return fail(categories.error());
    if (categories->size() != places->size()) return fail(wrong_state());
    for (std::size_t i = 0; i < places->size(); ++i) {
      const std::vector<std::string>& texts = (*categories)[i].texts;
      op->add({.place = (*places)[i],
               .type = columns[(*places)[i]].type,
               .name = (*categories)[i].column,
               .lookup = CategoryLookup(texts, columns[(*places)[i]].type),
               .unseen = params.unseen == "own" ? static_cast<double>(texts.size())
                                                : std::numeric_limits<double>::quiet_NaN()});
    }
    return op;
  }

 private:
  struct Numbered {
    std::size_t place = 0;
    ColumnType type = ColumnType::Text;
    std::string name{};
    CategoryLookup lookup;
    double unseen = 0;
  };

  class Op final : public RowOp<Op> {
   public:
    Op(const std::vector<Column>& columns, const std::vector<std::size_t>& places, bool refuses)
        : layout_(columns), refuses_(refuses) {
      std::vector<bool> numbered(columns.size(), false);
      for (const std::size_t place : places) numbered[place] = true;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (numbered[i])
          layout_.make(1);
        else
          layout_.keep(i);
      }
    }
    void add(Numbered column) { numbered_.push_back(std::move(column)); }

    RowRefusal apply(const Datum& in, Datum& out) const {
      if (!RowView::fits(in, layout_.columns())) return short_row();
      const RowView row(in, layout_.columns());
      std::byte* cells = layout_.begin(in, out);
      for (const Numbered& column : numbered_) {
        const std::uint32_t found = column.lookup.find(row, column.place);
        double number = found;
        if (found == CategoryLookup::kMissing) number = std::numeric_limits<double>::quiet_NaN();
        if (found == CategoryLookup::kUnseen) {
          if (refuses_) return unseen_category(column.name, row, column.place, column.type);
          number = column.unseen;
        }
        write_cell(cells, column.place, number);
      }
      return std::nullopt;
    }

   private:
    RowLayout layout_;
    std::vector<Numbered> numbered_{};
    bool refuses_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Ordinal)
