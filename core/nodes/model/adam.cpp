// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/adam_moments.h"

namespace feedline::inline nodes {
namespace {

struct Adam {
  struct Params : AdamSettings {
    Params() { learning_rate = 1e-3; }
  };

  static NodeSpec spec() {
    return node<Adam>("adam", 1, "Adam", "Gradient descent with an adaptive step size for each parameter.")
        .help(
            "Scales each parameter's step by running estimates of the mean and the uncentred variance of its gradient "
            "(Kingma and Ba, 2015). It works well with its defaults, which makes it the best first choice. It keeps "
            "two more values per parameter in memory. If the loss grows or becomes infinite, divide the learning rate "
            "by ten. With weight decay, adamw is the better one.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .with(adam_params<Adam>)
        .with(optimizer_params<Adam>)
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public AdamMoments {
   public:
    using AdamMoments::AdamMoments;
    void update(const OptimizerUpdate& update) const override {
      const Step step = advance(update);
      update.weights.addcdiv_(step.mean, step.size, -update.learning_rate / step.correction);
    }
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Adam)
