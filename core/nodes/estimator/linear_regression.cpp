// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/normal_equations.h"

namespace feedline::inline nodes {
namespace {

struct LinearRegression {
  struct Params {};

  static NodeSpec spec() {
    return node<LinearRegression>("linear_regression", 1, "Linear regression",
                                  "Predicts a number by a weighted sum of the features: least squares.")
        .help(
            "The line with the least squared error, exactly, in one pass whatever the number of records: sums of "
            "products "
            "are taken in double precision as batches pass, and solved at the end (normal equations, Cholesky). They "
            "take "
            "features x features x 8 bytes. A feature that is constant, or follows from others, gets the weight 0 and "
            "a "
            "notice.\n\n"
            "Scale does not matter to it. Where features are many or nearly alike, ridge_regression predicts better.")
        .with(learner_ports<LinearRegression>)
        .example({});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Numbers);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params&, const EstimatorSetup& setup) {
    if (Status room = check_least_squares_memory(setup); !room) return fail(std::move(room.error()));
    return make_least_squares(0, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LinearRegression)
