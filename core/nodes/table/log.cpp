// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline nodes {
namespace {

enum class LogRule { Log1p, Log, Log10, Signed };

double logarithm(LogRule rule, double value) {
  switch (rule) {
    case LogRule::Log1p:
      return std::log1p(value);
    case LogRule::Log:
      return std::log(value);
    case LogRule::Log10:
      return std::log10(value);
    case LogRule::Signed:
      break;
  }
  return std::copysign(std::log1p(std::abs(value)), value);
}

struct LogColumns {
  struct Params {
    std::vector<std::string> columns{};
    std::string kind = "signed";
  };

  static NodeSpec spec() {
    return node<LogColumns>("log", 1, "Logarithm", "Takes the logarithm of columns of numbers.")
        .help(
            "Prices, incomes and counts span orders of magnitude: their logarithm is spread evenly, and differences "
            "of it are ratios. `log1p` is log(1 + x), which is right for counts with zeros; `signed` is the same for "
            "numbers of either sign, sign(x) log(1 + |x|). A number that has no logarithm makes its record a bad one; "
            "missing values stay missing. Put it in front of standardise.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns, their logarithms.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .choice("kind", &Params::kind, {"signed", "log1p", "log", "log10"},
                "sign(x) log(1 + |x|), log(1 + x), the natural logarithm, or that to base 10.")
        .example({{"columns", ValueList{std::string("price")}}, {"kind", std::string("log10")}},
                 {.mean = 15.8125, .stddev = 47.313078});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return same_columns(in, params.columns, ColumnsOf::Numbers);
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (!columns_known(in)) return fail("the columns of its table are not known");
    auto places = chosen_columns(in[0]->columns, params.columns, ColumnsOf::Numbers);
    if (!places) return fail(std::move(places.error()));
    const LogRule rule = params.kind == "log1p"   ? LogRule::Log1p
                         : params.kind == "log"   ? LogRule::Log
                         : params.kind == "log10" ? LogRule::Log10
                                                  : LogRule::Signed;
    auto names = names_of(in[0]->columns, *places);
    return std::make_unique<Op>(in[0]->columns.size(), std::move(*places), std::move(names), rule);
  }

 private:
  class Op final : public RowOp<Op> {
   public:
    Op(std::size_t columns, std::vector<std::size_t> places, std::vector<std::string> names, LogRule rule)
        : columns_(columns), places_(std::move(places)), names_(std::move(names)), rule_(rule) {}

    RowRefusal apply(const Datum& in, Datum& out) const {
      if (!RowView::fits(in, columns_)) return short_row();
      std::byte* cells = copy_row(in, out);
      for (std::size_t i = 0; i < places_.size(); ++i) {
        const double value = read_cell(cells, places_[i]);
        const double made = logarithm(rule_, value);
        if (!std::isfinite(made) && !std::isnan(value))
          return fail_record(fmt::format("{} holds {}, which has no logarithm", column_text(names_[i]), value),
                             "Set kind to signed, or to log1p for counts")
              .value();
        write_cell(cells, places_[i], made);
      }
      return std::nullopt;
    }

   private:
    std::size_t columns_;
    std::vector<std::size_t> places_;
    std::vector<std::string> names_;
    LogRule rule_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LogColumns)
