// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kMostProducts = 20'000;

struct Polynomial {
  struct Params {
    std::vector<std::string> columns{};
    bool squares = true;
    bool products = true;
  };

  static NodeSpec spec() {
    return node<Polynomial>("polynomial", 1, "Polynomial", "Adds the squares of columns of numbers and their products.")
        .help(
            "A linear model then sees curves and interactions: area besides width and height. n columns give n "
            "squares and n (n - 1) / 2 products, so name the few that matter. Put it behind standardise: squares of "
            "large numbers are larger still. The new columns are called NAME^2 and NAME*OTHER, in the order of "
            "scikit-learn's PolynomialFeatures of degree 2. What has a missing factor is missing.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "Its columns, then the squares and products.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .param("squares", &Params::squares, "Add the square of each column.")
        .param("products", &Params::products, "Add the product of each two columns.")
        .example({{"columns", ValueList{std::string("age"), std::string("price")}}},
                 {.mean = 26.642857, .stddev = 54.804988});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto same = same_columns(in, params.columns, ColumnsOf::Numbers);
    if (!same || in.columns.empty()) return same;
    const auto pairs = factors(params, in.columns);
    if (!pairs) return fail(pairs.error());
    std::vector<Column> columns = in.columns;
    for (const auto& [a, b] : *pairs) {
      const Column& one = in.columns[a];
      const Column& other = in.columns[b];
      columns.push_back(
          made_column(a == b ? one.name + "^2" : one.name + "*" + other.name, one.missing || other.missing));
    }
    make_names_unique(columns);
    return row_of(std::move(columns));
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (!columns_known(in)) return fail("the columns of its table are not known");
    auto pairs = factors(params, in[0]->columns);
    if (!pairs) return fail(std::move(pairs.error()));
    RowLayout layout(in[0]->columns);
    for (std::size_t i = 0; i < in[0]->columns.size(); ++i) layout.keep(i);
    layout.make(pairs->size());
    return std::make_unique<Op>(std::move(layout), std::move(*pairs));
  }

 private:
  using Factors = std::pair<std::size_t, std::size_t>;

  static Result<std::vector<Factors>> factors(const Params& params, const std::vector<Column>& columns) {
    const auto places = chosen_columns(columns, params.columns, ColumnsOf::Numbers);
    if (!places) return fail(places.error());
    const std::size_t count = places->size();
    const std::size_t products = count * (count - (count == 0 ? 0 : 1)) / 2;
    if ((params.squares ? count : 0) + (params.products ? products : 0) > kMostProducts)
      return fail(
          Error{.reason = fmt::format("{} columns give more than {} squares and products", count, kMostProducts),
                .remedy = "Name those that matter",
                .parameter = "columns"});
    std::vector<Factors> pairs;
    for (std::size_t a = 0; a < count; ++a)
      for (std::size_t b = a; b < count; ++b)
        if (a == b ? params.squares : params.products) pairs.emplace_back((*places)[a], (*places)[b]);
    return pairs;
  }

  class Op final : public RowOp<Op> {
   public:
    Op(RowLayout layout, std::vector<Factors> pairs) : layout_(std::move(layout)), pairs_(std::move(pairs)) {}
    RowRefusal apply(const Datum& in, Datum& out) const {
      if (!RowView::fits(in, layout_.columns())) return short_row();
      std::byte* cells = layout_.begin(in, out);
      for (std::size_t i = 0; i < pairs_.size(); ++i)
        write_cell(cells, layout_.columns() + i,
                   read_cell(cells, pairs_[i].first) * read_cell(cells, pairs_[i].second));
      return std::nullopt;
    }

   private:
    RowLayout layout_;
    std::vector<Factors> pairs_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Polynomial)
