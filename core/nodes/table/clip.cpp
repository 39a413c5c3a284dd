// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/number_learners.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

struct ClipColumns {
  struct Params {
    std::vector<std::string> columns{};
    std::string limits = "quantiles";
    double lower = 1;
    double upper = 99;
    double low = -5;
    double high = 5;
  };

  static NodeSpec spec() {
    return node<ClipColumns>("clip", 1, "Clip", "Cuts off what lies outside the limits of a column of numbers.")
        .help(
            "A few values that lie far out (a typing error, a sensor that failed) can decide a mean, a range and what "
            "a network learns. With limits set to quantiles, each column has its own: the quantiles `lower` and "
            "`upper` of the training records, which pass once through the nodes in front before training. Values "
            "outside become the limit (the statistics books call it winsorising); missing ones stay missing.\n\n"
            "With limits set to given, `low` and `high` hold for every column: behind standardise, -5 and 5 are five "
            "deviations.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns, within their limits.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers to clip. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .choice("limits", &Params::limits, {"quantiles", "given"},
                "Where the limits come from: the training records, or the parameters.")
        .param("lower", &Params::lower, range(0, 100).ui(0, 10).unit("%"), "The quantile that is the lower limit.")
        .only_if("limits", {"quantiles"})
        .param("upper", &Params::upper, range(0, 100).ui(90, 100).unit("%"), "The quantile that is the upper limit.")
        .only_if("limits", {"quantiles"})
        .param("low", &Params::low, range(-1e300, 1e300).ui(-10, 0), "The lower limit of every column.")
        .only_if("limits", {"given"})
        .param("high", &Params::high, range(-1e300, 1e300).ui(0, 10), "The upper limit of every column.")
        .only_if("limits", {"given"})
        .example({{"limits", std::string("given")}, {"low", 2.0}, {"high", 100.0}},
                 {.mean = 12.75, .stddev = 26.851443})
        .fitted_example({{"limits", std::string("quantiles")}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    const bool given = params.limits == "given";
    if (given ? params.low > params.high : params.lower > params.upper)
      return fail(Error{.reason = given ? "it is less than low" : "it is less than lower",
                        .remedy = "Give the greater one here",
                        .parameter = given ? "high" : "upper"});
    return same_columns(in, params.columns, ColumnsOf::Numbers);
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (params.limits == "given") return nullptr;
    return number_fitter<QuantileLearner>(in, params.columns, std::vector{params.lower / 100, params.upper / 100});
  }

  /// `learnt`: "columns" and "quantiles", two a column; unused where the limits are given.
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt) {
    const bool given = params.limits == "given";
    if (!columns_known(in)) return fail("the columns of its table are not known");
    auto places = given ? chosen_columns(in[0]->columns, params.columns, ColumnsOf::Numbers)
                        : fitted_columns(in, params.columns, ColumnsOf::Numbers, learnt);
    if (!places) return fail(std::move(places.error()));
    std::vector<std::pair<double, double>> limits(places->size(), {params.low, params.high});
    if (!given && !places->empty()) {
      const auto quantiles = kept_numbers(learnt, "quantiles", 2 * places->size());
      if (!quantiles) return fail(wrong_state());
      for (std::size_t i = 0; i < limits.size(); ++i) limits[i] = {(*quantiles)[2 * i], (*quantiles)[2 * i + 1]};
    }
    return numbers_op(in[0]->columns.size(), std::move(*places),
                      [limits = std::move(limits)](std::size_t i, double value) {
                        return std::clamp(value, limits[i].first, limits[i].second);
                      });
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ClipColumns)
