// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Sgd {
  struct Params {
    double learning_rate = 0.01;
    double momentum = 0.9;
    double weight_decay = 0;
    bool nesterov = false;
  };

  static NodeSpec spec() {
    return node<Sgd>("sgd", 1, "SGD", "Stochastic gradient descent with momentum.")
        .help(
            "Moves the parameters against the gradient of the loss. With momentum 0.9 and a well-chosen learning rate "
            "it often ends at the best "
            "accuracy, but it needs more care than Adam: if the loss grows or becomes infinite, divide the learning "
            "rate by ten.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 1), "Step size.")
        .param("momentum", &Params::momentum, range(0, 0.9999).ui(0, 0.99),
               "Share of the previous update that is added to this one.")
        .param("weight_decay", &Params::weight_decay, range(0, 1e3).ui(0, 0.1),
               "L2 penalty: pulls parameters towards zero, against overfitting.")
        .param("nesterov", &Params::nesterov,
               "Nesterov momentum: the gradient is corrected for where the momentum leads.")
        .example({{"learning_rate", 0.1}, {"nesterov", true}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    if (params.nesterov && params.momentum == 0)
      return fail(Error{.reason = "Nesterov's method needs momentum, which is 0",
                        .remedy = "Set momentum to 0.9, or switch nesterov off",
                        .parameter = "nesterov"});
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Optimizer}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  static std::shared_ptr<torch::optim::Optimizer> optimizer(const Params& params, std::vector<at::Tensor> parameters) {
    return std::make_shared<torch::optim::SGD>(std::move(parameters), torch::optim::SGDOptions(params.learning_rate)
                                                                          .momentum(params.momentum)
                                                                          .weight_decay(params.weight_decay)
                                                                          .nesterov(params.nesterov));
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Sgd)
