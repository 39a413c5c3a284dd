// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Adam {
  struct Params {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
  };

  static NodeSpec spec() {
    return node<Adam>("adam", 1, "Adam", "Gradient descent with an adaptive step size for each parameter.")
        .help(
            "Scales each parameter's step by running estimates of the mean and the uncentred variance of its gradient "
            "(Kingma and Ba, 2015). It works well with its defaults, which makes it the best first choice. It keeps "
            "two "
            "more values per parameter in memory. If the loss grows or becomes infinite, divide the learning rate by "
            "ten.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Step size.")
        .param("beta1", &Params::beta1, range(0, 0.999999).ui(0.5, 0.99),
               "Decay rate of the first-moment estimate (running mean of the gradient).")
        .param("beta2", &Params::beta2, range(0, 0.9999999).ui(0.9, 0.9999),
               "Decay rate of the second-moment estimate (running mean of the squared gradient).")
        .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-10, 1e-3),
               "Added to the denominator, against division by zero.")
        .param("weight_decay", &Params::weight_decay, range(0, 1e3).ui(0, 0.1),
               "L2 penalty: pulls parameters towards zero, against overfitting.")
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Optimizer}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  static std::shared_ptr<torch::optim::Optimizer> optimizer(const Params& params, std::vector<at::Tensor> parameters) {
    return std::make_shared<torch::optim::Adam>(std::move(parameters),
                                                torch::optim::AdamOptions(params.learning_rate)
                                                    .betas(std::make_tuple(params.beta1, params.beta2))
                                                    .eps(params.epsilon)
                                                    .weight_decay(params.weight_decay));
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Adam)
