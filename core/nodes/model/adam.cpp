// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline {
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
    return node<Adam>("adam", 1, "Adam",
                      "Steps down the slope of the loss, with a step length of its own for each weight.")
        .help(
            "Adapts the step to each weight's recent slopes (Kingma and Ba, 2015). It works well with its defaults, "
            "which makes it the best first choice. It keeps two more numbers a weight in memory. If the loss grows "
            "or becomes infinite, divide the learning rate by ten.")
        .out("optimizer", Kind::Optimizer, "The rule, for the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Length of a step.")
        .param("beta1", &Params::beta1, range(0, 0.999999).ui(0.5, 0.99), "Memory of the mean slope.")
        .param("beta2", &Params::beta2, range(0, 0.9999999).ui(0.9, 0.9999), "Memory of the squared slope.")
        .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-10, 1e-3), "Against division by zero.")
        .param("weight_decay", &Params::weight_decay, range(0, 1e3).ui(0, 0.1),
               "Pulls weights towards zero, against overfitting.")
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Optimizer}};
  }

  static std::shared_ptr<torch::optim::Optimizer> optimizer(const Params& params, std::vector<at::Tensor> parameters) {
    return std::make_shared<torch::optim::Adam>(std::move(parameters),
                                                torch::optim::AdamOptions(params.learning_rate)
                                                    .betas(std::make_tuple(params.beta1, params.beta2))
                                                    .eps(params.epsilon)
                                                    .weight_decay(params.weight_decay));
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(Adam)
