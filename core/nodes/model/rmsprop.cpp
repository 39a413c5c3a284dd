// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/optimizer_params.h"
#include "nodes/model/torch_layer.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct RmsProp {
  struct Params : OptimizerSettings {
    Params() { learning_rate = 0.01; }
    double alpha = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;
    bool centered = false;
  };

  static NodeSpec spec() {
    return node<RmsProp>("rmsprop", 1, "RMSprop",
                         "Gradient descent that divides by a running mean of the gradient's size.")
        .help(
            "Divides each parameter's step by the root of a running mean of its squared gradient (Tieleman and Hinton, "
            "2012). An ancestor of Adam; still used for recurrent networks and in reinforcement learning. It keeps one "
            "value per parameter, one more with momentum and one more when centred.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Step size.")
        .param("alpha", &Params::alpha, range(0, 0.9999999).ui(0.9, 0.999),
               "Decay rate of the running mean of the squared gradient.")
        .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-10, 1e-3),
               "Added to the denominator, against division by zero.")
        .param("momentum", &Params::momentum, range(0, 0.9999).ui(0, 0.99),
               "Share of the previous update that is added to this one.")
        .param("centered", &Params::centered, "Divides by the deviation of the gradient in place of its size.")
        .with(optimizer_params<RmsProp>)
        .example({{"learning_rate", 0.01}, {"momentum", 0.9}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public OptimizerRule {
   public:
    explicit Rule(const Params& params) : params_(params) {}
    [[nodiscard]] std::vector<OptimizerSlot> slots() const override {
      std::vector<OptimizerSlot> slots{{"square_avg"}};
      if (params_.momentum > 0) slots.push_back({"momentum_buffer"});
      if (params_.centered) slots.push_back({"grad_avg"});
      return slots;
    }
    void update(const OptimizerUpdate& update) const override {
      const at::Tensor& gradient = update.gradient;
      const at::Tensor& square = update.slots[0];
      square.mul_(params_.alpha).addcmul_(gradient, gradient, 1 - params_.alpha);
      at::Tensor size;
      if (params_.centered) {
        const at::Tensor& mean = update.slots.back();
        mean.mul_(params_.alpha).add_(gradient, 1 - params_.alpha);
        size = square.addcmul(mean, mean, -1).sqrt_().add_(params_.epsilon);
      } else {
        size = square.sqrt().add_(params_.epsilon);
      }
      if (params_.momentum > 0) {
        update.slots[1].mul_(params_.momentum).addcdiv_(gradient, size);
        update.weights.add_(update.slots[1], -update.learning_rate);
      } else {
        update.weights.addcdiv_(gradient, size, -update.learning_rate);
      }
    }

   private:
    Params params_;
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RmsProp)
