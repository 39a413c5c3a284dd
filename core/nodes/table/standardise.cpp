// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/number_learners.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Standardise {
  struct Params {
    std::vector<std::string> columns{};
    bool centre = true;
    bool scale = true;
  };

  static NodeSpec spec() {
    return node<Standardise>("standardise", 1, "Standardise",
                             "Centres columns of numbers and divides them by their deviation.")
        .help(
            "Mean and standard deviation of each column are those of the training records, missing values left out: "
            "before training, all of them pass once through the nodes in front. Records that are set aside for "
            "validation are not looked at. A column that has one value everywhere becomes 0; missing values stay "
            "missing.\n\n"
            "Networks train faster when their inputs are centred and scaled. Put it behind impute and in front of "
            "one_hot, whose columns need no scaling. Where a few values lie far out, robust is better.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns, scaled.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers to scale. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .param("centre", &Params::centre, "Subtract the mean.")
        .param("scale", &Params::scale, "Divide by the standard deviation.")
        .example({{"columns", ValueList{std::string("age"), std::string("price")}}, {"scale", false}},
                 {.mean = 25.125, .stddev = 64.232366})
        .fitted_example({{"columns", ValueList{std::string("age"), std::string("price")}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return same_columns(in, params.columns, ColumnsOf::Numbers);
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    return number_fitter<MomentsLearner>(in, params.columns);
  }

  /// `learnt`: "columns", "mean" and "stddev".
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt) {
    auto places = fitted_columns(in, params.columns, ColumnsOf::Numbers, learnt);
    if (!places) return fail(std::move(places.error()));
    struct Scaling {
      double centre = 0;
      double factor = 1;
    };
    std::vector<Scaling> affine(places->size());
    if (!places->empty()) {
      const auto mean = kept_numbers(learnt, "mean", places->size());
      const auto stddev = kept_numbers(learnt, "stddev", places->size());
      if (!mean || !stddev) return fail(wrong_state());
      for (std::size_t i = 0; i < affine.size(); ++i) {
        if (params.centre) affine[i].centre = (*mean)[i];
        if (params.scale && (*stddev)[i] > 0) affine[i].factor = 1 / (*stddev)[i];
      }
    }
    return numbers_op(in[0]->columns.size(), std::move(*places),
                      [affine = std::move(affine)](std::size_t i, double value) {
                        return (value - affine[i].centre) * affine[i].factor;
                      });
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Standardise)
