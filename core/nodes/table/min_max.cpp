// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/number_learners.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <limits>

namespace feedline::inline nodes {
namespace {

struct MinMax {
  struct Params {
    std::vector<std::string> columns{};
    double low = 0;
    double high = 1;
    bool clip = false;
  };

  static NodeSpec spec() {
    return node<MinMax>("min_max", 1, "Min-max scale", "Maps the range of each column of numbers to a given one.")
        .help(
            "The least value of a column among the training records becomes `low`, the greatest `high`; before "
            "training, all training records pass once through the nodes in front. Values of other records may lie "
            "outside: `clip` cuts them off. A column of one value becomes `low`, missing values stay missing.\n\n"
            "One value that lies far out squeezes all others together: robust or standardise suffer less.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns, scaled.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers to scale. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .param("low", &Params::low, range(-1e6, 1e6).ui(-1, 0), "What the least value becomes.")
        .param("high", &Params::high, range(-1e6, 1e6).ui(0, 1), "What the greatest value becomes.")
        .param("clip", &Params::clip, "Cut off what lies outside the range of the training records.")
        .example({{"columns", ValueList{std::string("age"), std::string("group")}}, {"low", 1.0}, {"high", 5.0}},
                 {.mean = 33.5625, .stddev = 72.150423})
        .fitted_example({{"low", -1.0}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (!(params.low < params.high))
      return fail(
          Error{.reason = "it is not greater than low", .remedy = "Give a range such as 0 to 1", .parameter = "high"});
    return same_columns(in, params.columns, ColumnsOf::Numbers);
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    return number_fitter<RangeLearner>(in, params.columns);
  }

  /// `learnt`: "columns", "least" and "greatest".
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt) {
    auto places = fitted_columns(in, params.columns, ColumnsOf::Numbers, learnt);
    if (!places) return fail(std::move(places.error()));
    std::vector<double> factor(places->size());
    std::vector<double> offset(places->size());
    if (!places->empty()) {
      const auto least = kept_numbers(learnt, "least", places->size());
      const auto greatest = kept_numbers(learnt, "greatest", places->size());
      if (!least || !greatest) return fail(wrong_state());
      for (std::size_t i = 0; i < factor.size(); ++i) {
        factor[i] = (params.high - params.low) / usable_scale((*greatest)[i] - (*least)[i]);
        offset[i] = params.low - (*least)[i] * factor[i];
      }
    }
    constexpr double kNoLimit = std::numeric_limits<double>::infinity();
    const double low = params.clip ? params.low : -kNoLimit;
    const double high = params.clip ? params.high : kNoLimit;
    return numbers_op(in[0]->columns.size(), std::move(*places),
                      [factor = std::move(factor), offset = std::move(offset), low, high](std::size_t i, double value) {
                        return std::clamp(value * factor[i] + offset[i], low, high);
                      });
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MinMax)
