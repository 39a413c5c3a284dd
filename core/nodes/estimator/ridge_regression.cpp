// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/normal_equations.h"

namespace feedline::inline nodes {
namespace {

struct RidgeRegression {
  struct Params {
    double alpha = 1;
  };

  static NodeSpec spec() {
    return node<RidgeRegression>("ridge_regression", 1, "Ridge regression",
                                 "Predicts a number by a weighted sum of the features, with small weights.")
        .help(
            "Linear regression that also keeps the squares of its weights small: it shares a weight among features "
            "that "
            "tell the same, and does not follow the noise of few records. Exact, in one pass whatever the number of "
            "records: sums of products are taken in double precision as batches pass, and solved at the end (normal "
            "equations, Cholesky). They take features x features x 8 bytes. The intercept is not penalised.\n\n"
            "Put standardise in front of it: the penalty treats all weights alike.")
        .with(learner_ports<RidgeRegression>)
        .param("alpha", &Params::alpha, range(1e-12, 1e12).ui(0.01, 1000),
               "Times the squared weights is added to the squared error: larger means smaller weights.")
        .example({{"alpha", 0.5}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Numbers);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    if (Status room = check_least_squares_memory(setup); !room) return fail(std::move(room.error()));
    return make_least_squares(params.alpha, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RidgeRegression)
